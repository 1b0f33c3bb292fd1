import { endsOf, moeFfn, recurrentMixer, softmaxAttention, STATE_FLOPS } from '../blocks';
import { product } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { matrix, symbol, vector } from '../tensors';
import {
  hiddenOf,
  layer,
  readHeads,
  readModel,
  twoNorms,
  type Family,
  type FamilyInput,
  type FamilyReader,
} from './decoder';

/**
 * MiniMax-Text-01 and M1 (report arXiv:2506.13585; transformers' minimax): lightning attention in most layers, softmax
 * GQA in the others, after `attn_type_list` (0 lightning, 1 softmax) or `layer_types`; experts in every layer.
 */
const readMiniMax: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const heads = readHeads(text);
  const softmax = softmaxAttention(hidden, heads);
  const inner = product(symbol('n', heads.queryHeads), symbol('d', heads.headDim));
  const lightning = recurrentMixer({
    variant: 'lightning',
    heads: heads.queryHeads,
    keyDim: heads.headDim,
    valueDim: heads.headDim,
    flopsPerStateElement: STATE_FLOPS.lightning,
    tensors: [
      matrix('self_attn.qkv_proj', 'attention', product(3, inner), hidden),
      matrix('self_attn.output_gate', 'attention', inner, hidden),
      vector('self_attn.norm', 'attention', inner),
      matrix('self_attn.out_proj', 'attention', hidden, inner, { afterCore: true }),
    ],
  });
  const experts = moeFfn(text, hidden, {
    experts: text.size('num_local_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('intermediate_size'),
    sharedIntermediate: sharedWidth(text),
    // The released code weighs the shared expert by a sigmoid of its own ("coefficient").
    sharedGate: true,
    sharedPath: 'shared_mlp',
    sharedNames: {},
    prefix: 'block_sparse_moe',
    names: { gate: 'w1', up: 'w3', down: 'w2' },
  });
  const isSoftmax = softmaxLayers(input, layers.value);
  const extra = twoNorms(hidden);
  const groups = groupLayers(layers, { attention: text.originOf('attn_type_list', 'layer_types') }, (i) =>
    layer(isSoftmax(i) ? softmax : lightning, experts, extra),
  );
  return { model, groups, ends: endsOf(model) };
};

/** Width of the shared expert, 0 for none; a list of one entry stands for all layers, as in the first files. */
function sharedWidth(text: ConfigReader): Field<number> {
  const key = 'shared_intermediate_size';
  const value = text.raw(key);
  if (!Array.isArray(value)) return text.optionalSize(key, 0) ?? given(0);
  const widths = value as unknown[];
  const [first] = widths;
  if (typeof first === 'number' && widths.every((width) => width === first) && first >= 0 && first <= 1e9)
    return given(Math.floor(first), text.originOf(key));
  text.problem('error', 'config/unsupported', `"${key}" must give one width for all layers.`, [key]);
  return given(0);
}

/** MiniMaxConfig of transformers and MiniMaxText01Config of the repositories have Mixtral's. */
const DEFAULTS = {
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_local_experts: 8,
  num_experts_per_tok: 2,
  vocab_size: 32_000,
};

export const minimaxFamilies: readonly Family[] = [
  {
    name: 'MiniMax-M1',
    types: ['minimax_m1', 'MiniMaxM1'],
    classes: ['MiniMaxM1ForCausalLM'],
    schema: 'minimax',
    defaults: DEFAULTS,
    read: readMiniMax,
  },
  {
    name: 'MiniMax-Text-01',
    types: ['minimax_text_01', 'MiniMaxText01', 'minimax', 'minimax_vl_01', 'MiniMaxVL01'],
    classes: ['MiniMaxText01ForCausalLM', 'MiniMaxForCausalLM'],
    schema: 'minimax',
    defaults: DEFAULTS,
    read: readMiniMax,
  },
];

function softmaxLayers({ text, modelType }: FamilyInput, layers: number): (layer: number) => boolean {
  const types = text.perLayer('layer_types', layers);
  if (types) return (i) => types[i] === 'full_attention';
  if (!text.has('attn_type_list') && modelType === 'minimax')
    // MiniMaxConfig of transformers: full and linear attention in turn.
    return (i) => i % 2 === 0;
  if (!text.has('attn_type_list'))
    text.problem(
      'error',
      'config/missing',
      '"attn_type_list" or "layer_types" is missing: it says which layers are softmax attention.',
    );
  const list = text.perLayer('attn_type_list', layers);
  if (list?.some((type) => type !== 0 && type !== 1))
    text.problem(
      'error',
      'config/layer-list',
      '"attn_type_list" must hold 0 (lightning) or 1 (softmax) for each layer.',
      ['attn_type_list'],
    );
  return (i) => list?.[i] === 1;
}
