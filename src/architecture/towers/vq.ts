import { constant } from '../expression';
import type { Tensor } from '../types';
import type { Part } from './tower';

/**
 * The image tokenizer VQ-16 of LlamaGen, which Janus takes as it is (janus/models/vq_model.py): a convolutional encoder
 * and decoder around a codebook. All sizes stand in the code; no config changes them.
 */
const CHANNELS = 128;
const MULTIPLES = [1, 1, 2, 2, 4] as const;
const LATENT = 256;
const CODES = 16384;
const CODE_WIDTH = 8;
/** A buffer that remembers which codes were used in training; it is in the checkpoint. */
const USED_CODES = 65536;

export function vqModel(part: Part): Tensor[] {
  const conv = (name: string, input: number, out: number, kernel = 3) =>
    part.conv(name, constant(out), constant(input * kernel * kernel));
  const norm = (name: string, width: number) => part.layerNorm(name, constant(width));
  const residual = (name: string, input: number, out: number) => [
    ...norm(`${name}.norm1`, input),
    ...conv(`${name}.conv1`, input, out),
    ...norm(`${name}.norm2`, out),
    ...conv(`${name}.conv2`, out, out),
    ...(input === out ? [] : conv(`${name}.nin_shortcut`, input, out, 1)),
  ];
  const attention = (name: string, width: number) => [
    ...norm(`${name}.norm`, width),
    ...['q', 'k', 'v', 'proj_out'].flatMap((p) => conv(`${name}.${p}`, width, width, 1)),
  ];
  const middle = (name: string, width: number) => [
    ...residual(`${name}.mid.0`, width, width),
    ...attention(`${name}.mid.1`, width),
    ...residual(`${name}.mid.2`, width, width),
  ];
  const widths = MULTIPLES.map((multiple) => multiple * CHANNELS);
  const widest = Math.max(...widths);

  /** Residual blocks of one resolution, with attention at the lowest, then a convolution that changes the resolution. */
  const levels = (name: string, of: readonly number[], from: number, blocks: number, resample: string) => {
    let width = from;
    return of.flatMap((out, level) => {
      const at = `${name}.conv_blocks.${level}`;
      const isLowest = resample === 'downsample' ? level === of.length - 1 : level === 0;
      const tensors = Array.from({ length: blocks }, (_, i) => {
        const input = width;
        width = out;
        return [
          ...residual(`${at}.res.${i}`, input, out),
          ...(isLowest ? attention(`${at}.attn.${i}`, out) : []),
        ];
      }).flat();
      return level === of.length - 1 ? tensors : [...tensors, ...conv(`${at}.${resample}.conv`, out, out)];
    });
  };
  return [
    ...conv('encoder.conv_in', 3, CHANNELS),
    ...levels('encoder', widths, CHANNELS, 2, 'downsample'),
    ...middle('encoder', widest),
    ...norm('encoder.norm_out', widest),
    ...conv('encoder.conv_out', widest, LATENT),
    ...conv('quant_conv', LATENT, CODE_WIDTH, 1),
    ...part.table('quantize.embedding', constant(CODES), constant(CODE_WIDTH)),
    ...part.vector('quantize.codebook_used', constant(USED_CODES)),
    ...conv('post_quant_conv', CODE_WIDTH, LATENT, 1),
    ...conv('decoder.conv_in', LATENT, widest),
    ...middle('decoder', widest),
    ...levels('decoder', [...widths].reverse(), widest, 3, 'upsample'),
    ...norm('decoder.norm_out', CHANNELS),
    ...conv('decoder.conv_out', CHANNELS, 3),
  ];
}
