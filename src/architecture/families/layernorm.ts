import { norms, symbol } from '../tensors';
import type { ClassDefaults, Field } from '../reader';
import { readHeads, type Family, type FamilyInput } from './decoder';
import { defaultsOf, multiHead, plainReader, slidingEverywhere, type PlainDecoder } from './plain';

/**
 * Decoders with Llama's keys and names, but norms of another kind: mostly LayerNorms with biases. Some have no gate in the FFN.
 * Sources: configuration and modelling files of transformers, unless said otherwise.
 */

const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];

/** StableLM 3B and StableLM 2. Parallel blocks (the 12B) share one norm. */
function readStableLm({ text }: FamilyInput): PlainDecoder {
  const bias = text.flag('use_qkv_bias', false).value;
  return {
    tied: false,
    attention: {
      ...readHeads(text),
      bias: { qkv: bias },
      // One LayerNorm without bias for each head.
      qkNorm: text.flag('qk_layernorm', false).value ? 'heads' : 'none',
    },
    ffn: { intermediate: text.size('intermediate_size') },
    norms: text.flag('use_parallel_residual', false).value ? TWO_NORMS.slice(0, 1) : TWO_NORMS,
    normBias: true,
  };
}

/**
 * StableLM-Alpha v2 (its own modeling_stablelm_alpha.py): parallel blocks with one norm; the FFN is two thirds of 4H wide,
 * rounded up to 256.
 */
function readStableLmAlpha({ text }: FamilyInput): PlainDecoder {
  const hidden = text.size('hidden_size');
  const width: Field<number> = {
    value: 256 * Math.ceil(Math.floor((8 * hidden.value) / 3) / 256),
    origin: { ...hidden.origin, note: '8/3 x hidden_size, rounded up to a multiple of 256' },
  };
  return {
    tied: false,
    attention: { ...multiHead(text), prefix: 'attention.', names: { qkv: 'qkv_proj', o: 'out_proj' } },
    ffn: { intermediate: width, names: { gateUp: 'gate_proj', down: 'out_proj' } },
    norms: ['norm'],
    normBias: true,
    ends: { names: { embedding: 'embed', norm: 'final_norm' } },
  };
}

/** Nemotron-4 and Minitron: squared ReLU, no gate; LayerNorm1P. */
function readNemotron({ text }: FamilyInput): PlainDecoder {
  const bias = text.flag('attention_bias', false).value;
  return {
    tied: false,
    attention: { ...readHeads(text), bias: { qkv: bias, o: bias } },
    ffn: {
      intermediate: text.size('intermediate_size'),
      gated: false,
      bias: text.flag('mlp_bias', false).value,
    },
    norms: TWO_NORMS,
    normBias: true,
  };
}

/** Jais 2: squared ReLU, no gate; biases on everything unless the file says otherwise. */
function readJais2({ text }: FamilyInput): PlainDecoder {
  const bias = text.flag('attention_bias', true).value;
  return {
    tied: false,
    attention: { ...readHeads(text), bias: { qkv: bias, o: bias } },
    ffn: {
      intermediate: text.size('intermediate_size'),
      gated: false,
      bias: text.flag('mlp_bias', true).value,
    },
    norms: TWO_NORMS,
    normBias: true,
  };
}

/** Persimmon, and Fuyu's text model. */
function readPersimmon({ text }: FamilyInput): PlainDecoder {
  const heads = multiHead(text);
  const normed = text.flag('qk_layernorm', true).value;
  const perHead = symbol('d', heads.headDim);
  return {
    tied: false,
    attention: {
      ...heads,
      names: { qkv: 'query_key_value', o: 'dense' },
      bias: { qkv: true, o: true },
      extra: normed ? norms(['self_attn.q_layernorm', 'self_attn.k_layernorm'], perHead, true) : [],
    },
    ffn: {
      intermediate: text.size('intermediate_size'),
      gated: false,
      bias: true,
      names: { up: 'dense_h_to_4h', down: 'dense_4h_to_h' },
    },
    norms: TWO_NORMS,
    normBias: true,
    ends: { names: { norm: 'final_layernorm' } },
  };
}

/** StarCoder2: `use_bias` everywhere; the window, where given, in all layers. */
function readStarCoder2({ text }: FamilyInput): PlainDecoder {
  const bias = text.flag('use_bias', true).value;
  return {
    tied: true,
    attention: {
      ...readHeads(text),
      bias: { qkv: bias, o: bias },
    },
    sliding: slidingEverywhere(text),
    ffn: {
      intermediate: text.size('intermediate_size'),
      gated: false,
      bias,
      names: { up: 'c_fc', down: 'c_proj' },
    },
    norms: TWO_NORMS,
    normBias: true,
  };
}

/** BitNet b1.58: ternary weights, and a norm more before each output projection. */
function readBitNet({ text }: FamilyInput): PlainDecoder {
  const bias = text.flag('attention_bias', false).value;
  const intermediate = text.size('intermediate_size');
  return {
    tied: false,
    attention: {
      ...readHeads(text),
      bias: { qkv: bias, o: bias },
      extra: norms(['self_attn.attn_sub_norm'], symbol('H', text.size('hidden_size'))),
    },
    ffn: { intermediate, extra: norms(['mlp.ffn_sub_norm'], symbol('I', intermediate)) },
    norms: TWO_NORMS,
  };
}

const family = (
  name: string,
  types: readonly string[],
  classes: readonly string[],
  defaults: ClassDefaults,
  describe: (input: FamilyInput) => PlainDecoder,
): Family => ({ name, types, classes, schema: 'layernorm', defaults, read: plainReader(describe) });

export const layerNormFamilies: readonly Family[] = [
  family(
    'StableLM',
    ['stablelm', 'stablelm_epoch', 'bunny-stablelm'],
    ['StableLmForCausalLM', 'StableLMEpochForCausalLM'],
    defaultsOf([2560, 32, 32, 50304], { num_key_value_heads: 32, intermediate_size: 6912 }),
    readStableLm,
  ),
  {
    ...family('StableLM-Alpha', ['stablelm_alpha'], ['StableLMAlphaForCausalLM'], {}, readStableLmAlpha),
    aliases: { num_hidden_layers: ['num_layers'], num_attention_heads: ['num_heads'] },
  },
  family(
    'Nemotron',
    ['nemotron'],
    ['NemotronForCausalLM'],
    defaultsOf([6144, 32, 48, 256000], { intermediate_size: 24576 }),
    readNemotron,
  ),
  family(
    'Jais 2',
    ['jais2'],
    ['Jais2ForCausalLM'],
    defaultsOf([3328, 32, 26, 150272], { intermediate_size: 26624 }),
    readJais2,
  ),
  family(
    'Persimmon',
    ['persimmon', 'fuyu'],
    ['PersimmonForCausalLM', 'FuyuForCausalLM'],
    defaultsOf([4096, 36, 64, 262144], { intermediate_size: 16384 }),
    readPersimmon,
  ),
  family(
    'StarCoder2',
    ['starcoder2'],
    ['Starcoder2ForCausalLM'],
    defaultsOf([3072, 30, 24, 49152], { num_key_value_heads: 2, intermediate_size: 12288 }),
    readStarCoder2,
  ),
  family(
    'BitNet',
    ['bitnet'],
    ['BitNetForCausalLM'],
    defaultsOf([2560, 30, 20, 128256], { num_key_value_heads: 5, intermediate_size: 6912 }),
    readBitNet,
  ),
];
