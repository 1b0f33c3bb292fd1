import type { EndsSpec } from '../blocks';
import type { ClassDefaults, ConfigReader, Field, KeyAliases } from '../reader';
import { norms, symbol } from '../tensors';
import type { Family, FamilyInput } from './decoder';
import { defaultsOf, multiHead, plainReader, timesHidden, type PlainDecoder } from './plain';

/**
 * Decoders of the GPT-2 kind: LayerNorms with a bias, an FFN without a gate, mostly one K and V head a query head. What they
 * differ in is names, biases and positions. Sources: configuration and modelling files of transformers, unless said otherwise.
 */

/** Their names of the usual keys. */
export const OLD_NAMES: KeyAliases = {
  hidden_size: ['n_embd', 'n_embed', 'd_model'],
  num_hidden_layers: ['n_layer', 'num_layers', 'n_layers'],
  num_attention_heads: ['n_head', 'num_heads', 'n_heads', 'attention_heads'],
  max_position_embeddings: ['n_positions', 'max_seq_len'],
};

export const both = (bias: boolean) => ({ qkv: bias, o: bias });

export const C_NAMES = { up: 'c_fc', down: 'c_proj' };
export const H4_NAMES = { up: 'dense_h_to_4h', down: 'dense_4h_to_h' };
export const GPT_ENDS: EndsSpec = { names: { embedding: 'wte', norm: 'ln_f' } };

/** Null or absent `n_inner` is four times the hidden size. */
const inner = (text: ConfigReader) => text.size('n_inner', timesHidden(text, 4));

/** A table of learned positions. */
export const positionTable = (text: ConfigReader) => ({
  positions: symbol('N_pos', text.size('max_position_embeddings')),
});

/** GPT-2 and what is built like it: fused c_attn, c_proj, c_fc; all with biases. */
const gpt2 = (text: ConfigReader, kvHeads?: Field<number>): PlainDecoder => ({
  tied: true,
  attention: {
    ...multiHead(text, kvHeads),
    prefix: 'attn.',
    names: { qkv: 'c_attn', o: 'c_proj' },
    bias: both(true),
  },
  ffn: { intermediate: inner(text), gated: false, bias: true, names: C_NAMES },
  norms: ['ln_1', 'ln_2'],
  normBias: true,
  ends: { ...GPT_ENDS, ...positionTable(text) },
});

/** One K and V head: SantaCoder's own code says so in `attention_head_type`, GPTBigCode in `multi_query`. */
const ONE: Field<number> = { value: 1, origin: { paths: [], note: 'multi-query attention' } };

function readGpt2({ text }: FamilyInput): PlainDecoder {
  refuseCrossAttention(text);
  return gpt2(text, text.text('attention_head_type') === 'multiquery' ? ONE : undefined);
}

function readBigCode({ text }: FamilyInput): PlainDecoder {
  refuseCrossAttention(text);
  const { value, origin } = text.flag('multi_query', true);
  return gpt2(text, value ? { ...ONE, origin } : undefined);
}

function refuseCrossAttention(text: ConfigReader): void {
  if (text.flag('add_cross_attention', false).value)
    text.problem('error', 'config/unsupported', 'A decoder with cross-attention to an encoder is not read.', [
      'add_cross_attention',
    ]);
}

/** The first GPT: norms after the blocks, none at the end. */
function readOpenAiGpt({ text }: FamilyInput): PlainDecoder {
  const plain = gpt2(text);
  return {
    ...plain,
    ends: { finalNorm: 'none', names: { embedding: 'tokens_embed' }, ...positionTable(text) },
  };
}

/**
 * Jais and BTLM (vLLM's jais.py): GPT-2 with ALiBi instead of positions, and SwiGLU by a second matrix, c_fc2.
 */
function readJais({ text }: FamilyInput): PlainDecoder {
  const plain = gpt2(text);
  const isAlibi = text.text('position_embedding_type') === 'alibi';
  return {
    ...plain,
    ffn: {
      intermediate: inner(text),
      gated: text.text('activation_function') === 'swiglu',
      bias: true,
      names: { ...C_NAMES, gate: 'c_fc2' },
    },
    ends: isAlibi ? GPT_ENDS : { ...GPT_ENDS, ...positionTable(text) },
  };
}

