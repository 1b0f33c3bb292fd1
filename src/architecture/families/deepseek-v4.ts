import { endsOf, moeFfn } from '../blocks';
import { product, sum, type Expression } from '../expression';
import { groupLayers, type ConfigReader } from '../reader';
import { matrix, norms, symbol, table, vector } from '../tensors';
import type { Layer, MtpLayers, Tensor } from '../types';
import {
  hiddenOf,
  layer,
  memo,
  noteAssumedSizes,
  readModel,
  times,
  type Family,
  type FamilyReader,
} from './decoder';
import { hyperConnection } from './hyper-connection';
import { compressedAttentionOf, compressionOf } from './deepseek-v4-attention';

/** Kept in FP32 in the checkpoints: hyper-connections, sinks, the routers' biases. */
const FP32 = { fixedBytes: 4 };

/**
 * DeepSeek-V4 (report; DeepSeek's inference/model.py, whose names the checkpoints have; transformers' deepseek_v4):
 * every layer keeps a window of one latent head and, by `compress_ratios`, a compressed entry every few tokens. All
 * layers have experts; the first ones pick them by a table of token ids.
 */
const readDeepSeekV4: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  noteAssumedSizes(text, ['hidden_size', 'vocab_size', 'num_hidden_layers']);
  const vocab = symbol('V', { value: model.vocab, origin: model.origins.vocab ?? { paths: [] } });
  const streams = symbol('n_hc', text.size('hc_mult'));
  const mix = product(sum(2, streams), streams);
  const extra = [
    ...norms(['attn_norm', 'ffn_norm'], hidden),
    ...hyperConnection('hc_attn', streams, hidden, mix, 3),
    ...hyperConnection('hc_ffn', streams, hidden, mix, 3),
  ];
  const headMixer = hyperConnection('hc_head', streams, hidden, streams, 1);
  const ratios = compressionOf(text, layers.value);
  // Meant by the layers with an indexer, which a file may have none of.
  for (const key of ['index_topk', 'index_n_heads']) text.has(key);
  const attentionOf = memo((ratio: number) => compressedAttentionOf(text, hidden, ratio, ratios));
  const ffnOf = memo((isHashed: boolean) => readExperts(text, hidden, vocab, isHashed));
  const isHashed = hashedLayers(text, layers.value);
  const groups = groupLayers(
    layers,
    {
      attention: text.originOf('compress_ratios', 'layer_types'),
      ffn: text.originOf('num_hash_layers', 'mlp_layer_types'),
    },
    (i) => layer(attentionOf(ratios.of(i)), ffnOf(isHashed(i)), extra),
  );
  const mtpLayer = layer(attentionOf(ratios.of(layers.value)), ffnOf(false), extra);
  return {
    model,
    groups,
    ends: endsOf(model, { names: { embedding: 'embed', norm: 'norm', head: 'head' }, extra: headMixer }),
    mtp: readMtp(text, hidden, vocab, mtpLayer, headMixer, ratios.beyond),
  };
};

/** One layer's experts: chosen by a learned router with a bias, or by a fixed table of `num_experts_per_tok` a token id. */
function readExperts(text: ConfigReader, hidden: Expression, vocab: Expression, isHashed: boolean) {
  const width = text.size('moe_intermediate_size');
  const topK = text.size('num_experts_per_tok');
  const prefix = 'ffn';
  return moeFfn(text, hidden, {
    experts: text.size('n_routed_experts'),
    topK,
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
    sharedBias: text.flag('mlp_bias', false).value,
    prefix,
    names: { gate: 'w1', up: 'w3', down: 'w2' },
    extra: isHashed
      ? [table(`${prefix}.gate.tid2eid`, 'other', vocab, symbol('k', topK), { fixedBytes: 8 })]
      : [vector(`${prefix}.gate.bias`, 'router', symbol('E', text.size('n_routed_experts')), FP32)],
  });
}

function hashedLayers(text: ConfigReader, layers: number): (layer: number) => boolean {
  const types = text.perLayer('mlp_layer_types', layers);
  const count = text.size('num_hash_layers', undefined, 0).value;
  return types ? (i) => types[i] === 'hash_moe' : (i) => i < count;
}

/**
 * MTP layers are blocks without a compressor, with projections of hidden state and embedding and a head mixer each; or
 * the drafter of DSpark, as many blocks as `compress_ratios` goes beyond the layers, with one projection of a few
 * layers' hidden states, a Markov and a confidence head for all of them.
 */
function readMtp(
  text: ConfigReader,
  hidden: Expression,
  vocab: Expression,
  of: Layer,
  headMixer: readonly Tensor[],
  beyond: number,
): MtpLayers | null {
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  const targets = text.list('dspark_target_layer_ids');
  if (targets) {
    const rank = symbol('r_markov', text.size('dspark_markov_rank'));
    return {
      count: beyond || targets.length,
      origin: text.originOf('compress_ratios', 'dspark_target_layer_ids'),
      layer: of,
      extra: [],
      once: [
        matrix('main_proj', 'mtp', hidden, product(targets.length, hidden)),
        ...norms(['main_norm', 'norm'], hidden),
        ...headMixer,
        vector('confidence_head.proj', 'mtp', hidden),
        vector('confidence_head.proj.markov', 'mtp', rank),
        table('markov_head.markov_w1', 'mtp', vocab, rank),
        matrix('markov_head.markov_w2', 'mtp', vocab, rank, { keepsDtype: true }),
      ],
      storesEnds: false,
    };
  }
  if (!count || count.value === 0) return null;
  return {
    count: count.value,
    origin: count.origin,
    layer: of,
    extra: [
      matrix('e_proj', 'mtp', hidden, hidden),
      matrix('h_proj', 'mtp', hidden, hidden),
      ...norms(['enorm', 'hnorm', 'norm'], hidden),
      ...headMixer,
    ],
    once: [],
    storesEnds: false,
  };
}

export const deepseekV4Families: readonly Family[] = [
  {
    name: 'DeepSeek-V4',
    // `deepseek_ref` is SGLang's requantized release.
    types: ['deepseek_v4', 'deepseek_ref'],
    classes: ['DeepseekV4ForCausalLM'],
    schema: 'deepseekv4',
    // DeepseekV4Config of transformers, which is V4-Flash's.
    defaults: {
      vocab_size: 129_280,
      hidden_size: 4096,
      moe_intermediate_size: 2048,
      num_hidden_layers: 43,
      num_attention_heads: 64,
      head_dim: 512,
      q_lora_rank: 1024,
      num_experts_per_tok: 6,
      n_routed_experts: 256,
      n_shared_experts: 1,
      hc_mult: 4,
      num_hash_layers: 3,
      sliding_window: 128,
      o_groups: 8,
      o_lora_rank: 1024,
      index_n_heads: 64,
      index_head_dim: 128,
      index_topk: 512,
      num_nextn_predict_layers: 1,
    },
    aliases: { n_routed_experts: ['num_local_experts'] },
    read: readDeepSeekV4,
  },
];
