import { moeFfn, type DenseSpec } from '../blocks';
import { given, type ConfigReader, type Field, type KeyAliases } from '../reader';
import { symbol } from '../tensors';
import { checkSharing, type Family, type FamilyInput } from './decoder';
import { OLD_NAMES } from './gpt';
import { everywhere, multiHead, plainReader, timesHidden, type PlainDecoder } from './plain';

/**
 * MosaicML's MPT and Databricks' DBRX: `d_model` and its like, and an object each for attention and FFN. Sources: transformers'
 * mpt and dbrx; for what only the code beside the checkpoints has, llm-foundry's mpt.
 */

/** Keys of `attn_config`, which MPT's first files have at the root with a prefix. */
const ATTENTION_NAMES: KeyAliases = {
  kv_n_heads: [['attn_config', 'kv_n_heads']],
  attn_type: [['attn_config', 'attn_type']],
  alibi: [['attn_config', 'alibi']],
  rope: [['attn_config', 'rope']],
  qk_ln: [['attn_config', 'qk_ln'], 'attn_qk_ln'],
  fused_qkv: [['attn_config', 'fused_qkv']],
};
const FFN_NAMES: KeyAliases = {
  ffn_type: [['ffn_config', 'ffn_type']],
  ffn_hidden_size: [['ffn_config', 'ffn_hidden_size']],
  moe_num_experts: [['ffn_config', 'moe_num_experts']],
  moe_top_k: [['ffn_config', 'moe_top_k']],
  expansion_ratio: ['mlp_ratio'],
};
const NAMES = { ...OLD_NAMES, ...ATTENTION_NAMES, ...FFN_NAMES };

/** MPT: ALiBi or learned positions; `no_bias` (so in all published ones) leaves norms one vector. */
function readMpt({ text }: FamilyInput): PlainDecoder {
  const bias = !text.flag('no_bias', true).value;
  const heads = multiHead(text, mptKvHeads(text));
  checkSharing(text, heads.queryHeads, heads.kvHeads);
  const type = text.text('norm_type') ?? 'low_precision_layernorm';
  const isLearned =
    text.flag('learned_pos_emb', true).value &&
    !text.flag('alibi', true).value &&
    !text.flag('rope', false).value;
  return {
    tied: true,
    attention: {
      ...heads,
      prefix: 'attn.',
      names: { qkv: 'Wqkv', o: 'out_proj' },
      bias: { qkv: bias, o: bias },
      qkNorm: text.flag('qk_ln', false).value ? 'full' : 'none',
      qkNormBias: bias && type.includes('layernorm'),
    },
    ffn: mptFfn(text, bias),
    norms: ['norm_1', 'norm_2'],
    normBias: bias && type.includes('layernorm'),
    ends: {
      names: { embedding: 'wte', norm: 'norm_f' },
      ...(isLearned && { positions: symbol('N_pos', text.size('max_position_embeddings')) }),
    },
  };
}

function mptKvHeads(text: ConfigReader): Field<number> | undefined {
  const type = text.text('attn_type');
  if (type === 'multiquery_attention') return given(1, text.originOf('attn_type'));
  return type === 'grouped_query_attention' ? text.size('kv_n_heads') : undefined;
}

function mptFfn(text: ConfigReader, bias: boolean): DenseSpec {
  const width = text.size('ffn_hidden_size', timesHidden(text, text.size('expansion_ratio').value));
  const gated = (text.text('ffn_type') ?? 'mptmlp') === 'mptglu';
  return { intermediate: width, gated, bias, prefix: 'ffn' };
}

/** DBRX: no bias anywhere; experts of every layer as one matrix each of gate, up and down. */
function readDbrx({ text }: FamilyInput): PlainDecoder {
  const heads = multiHead(text, text.size('kv_n_heads', 1));
  checkSharing(text, heads.queryHeads, heads.kvHeads);
  return {
    tied: false,
    attention: { ...heads, prefix: 'norm_attn_norm.attn.', names: { qkv: 'Wqkv', o: 'out_proj' } },
    ffn: everywhere((hidden) =>
      moeFfn(text, hidden, {
        experts: text.size('moe_num_experts'),
        topK: text.size('moe_top_k'),
        intermediate: text.size('ffn_hidden_size'),
        prefix: 'ffn',
        routerName: 'router.layer',
        names: { gate: 'mlp.w1', up: 'mlp.v1', down: 'mlp.w2' },
      }),
    ),
    norms: ['norm_attn_norm.norm_1', 'norm_attn_norm.norm_2'],
    ends: { names: { embedding: 'wte', norm: 'norm_f' } },
  };
}

const DEFAULTS = { hidden_size: 2048, num_hidden_layers: 24, num_attention_heads: 16 };

export const mosaicFamilies: readonly Family[] = [
  {
    name: 'MPT',
    types: ['mpt', 'replit_lm', 'llava_mpt'],
    classes: ['MPTForCausalLM', 'MptForCausalLM', 'ReplitLM'],
    schema: 'mosaic',
    aliases: NAMES,
    defaults: { ...DEFAULTS, vocab_size: 50368, expansion_ratio: 4, max_position_embeddings: 2048 },
    read: plainReader(readMpt),
  },
  {
    name: 'DBRX',
    types: ['dbrx'],
    classes: ['DbrxForCausalLM'],
    schema: 'mosaic',
    aliases: NAMES,
    defaults: { ...DEFAULTS, vocab_size: 32000, moe_num_experts: 4, moe_top_k: 1, ffn_hidden_size: 3584 },
    read: plainReader(readDbrx),
  },
];
