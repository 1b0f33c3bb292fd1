import { removeKey, replace } from '../../../architecture';
import type { JsonPath } from '../../../protocol';
import type { Advice, ModelRule } from '../../rule';

const TOKEN_KEYS = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

/** Ids of special tokens have a row each. */
export const tokenIds: ModelRule = {
  of: 'model',
  code: 'shape/token-ids',
  title: 'Token id beyond the vocabulary',
  severity: 'warning',
  what: 'Compares `bos_token_id`, `eos_token_id` and `pad_token_id`, beside the language model’s keys and at the root, with the vocabulary.',
  why: 'The embedding table has a row for each id below the vocabulary: looking up one beyond it fails on the CPU and reads foreign memory or asserts on a GPU, and an end-of-text token that the head can’t produce never ends a text.',
  ignoreWhen: 'The ids belong to the tokenizer of another part of the model.',
  source:
    '`nn.Embedding(config.vocab_size, config.hidden_size, config.pad_token_id)` in the modelling code of transformers.',
  example: { model: 'Qwen3-32B', changes: { vocab_size: 151643, eos_token_id: 151645 } },
  check: ({ config, text, architecture }) => {
    const { vocab } = architecture.model;
    const places: (readonly [JsonPath, unknown])[] = TOKEN_KEYS.flatMap((key) => [
      [text.pathOf(key), text.raw(key)] as const,
      ...(text.path.length > 0 ? [[[key], config[key]] as const] : []),
    ]);
    return places.flatMap(([path, value]): Advice[] => {
      const ids = Array.isArray(value) ? (value as unknown[]) : [value];
      const beyond = ids.filter((id) => typeof id === 'number' && id >= vocab);
      if (beyond.length === 0) return [];
      const rows = `the vocabulary has ${vocab} rows, 0 to ${vocab - 1}`;
      return [{ path, message: `${String(path.at(-1))} ${beyond.join(', ')} has no row: ${rows}.` }];
    });
  },
};

/** What a wrapper says against its language model. */
export const tiedEmbeddings: ModelRule = {
  of: 'model',
  code: 'shape/tied-embeddings',
  title: 'Wrapper and text config disagree',
  severity: 'warning',
  what: 'In a config with the language model nested (`text_config`), compares `tie_word_embeddings` and `vocab_size` there with those at the root.',
  why: 'Loaders differ in which of the two they follow. A head that is tied here and not there is missing from the checkpoint for one of them, or doubles vocabulary * hidden size in memory; two vocabularies give an embedding table that does not fit the head.',
  ignoreWhen: 'The root’s key is a left-over that your loader never reads.',
  source:
    '`tie_weights` in transformers, which goes by the wrapper’s config in some versions and by the text config in others.',
  example: {
    model: 'Step-3',
    changes: { vocab_size: 128000 },
  },
  check: ({ config, text, textPath }) => {
    if (textPath.length === 0) return [];
    return ['tie_word_embeddings', 'vocab_size'].flatMap((key): Advice[] => {
      const [outer, inner] = [config[key], text.raw(key)];
      if (outer === undefined || outer === null || inner === undefined || inner === null || outer === inner)
        return [];
      if (typeof outer !== typeof inner) return [];
      return [
        {
          path: [key],
          message: `${key} is ${JSON.stringify(outer)} at the root and ${JSON.stringify(inner)} in ${textPath.join('.')}: loaders differ in which they follow.`,
          fixes: [
            replace({ path: [key], from: outer, to: inner, because: `as in ${textPath.join('.')}` }),
            removeKey([key], `${textPath.join('.')} has it`),
          ],
        },
      ];
    });
  },
};

/** Rows that padding adds. */
export const paddedVocab: ModelRule = {
  of: 'model',
  code: 'shape/padded-vocab',
  title: 'Padded vocabulary smaller than the vocabulary',
  severity: 'error',
  what: 'Compares `padded_vocab_size` with `vocab_size` where a config has both.',
  why: 'Padding adds rows: with fewer than the tokenizer has tokens the embedding table lacks rows.',
  ignoreWhen: 'Never: swap the two, or raise the padded size.',
  source: 'Modelling code of ChatGLM (`padded_vocab_size`); Megatron-LM’s `--make-vocab-size-divisible-by`.',
  example: { model: 'Qwen3-32B', changes: { padded_vocab_size: 151552 } },
  check: ({ text }): Advice[] => {
    const [padded, own] = [text.config.padded_vocab_size, text.config.vocab_size];
    if (typeof padded !== 'number' || typeof own !== 'number' || padded >= own) return [];
    const path = [...text.path, 'padded_vocab_size'];
    return [
      {
        path,
        message: `padded_vocab_size ${padded} is below vocab_size ${own}: padding adds rows.`,
        fixes: [replace({ path, from: padded, to: own })],
      },
    ];
  },
};
