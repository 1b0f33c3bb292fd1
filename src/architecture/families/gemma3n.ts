import { denseFfn, endsOf, softmaxAttention } from '../blocks';
import { product, sum, type Expression } from '../expression';
import { given, groupLayers, type ConfigReader, type Field } from '../reader';
import { matrix, norms, symbol, table, vector } from '../tensors';
import type { SoftmaxBlock, Tensor } from '../types';
import { hiddenOf, layer, memo, type Family, type FamilyReader } from './decoder';
import {
  FOUR_NORMS,
  noteEncoder,
  readGemmaHeads,
  readGemmaModel,
  readWindow,
  slidingLayers,
  type GemmaDefaults,
} from './gemma';

const GEMMA3N: GemmaDefaults = {
  vocab: 262_400,
  hidden: 2048,
  intermediate: 16_384,
  layers: 35,
  queryHeads: 8,
  kvHeads: 2,
  headDim: 256,
  window: 512,
};

/** Weights by which a small embedding of the token enters each layer (PLE): a table of one row a token and layer. */
export interface PerLayerEmbeddings {
  readonly ends: readonly Tensor[];
  readonly ofLayer: readonly Tensor[];
}

export function perLayerEmbeddings(
  text: ConfigReader,
  hidden: Expression,
  layers: Field<number>,
  width: Field<number>,
): PerLayerEmbeddings {
  if (width.value === 0) return { ends: [], ofLayer: [] };
  const p = symbol('H_ple', width);
  const rows = symbol('V_ple', text.size('vocab_size_per_layer_input', 262_144));
  const all = product(symbol('L', layers), p);
  return {
    ends: [
      table('embed_tokens_per_layer', 'embedding', rows, all),
      matrix('per_layer_model_projection', 'other', all, hidden),
      ...norms(['per_layer_projection_norm'], p),
    ],
    ofLayer: [
      matrix('per_layer_input_gate', 'other', p, hidden),
      matrix('per_layer_projection', 'other', hidden, p),
      ...norms(['post_per_layer_input_norm'], hidden),
    ],
  };
}

/**
 * Key and value weights of layers that read another layer's cache: published in the checkpoints, used by nobody.
 * Given one such layer's block if it had a cache of its own.
 */
export const unusedKv = (
  ownBlocks: readonly { readonly block: SoftmaxBlock; readonly layers: number }[],
): Tensor[] => {
  const names = /\.(k_proj|v_proj|k_norm)(\.bias)?$/;
  const sizes = ownBlocks.flatMap(({ block, layers }) =>
    block.tensors.filter((t) => names.test(t.name)).map((t) => product(layers, ...t.shape)),
  );
  const size = sum(...sizes);
  return size.value === 0
    ? []
    : [vector('unused key and value weights of layers that share KV', 'attention', size)];
};

/** Index of the first layer that reads an earlier layer's KV; no layer does if sharing would leave none to read from. */
export function firstSharedLayer(layers: Field<number>, shared: Field<number>): number {
  const first = layers.value - shared.value;
  return shared.value > 0 && first > 0 ? first : layers.value;
}

/** AltUp: several versions of the residual stream, predicted and corrected around each layer (transformers' Gemma3nTextAltUp). */
function altUp(text: ConfigReader, hidden: Expression): PerLayerEmbeddings {
  const count = text.size('altup_num_inputs', 4);
  const n = symbol('n_altup', count);
  const others = { copies: symbol('n_altup_other', given(count.value - 1, count.origin)) };
  return {
    ends: [
      matrix('altup_projections', 'other', hidden, hidden, others),
      matrix('altup_unembed_projections', 'other', hidden, hidden, others),
    ],
    ofLayer: [
      vector('altup.correct_output_scale', 'other', hidden),
      matrix('altup.correction_coefs', 'other', n, n),
      matrix('altup.prediction_coefs', 'other', product(n, n), n),
      matrix('altup.modality_router', 'other', n, hidden),
      ...norms(['altup.router_norm'], hidden),
    ],
  };
}

/** LAuReL: a low-rank branch beside the attention. */
function laurel(text: ConfigReader, hidden: Expression): Tensor[] {
  const rank = symbol('r_laurel', text.size('laurel_rank', 64));
  return [
    matrix('laurel.linear_left', 'other', rank, hidden),
    matrix('laurel.linear_right', 'other', hidden, rank),
    ...norms(['laurel.post_laurel_norm'], hidden),
  ];
}

/** Gemma 3n (transformers' gemma3n): 4 sliding layers to one full, the last ones without KV of their own. */
const readGemma3n: FamilyReader = (input) => {
  const { text } = input;
  const { layers, model } = readGemmaModel(input, GEMMA3N);
  const hidden = hiddenOf(model);
  const heads = { ...readGemmaHeads(text, GEMMA3N), qkNorm: 'head' } as const;
  const window = readWindow(text, GEMMA3N);
  const slides = slidingLayers(text, layers.value, 5);
  noteEncoder(text);
  const firstShared = firstSharedLayer(layers, text.size('num_kv_shared_layers', 15, 0));
  const attentionOf = memo((kind: 'sliding' | 'full' | 'sliding shared' | 'full shared') =>
    softmaxAttention(hidden, {
      ...heads,
      window: kind.startsWith('sliding') ? window : null,
      cache: kind.endsWith('shared') ? 'shared' : 'own',
    }),
  );
  const widthOf = text.sizePerLayer('intermediate_size', layers.value, GEMMA3N.intermediate);
  const ffns = new Map<number, ReturnType<typeof denseFfn>>();
  const ffnOf = (width: Field<number>) => {
    const block = ffns.get(width.value) ?? denseFfn(hidden, { intermediate: width });
    ffns.set(width.value, block);
    return block;
  };
  const width = text.size('hidden_size_per_layer_input', 256);
  const [ple, alternating] = [perLayerEmbeddings(text, hidden, layers, width), altUp(text, hidden)];
  const extra = [
    ...norms(FOUR_NORMS, hidden),
    ...alternating.ofLayer,
    ...laurel(text, hidden),
    ...ple.ofLayer,
  ];
  const pattern = {
    attention: text.originOf('layer_types', 'sliding_window_pattern', 'num_kv_shared_layers'),
    ffn: text.originOf('intermediate_size'),
  };
  const groups = groupLayers(layers, pattern, (i) => {
    const kind = slides(i) ? 'sliding' : 'full';
    return layer(attentionOf(i < firstShared ? kind : `${kind} shared`), ffnOf(widthOf(i)), extra);
  });
  return {
    model,
    groups,
    ends: endsOf(model, { extra: [...ple.ends, ...alternating.ends] }),
    storedOnly: unusedKv([{ block: attentionOf('full'), layers: layers.value - firstShared }]),
  };
};

export const gemma3nFamilies: readonly Family[] = [
  {
    name: 'Gemma 3n',
    types: ['gemma3n_text', 'gemma3n'],
    classes: ['Gemma3nForCausalLM', 'Gemma3nForConditionalGeneration', 'Gemma3nTextModel'],
    schema: 'gemma',
    read: readGemma3n,
  },
];
