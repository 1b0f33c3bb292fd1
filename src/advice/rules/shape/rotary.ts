import { nearest, replace } from '../../../architecture';
import type { Fix, JsonPath } from '../../../protocol';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { stated } from '../../positions';
import { attentionBlocks, ropes, softmaxBlocks } from './keys';

/** Shares of a head that turn, under the names that families have for it; in Phi and GLM among others. */
const FACTORS = ['partial_rotary_factor', 'rotary_pct', 'rope_pct'];
/** Their count instead (GPT-J, MiniMax-M2). */
const COUNTS = ['rotary_dim'];

/** How many dims of a head turn, and what says so. */
interface Rotary {
  readonly dims: number;
  readonly path: JsonPath;
  readonly said: string;
  readonly fixes: readonly Fix[];
}

/** Of every width of heads; empty where nothing tells of rotary positions. */
function rotaries(subject: ModelSubject): Rotary[] {
  const { text } = subject;
  const rope = ropes(subject);
  const nested = rope.flatMap(({ path, value }) => {
    const factor = value.partial_rotary_factor;
    return typeof factor === 'number'
      ? [{ key: 'partial_rotary_factor', value: factor, path: [...path, 'partial_rotary_factor'] }]
      : [];
  });
  const factor = stated(text, FACTORS) ?? nested[0] ?? null;
  const count = factor ? null : stated(text, COUNTS);
  // A family's default turns heads too where the file names no theta; beside recurrent layers attention may go without.
  const isRotary =
    factor !== null ||
    count !== null ||
    rope.length > 0 ||
    text.has('rope_theta') ||
    (text.has('head_dim') && attentionBlocks(subject).every(({ kind }) => kind !== 'recurrent'));
  if (!isRotary) return [];
  const latent = attentionBlocks(subject).flatMap((block) => {
    const path = block.kind === 'latent' ? block.origins.ropeDim?.paths[0] : undefined;
    if (block.kind !== 'latent' || path === undefined) return [];
    return [
      {
        dims: block.ropeDim,
        path,
        said: `${String(path.at(-1))} ${block.ropeDim}`,
        fixes: evenFixes(path, block.ropeDim),
      },
    ];
  });
  const softmax = softmaxBlocks(subject).flatMap(({ headDim, origins }): Rotary[] => {
    if (factor)
      return nested.length > 1
        ? []
        : [
            {
              dims: factor.value * headDim,
              path: factor.path,
              said: `${factor.key} ${factor.value} of head_dim ${headDim}`,
              fixes: factorFixes(factor.path, factor.value, headDim),
            },
          ];
    if (count)
      return [
        {
          dims: count.value,
          path: count.path,
          said: `${count.key} ${count.value}`,
          fixes: evenFixes(count.path, count.value),
        },
      ];
    const path = origins.headDim?.paths[0];
    const isOwn = path?.at(-1) === 'head_dim';
    return path
      ? [
          {
            dims: headDim,
            path,
            said: `A head_dim of ${headDim}`,
            fixes: isOwn ? evenFixes(path, headDim) : [],
          },
        ]
      : [];
  });
  return [...latent, ...softmax];
}

const isEven = (n: number): boolean => n % 2 === 0;

const evenFixes = (path: JsonPath, dims: number): Fix[] =>
  nearest(dims, isEven, dims + 2).map((to) => replace({ path, from: dims, to, because: `${to / 2} pairs` }));

/** The factors that give the nearest even counts. */
const factorFixes = (path: JsonPath, factor: number, headDim: number): Fix[] =>
  nearest(factor * headDim, isEven, headDim).map((dims) =>
    replace({ path, from: factor, to: dims / headDim, because: `${dims} of ${headDim} dims` }),
  );

/** Rotary dims in a head, as a half-turn pair each. */
export const rotaryPairs = (
  subject: ModelSubject,
): { readonly pairs: number; readonly path: JsonPath } | null => {
  const all = rotaries(subject);
  const [first] = all;
  return first && all.every(({ dims }) => dims === first.dims)
    ? { pairs: Math.trunc(first.dims) / 2, path: first.path }
    : null;
};

