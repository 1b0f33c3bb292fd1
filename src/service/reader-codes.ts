import type { Severity } from '../protocol';

/** A code that the reader of configs gives by itself: what a user reads of it on its page in `docs/rules`. */
export interface ReaderCode {
  readonly code: string;
  readonly title: string;
  /** Which it may have, the usual one first. Errors can't be silenced: nothing was computed because of them. */
  readonly severities: readonly [Severity, ...Severity[]];
  /** When it is given. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Decode Lens offers an edit, in some or all cases. */
  readonly hasFix?: true;
}

const json: readonly ReaderCode[] = [
  {
    code: 'json/syntax',
    title: 'Not valid JSON',
    severities: ['error'],
    what: 'The text breaks the grammar of JSON here. What could be read around the place is still analysed, but nothing is said of missing keys, for the broken line may have swallowed them.',
    remedy: 'Mend the text at the place shown: most often a comma or a quotation mark is missing.',
  },
  {
    code: 'json/depth',
    title: 'Nested too deep',
    severities: ['error'],
    what: 'Objects or lists are nested deeper than 64 levels; no model config is, and nothing was read.',
    remedy:
      'Check whether this is a model config at all; `"$decodeLens": false` in it keeps Decode Lens away.',
  },
  {
    code: 'json/trailing-comma',
    title: 'Trailing comma',
    severities: ['warning'],
    what: 'A comma stands before a closing bracket. Editors read it, Python’s `json` module and with it every loader of model configs refuses the file.',
    remedy: 'Remove the comma.',
  },
  {
    code: 'json/comment',
    title: 'Comment in JSON',
    severities: ['warning'],
    what: 'The file holds a comment. Editors read it, Python’s `json` module and with it every loader of model configs refuses the file.',
    remedy: 'Remove comments before the file is published; a draft may keep them.',
  },
  {
    code: 'json/non-finite',
    title: 'NaN or Infinity',
    severities: ['information'],
    what: 'A bare `NaN` or `Infinity` stands as a number. Python writes and reads it, strict JSON readers (JavaScript, Rust, Go) refuse the file. Decode Lens reads it as Python does.',
    remedy:
      'Write a large finite number or null if the modelling code takes it; otherwise leave it as it is.',
  },
  {
    code: 'json/duplicate-key',
    title: 'Key given twice',
    severities: ['warning'],
    what: 'An object holds the same key twice. Python and JavaScript take the last one and drop the first without a word, so that an edit of the first has no effect.',
    remedy: 'Remove the one that is not meant. The fix removes the one that loses, which changes nothing.',
    hasFix: true,
  },
  {
    code: 'json/long-list',
    title: 'List too long',
    severities: ['error'],
    what: 'A list has more than 20,000 entries, which no list of layers, modules or tokens in a config has; it was not read.',
    remedy: 'Check the list; a vocabulary belongs in the tokenizer’s files.',
  },
  {
    code: 'json/overflow',
    title: 'Number too large',
    severities: ['error'],
    what: 'A number is beyond the range of double precision, some 1.8e308, and is read as infinity.',
    remedy: 'Write the number that is meant; int(1e30) as “no limit” is within the range.',
  },
];

