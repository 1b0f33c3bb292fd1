import { denseFfn, endsOf, moeFfn, softmaxAttention } from '../blocks';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { symbol, vector } from '../tensors';
import type { Expression } from '../expression';
import type { AttentionBlock, FfnBlock } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  readHeads,
  readModel,
  twoNorms,
  type Family,
  type FamilyReader,
} from './decoder';
import type { LayerChoice } from './layer-lists';

/** What files of a generation mean by leaving a flag out. */
interface HunyuanVariant {
  readonly qkNorm: boolean;
  readonly sharedExperts: boolean;
  readonly tied: boolean;
}

/**
 * Hunyuan Large, A13B and the dense ones (transformers' hunyuan_v1_moe and hunyuan_v1_dense; Tencent's modeling_hunyuan
 * and vLLM's hunyuan_v1 for `use_cla`): numbers of the experts may be lists by layer; with cross-layer attention only each
 * `cla_share_factor`-th layer has keys and values, and the others read its cache.
 */
const readHunyuan =
  (variant: HunyuanVariant): FamilyReader =>
  (input) => {
    const { text } = input;
    if (text.raw('use_mla') === true)
      text.problem(
        'error',
        'config/unsupported',
        'Decode Lens reads no Hunyuan config with latent attention.',
        ['use_mla'],
      );
    // Written by all files, and meant by those with use_mla only.
    text.has('kv_lora_rank');
    const layers = text.layers();
    const model = readModel(input, layers, variant.tied);
    const hidden = hiddenOf(model);
    const attentionOf = readAttention(text, hidden, variant);
    const isShared = sharedKvLayers(text);
    const ffn = readFfn(text, hidden, layers.value, variant);
    const extra = twoNorms(hidden);
    const groups = groupLayers(layers, { attention: isShared.origin, ffn: ffn.origin }, (i) =>
      layer(attentionOf(isShared.has(i)), ffn.of(i), extra),
    );
    return { model, groups, ends: endsOf(model) };
  };

function readAttention(
  text: ConfigReader,
  hidden: Expression,
  variant: HunyuanVariant,
): (sharesKv: boolean) => AttentionBlock {
  const heads = readHeads(text);
  const bias = text.flag('attention_bias', false).value;
  const d = symbol('d', heads.headDim);
  // Layers without keys of their own normalize those they read.
  const extra = text.flag('use_qk_norm', variant.qkNorm).value
    ? ['query_layernorm', 'key_layernorm'].map((name) => vector(`self_attn.${name}`, 'attention', d))
    : [];
  return memo((sharesKv: boolean) =>
    softmaxAttention(hidden, {
      ...heads,
      bias: { qkv: bias, o: bias },
      cache: sharesKv ? 'shared' : 'own',
      extra,
    }),
  );
}

function sharedKvLayers(text: ConfigReader): LayerChoice {
  const factor = text.flag('use_cla', false).value ? text.size('cla_share_factor', 1).value : 1;
  return { has: (i) => i % factor !== 0, origin: text.originOf('use_cla', 'cla_share_factor') };
}

/** The FFN of each layer: dense in the first `moe_layer_num_skipped`, or in all where there is one expert at most. */
function readFfn(
  text: ConfigReader,
  hidden: Expression,
  layers: number,
  variant: HunyuanVariant,
): { readonly of: (layer: number) => FfnBlock; readonly origin: LayerChoice['origin'] } {
  const bias = text.flag('mlp_bias', false).value;
  const width = text.sizePerLayer('intermediate_size', layers);
  const denseWith = memo((intermediate: number) =>
    denseFfn(hidden, { intermediate: given(intermediate, width(0).origin), bias }),
  );
  const dense = (i: number) => denseWith(width(i).value);
  const expertCount = text.sizePerLayer('num_experts', layers, 1, 0);
  const origin = text.originOf('num_experts', 'moe_layer_num_skipped');
  if (!Array.from({ length: layers }, (_, i) => i).some((i) => expertCount(i).value > 1))
    return { of: dense, origin };

  const topK = text.sizePerLayer('moe_topk', layers, 1);
  const expertWidth = text.has('moe_intermediate_size')
    ? text.sizePerLayer('moe_intermediate_size', layers)
    : width;
  const shared = text.flag('use_mixed_mlp_moe', variant.sharedExperts).value
    ? text.sizePerLayer('num_shared_expert', layers, 1, 0)
    : () => given(0);
  const numbers = (i: number): Field<number>[] => [expertCount(i), topK(i), expertWidth(i), shared(i)];
  const made = new Map<string, FfnBlock>();
  const experts = (i: number): FfnBlock => {
    const key = numbers(i)
      .map(({ value }) => value)
      .join();
    const known = made.get(key);
    if (known) return known;
    const sharedCount = shared(i);
    const block = moeFfn(text, hidden, {
      experts: expertCount(i),
      topK: topK(i),
      intermediate: expertWidth(i),
      expertBias: bias,
      sharedIntermediate: given(sharedCount.value * expertWidth(i).value, {
        paths: [...sharedCount.origin.paths, ...expertWidth(i).origin.paths],
      }),
      sharedBias: bias,
      routerName: 'gate.wg',
      sharedName: 'shared_mlp',
    });
    made.set(key, block);
    return block;
  };
  const skipped = text.size('moe_layer_num_skipped', 0, 0).value;
  return { of: (i) => (i < skipped || expertCount(i).value <= 1 ? dense(i) : experts(i)), origin };
}

const ALIASES = {
  head_dim: ['attention_head_dim'],
  moe_topk: ['num_experts_per_tok'],
  num_experts: ['num_local_experts'],
  vocab_size: ['org_vocab_size'],
};
/** HunYuanMoEV1Config, HunYuanDenseV1Config and HunYuanVLTextConfig. */
const DEFAULTS = {
  vocab_size: 290_943,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

export const hunyuanFamilies: readonly Family[] = [
  {
    name: 'Hunyuan (Large)',
    types: ['hunyuan'],
    classes: ['HunYuanForCausalLM'],
    schema: 'hunyuan',
    aliases: ALIASES,
    defaults: DEFAULTS,
    read: readHunyuan({ qkNorm: false, sharedExperts: false, tied: false }),
  },
  {
    name: 'Hunyuan V1 MoE',
    types: ['hunyuan_v1_moe'],
    classes: ['HunYuanMoEV1ForCausalLM'],
    schema: 'hunyuan',
    aliases: ALIASES,
    defaults: DEFAULTS,
    read: readHunyuan({ qkNorm: true, sharedExperts: true, tied: false }),
  },
  {
    name: 'Hunyuan V1',
    types: ['hunyuan_v1_dense'],
    classes: ['HunYuanDenseV1ForCausalLM'],
    schema: 'hunyuan',
    aliases: ALIASES,
    defaults: DEFAULTS,
    read: readHunyuan({ qkNorm: true, sharedExperts: true, tied: false }),
  },
  {
    name: 'Hunyuan VL',
    types: ['hunyuan_vl', 'hunyuan_vl_text'],
    classes: ['HunYuanVLForConditionalGeneration'],
    schema: 'hunyuan',
    aliases: ALIASES,
    defaults: DEFAULTS,
    read: readHunyuan({ qkNorm: true, sharedExperts: true, tied: true }),
  },
];
