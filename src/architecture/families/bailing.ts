import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { constant, type Expression } from '../expression';
import { groupLayers, type ConfigReader, type Field } from '../reader';
import { matrix, symbol, vector } from '../tensors';
import type { AttentionBlock, FfnBlock, Tensor } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  refuseKeys,
  times,
  twoNorms,
  type Family,
  type FamilyInput,
  type FamilyReader,
} from './decoder';
import { bailingLatent, bailingMixer } from './bailing-mixers';
import { deepseekMtp } from './deepseek-mtp';

/** What the versions of Bailing (Ling, Ring) add to each other; model types alone don't tell them apart. */
interface Version {
  /** Routers have a bias that balances the experts' load. */
  readonly hasExpertBias: boolean;
  /** Linear layers are KDA instead of lightning attention. */
  readonly isDelta: boolean;
}

function versionOf({ text, modelType }: FamilyInput): Version {
  const classes = text.raw('architectures');
  const className = Array.isArray(classes) ? String(classes[0]) : '';
  const isThird = /V3/i.test(className + modelType) || text.has('no_kda_lora');
  const isLater = /V[23]/i.test(className + modelType) || text.text('score_function') === 'sigmoid';
  return {
    hasExpertBias: isThird || text.flag('moe_router_enable_expert_bias', isLater).value,
    isDelta: isThird,
  };
}

/**
 * Ling and Ring (inclusionAI's modeling_bailing_moe*.py; vLLM's bailing_moe, bailing_moe_linear, bailing_moe_v3): experts
 * after a few dense layers. In the hybrids all but every `layer_group_size`-th layer are linear attention, lightning or
 * KDA, the others GQA or MLA; layers after the last whole group are full, too.
 */
const readBailing: FamilyReader = (input) => {
  const { text } = input;
  refuseKeys(text, ['use_nGPT', 'up_proj_norm', 'value_norm', 'using_split_qkv_in_self_attention']);
  if (text.raw('pregate_enabled') === true)
    text.problem(
      'warning',
      'config/not-counted',
      'The small networks that predict the next routing (pregates) are not counted.',
      ['pregate_enabled'],
    );
  const version = versionOf(input);
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  const fullType = text.text('full_attention_type');
  const hasRank = text.has('kv_lora_rank');
  const isLatent = fullType === null ? hasRank : fullType === 'mla';
  const full = memo((latent: boolean): AttentionBlock =>
    latent ? bailingLatent(text, hidden) : groupedAttention(text, hidden),
  );
  const linear = memo((isDelta: boolean) => bailingMixer(text, hidden, isDelta));
  const ffn = readFfn(text, hidden, version);
  const isFull = fullLayers(text, layers);
  const extra = twoNorms(hidden);
  const groups = groupLayers(
    layers,
    { attention: text.originOf('layer_group_size'), ffn: text.originOf('first_k_dense_replace') },
    (i) => layer(isFull(i) ? full(isLatent) : linear(version.isDelta), ffn.of(i), extra),
  );
  const mtpMixer = text.flag('mtp_use_kda', false).value ? linear(true) : full(isLatent);
  const mtpFfn = ffn.experts ?? ffn.of(layers.value - 1);
  return {
    model,
    groups,
    ends: endsOf(model, { names: { embedding: 'word_embeddings' } }),
    mtp: deepseekMtp(text, hidden, layer(mtpMixer, mtpFfn, extra), false, 'final_layernorm'),
  };
};

/** Absent or 1: all layers are full attention. */
function fullLayers(text: ConfigReader, layers: Field<number>): (layer: number) => boolean {
  const size = text.size('layer_group_size', 1).value;
  const grouped = Math.floor(layers.value / size) * size;
  return (i) => (i + 1) % size === 0 || i >= grouped;
}

function groupedAttention(text: ConfigReader, hidden: Expression): AttentionBlock {
  const bias = text.flag('use_bias', false).value;
  return softmaxAttention(hidden, {
    ...readHeads(text),
    bias: { qkv: text.flag('use_qkv_bias', false).value || bias, o: bias },
    qkNorm: text.flag('use_qk_norm', false).value ? 'head' : 'none',
    prefix: 'attention.',
    names: { qkv: 'query_key_value', o: 'dense' },
  });
}

function readFfn(
  text: ConfigReader,
  hidden: Expression,
  { hasExpertBias }: Version,
): { readonly of: (layer: number) => FfnBlock; readonly experts: FfnBlock | null } {
  const bias = text.flag('use_bias', false).value;
  const dense = memo((hasBias: boolean) =>
    denseFfn(hidden, { intermediate: text.size('intermediate_size'), bias: hasBias }),
  );
  const count = text.optionalSize('num_experts', 0);
  if (count === null || count.value <= 1) return { of: () => dense(bias), experts: null };
  const width = text.size('moe_intermediate_size');
  const sharedWidth = text.optionalSize('moe_shared_expert_intermediate_size') ?? width;
  const gate = 'mlp.gate';
  const experts = moeFfn(text, hidden, {
    experts: count,
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('num_shared_experts', 0), sharedWidth),
    expertBias: bias,
    sharedBias: bias,
    extra: [
      ...(hasExpertBias
        ? [vector(`${gate}.expert_bias`, 'router', symbol('E', count), { fixedBytes: 4 })]
        : []),
      ...modalityRouters(text, hidden, count, hasExpertBias),
    ],
  });
  const first = text.size('first_k_dense_replace', 0, 0).value;
  return { of: (i) => (i >= first ? experts : dense(bias)), experts };
}

/** Ming routes image and audio tokens by routers of their own, which a decoded text token never meets. */
function modalityRouters(
  text: ConfigReader,
  hidden: Expression,
  count: Field<number>,
  hasExpertBias: boolean,
): Tensor[] {
  const isMulti = text.text('router_type') === 'MultiRouter';
  if (!isMulti && !text.flag('multi_gate', false).value) return [];
  const experts = symbol('E', count);
  const unused = { activated: constant(0) };
  return ['image_gate', 'audio_gate'].flatMap((name) => [
    matrix(`mlp.${name}`, 'router', experts, hidden, unused),
    ...(hasExpertBias
      ? [vector(`mlp.${name}.expert_bias`, 'router', experts, { ...unused, fixedBytes: 4 })]
      : []),
  ]);
}

const family = (name: string, types: readonly string[], classes: readonly string[]): Family => ({
  name,
  types,
  classes,
  schema: 'bailing',
  read: readBailing,
});

export const bailingFamilies: readonly Family[] = [
  family('Ling', ['bailing_moe', 'bailing_moe_v2'], ['BailingMoeForCausalLM', 'BailingMoeV2ForCausalLM']),
  family(
    'Ling hybrid',
    ['bailing_moe_linear', 'bailing_hybrid', 'bailing_moe_v2_5', 'bailing_moe_v3'],
    [
      'BailingMoeLinearForCausalLM',
      'BailingMoeLinearV2ForCausalLM',
      'BailingMoeV2_5ForCausalLM',
      'BailingMoeV3ForCausalLM',
    ],
  ),
];
