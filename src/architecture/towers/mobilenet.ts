import { constant } from '../expression';
import type { Tensor } from '../types';
import type { Part } from './tower';

/**
 * MobileNet-V5 300M, the vision encoder of Gemma 3n (timm's mobilenetv5_300m_enc): convolutions and inverted bottlenecks,
 * then multi-query attention over the feature map, and a fusion of the last two resolutions. All sizes stand in timm's
 * code; no config changes them.
 */
export const MOBILENET_WIDTH = 2048;
const STEM = 64;
const FUSED_STAGES = [640, 1280] as const;

/** Inverted bottlenecks: kernels of the depthwise convolutions before and within them (0: none), and their expansion. */
type Bottleneck = readonly [start: number, middle: number, expansion: number];
interface Stage {
  readonly width: number;
  readonly bottlenecks: readonly Bottleneck[];
  /** Blocks of attention and a bottleneck behind those. Keys and values on every second position are convolved first. */
  readonly attention?: {
    readonly blocks: number;
    readonly heads: number;
    readonly headDim: number;
    readonly strided: boolean;
  };
}
const STAGES: readonly Stage[] = [
  {
    width: 256,
    bottlenecks: [
      [3, 5, 6],
      [5, 0, 4],
      [3, 0, 4],
      [5, 0, 4],
      [3, 0, 4],
    ],
  },
  {
    width: 640,
    bottlenecks: [[5, 5, 6], ...Array.from({ length: 7 }, (): Bottleneck => [5, 0, 4]), [0, 0, 1]],
    attention: { blocks: 14, heads: 12, headDim: 64, strided: true },
  },
  {
    width: 1280,
    bottlenecks: [[5, 5, 6]],
    attention: { blocks: 19, heads: 16, headDim: 96, strided: false },
  },
];

export function mobilenet(part: Part): Tensor[] {
  /** A convolution without bias and its norm. */
  const convNorm = (of: Part, name: string, out: number, inputs: number) => [
    ...of.conv(`${name}.conv`, constant(out), constant(inputs), false),
    ...of.vector(`${name}.bn`, constant(out)),
  ];
  const bottleneck = (of: Part, input: number, out: number, [start, middle, expansion]: Bottleneck) => {
    const inner = input * expansion;
    return [
      ...(start > 0 ? convNorm(of, 'dw_start', input, start * start) : []),
      ...convNorm(of, 'pw_exp', inner, input),
      ...(middle > 0 ? convNorm(of, 'dw_mid', inner, middle * middle) : []),
      ...convNorm(of, 'pw_proj', out, inner),
    ];
  };
  const scaled = (of: Part, width: number, tensors: readonly Tensor[]) => [
    ...tensors,
    ...of.vector('layer_scale.gamma', constant(width)),
  ];
  const stage = ({ width, bottlenecks, attention }: Stage, index: number): Tensor[] => {
    const at = part.at(`blocks.${index + 1}`);
    const before = STAGES[index - 1]?.width ?? 2 * STEM;
    const first = bottlenecks.flatMap((b, i) =>
      scaled(at.at(String(i)), width, bottleneck(at.at(String(i)), i === 0 ? before : width, width, b)),
    );
    if (!attention) return first;
    const { heads, headDim } = attention;
    const [mixer, after] = [at.at('*', constant(attention.blocks)), at.at('*', constant(attention.blocks))];
    const projection = (name: string, out: number, input: number) =>
      mixer.conv(`attn.${name}.proj`, constant(out), constant(input), false);
    const strided = (name: string) => [
      ...mixer.conv(`attn.${name}.down_conv`, constant(width), constant(9), false),
      ...mixer.vector(`attn.${name}.norm`, constant(width)),
    ];
    return [
      ...first,
      ...scaled(mixer, width, [
        ...mixer.vector('norm', constant(width)),
        ...projection('query', heads * headDim, width),
        ...(attention.strided ? ['key', 'value'].flatMap(strided) : []),
        ...['key', 'value'].flatMap((name) => projection(name, headDim, width)),
        ...projection('output', width, heads * headDim),
      ]),
      ...scaled(after, width, bottleneck(after, width, width, [0, 0, 2])),
    ];
  };
  /** The first stage: full convolutions that widen fourfold. */
  const edge = (index: number, input: number) => {
    const of = part.at(`blocks.0.${index}`);
    return [
      ...of.conv('conv_exp', constant(4 * input), constant(9 * input), false),
      ...of.vector('bn1', constant(4 * input)),
      ...of.conv('conv_pwl', constant(2 * STEM), constant(4 * input), false),
      ...of.vector('bn2', constant(2 * STEM)),
    ];
  };
  const fusion = part.at('msfa');
  const fused = FUSED_STAGES[0] + FUSED_STAGES[1];
  return [
    ...part.conv('conv_stem.conv', constant(STEM), constant(27)),
    ...part.vector('conv_stem.bn', constant(STEM)),
    ...[STEM, 2 * STEM, 2 * STEM].flatMap((input, i) => edge(i, input)),
    ...STAGES.flatMap(stage),
    ...bottleneck(fusion.at('ffn'), fused, MOBILENET_WIDTH, [0, 0, 2]),
    ...fusion.vector('norm', constant(MOBILENET_WIDTH)),
  ];
}
