import { moeFfn, type MoeSpec } from '../../blocks';
import type { Expression, Origin } from '../../expression';
import type { ConfigReader, Field } from '../../reader';
import type { DenseBlock, FfnBlock } from '../../types';
import { memo, times } from '../decoder';
import { expertLayers } from '../layer-lists';

/** The FFN of each layer, and what says so. */
export interface LayerFfns {
  readonly of: (layer: number) => FfnBlock;
  readonly pattern: Origin;
}
/** `dense` makes the family's dense FFN, if any layer has it. */
export type FfnRule = (
  text: ConfigReader,
  hidden: Expression,
  layers: number,
  dense: () => DenseBlock,
) => LayerFfns;

const NO_ORIGIN: Origin = { paths: [] };

export const everyLayerSame = (block: FfnBlock): LayerFfns => ({ of: () => block, pattern: NO_ORIGIN });

/** Experts in every layer. */
export const expertsEverywhere =
  (spec: (text: ConfigReader) => MoeSpec): FfnRule =>
  (text, hidden) =>
    everyLayerSame(moeFfn(text, hidden, spec(text)));

/** Experts in every layer if `key` counts more than none; else the dense FFN. */
export const expertsIfAny =
  (key: string, spec: (text: ConfigReader) => MoeSpec): FfnRule =>
  (text, hidden, _layers, dense) => {
    const count = text.optionalSize(key, 0);
    return everyLayerSame(count && count.value > 0 ? moeFfn(text, hidden, spec(text)) : dense());
  };

/** Qwen: experts but for `mlp_only_layers`, at every `decoder_sparse_step`. */
export const qwenExperts =
  (spec: (text: ConfigReader) => MoeSpec): FfnRule =>
  (text, hidden, _layers, dense) => {
    const step = text.size('decoder_sparse_step', 1).value;
    const denseLayers = new Set(text.list('mlp_only_layers') ?? []);
    const routed = moeFfn(text, hidden, spec(text));
    if (step === 1 && denseLayers.size === 0) return everyLayerSame(routed);
    const plain = dense();
    return {
      of: (i) => (denseLayers.has(i) || (i + 1) % step !== 0 ? plain : routed),
      pattern: text.originOf('decoder_sparse_step', 'mlp_only_layers'),
    };
  };

/** Experts by `mlp_layer_types` and its older forms. */
export const expertsByTypes =
  (spec: (text: ConfigReader) => MoeSpec): FfnRule =>
  (text, hidden, layers, dense) => {
    const sparse = expertLayers(text, layers);
    const routed = moeFfn(text, hidden, spec(text));
    const plain = memo(dense);
    return { of: (i) => (sparse.has(i) ? routed : plain(undefined)), pattern: sparse.origin };
  };

/** Shared experts of so many routed experts' width. */
export const sharedOf = (text: ConfigReader, key: string, width: Field<number>): Field<number> =>
  times(text.optionalSize(key, 0), width);