const schema: readonly ReaderCode[] = [
  {
    code: 'schema/required',
    title: 'Key missing',
    severities: ['error'],
    what: 'The family’s config class has no default for this key, so that the modelling code can’t be built without it.',
    remedy: 'Add the key; completion offers the keys that the family has and the file lacks.',
  },
  {
    code: 'schema/type',
    title: 'Wrong type',
    severities: ['error', 'warning'],
    what: 'A value is not of the type that the family’s config class expects, such as a text where a whole number belongs. It is a warning where nothing is computed from the key.',
    remedy: 'Write the value in the type that the message names.',
    hasFix: true,
  },
  {
    code: 'schema/minimum',
    title: 'Value too small',
    severities: ['error', 'warning'],
    what: 'A value is below the least that has a meaning, such as a count of heads below 1. It is a warning where nothing is computed from the key.',
    remedy: 'Raise it to the limit in the message, or use null where the family takes it for “off”.',
  },
  {
    code: 'schema/exclusiveMinimum',
    title: 'Value must be larger',
    severities: ['error', 'warning'],
    what: 'A value must be more than the limit, such as a factor of 0. It is a warning where nothing is computed from the key.',
    remedy: 'Write a value above the limit in the message.',
  },
  {
    code: 'schema/maximum',
    title: 'Value too large',
    severities: ['error', 'warning'],
    what: 'A value is above what has a meaning, or above what any real model comes near: most often a digit too many. It is a warning where nothing is computed from the key.',
    remedy: 'Check the number of digits.',
  },
  {
    code: 'schema/maxItems',
    title: 'List too long',
    severities: ['error', 'warning'],
    what: 'A list has more entries than any model has layers, towers or sections for.',
    remedy: 'Shorten the list.',
  },
  {
    code: 'schema/minItems',
    title: 'List too short',
    severities: ['error', 'warning'],
    what: 'A list has fewer entries than the modelling code reads from it.',
    remedy: 'Add the missing entries.',
  },
  {
    code: 'schema/enum',
    title: 'Not one of the known values',
    severities: ['error', 'warning'],
    what: 'The family’s modelling code knows a few values of this key, and this is none of them.',
    remedy: 'Take one of the values that the message lists.',
    hasFix: true,
  },
  {
    code: 'schema/pattern',
    title: 'Wrong form',
    severities: ['error', 'warning'],
    what: 'A text does not have the form that the modelling code parses, such as a pattern of layers with a letter that it does not know.',
    remedy: 'Hover the key: its description says which form is expected.',
  },
  {
    code: 'schema/unknown-key',
    title: 'Misspelled key',
    severities: ['warning'],
    what: 'The family has no such key, and one that it has and the file lacks is a letter or two away. Loaders keep an unknown key without a word, and the class default counts in its place. Also said of keys of `"$decodeLens"` and `decode-lens.json` that nothing reads.',
    remedy: 'Rename the key as the fix does, or silence the code where the key is the model’s own.',
    hasFix: true,
  },
];

