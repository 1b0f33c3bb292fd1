import { denseFfn, endsOf, moeFfn } from '../blocks';
import { product } from '../expression';
import { given, groupLayers, type ConfigReader } from '../reader';
import { matrix, symbol, vector } from '../tensors';
import { hiddenOf, layer, memo, readModel, times, twoNorms, type Family, type FamilyReader } from './decoder';
import { readIndexers } from './deepseek-indexer';
import { hyperConnection } from './hyper-connection';
import { readLatent } from './latent';
import { expertLayers } from './layer-lists';

/**
 * Hy4 (transformers' hy_v4): sparse MLA whose layers share an indexer's choice in fours, with an output gate and sinks;
 * fine-grained experts; `hc_mult` residual streams that are mixed before and after each part.
 */
const readHyV4: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers();
  const model = readModel(input, layers, false);
  const hidden = hiddenOf(model);
  noteMtp(text);
  const indexers = readIndexers(withIndexerTypes(text, layers.value), hidden, layers.value);
  const heads = symbol('n_q', text.size('num_attention_heads'));
  const attentionOf = memo((owns: boolean) => {
    const index = indexers?.of(owns);
    return readLatent(text, hidden, {
      ...index,
      extra: [
        ...(index?.extra ?? []),
        matrix(
          'self_attn.gate_proj',
          'attention',
          product(heads, symbol('d_v', text.size('v_head_dim'))),
          hidden,
        ),
        vector('self_attn.sinks', 'attention', heads),
      ],
    });
  });
  const width = text.size('moe_intermediate_size');
  const experts = moeFfn(text, hidden, {
    experts: text.size('n_routed_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: width,
    sharedIntermediate: times(text.optionalSize('n_shared_experts', 0), width),
    correctionBias: true,
  });
  const ffnOf = memo((isSparse: boolean) =>
    isSparse ? experts : denseFfn(hidden, { intermediate: text.size('intermediate_size') }),
  );
  const sparse = expertLayers(text, layers.value);
  const streams = symbol('n_hc', text.size('hc_mult'));
  const rows = product(2, streams);
  const extra = [
    ...twoNorms(hidden),
    ...hyperConnection('attn_hc', streams, hidden, rows, 2),
    ...hyperConnection('ffn_hc', streams, hidden, rows, 2),
  ];
  const pattern = { attention: text.originOf('indexer_types'), ffn: sparse.origin };
  const groups = groupLayers(layers, pattern, (i) =>
    layer(attentionOf(indexers?.owns(i) ?? true), ffnOf(sparse.has(i)), extra),
  );
  const headMixer = hyperConnection('hc_head', streams, hidden, streams, 1);
  return { model, groups, ends: endsOf(model, { extra: headMixer }) };
};

/** The class's own pattern: the first layer, and each fourth from the second on, has an indexer. */
const withIndexerTypes = (text: ConfigReader, layers: number): ConfigReader =>
  text.has('indexer_types')
    ? text
    : text.withValues({
        indexer_types: given(
          Array.from({ length: layers }, (_, i) => (i === 0 || (i - 1) % 4 === 0 ? 'full' : 'shared')),
        ),
      });

function noteMtp(text: ConfigReader): void {
  const key = 'num_nextn_predict_layers';
  if ((text.optionalSize(key, 0)?.value ?? 0) > 0)
    text.problem(
      'information',
      'config/mtp-not-counted',
      'Decode Lens does not know what Hy4’s MTP layers are made of: they are not counted.',
      [key],
    );
}

export const hyV4Families: readonly Family[] = [
  {
    name: 'Hy4',
    types: ['hy_v4'],
    classes: ['HYV4ForCausalLM'],
    schema: 'hyV4',
    aliases: { n_routed_experts: ['num_local_experts', 'num_experts'] },
    defaults: {
      vocab_size: 120_832,
      hidden_size: 2816,
      intermediate_size: 6912,
      moe_intermediate_size: 768,
      num_hidden_layers: 34,
      num_attention_heads: 32,
      n_routed_experts: 256,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      q_lora_rank: 1536,
      kv_lora_rank: 512,
      qk_nope_head_dim: 192,
      qk_rope_head_dim: 64,
      v_head_dim: 256,
      first_k_dense_replace: 1,
      index_topk: 2048,
      index_head_dim: 128,
      index_n_heads: 16,
      hc_mult: 4,
    },
    read: readHyV4,
  },
];
