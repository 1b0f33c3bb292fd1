import type { Fix, JsonPath } from '../../../protocol';
import type { Advice, ModelRule } from '../../rule';
import { stated } from '../../positions';

/** Lists of layer numbers, counted from 0. */
const INDEX_LISTS = [
  'mlp_only_layers',
  'moe_layers',
  'attn_layer_indices',
  'cross_attention_layers',
  'full_attn_idxs',
  'layers_to_transform',
  'global_attn_idx',
];

/** Lists with an entry for each layer. */
const LAYER_LISTS = ['layer_types', 'mlp_layer_types', 'no_rope_layers'];

export const layerIndexes: ModelRule = {
  of: 'model',
  code: 'shape/layer-indexes',
  title: 'Layer numbers that do not exist',
  severity: 'warning',
  what: 'Looks at lists of layer numbers, counted from 0 (`mlp_only_layers` and its like), and speaks of those that are not below the number of layers.',
  why: 'The modelling code asks for each layer whether it is in the list, so that a number beyond the last layer has no effect: the layer that was meant is built as all others. It is the usual trace of a layer count that was lowered.',
  ignoreWhen: 'The list is shared by models of several depths.',
  source: 'Modelling code of Qwen3-MoE in transformers (`mlp_only_layers`).',
  example: { model: 'Qwen3-235B-A22B', changes: { mlp_only_layers: [0, 94] } },
  check: ({ text, architecture, readKeys }) => {
    const { layers } = architecture.model;
    return INDEX_LISTS.flatMap((key): Advice[] => {
      const list: unknown = text.raw(key);
      if (!readKeys.has(key) || !Array.isArray(list)) return [];
      const beyond = list.filter((n) => typeof n === 'number' && n >= layers);
      if (beyond.length === 0) return [];
      const path = text.pathOf(key);
      const kept = (list as unknown[]).filter((n) => !beyond.includes(n));
      return [
        {
          path,
          message: `${key} names layer ${beyond.slice(0, 3).join(', ')}${beyond.length > 3 ? ' and others' : ''} where the last of ${layers} layers is ${layers - 1}: it has no effect.`,
          fixes: [listFix(path, `Remove layers beyond ${layers - 1} from ${key}`, kept)],
        },
      ];
    });
  },
};

export const layerLists: ModelRule = {
  of: 'model',
  code: 'shape/layer-lists',
  title: 'Entries that do not match the layers',
  severity: 'warning',
  what: 'Looks at lists with an entry for each layer that may go on for multi-token-prediction layers, and speaks where they are longer than both together. Of `layer_types` in a family whose own code does not read it, it also speaks where the list is shorter (where the code reads it, that is the error config/per-layer).',
  why: 'Entries beyond the last layer are dropped without a word. Where the layer count was lowered the pattern may now end in the wrong place, such as a last layer without full attention.',
  ignoreWhen:
    'The list is shared by models of several depths, or announces layers that the config does not count.',
  source: 'Modelling code of Step-3.5 and Qwen3 in transformers (`layer_types`).',
  example: {
    model: 'Qwen3-32B',
    changes: {
      use_sliding_window: true,
      sliding_window: 4096,
      max_window_layers: 32,
      layer_types: Array<string>(66).fill('full_attention'),
    },
  },
  check: ({ text, architecture, readKeys }) => {
    const { layers } = architecture.model;
    const mtp = Math.max(
      architecture.mtp?.count ?? 0,
      stated(text, ['num_nextn_predict_layers', 'num_mtp_modules'])?.value ?? 0,
    );
    return LAYER_LISTS.flatMap((key): Advice[] => {
      const list: unknown = text.raw(key);
      if (!Array.isArray(list)) return [];
      const path = text.pathOf(key);
      const beside = mtp > 0 ? ` and ${mtp} MTP layers` : '';
      if (key === 'layer_types' && list.length > 0 && list.length < layers)
        return [
          {
            path,
            message: `${key} has ${list.length} entries for ${layers} layers: engines that read it want one for each.`,
          },
        ];
      if (!readKeys.has(key) || list.length <= layers + mtp) return [];
      const cut = (list as unknown[]).slice(0, layers + mtp);
      return [
        {
          path,
          message: `${key} has ${list.length} entries for ${layers} layers${beside}: the last ${list.length - layers - mtp} are dropped.`,
          fixes: [listFix(path, `Cut ${key} to ${cut.length} entries`, cut)],
        },
      ];
    });
  },
};

const listFix = (path: JsonPath, title: string, value: readonly unknown[]): Fix => ({
  title,
  edits: [{ path, value }],
  isPreferred: true,
});
