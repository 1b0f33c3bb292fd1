import type { Family, FamilyInput, FamilyParts } from '../families/decoder';
import type { ConfigReader, ReadProblem } from '../reader';
import { attentionName } from '../types';
import { readByKeys } from './read';
import { SYNONYMS } from './synonyms';
import { unreadKeys } from './unread';

/** Keys that tell of an encoder: nothing that decodes tokens, whatever else it has. */
const ENCODER_KEYS = [
  'type_vocab_size',
  'is_encoder_decoder',
  'encoder_layers',
  'num_encoder_layers',
  'num_mel_bins',
  'projection_dim',
  'sinusoidal_pos_embds',
];

const quoted = (keys: readonly string[]): string => keys.map((key) => JSON.stringify(key)).join(', ');
const MOST_NAMED = 8;
const listed = (keys: readonly string[]): string =>
  keys.length <= MOST_NAMED
    ? quoted(keys)
    : `${quoted(keys.slice(0, MOST_NAMED))} and ${keys.length - MOST_NAMED} more`;

/** The family in a sentence's subject: what the file says of it. */
function subject({ root, text, modelType }: FamilyInput): string {
  const stated = text.text('model_type') ?? root.text('model_type') ?? modelType;
  return stated === ''
    ? 'This file names no family'
    : `Decode Lens does not know the family ${JSON.stringify(stated)}`;
}

/** Where the family is named, else the object that holds the model. */
function familyPath({ root, text }: FamilyInput): ReadProblem['path'] {
  if (text.has('model_type')) return text.pathOf('model_type');
  if (root.has('model_type')) return root.pathOf('model_type');
  return root.has('architectures') ? root.pathOf('architectures') : text.path;
}

/** `32 layers of GQA with 64 experts`. */
function summary({ groups }: FamilyParts): string {
  return groups
    .map(({ indices, attention, ffn }) => {
      const mixer = attention.map(attentionName).join(' + ');
      const network = ffn
        .map((f) => (f.kind === 'moe' ? `${f.experts} routed experts` : 'a dense FFN'))
        .join(' + ');
      return `${indices.length} layers of ${mixer} with ${network}`;
    })
    .join(', ');
}

const isOn = (text: ConfigReader, key: string): boolean => {
  const value = text.config[key];
  return value !== undefined && value !== null && value !== false && value !== 0;
};

/**
 * Replaces the problems of a reader that asked for what an unknown family may not have by one that says what the matter
 * is; bad values are told as they are.
 */
function conclude(input: FamilyInput, parts: FamilyParts, assumed: readonly string[]): void {
  const { text } = input;
  const { problems } = text;
  const say = (severity: ReadProblem['severity'], rest: string, path = familyPath(input)) => {
    const message = `${subject(input)}${rest}`;
    problems.push({ severity, code: 'config/unknown-family', message, path });
  };
  const encoder = ENCODER_KEYS.find((key) => isOn(text, key));
  const { structural, ignored } = unreadKeys(text);
  const missing = problems.filter((p) => p.code === 'config/missing');
  const [first] = structural;
  if (encoder !== undefined) {
    problems.splice(0, problems.length);
    say(
      'error',
      `, and ${quoted([encoder])} tells of an encoder: there is no decoding to compute.`,
      text.pathOf(encoder),
    );
  } else if (missing.length > 0) {
    const rest = problems.filter((p) => p.code !== 'config/missing');
    problems.splice(0, problems.length, ...rest);
    const keys = missing.map((p) => /^"[^"]+"/.exec(p.message)?.[0] ?? p.message).join(' and ');
    say(
      'error',
      `, and can't read it by its keys: ${keys} ${missing.length > 1 ? 'are' : 'is'} missing, by this and all usual names. Nothing was computed.`,
    );
  } else if (first !== undefined) {
    say(
      'error',
      `, and ${listed(structural)} may change the architecture in a way that is not known: nothing was computed, rather than something wrong.`,
      text.pathOf(first),
    );
  } else if (problems.some((p) => p.severity === 'error')) {
    const told = problems.map((p) =>
      p.code === 'config/unsupported' ? { ...p, message: `${subject(input)}. ${p.message}` } : p,
    );
    problems.splice(0, problems.length, ...told);
  } else {
    const assumptions = assumed.length > 0 ? ` Assumed: ${assumed.join('; ')}.` : '';
    const unused = ignored.length > 0 ? ` Not used: ${listed(ignored)}.` : '';
    say('information', `: it was read by its keys, as ${summary(parts)}.${assumptions}${unused}`);
  }
}

/**
 * Transformers writes a false tie into every file that it saves, since its base class has true: where the key is absent,
 * the head is the table. Text configs within others are written by other rules, and files by hand by none.
 */
const isTiedIfSilent = ({ text }: FamilyInput): boolean =>
  text.path.length === 0 && text.has('transformers_version');

/** What any config goes to whose family is not known. */
export const UNKNOWN_FAMILY: Family = {
  name: 'unknown family, read by its keys',
  types: [],
  schema: 'generic',
  aliases: SYNONYMS,
  refusesUnread: true,
  read: (input) => {
    const { parts, assumed } = readByKeys(input, isTiedIfSilent(input));
    conclude(input, parts, assumed);
    return parts;
  },
};