const config: readonly ReaderCode[] = [
  {
    code: 'config/missing',
    title: 'Size missing',
    severities: ['error'],
    what: 'A size that decides the architecture is neither in the file nor among the class defaults of the family; nothing was computed rather than something guessed.',
    remedy: 'Add the key under one of the names in the message.',
  },
  {
    code: 'config/size',
    title: 'No usable size',
    severities: ['error'],
    what: 'A size, count or width is no whole number in the range that a model can have.',
    remedy: 'Write a whole number in the range that the message gives.',
  },
  {
    code: 'config/flag',
    title: 'Not true or false',
    severities: ['error'],
    what: 'A key that switches a part of the architecture on or off is neither true nor false.',
    remedy: 'Write true or false.',
  },
  {
    code: 'config/list',
    title: 'Not a list',
    severities: ['error'],
    what: 'A key whose value is a list, with an entry for each layer as a rule, holds something else.',
    remedy: 'Write a list.',
  },
  {
    code: 'config/per-layer',
    title: 'List does not match the layer count',
    severities: ['error'],
    what: 'A list with an entry for each layer has more or fewer entries than the model has layers. The modelling code would fail at the missing one, or drop the rest.',
    remedy: 'Make both agree. The fix sets the layer count to the length of the list, or cuts the list.',
    hasFix: true,
  },
  {
    code: 'config/layer-list',
    title: 'List of layers out of range',
    severities: ['error'],
    what: 'A list that names layers, or says of each what it is, names one that does not exist or holds a value that has no meaning.',
    remedy: 'Correct the entries; mind whether the family counts layers from 0 or from 1.',
  },
  {
    code: 'config/head-dim',
    title: 'Hidden size not divisible by heads',
    severities: ['error'],
    what: 'No `head_dim` is given, so that the width of a head is hidden size over query heads, and that is no whole number.',
    remedy:
      'State `head_dim`, or take a count of heads that divides the hidden size; the fixes offer the nearest.',
    hasFix: true,
  },
  {
    code: 'config/kv-heads',
    title: 'Query heads not divisible by KV heads',
    severities: ['error'],
    what: 'In grouped-query attention every KV head serves the same number of query heads, so that KV heads must divide query heads; the modelling code repeats K and V by the whole quotient and its shapes no longer match.',
    remedy: 'Take a number of KV heads that divides the query heads; the fixes offer the nearest.',
    hasFix: true,
  },
  {
    code: 'config/top-k',
    title: 'More experts per token than there are',
    severities: ['error'],
    what: 'The router is to choose more experts for a token than the layer has: top-k fails in the modelling code.',
    remedy: 'Lower the experts per token or raise the number of experts.',
    hasFix: true,
  },
  {
    code: 'config/no-experts',
    title: 'Keys of experts, but no experts',
    severities: ['warning'],
    what: 'The family builds an MoE only where the number of experts is given. Here it is not, while other keys of experts are, so that every layer is dense.',
    remedy: 'Give the number of experts, or remove the other keys.',
  },
  {
    code: 'config/class-default',
    title: 'Size left to the class default',
    severities: ['warning'],
    what: 'A whole file leaves a size to the default of the family’s config class, which is that of one particular model. Most often a line was lost.',
    remedy: 'State the size.',
  },
  {
    code: 'config/unread-key',
    title: 'Key of another architecture',
    severities: ['error'],
    what: 'The file has a key that changes the architecture, and the reader of its family knows no such key. Reading on would be a silent guess, such as an MoE read as dense.',
    remedy: 'Check `model_type`: the key belongs to another family, or to a newer version of this one.',
  },
  {
    code: 'config/unsupported',
    title: 'Not read yet',
    severities: ['error'],
    what: 'The file uses a feature of its family that Decode Lens can’t count yet, or a value that it does not know.',
    remedy: 'Report it with the config. Nothing is computed meanwhile, rather than something wrong.',
  },
  {
    code: 'config/unknown-family',
    title: 'Family not known',
    severities: ['information', 'error'],
    what: 'The model type is none that Decode Lens knows. Where the usual keys suffice the config is read by them, as most decoders are laid out; otherwise it is an error and nothing is computed.',
    remedy: 'Check `model_type` for a slip of the pen; else take the numbers as those of the usual layout.',
    hasFix: true,
  },
  {
    code: 'config/not-counted',
    title: 'Part not counted',
    severities: ['information'],
    what: 'The config describes a part beside the language model, such as a generator of speech, that Decode Lens names and does not count.',
    remedy: 'Nothing is to be done; the totals are without it.',
  },
  {
    code: 'config/mtp',
    title: 'MTP layers that differ',
    severities: ['warning'],
    what: 'The multi-token-prediction layers differ among themselves, and all are counted as the first.',
    remedy: 'Nothing is to be done; the parameters of the MTP layers are close, not exact.',
  },
  {
    code: 'config/mtp-not-counted',
    title: 'MTP layers not counted',
    severities: ['information'],
    what: 'The config announces multi-token-prediction layers whose weights neither checkpoint nor modelling code shows.',
    remedy: 'Nothing is to be done; the totals are without them.',
  },
  {
    code: 'config/draft-head',
    title: 'Draft head',
    severities: ['warning'],
    what: 'The config is that of a draft head for speculative decoding (EAGLE), and is counted as a decoder of its sizes.',
    remedy:
      'Take the numbers as near ones: a draft head shares embeddings and reads the target’s hidden states.',
  },
  {
    code: 'config/encoder',
    title: 'Encoder, not decoder',
    severities: ['information'],
    what: 'The model attends in both directions and makes embeddings; KV cache and decode cost are those of a decoder of the same shape.',
    remedy: 'Nothing is to be done; parameters are exact, decode costs have no meaning.',
  },
  {
    code: 'config/sparse',
    title: 'Sparse attention counted as dense',
    severities: ['information'],
    what: 'The model can read only some blocks of a long context; the costs here are those of dense attention over all of it.',
    remedy: 'Take the attention cost as an upper bound at long contexts.',
  },
  {
    code: 'config/tie-unknown',
    title: 'Tied head not known',
    severities: ['information'],
    what: 'A dump of GGUF metadata lists no tensors, so that nothing tells whether the LM head is the embedding table.',
    remedy: 'Dump the tensors too, or take the family’s habit as it is.',
  },
  {
    code: 'config/vocab-size',
    title: 'Vocabulary left to the tokenizer',
    severities: ['information'],
    what: 'The file gives no vocabulary, as the first Llama files do, and the tokenizer of Llama 1 and 2 is assumed.',
    remedy: 'State `vocab_size` if the model has another tokenizer.',
  },
];

