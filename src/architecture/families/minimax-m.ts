import { denseFfn, endsOf, moeFfn, softmaxAttention, type MoeSpec, type SoftmaxSpec } from '../blocks';
import { product, type Expression } from '../expression';
import { groupLayers, sourced, type ConfigReader, type Field, type KeyAliases } from '../reader';
import { matrix, symbol, vector } from '../tensors';
import type { Selection, Sourced } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  times,
  twoNorms,
  uniformAttention,
  type Family,
  type FamilyReader,
} from './decoder';
import { layerKinds } from './layer-kinds';

/** Experts as in MiniMax-Text-01, with a bias for load balancing. */
const EXPERTS = {
  prefix: 'block_sparse_moe',
  names: { gate: 'w1', up: 'w3', down: 'w2' },
} as const satisfies Partial<MoeSpec>;

/** `per_layer` norms have one weight over all heads together, `per_head` one for each head's width. */
const qkNormOf = (text: ConfigReader, usual: 'full' | 'head'): 'none' | 'full' | 'head' => {
  if (!text.flag('use_qk_norm', true).value) return 'none';
  const type = text.text('qk_norm_type');
  if (type === 'per_layer') return 'full';
  return type === 'per_head' ? 'head' : usual;
};

/**
 * The configs announce MTP modules, but neither the published checkpoints nor the modelling code have any: their weights
 * can't be enumerated.
 */
function noteMtp(text: ConfigReader): void {
  const isUsed = text.flag('use_mtp', true).value;
  const [key] = ['num_mtp_modules', 'num_nextn_predict_layers'].filter((name) => Number(text.raw(name)) > 0);
  if (!isUsed || key === undefined) return;
  text.problem(
    'information',
    'config/mtp-not-counted',
    'The MTP modules that this key announces are neither in the published checkpoints nor in the modelling code: they are not counted.',
    [key],
  );
}

/** MiniMax-M2 (transformers' minimax_m2): GQA with norms over all heads, and experts in every layer. */
const readMiniMaxM2: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 62);
  const model = readModel(input, layers, false, { hidden: 3072, vocab: 200_064 });
  const hidden = hiddenOf(model);
  if ((text.list('attn_type_list') ?? []).some((type) => type !== 1))
    text.problem(
      'error',
      'config/unsupported',
      'MiniMax-M2 has softmax attention in all layers: "attn_type_list" must hold 1 for each.',
      ['attn_type_list'],
    );
  const attention = softmaxAttention(hidden, {
    ...readHeads(text, { queryHeads: 48, kvHeads: 8, headDim: 128 }),
    qkNorm: qkNormOf(text, 'full'),
  });
  const experts = moeFfn(text, hidden, {
    ...EXPERTS,
    experts: text.size(['num_local_experts', 'num_experts'], 256),
    topK: text.size('num_experts_per_tok', 8),
    intermediate: text.size('intermediate_size', 1536),
    sharedIntermediate: text.size('shared_intermediate_size', 0, 0),
    correctionBias: text.flag('use_routing_bias', true).value,
  });
  noteMtp(text);
  const groups = uniformAttention(layers, attention, twoNorms(hidden), { paths: [] }, () => experts);
  return { model, groups, ends: endsOf(model) };
};

/** The indexer's sizes stand in `sparse_attention_config`, or under names of their own (transformers' minimax_m3_vl). */
const sparse = (key: string): readonly (readonly string[])[] => [['sparse_attention_config', key]];
const M3_ALIASES: KeyAliases = {
  index_n_heads: sparse('sparse_num_index_heads'),
  index_head_dim: sparse('sparse_index_dim'),
  index_block_size: sparse('sparse_block_size'),
  index_topk_blocks: sparse('sparse_topk_blocks'),
  sparse_attention_freq: sparse('sparse_attention_freq'),
  sparse_disable_index_value: sparse('sparse_disable_index_value'),
};

/** Heads that score blocks of keys by their best key, and keep the best blocks; each has a key a token in the cache. */
function readIndexer(text: ConfigReader, hidden: Expression): Pick<SoftmaxSpec, 'selection' | 'extra'> {
  const heads = text.size('index_n_heads', 4);
  const dim = text.size('index_head_dim', 128);
  const [blocks, blockSize] = [text.size('index_topk_blocks', 16), text.size('index_block_size', 128)];
  const selection: Sourced<Selection> = sourced<Selection>({
    indexHeads: heads,
    indexDim: dim,
    topK: times(blocks, blockSize),
    cachedDim: dim,
  });
  const d = symbol('d_index', dim);
  const p = 'self_attn.index_';
  return {
    selection,
    extra: [
      matrix(`${p}q_proj`, 'attention', product(symbol('n_index', heads), d), hidden),
      matrix(`${p}k_proj`, 'attention', d, hidden),
      vector(`${p}q_norm`, 'attention', d),
      vector(`${p}k_norm`, 'attention', d),
    ],
  };
}

