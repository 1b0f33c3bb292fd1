import { replace } from '../../../architecture';
import { contextLength } from '../../format';
import type { Advice, ConfigRule, ModelRule } from '../../rule';
import { maxPositions, stated } from '../../positions';
import { attentionBlocks, inRope, ropes } from './keys';
import { rotaryPairs } from './rotary';

const EXAMPLE_YARN = { type: 'yarn', factor: 4, original_max_position_embeddings: 32768 };

/** Context that the scaling was made for against the positions that are claimed. */
export const ropeScaling: ConfigRule = {
  of: 'config',
  code: 'shape/rope-scaling',
  title: 'RoPE scaling does not reach the positions',
  severity: 'warning',
  what: 'With YaRN, multiplies the factor with the original number of positions and compares it with `max_position_embeddings`. Llama 3’s scaling is left out: its factor stretches low frequencies only, and Llama 3.1 itself goes twice as far.',
  why: 'YaRN interpolates the slow dims by the factor, so that factor times the original positions are as far as any token was trained to see. Positions beyond are extrapolated, where quality falls off; a factor that reaches further than the positions blurs short contexts for nothing.',
  ignoreWhen:
    'The model was trained at a longer context after scaling, or the factor was raised for a margin on purpose.',
  source: 'YaRN (arXiv:2309.00071), section 3; `_compute_yarn_parameters` in transformers.',
  example: { model: 'Qwen3-32B', changes: { rope_scaling: EXAMPLE_YARN, max_position_embeddings: 262144 } },
  check: (subject) => {
    const max = maxPositions(subject.text);
    return ropes(subject).flatMap((rope): Advice[] => {
      const factor = inRope(rope, 'factor');
      if (!factor || rope.type !== 'yarn') return [];
      const original =
        inRope(rope, 'original_max_position_embeddings') ??
        stated(subject.text, ['original_max_position_embeddings']);
      if (!original || !max || original.value <= 0) return [];
      const reach = factor.value * original.value;
      if (Math.abs(reach - max.value) <= 1) return [];
      const needed = max.value / original.value;
      const fixes = [
        replace({
          path: factor.path,
          from: factor.value,
          to: needed,
          because: `${max.value} / ${original.value}`,
        }),
        ...(Number.isInteger(reach) && reach > max.value
          ? [replace({ path: max.path, from: max.value, to: reach })]
          : []),
      ];
      const product = `A factor of ${factor.value} over ${contextLength(original.value)} positions reaches ${contextLength(reach)}`;
      return reach < max.value
        ? [
            {
              path: factor.path,
              message: `${product}, and ${max.key} says ${contextLength(max.value)}: positions beyond are extrapolated; a factor of ${Number(needed.toPrecision(6))} would reach them.`,
              fixes,
            },
          ]
        : [
            {
              path: factor.path,
              severity: 'information',
              message: `${product}, while ${max.key} stops at ${contextLength(max.value)}: a factor of ${Number(needed.toPrecision(6))} would do.`,
              fixes,
            },
          ];
    });
  },
};

/** Lists of LongRoPE: a factor for each pair of rotary dims. */
export const ropeFactors: ModelRule = {
  of: 'model',
  code: 'shape/rope-factors',
  title: 'LongRoPE lists of the wrong length',
  severity: 'error',
  what: 'Counts the entries of `short_factor` and `long_factor` and compares them with the pairs of rotary dims in a head.',
  why: 'Every pair of rotary dims has a frequency, and LongRoPE divides each by its own factor: with lists of another length the shapes do not match and the model can’t be built.',
  ignoreWhen: 'Never: change the lists with the head dim.',
  source: 'LongRoPE (arXiv:2402.13753); `_compute_longrope_parameters` in transformers.',
  example: {
    model: 'Qwen3-32B',
    changes: {
      rope_theta: 10000,
      rope_scaling: { type: 'longrope', short_factor: [1, 1, 1, 1], long_factor: [1, 1.5, 2, 4] },
    },
  },
  check: (subject) => {
    const rotary = rotaryPairs(subject);
    if (!rotary) return [];
    return ropes(subject).flatMap(({ path, value }) =>
      ['short_factor', 'long_factor'].flatMap((key): Advice[] => {
        const list = value[key];
        if (!Array.isArray(list) || list.length === rotary.pairs) return [];
        return [
          {
            path: [...path, key],
            message: `${key} has ${list.length} entries for ${rotary.pairs} pairs of rotary dims: it needs one for each.`,
          },
        ];
      }),
    );
  },
};

/** The slowest turn of rotary positions against the context. */
export const ropeTheta: ModelRule = {
  of: 'model',
  code: 'shape/rope-theta',
  title: 'Context longer than the slowest rotary turn',
  severity: 'information',
  what: 'Works out the wavelength of the slowest pair of rotary dims, 2 pi theta^((d - 2) / d) tokens, and speaks where the context is longer and no scaling stretches it.',
  why: 'Beyond that many tokens even the slowest pair has gone round once, so that no dim tells far from near any more. At theta 10,000 and 128 dims that is 54K tokens; models for 128K and more use 500,000 and up.',
  ignoreWhen:
    'Positions come from elsewhere too (layers without rotary positions, windows shorter than the wavelength), or tests at length are good.',
  source:
    'RoFormer (arXiv:2104.09864), section 3.2; scaling laws of RoPE extrapolation (arXiv:2310.05209), section 3.',
  example: { model: 'Qwen3-32B', changes: { rope_theta: 10000, max_position_embeddings: 131072 } },
  check: (subject) => {
    const { text } = subject;
    const theta = stated(text, ['rope_theta']);
    const max = maxPositions(text);
    // Recurrent layers tell positions too; Nemotron-H and Jamba give their attention none.
    if (attentionBlocks(subject).some(({ kind }) => kind === 'recurrent')) return [];
    const rotary = rotaryPairs(subject);
    const isScaled = ropes(subject).some(({ type, value }) =>
      type !== null ? type !== 'default' && type !== 'mrope' : 'factor' in value,
    );
    if (!theta || theta.value <= 1 || !max || !rotary || rotary.pairs < 2 || isScaled) return [];
    const dims = 2 * rotary.pairs;
    const wavelength = 2 * Math.PI * theta.value ** ((dims - 2) / dims);
    if (max.value <= wavelength) return [];
    const needed = (max.value / (2 * Math.PI)) ** (dims / (dims - 2));
    return [
      {
        path: theta.path,
        message: `At theta ${theta.value} the slowest of ${rotary.pairs} rotary pairs turns once in ${Math.round(wavelength)} tokens, and ${max.key} is ${max.value}: theta ${Math.ceil(needed / 10_000) * 10_000} or more spans the context.`,
      },
    ];
  },
};