/** Rotary positions turn pairs of dims. */
export const rotaryDims: ModelRule = {
  of: 'model',
  code: 'shape/rotary-dims',
  title: 'Rotary dims are no pairs',
  severity: 'error',
  what: 'Works out how many dims of a head turn with the position: the head dim times `partial_rotary_factor` and its like, or `qk_rope_head_dim`. Speaks where that is odd, no whole number or more than the head has.',
  why: 'Rotary embeddings turn pairs of dims: dims / 2 frequencies, each used for two dims. With an odd number the modelling code makes one dim too many, and its shapes no longer match; a fraction is cut off without a word.',
  ignoreWhen: 'The modelling code pads or rounds by itself.',
  source:
    'RoFormer (arXiv:2104.09864), section 3.2; `rotate_half` and `inv_freq` in the modelling code of Llama and GPT-NeoX in transformers.',
  example: { model: 'Qwen3-32B', changes: { head_dim: 127 } },
  check: (subject) => {
    const widest = Math.max(0, ...softmaxBlocks(subject).map(({ headDim }) => headDim));
    return unique(
      rotaries(subject).flatMap(({ dims, path, said, fixes }): Advice[] => {
        if (
          Number.isInteger(dims) &&
          isEven(dims) &&
          (widest === 0 || dims <= widest || path.at(-1) === 'qk_rope_head_dim')
        )
          return [];
        const whole = Math.trunc(dims);
        if (!Number.isInteger(dims) && isEven(whole) && whole > 0)
          return [
            {
              path,
              severity: 'information',
              message: `${said} is ${dims} rotary dims, cut to ${whole}: write the factor that gives a whole number.`,
              fixes,
            },
          ];
        const wrong =
          dims > widest && widest > 0
            ? `more than a head of ${widest} has`
            : 'and rotary positions turn dims in pairs';
        return [
          {
            path,
            message: `${said} makes ${whole} rotary dims, ${wrong}: take an even number of at most the head dim.`,
            fixes,
          },
        ];
      }),
    );
  },
};

const unique = (advice: readonly Advice[]): Advice[] =>
  advice.filter(({ message }, i) => advice.findIndex((other) => other.message === message) === i);

/** The parts of multimodal rotary positions. */
export const rotarySections: ModelRule = {
  of: 'model',
  code: 'shape/rotary-sections',
  title: 'Rotary sections do not fill the head',
  severity: 'error',
  what: 'Adds up `mrope_section`, the pairs of dims that turn with time, height and width, and holds it against the pairs that a head has.',
  why: 'The modelling code cuts the rotary dims by these sections and puts one of three angles into each: where they do not add up, splitting fails, or some dims stay without a position.',
  ignoreWhen: 'The modelling code fills up or cuts the sections by itself.',
  source: 'Qwen2-VL (arXiv:2409.12191), section 2.1; `apply_multimodal_rotary_pos_emb` in transformers.',
  example: {
    model: 'Qwen3-32B',
    changes: { rope_scaling: { type: 'mrope', mrope_section: [16, 24, 16] }, rope_theta: 1000000 },
  },
  check: (subject) => {
    const rotary = rotaryPairs(subject);
    if (!rotary) return [];
    return ropes(subject).flatMap(({ path, value: { mrope_section: list } }) => {
      if (!Array.isArray(list) || list.length === 0 || !list.every((n) => typeof n === 'number')) return [];
      const sum = list.reduce((total, n) => total + n, 0);
      if (sum === rotary.pairs) return [];
      const at = [...path, 'mrope_section'];
      const last = (list.at(-1) ?? 0) + rotary.pairs - sum;
      return [
        {
          path: at,
          message: `mrope_section adds up to ${sum} pairs of rotary dims where a head has ${rotary.pairs}: its entries must add up to that.`,
          fixes: last > 0 ? [replace({ path: at, from: list, to: [...list.slice(0, -1), last] })] : [],
        },
      ];
    });
  },
};