const others: readonly ReaderCode[] = [
  {
    code: 'checkpoint/size',
    title: 'Checkpoint differs from the config',
    severities: ['warning', 'information'],
    what: 'The bytes of the checkpoint beside the config are not what the config describes. It is information where a known habit of checkpoints explains the difference to the byte, such as a head that is stored twice.',
    remedy:
      'Check dtype, quantization and sizes against the weights, or download the files that the message calls missing.',
  },
  {
    code: 'file/empty',
    title: 'Empty file',
    severities: ['error'],
    what: 'A file that the command line was given holds nothing.',
    remedy: 'Give a config; `decode-lens catalog` lists models to start from.',
  },
  {
    code: 'file/encoding',
    title: 'Not UTF-8',
    severities: ['error'],
    what: 'The file holds zero bytes: it is UTF-16, or no text at all.',
    remedy: 'Save it as UTF-8.',
  },
  {
    code: 'file/opted-out',
    title: 'File opted out',
    severities: ['error'],
    what: 'A file that the command line was given says `"$decodeLens": false`.',
    remedy: 'Remove that key to have it analysed.',
  },
  {
    code: 'file/not-a-config',
    title: 'Not a model config',
    severities: ['error'],
    what: 'A file that the command line was given is no JSON object with the keys of a language model. In an editor such files are left alone.',
    remedy: 'Give a config with `model_type` and dimensions such as `hidden_size`.',
  },
  {
    code: 'file/too-large',
    title: 'File too large',
    severities: ['error'],
    what: 'The file looks like a model config and is larger than the limit, so that it was not parsed.',
    remedy: 'Raise the setting `decodeLens.maxFileSizeKB`.',
  },
  {
    code: 'advice/unknown-rule',
    title: 'Unknown code in an ignore list',
    severities: ['information'],
    what: 'An entry of `"$decodeLens": {"ignore": […]}` is neither the code of a finding nor a group such as `hardware/*`, so that it silences nothing.',
    remedy: 'Correct it as the fix does, or remove it; `decode-lens explain` lists all codes.',
    hasFix: true,
  },
];

/** All of the reader's own codes, in the order of the documentation. */
/** Of `decode-lens.json`, the workspace file. */
const workspace: readonly ReaderCode[] = [
  {
    code: 'workspace/unknown-target',
    title: 'Workspace file: unknown target',
    severities: ['error'],
    what: 'A target in `decode-lens.json`, or the target of a budget, is no accelerator that Decode Lens knows or that the file or the settings add. It is left out; the others hold.',
    remedy: 'Write a name from the message, or add the accelerator under `accelerators`.',
  },
  {
    code: 'workspace/accelerator',
    title: 'Workspace file: accelerator not understood',
    severities: ['error'],
    what: 'An entry of `accelerators` in `decode-lens.json` has a key that is not read, or a figure that no accelerator has, most often one written in TFLOPS, TB/s or GB. It is left out; the rest of the accelerator holds.',
    remedy: 'Write base units: FLOPS, bytes, bytes per second, US dollars per hour.',
  },
  {
    code: 'workspace/unknown-rule',
    title: 'Workspace file: unknown rule',
    severities: ['warning'],
    what: 'A key of `rules` in `decode-lens.json` is neither the code of a rule nor a group such as `hardware/*`: it has no effect.',
    remedy: 'Write the code as findings show it; `decode-lens explain` lists all.',
  },
  {
    code: 'workspace/empty-budget',
    title: 'Workspace file: budget without a limit',
    severities: ['warning'],
    what: 'An entry of `budgets` in `decode-lens.json` says for which files it holds, and limits nothing.',
    remedy:
      'Give it `kvBytesPerToken`, `totalParameters`, `activatedParameters` or `usdPer1M`, or remove it.',
  },
  {
    code: 'workspace/no-price',
    title: 'Workspace file: budget on a target without a price',
    severities: ['warning'],
    what: 'A budget in dollars names an accelerator that has no price, so that it can’t be checked.',
    remedy: 'Give the accelerator `usdPerHour` under `accelerators`.',
  },
];

export const READER_CODES: readonly ReaderCode[] = [...json, ...schema, ...config, ...others, ...workspace];
