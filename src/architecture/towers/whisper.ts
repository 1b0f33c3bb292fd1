import { product, type Expression } from '../expression';
import type { Tensor } from '../types';
import type { Encoder } from './encoders';
import { blocks, derived, type Part, type TowerConfig } from './tower';

/** Whisper's audio encoder and its relatives: two convolutions over time, positions, blocks whose keys have no bias. */

export interface WhisperSpec {
  /** Rows of the table of sinusoidal positions where no key says it; it is stored, though never trained. 0: it is not. */
  readonly positions: number;
  readonly keyBias: boolean;
  readonly lastNorm: string;
  /** Where no key says it. */
  readonly inner?: Expression;
  /** Instead of the two convolutions. */
  readonly stem?: (part: Part, width: Expression, mel: MelBins) => Tensor[];
}

/** Frequency bins of the spectrogram. */
export interface MelBins {
  readonly bins: Expression;
  /** Bins left after convolutions with stride 2. */
  readonly halved: (times: number) => Expression;
}

export const WHISPER: WhisperSpec = { positions: 1500, keyBias: false, lastNorm: 'layer_norm' };

/** Sizes of Whisper-large, which most wrappers take as defaults; `whisper` itself has those of Whisper-tiny. */
export interface WhisperDefaults {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly bins: number;
}
export const WHISPER_LARGE: WhisperDefaults = { width: 1280, inner: 5120, layers: 32, bins: 128 };
export const WHISPER_TINY: WhisperDefaults = { width: 384, inner: 1536, layers: 4, bins: 80 };

export function whisper(
  config: TowerConfig,
  part: Part,
  spec: WhisperSpec = WHISPER,
  defaults: WhisperDefaults = WHISPER_LARGE,
): Encoder & { readonly inner: Expression } {
  const width = config.size(['d_model', 'hidden_size'], 'W_a', defaults.width);
  const inner = spec.inner ?? config.size(['encoder_ffn_dim', 'intermediate_size'], 'I_a', defaults.inner);
  const layers = config.size(['encoder_layers', 'num_hidden_layers'], 'L_a', defaults.layers);
  const bins = config.size('num_mel_bins', 'N_mel', defaults.bins);
  const halved = (times: number) => {
    let left = bins.value;
    for (let i = 0; i < times; i++) left = Math.floor((left + 1) / 2);
    return derived('N_freq', left, [bins], 'frequency bins left after the strided convolutions');
  };
  const style = {
    attention: (
      [
        ['self_attn.q_proj', true],
        ['self_attn.k_proj', spec.keyBias],
        ['self_attn.v_proj', true],
        ['self_attn.out_proj', true],
      ] as const
    ).map(([name, bias]) => [name, 1, bias] as const),
    up: ['fc1'],
    down: 'fc2',
    mlpBias: true,
    norms: ['self_attn_layer_norm', 'final_layer_norm'],
    normKind: 'layer',
  } as const;
  const stem = spec.stem
    ? spec.stem(part, width, { bins, halved })
    : [...part.conv('conv1', width, product(3, bins)), ...part.conv('conv2', width, product(3, width))];
  const positions =
    spec.positions > 0
      ? part.table('embed_positions', config.size('max_source_positions', 'N_pos', spec.positions), width)
      : [];
  return {
    width,
    inner,
    tensors: [
      ...stem,
      ...positions,
      ...blocks(part.at('layers.*', layers), width, inner, style),
      ...part.layerNorm(spec.lastNorm, width),
    ],
  };
}
