import { denseFfn, endsOf, moeFfn } from '../blocks';
import { constant, product, sum, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader } from '../reader';
import { elementsOf, matrix, norms, symbol, table, vector } from '../tensors';
import type { Architecture, Layer, MtpLayers, Tensor } from '../types';
import {
  hiddenOf,
  layer,
  noteAssumedSizes,
  readModel,
  refuseKeys,
  type Family,
  type FamilyReader,
} from './decoder';
import { readLatent } from './latent';

/**
 * LongCat-Flash (report; transformers' longcat_flash): each layer is two of MLA and dense FFN in a row, with one block
 * of experts beside them. Some experts do nothing, so that a token meets fewer than its top-k. The n-gram variant
 * (LongCat-Flash-Lite's modeling_longcat_ngram.py) adds tables for the last few tokens to the embedding.
 */
const readLongCat: FamilyReader = (input) => {
  const { text } = input;
  refuseKeys(text, UNREAD_KEYS);
  if (![null, 'MLA'].includes(text.text('attention_method')))
    text.problem('error', 'config/unsupported', 'Only "MLA" is read of this key.', ['attention_method']);
  // transformers writes twice as many `num_hidden_layers`, one for each cache.
  text.has('num_hidden_layers');
  const layers = text.layers('num_layers');
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  noteAssumedSizes(text, ['hidden_size', 'vocab_size', 'num_layers']);
  const block = layerOf(text, hidden);
  return {
    model,
    groups: groupLayers(layers, {}, () => block),
    ends: endsOf(model, { extra: ngramEmbeddings(text, model, hidden) }),
    ...mtpOf(text, model, hidden),
  };
};

/** Of later versions: n-grams inside layers, linear attention, index heads. */
const UNREAD_KEYS = [
  'linear_method',
  'fa_interval',
  'oe_vocab_size_ratio',
  'ngram_embedding_hidden_size',
  'insert_ngram_layer_idx',
  'ngram_insert_all_layers',
  'ngram_compressed_tokenizer',
  'skip_ngram_for_input',
];
const NORMS = ['input_layernorm', 'post_attention_layernorm'];
const HALVES = [0, 1];

const half = (text: ConfigReader, hidden: Expression, attention: string, mlp: string) => ({
  attention: readLatent(text, hidden, { prefix: attention }),
  ffn: denseFfn(hidden, { intermediate: text.size(['ffn_hidden_size', 'intermediate_size']), prefix: mlp }),
});

function layerOf(text: ConfigReader, hidden: Expression): Layer {
  const halves = HALVES.map((i) => half(text, hidden, `self_attn.${i}.`, `mlps.${i}`));
  const experts = text.size('n_routed_experts');
  const zero = text.optionalSize('zero_expert_num', 0) ?? given(0);
  const router = 'router';
  const moe = moeFfn(text, hidden, {
    experts,
    topK: text.size(['moe_topk', 'num_experts_per_tok']),
    intermediate: text.size(['expert_ffn_hidden_size', 'moe_intermediate_size']),
    zeroExperts: zero,
    routerName: `${router}.classifier`,
    routerBias: text.flag('router_bias', false).value,
    extra: [
      vector(
        `mlp.${router}.e_score_correction_bias`,
        'router',
        sum(symbol('E', experts), symbol('E_zero', zero)),
      ),
    ],
  });
  return {
    attention: halves.map(({ attention }) => attention),
    ffn: [...halves.map(({ ffn }) => ffn), moe],
    extra: norms(
      NORMS.flatMap((name) => HALVES.map((i) => `${name}.${i}`)),
      hidden,
    ),
  };
}

/**
 * Tables for n-grams of 2 to `emb_neighbor_num` tokens, `emb_split_num` of each, a row found by hash and projected to
 * the hidden size. Their heights differ by two each, so that hashes differ.
 */
function ngramEmbeddings(text: ConfigReader, model: Architecture['model'], hidden: Expression): Tensor[] {
  const ratio = text.optionalSize('ngram_vocab_size_ratio', 0);
  if (ratio === null || ratio.value === 0) return [];
  const [neighbors, splits] = [text.size('emb_neighbor_num', undefined, 2), text.size('emb_split_num')];
  const count = splits.value * (neighbors.value - 1);
  const origin = { paths: [...neighbors.origin.paths, ...splits.origin.paths] };
  const width = symbol('H_ngram', given(Math.floor(model.hidden / count), origin));
  if (model.hidden % count !== 0)
    text.problem(
      'error',
      'config/size',
      `hidden_size ${model.hidden} can't be split evenly into ${count} n-gram tables.`,
      ['emb_split_num'],
    );
  const vocab = symbol('V', { value: model.vocab, origin: model.origins.vocab ?? { paths: [] } });
  const rows = product(symbol('ngram_vocab_size_ratio', ratio), vocab);
  const at = (name: string, i: number) => `ngram_embeddings.${name}.${i}`;
  return Array.from({ length: Math.min(count, MAX_TABLES) }, (_, i) => [
    table(at('embedders', i), 'embedding', sum(rows, constant(2 * i + 1)), width),
    matrix(at('post_projs', i), 'embedding', hidden, width),
  ]).flat();
}
/** No model comes near; it only bounds the loop. */
const MAX_TABLES = 1000;

/**
 * The checkpoints' MTP layer: one half with a dense FFN, projections and norms, and a copy of the embedding (vLLM's
 * longcat_flash_mtp). Most configs have no key that announces it.
 */
function mtpOf(
  text: ConfigReader,
  model: Architecture['model'],
  hidden: Expression,
): { readonly mtp: MtpLayers | null; readonly storedOnly: readonly Tensor[] } {
  const { attention, ffn } = half(text, hidden, 'self_attn.', 'transformer_layer.mlp');
  const own = layer(attention, ffn, norms(NORMS, hidden));
  const extra = [
    ...norms(['enorm', 'hnorm', 'norm'], hidden),
    matrix('eh_proj', 'mtp', hidden, product(2, hidden)),
  ];
  const copy = vector(
    'copy of the embedding in the MTP layer',
    'other',
    constant(model.vocab * model.hidden),
  );
  const count = text.optionalSize('num_nextn_predict_layers', 0);
  if (count && count.value > 0)
    return {
      mtp: { count: count.value, origin: count.origin, layer: own, extra, once: [], storesEnds: false },
      storedOnly: [copy],
    };
  const all = [...attention.tensors, ...ffn.tensors, ...own.extra, ...extra];
  const elements = all.reduce((total, t) => total + elementsOf(t).value, 0);
  return { mtp: null, storedOnly: [vector('MTP layer', 'other', constant(elements)), copy] };
}

export const longcatFamilies: readonly Family[] = [
  {
    name: 'LongCat-Flash',
    types: ['longcat_flash', 'longcat_flash_ngram'],
    classes: ['LongcatFlashForCausalLM', 'LongcatFlashNgramForCausalLM', 'LongcatCausalLM'],
    schema: 'longcat',
    defaults: {
      vocab_size: 131_072,
      hidden_size: 6144,
      num_layers: 28,
      num_attention_heads: 64,
      ffn_hidden_size: 12_288,
      q_lora_rank: 1536,
      kv_lora_rank: 512,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      v_head_dim: 128,
      moe_topk: 12,
      n_routed_experts: 512,
      zero_expert_num: 256,
      expert_ffn_hidden_size: 2048,
    },
    read: readLongCat,
  },
];
