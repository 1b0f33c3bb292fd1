import { denseFfn, endsOf, mamba2Mixer, moeFfn, softmaxAttention } from '../blocks';
import { product, type Expression } from '../expression';
import { ConfigReader, given, groupLayers, isObject, MAX_LAYERS, type Field } from '../reader';
import { linear, matrix, norms, symbol } from '../tensors';
import type { Layer, MtpLayers } from '../types';
import { checkSharing, hiddenOf, readModel, times, type Family, type FamilyReader } from './decoder';
import { layerKinds, stateBytes } from './layer-kinds';

type Kind = 'mamba' | 'attention' | 'mlp' | 'moe';

/** Letters of `hybrid_override_pattern`. */
const LETTERS: Readonly<Record<string, Kind>> = { M: 'mamba', '*': 'attention', '-': 'mlp', E: 'moe' };
/** Names in `layers_block_type`, by transformers' version. */
const NAMES: Readonly<Record<string, Kind>> = {
  mamba: 'mamba',
  linear_attention: 'mamba',
  attention: 'attention',
  full_attention: 'attention',
  mlp: 'mlp',
  moe: 'moe',
};

/** One block a layer, from a list of names or a string of letters; null where neither key is given. */
function readKinds(text: ConfigReader, listKey: string, patternKey: string): readonly Kind[] | null {
  const list = text.list(listKey);
  if (list) return layerKinds(text, listKey, list.length, NAMES);
  if (!text.has(patternKey)) return null;
  const kinds = Array.from(text.text(patternKey) ?? '', (letter) =>
    Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : undefined,
  );
  if (kinds.length === 0 || kinds.includes(undefined))
    text.problem(
      'error',
      'config/unsupported',
      `"${patternKey}" must be a string of M (Mamba-2), * (attention), - (MLP) and E (experts).`,
      [patternKey],
    );
  return kinds.flatMap((kind) => (kind === undefined ? [] : [kind]));
}

/** Where a layer's sizes are read: the config, an entry of `block_configs` before it, or keys of MTP layers. */
type SizeOf = (key: string, fallback: Field<number> | number, least?: number) => Field<number>;

/** The layer of one kind: a norm, and the block. */
function readLayer(text: ConfigReader, sizeOf: SizeOf, hidden: Expression, kind: Kind): Layer {
  const extra = norms(['norm'], hidden);
  const mlpBias = text.flag('mlp_bias', false).value;
  switch (kind) {
    case 'mamba': {
      const mixer = mamba2Mixer(hidden, {
        heads: sizeOf('mamba_num_heads', 128),
        headDim: sizeOf('mamba_head_dim', 64),
        groups: sizeOf('n_groups', 8),
        stateSize: sizeOf('ssm_state_size', 128),
        kernel: sizeOf('conv_kernel', 4),
        bias: text.flag('use_bias', false).value,
        convBias: text.flag('use_conv_bias', true).value,
        stateBytesPerElement: stateBytes(text, 'mamba_ssm_cache_dtype'),
        prefix: 'mixer.',
      });
      return { attention: [mixer], ffn: [], extra };
    }
    case 'attention': {
      const queryHeads = sizeOf('num_attention_heads', 32);
      const kvHeads = sizeOf('num_key_value_heads', 8);
      checkSharing(text, queryHeads, kvHeads);
      const hasBias = text.flag('attention_bias', false).value;
      const mixer = softmaxAttention(hidden, {
        queryHeads,
        kvHeads,
        headDim: sizeOf('head_dim', 128),
        window: text.has('sliding_window') ? { kind: 'sliding', size: sizeOf('sliding_window', 1) } : null,
        bias: { qkv: hasBias, o: hasBias },
        prefix: 'mixer.',
      });
      return { attention: [mixer], ffn: [], extra };
    }
    case 'mlp': {
      const mlp = denseFfn(hidden, {
        intermediate: sizeOf('intermediate_size', 21_504),
        gated: false,
        bias: mlpBias,
        prefix: 'mixer',
      });
      return { attention: [], ffn: [mlp], extra };
    }
    case 'moe': {
      const latent = text.optionalSize('moe_latent_size');
      const width = symbol('H_latent', latent ?? given(1));
      const experts = moeFfn(text, hidden, {
        experts: sizeOf('n_routed_experts', 8),
        topK: sizeOf('num_experts_per_tok', 2),
        intermediate: sizeOf('moe_intermediate_size', 7688),
        gated: false,
        expertBias: mlpBias,
        sharedIntermediate: times(
          sizeOf('n_shared_experts', 1, 0),
          sizeOf('moe_shared_expert_intermediate_size', 7688),
        ),
        sharedBias: mlpBias,
        correctionBias: true,
        prefix: 'mixer',
        ...(latent && {
          inputDim: latent,
          extra: [
            ...linear('mixer.fc1_latent_proj', 'sharedFfn', width, hidden, mlpBias),
            ...linear('mixer.fc2_latent_proj', 'sharedFfn', hidden, width, mlpBias),
          ],
        }),
      });
      return { attention: [], ffn: [experts], extra };
    }
  }
}

/**
 * MTP layers as vLLM's nemotron_h_mtp has them: blocks as in the model, by default one of attention and one of experts,
 * between a projection of embedding and hidden state and a final norm.
 */