const ATTENTION_KINDS = {
  minimax_m3_sparse: 'sparse',
  indexed_attention: 'sparse',
  full_attention: 'full',
  attention: 'full',
} as const;
const MLP_KINDS = { sparse: 'sparse', dense: 'dense' } as const;

/** Entries other than 0 of a list with one for each layer; null where it is absent. */
function switchedOn(text: ConfigReader, key: string, layers: Field<number>): ((i: number) => boolean) | null {
  const list = text.perLayer(key, layers.value);
  return list && ((i) => Boolean(list[i]));
}

/**
 * MiniMax-M3 (transformers' minimax_m3_vl): GQA with a norm for each head, block-sparse in most layers; the first layers
 * are dense (`moe_layer_freq`), the others have experts of `intermediate_size` and a shared one.
 */
const readMiniMaxM3: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 60);
  const model = readModel(input, layers, false, { hidden: 6144, vocab: 200_064 });
  const hidden = hiddenOf(model);
  const heads = readHeads(text, { queryHeads: 64, kvHeads: 4, headDim: 128 });
  const isSparse = sparseLayers(text, layers);
  // Files without a sparse layer have the indexer's sizes all the same.
  text.has('index_n_heads');
  const qkNorm = qkNormOf(text, 'head');
  const gate = text.flag('attention_output_gate', false).value ? 'elementwise' : 'none';
  const attentionOf = memo((indexed: boolean) =>
    softmaxAttention(hidden, { ...heads, qkNorm, gate, ...(indexed && readIndexer(text, hidden)) }),
  );
  const kinds = layerKinds(text, 'mlp_layer_types', layers.value, MLP_KINDS);
  const listed = switchedOn(text, 'moe_layer_freq', layers);
  const hasExperts = (i: number) => (kinds ? kinds[i] === 'sparse' : (listed?.(i) ?? true));
  const anyDense = Array.from({ length: layers.value }, (_, i) => hasExperts(i)).includes(false);
  const experts = moeFfn(text, hidden, {
    ...EXPERTS,
    experts: text.size(['num_local_experts', 'num_experts'], 128),
    topK: text.size('num_experts_per_tok', 4),
    intermediate: text.size(['intermediate_size', 'moe_intermediate_size'], 3072),
    sharedIntermediate: times(
      text.size('n_shared_experts', 1, 0),
      text.size('shared_intermediate_size', 3072, 0),
    ),
    correctionBias: text.flag('use_routing_bias', true).value,
    sharedNames: {},
  });
  const dense = anyDense
    ? denseFfn(hidden, { intermediate: text.size('dense_intermediate_size', 12_288) })
    : experts;
  noteMtp(text);
  const extra = twoNorms(hidden);
  const layerOf = memo((indexed: boolean) =>
    memo((routed: boolean) => layer(attentionOf(indexed), routed ? experts : dense, extra)),
  );
  const pattern = {
    attention: text.originOf('layer_types', 'sparse_attention_freq'),
    ffn: text.originOf(kinds ? 'mlp_layer_types' : 'moe_layer_freq'),
  };
  const groups = groupLayers(layers, pattern, (i) => layerOf(isSparse(i))(hasExperts(i)));
  return { model, groups, ends: endsOf(model) };
};

/** Layers with an indexer: after `layer_types`, or `sparse_attention_freq` unless sparse attention is switched off. */
function sparseLayers(text: ConfigReader, layers: Field<number>): (layer: number) => boolean {
  const kinds = layerKinds(text, 'layer_types', layers.value, ATTENTION_KINDS);
  if (kinds) return (i) => kinds[i] === 'sparse';
  const settings = text.nested('sparse_attention_config');
  if (!settings.flag('use_sparse_attention', true).value) return () => false;
  const listed = switchedOn(text, 'sparse_attention_freq', layers) ?? (() => false);
  const withoutValue = switchedOn(text, 'sparse_disable_index_value', layers);
  for (let i = 0; withoutValue && i < layers.value; i++)
    if (listed(i) && !withoutValue(i))
      text.problem(
        'error',
        'config/unsupported',
        'Decode Lens does not read index heads with values of their own ("sparse_disable_index_value" 0 in a sparse layer).',
        ['sparse_attention_config'],
      );
  return listed;
}

export const minimaxMFamilies: readonly Family[] = [
  {
    name: 'MiniMax-M2',
    types: ['minimax_m2', 'MiniMaxM2'],
    classes: ['MiniMaxM2ForCausalLM'],
    schema: 'minimax',
    read: readMiniMaxM2,
  },
  {
    name: 'MiniMax-M3',
    types: ['minimax_m3', 'minimax_m3_vl_text', 'minimax_m3_vl', 'minimax_m3_text'],
    classes: [
      'MiniMaxM3ForCausalLM',
      'MiniMaxM3SparseForCausalLM',
      'MiniMaxM3VLForCausalLM',
      'MiniMaxM3SparseForConditionalGeneration',
    ],
    schema: 'minimax',
    aliases: M3_ALIASES,
    read: readMiniMaxM3,
  },
];