/** CodeShell (its own modeling_codeshell.py): GPTBigCode with grouped queries and rotary positions. */
function readCodeShell({ text }: FamilyInput): PlainDecoder {
  const grouped = text.flag('group_query_attention', true).value;
  const plain = gpt2(text, grouped ? text.size('num_query_groups') : undefined);
  return text.text('position_embedding_type') === 'rope' ? { ...plain, ends: GPT_ENDS } : plain;
}

/** GPT-J and CodeGen: one norm a layer, attention and FFN side by side, attention without biases. */
const parallel =
  (names: PlainDecoder['attention']['names']) =>
  ({ text }: FamilyInput): PlainDecoder => ({
    tied: false,
    attention: {
      ...multiHead(text),
      prefix: 'attn.',
      names: { ...names, o: 'out_proj' },
    },
    ffn: {
      intermediate: inner(text),
      gated: false,
      bias: true,
      names: { up: 'fc_in', down: 'fc_out' },
    },
    norms: ['ln_1'],
    normBias: true,
    ends: { ...GPT_ENDS, headBias: true },
  });

/** BLOOM: ALiBi, and a norm of the embedding. */
function readBloom({ text }: FamilyInput): PlainDecoder {
  const hidden = text.size('hidden_size');
  return {
    tied: true,
    attention: {
      ...multiHead(text),
      prefix: 'self_attention.',
      names: { qkv: 'query_key_value', o: 'dense' },
      bias: both(true),
    },
    ffn: { intermediate: timesHidden(text, 4), gated: false, bias: true, names: H4_NAMES },
    norms: ['input_layernorm', 'post_attention_layernorm'],
    normBias: true,
    ends: {
      names: { embedding: 'word_embeddings', norm: 'ln_f' },
      extra: norms(['word_embeddings_layernorm'], symbol('H', hidden), true),
    },
  };
}

export const gptFamily = (
  name: string,
  type: string,
  classes: readonly string[],
  defaults: ClassDefaults,
  describe: (input: FamilyInput) => PlainDecoder,
): Family => ({
  name,
  types: [type],
  classes,
  schema: 'gpt',
  aliases: OLD_NAMES,
  defaults,
  read: plainReader(describe),
});

const GPT2 = defaultsOf([768, 12, 12, 50257], { max_position_embeddings: 1024 });
const GPTJ = defaultsOf([4096, 28, 16, 50400]);

export const gptFamilies: readonly Family[] = [
  {
    ...gptFamily('GPT-2', 'gpt2', ['GPT2LMHeadModel', 'GPT2LMHeadCustomModel'], GPT2, readGpt2),
    types: ['gpt2', 'gpt-sw3'],
  },
  gptFamily(
    'GPT',
    'openai-gpt',
    ['OpenAIGPTLMHeadModel'],
    defaultsOf([768, 12, 12, 40478], { max_position_embeddings: 512 }),
    readOpenAiGpt,
  ),
  gptFamily('GPT-BigCode', 'gpt_bigcode', ['GPTBigCodeForCausalLM'], GPT2, readBigCode),
  gptFamily('Jais', 'jais', ['JAISLMHeadModel'], GPT2, readJais),
  gptFamily('BTLM', 'btlm', ['BTLMLMHeadModel'], GPT2, readJais),
  gptFamily(
    'CodeShell',
    'codeshell',
    ['CodeShellForCausalLM'],
    { ...GPT2, num_query_groups: 1 },
    readCodeShell,
  ),
  gptFamily('GPT-J', 'gptj', ['GPTJForCausalLM'], GPTJ, parallel({ q: 'q_proj', k: 'k_proj', v: 'v_proj' })),
  gptFamily('CodeGen', 'codegen', ['CodeGenForCausalLM'], GPTJ, parallel({ qkv: 'qkv_proj' })),
  gptFamily('BLOOM', 'bloom', ['BloomForCausalLM', 'BloomModel'], { vocab_size: 250880 }, readBloom),
];