function readMtp(text: ConfigReader, hidden: Expression): MtpLayers | null {
  const count = text.size('num_nextn_predict_layers', 0, 0);
  const kinds: readonly Kind[] = readKinds(text, 'mtp_layers_block_type', 'mtp_hybrid_override_pattern') ?? [
    'attention',
    'moe',
  ];
  if (count.value === 0) return null;
  // Puzzle models give the MTP layers sizes of their own.
  const sizeOf: SizeOf = (key, fallback, least) =>
    text.size(text.has(`mtp_${key}`) ? `mtp_${key}` : key, fallback, least);
  const parts = kinds.map((kind) => readLayer(text, sizeOf, hidden, kind));
  return {
    count: count.value,
    origin: count.origin,
    layer: {
      attention: parts.flatMap((part) => part.attention),
      ffn: parts.flatMap((part) => part.ffn),
      extra: parts.flatMap((part) => part.extra),
    },
    extra: [
      matrix('eh_proj', 'mtp', hidden, product(2, hidden)),
      ...norms(['enorm', 'hnorm', 'final_layernorm'], hidden),
    ],
    once: [],
    storesEnds: false,
  };
}

/** Kinds of all layers, with the key that tells them. */
function readPattern(text: ConfigReader): { readonly kinds: readonly Kind[]; readonly key: string } {
  const key = text.has('layers_block_type') ? 'layers_block_type' : 'hybrid_override_pattern';
  const kinds = readKinds(text, 'layers_block_type', 'hybrid_override_pattern');
  if (kinds && kinds.length <= MAX_LAYERS) return { kinds, key };
  if (kinds) {
    text.problem('error', 'config/size', `"${key}" has ${kinds.length} layers: ${MAX_LAYERS} at most.`, [
      key,
    ]);
    return { kinds: [], key };
  }
  const blocks = text.list('block_configs') ?? [];
  if (blocks.length === 0)
    text.problem(
      'error',
      'config/missing',
      '"hybrid_override_pattern" or "layers_block_type" is missing: it says what each layer is.',
    );
  const named = blocks.flatMap((block, i) => {
    const name = isObject(block) ? block.block_type : undefined;
    if (typeof name === 'string' && Object.hasOwn(NAMES, name)) return [NAMES[name] ?? 'mlp'];
    text.problem('error', 'config/unsupported', `Entry ${i} of "block_configs" names no known block type.`, [
      'block_configs',
      i,
    ]);
    return [];
  });
  return { kinds: named, key: 'block_configs' };
}

/**
 * Nemotron-H (transformers' and vLLM's nemotron_h): each layer is one block after one norm, Mamba-2, attention, MLP or
 * experts. MLPs have no gate. With `moe_latent_size` the routed experts work in a narrower space. Puzzle models vary
 * sizes by layer in `block_configs`, others the MLPs' width in a list with one entry for each of them.
 */
const readNemotronH: FamilyReader = (input) => {
  const { text } = input;
  const { kinds, key } = readPattern(text);
  // As in transformers, the pattern's length is the number of layers, whatever num_hidden_layers says.
  text.has('num_hidden_layers');
  const layers = given(Math.max(1, kinds.length), text.originOf(key));
  const model = readModel(input, layers, false, { hidden: 4096, vocab: 131_072 });
  const hidden = hiddenOf(model);
  const blocks = text.perLayer('block_configs', layers.value);
  const widths = text.raw('intermediate_size');
  let mlps = 0;
  const earlierMlps = kinds.map((kind) => (kind === 'mlp' ? mlps++ : mlps));
  const hasOneWidth = Array.isArray(widths) && widths.length === 1;
  const widthPerMlp = Array.isArray(widths)
    ? text.sizePerLayer('intermediate_size', hasOneWidth ? 1 : mlps)
    : null;
  const widthOf = widthPerMlp && ((mlp: number) => widthPerMlp(hasOneWidth ? 0 : mlp));

  const made = new Map<string, Layer>();
  const layerOf = (i: number): Layer => {
    const kind = kinds[i] ?? 'mlp';
    const block = blocks?.[i];
    const own = isObject(block)
      ? new ConfigReader(block, [...text.pathOf('block_configs'), i], text.problems)
      : null;
    const width = kind === 'mlp' ? widthOf?.(earlierMlps[i] ?? 0) : null;
    const id = JSON.stringify([kind, block ?? null, width?.value ?? null]);
    const known = made.get(id);
    if (known) return known;
    const sizeOf: SizeOf = (name, fallback, least) => {
      if (own?.has(name)) return own.size(name, fallback, least);
      return width && name === 'intermediate_size' ? width : text.size(name, fallback, least);
    };
    const layer = readLayer(text, sizeOf, hidden, kind);
    made.set(id, layer);
    return layer;
  };
  const pattern = text.originOf(key);
  return {
    model,
    groups: groupLayers(layers, { attention: pattern, ffn: pattern }, layerOf),
    ends: endsOf(model, { names: { embedding: 'embeddings', norm: 'norm_f' } }),
    mtp: readMtp(text, hidden),
  };
};

export const nemotronHFamilies: readonly Family[] = [
  {
    name: 'Nemotron-H',
    types: ['nemotron_h', 'nemotron_h_puzzle'],
    classes: ['NemotronHForCausalLM', 'NemotronHPuzzleForCausalLM'],
    schema: 'nemotron',
    // Names of the first release, and those that older configs had for the state-space sizes.
    aliases: {
      head_dim: ['attention_head_dim'],
      n_groups: ['mamba_n_groups'],
      conv_kernel: ['mamba_d_conv'],
      use_conv_bias: ['mamba_conv_bias'],
      ssm_state_size: ['mamba_state_dim'],
      layers_block_type: ['layer_types'],
    },
    read: readNemotronH,
  },
];
