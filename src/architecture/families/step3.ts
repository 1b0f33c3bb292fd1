import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { given, type ConfigReader } from '../reader';
import {
  checkSharing,
  hiddenOf,
  readModel,
  twoNorms,
  uniformAttention,
  type Family,
  type FamilyReader,
} from './decoder';

/**
 * Step-3 (report, section 3 and table 1; vLLM's step3_text): MFA with one K and one V head for all queries, whose
 * projection goes through `share_q_dim`. `moe_layers_enum` lists the expert layers as a comma-separated string.
 */
const readStep3: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const queryHeads = text.size('num_attention_heads');
  const kvHeads = text.size(['num_attention_groups', 'num_key_value_heads']);
  const headDim = text.size('head_dim');
  checkSharing(text, queryHeads, kvHeads);
  const attention = softmaxAttention(hidden, {
    queryHeads,
    kvHeads,
    headDim,
    // Null is vLLM's `share_q_dim or head_dim`.
    queryRank: text.raw('share_q_dim') === null ? headDim : text.size('share_q_dim'),
  });
  const experts = moeFfn(text, hidden, {
    experts: text.size(['moe_num_experts', 'num_experts']),
    topK: text.size(['moe_top_k', 'num_experts_per_tok']),
    intermediate: text.size('moe_intermediate_size'),
    sharedIntermediate: text.optionalSize('share_expert_dim', 0) ?? given(0),
    prefix: 'moe',
    sharedPath: 'share_expert',
  });
  const expertLayers = moeLayers(text, layers.value);
  const anyDense = expertLayers.size < layers.value;
  const dense = anyDense ? denseFfn(hidden, { intermediate: text.size('intermediate_size') }) : experts;
  const groups = uniformAttention(
    layers,
    attention,
    twoNorms(hidden),
    text.originOf('moe_layers_enum'),
    (i) => (expertLayers.has(i) ? experts : dense),
  );
  return { model, groups, ends: endsOf(model) };
};

export const step3Families: readonly Family[] = [
  {
    name: 'Step-3',
    types: ['step3_text', 'step3_vl'],
    classes: ['Step3VLForConditionalGeneration', 'Step3TextForCausalLM'],
    schema: 'step3',
    // vLLM's Step3TextConfig.
    defaults: {
      intermediate_size: 18_432,
      num_attention_groups: 1,
      head_dim: 256,
      share_q_dim: 2048,
      moe_num_experts: 48,
      moe_top_k: 3,
      moe_intermediate_size: 5120,
      share_expert_dim: 5120,
    },
    read: readStep3,
  },
];

/** Expert layers. As vLLM's step3_text has it, the absent key means 4 to 59, and null all layers but the first. */
function moeLayers(text: ConfigReader, layers: number): ReadonlySet<number> {
  const value = text.raw('moe_layers_enum');
  const range = (from: number, end: number) =>
    new Set(Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i));
  if (value === undefined) return range(4, Math.min(60, layers));
  if (value === null) return range(1, layers);
  return readLayerEnum(text, layers);
}

/** `moe_layers_enum`: indexes of layers in a list, or separated by commas. */
export function readLayerEnum(text: ConfigReader, layers: number): ReadonlySet<number> {
  const value = text.raw('moe_layers_enum');
  const items: readonly unknown[] =
    typeof value === 'string'
      ? value.split(',').map((item) => item.trim())
      : Array.isArray(value)
        ? value
        : [NaN];
  const indices = items.filter((item) => item !== '').map(Number);
  const wrong = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= layers);
  if (wrong !== undefined)
    text.problem(
      'error',
      'config/layer-list',
      `"moe_layers_enum" must list layers from 0 to ${layers - 1}, separated by commas.`,
      ['moe_layers_enum'],
    );
  return new Set(indices);
}
