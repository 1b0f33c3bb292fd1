import { denseFfn, moeFfn } from '../blocks';
import type { Expression } from '../expression';
import { given, type ConfigReader, type Field } from '../reader';
import { norms, symbol } from '../tensors';
import type { FfnBlock } from '../types';
import {
  checkSharing,
  derivedHeadDim,
  readHeads,
  type Family,
  type FamilyReader,
  type Heads,
} from './decoder';
import { everywhere, plainReader, readPlain, type PlainDecoder } from './plain';

/**
 * Ai2's own code: OLMo's first checkpoints (`hf_olmo`, once `olmo`), Molmo and Molmo 2. Sources: config.py and model.py of the
 * OLMo repository; vLLM's molmo.py and molmo2.py.
 */

/** OLMo and Molmo write the same things under other names. */
const NATIVE_NAMES = {
  hidden_size: ['d_model'],
  num_hidden_layers: ['n_layers'],
  num_attention_heads: ['n_heads'],
  num_key_value_heads: ['n_kv_heads'],
  tie_word_embeddings: ['weight_tying'],
  max_position_embeddings: ['max_sequence_length'],
};
const NATIVE_DEFAULTS = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  vocab_size: 50257,
  mlp_ratio: 4,
  max_position_embeddings: 1024,
};

/** Is this `olmo` one of those? transformers' class has none of these keys. */
export const isNativeOlmo = (text: ConfigReader): boolean => text.has('d_model') || text.has('n_layers');

export const readNativeOlmo: FamilyReader = (input) => {
  const named = input.text.withAliases(NATIVE_NAMES).withDefaults(NATIVE_DEFAULTS);
  // Both tables have `embedding_size` rows: the vocabulary, rounded up.
  const rows = named.optionalSize('embedding_size');
  const text = rows ? named.withValues({ vocab_size: rows }) : named;
  return readPlain({ ...input, text }, nativeOlmo(text, input.modelType === 'molmo'));
};

/** Rows that Molmo adds for its image tokens, which the LM head never predicts. */
const MOLMO_ROWS = 128;

function nativeOlmo(text: ConfigReader, isMolmo: boolean): PlainDecoder {
  const bias = text.flag('include_bias', !isMolmo).value;
  const normBias = text.flag('bias_for_layer_norm', bias).value;
  const hasNormWeights = text.flag('layer_norm_with_affine', true).value;
  const hasTable = !isMolmo && !text.flag('alibi', false).value && !text.flag('rope', false).value;
  return {
    tied: true,
    attention: {
      ...nativeHeads(text),
      prefix: '',
      names: { qkv: 'att_proj', o: 'attn_out' },
      bias: { qkv: bias || text.flag('qkv_bias', false).value, o: bias },
      qkNorm: text.flag('attention_layer_norm', false).value ? 'full' : 'none',
      qkNormBias: normBias,
    },
    ffn: everywhere((hidden) => nativeFfn(text, hidden, bias)),
    norms: hasNormWeights ? ['attn_norm', 'ff_norm'] : [],
    normBias,
    ends: {
      names: { embedding: 'wte', norm: 'ln_f', head: 'ff_out' },
      headBias: bias && !text.flag('tie_word_embeddings', true).value,
      ...(!hasNormWeights && { finalNorm: 'none' }),
      ...(text.flag('embedding_layer_norm', false).value && {
        extra: norms(['emb_norm'], symbol('H', text.size('hidden_size')), normBias),
      }),
      ...(isMolmo && { extraRows: MOLMO_ROWS }),
      ...(hasTable && { positions: symbol('N_pos', text.size('max_position_embeddings')) }),
    },
  };
}

function nativeHeads(text: ConfigReader): Heads {
  const queryHeads = text.size('num_attention_heads');
  const kvHeads = text.flag('multi_query_attention', false).value
    ? given(1, text.originOf('multi_query_attention'))
    : text.size('num_key_value_heads', queryHeads);
  checkSharing(text, queryHeads, kvHeads);
  return { queryHeads, kvHeads, headDim: derivedHeadDim(text, queryHeads) };
}

/** Dense, or (MolmoE) experts of the same width. */
function nativeFfn(text: ConfigReader, hidden: Expression, bias: boolean): FfnBlock {
  const experts = text.optionalSize('moe_num_experts', 0);
  if (experts && experts.value > 0)
    return moeFfn(text, hidden, {
      experts,
      topK: text.size('moe_top_k'),
      intermediate: ffnWidth(text),
      prefix: 'ffn',
      routerName: 'router.layer',
      names: { gate: 'w1', up: 'v1', down: 'w2' },
    });
  return denseFfn(hidden, {
    intermediate: ffnWidth(text),
    gated: isGated(text),
    bias,
    prefix: '',
    names: { gateUp: 'ff_proj', up: 'ff_proj', down: 'ff_out' },
  });
}

/** Gate and up projection are one matrix, whose width the config gives: the FFN's own is half of it. */
function ffnWidth(text: ConfigReader): Field<number> {
  const hidden = text.size('hidden_size');
  const ratio = text.size('mlp_ratio');
  const both = text.size(
    ['mlp_hidden_size', 'intermediate_size'],
    given(ratio.value * hidden.value, { paths: [...ratio.origin.paths, ...hidden.origin.paths] }),
  );
  if (!isGated(text)) return both;
  return { value: Math.floor(both.value / 2), origin: { ...both.origin, note: 'half of gate and up' } };
}

const isGated = (text: ConfigReader): boolean => (text.text('activation_type') ?? 'swiglu') === 'swiglu';

/** Molmo 2 (and MolmoAct): Qwen3's and OLMo's layers under one set of keys. */
function readMolmo2(text: ConfigReader): PlainDecoder {
  const rows = text.size('additional_vocab_size', 128, 0);
  const perHead = text.text('qk_norm_type') === 'qwen3';
  return {
    tied: false,
    attention: {
      ...readHeads(text),
      names: { qkv: 'att_proj', o: 'attn_out' },
      bias: { qkv: text.flag('qkv_bias', true).value },
      qkNorm: text.flag('use_qk_norm', false).value ? (perHead ? 'head' : 'full') : 'none',
    },
    ffn: { intermediate: text.size('intermediate_size'), names: { gateUp: 'ff_proj', down: 'ff_out' } },
    norms: ['attn_norm', 'ff_norm'],
    ends: { names: { embedding: 'wte', norm: 'ln_f' }, extraRows: rows.value },
  };
}

export const nativeOlmoFamilies: readonly Family[] = [
  { name: 'OLMo (own code)', types: ['hf_olmo'], schema: 'molmo', read: readNativeOlmo },
  {
    name: 'Molmo',
    types: ['molmo'],
    classes: ['MolmoForCausalLM'],
    schema: 'molmo',
    read: readNativeOlmo,
  },
  {
    name: 'Molmo 2',
    types: ['molmo2_text', 'molmo2', 'molmoact_llm', 'molmoact'],
    classes: ['Molmo2ForConditionalGeneration', 'MolmoActForActionReasoning'],
    schema: 'molmo',
    read: plainReader(({ text }) => readMolmo2(text)),
  },
];
