import { product, sum, type Expression } from '../expression';
import type { Tensor } from '../types';
import { siglipTrunk } from './encoders';
import { whisper, WHISPER, WHISPER_TINY } from './whisper';
import { projections, type Part } from './tower';
import { audio, twoLinear, vision, type TowerReader } from './projectors';

/** Towers of MiniCPM-V and MiniCPM-o (their own modelling code; transformers for 4.6). */

/** A resampler: `query_num` learned queries attend to all patches once. */
function resampler(part: Part, queries: Expression, input: Expression, hidden: Expression): Tensor[] {
  return [
    ...part.table('query', queries, hidden),
    // With equal widths the modelling code has no matrix here.
    ...(input.value === hidden.value ? [] : part.linear('kv_proj', hidden, input, false)),
    ...part.linear('attn.in_proj', product(3, hidden), hidden),
    ...part.linear('attn.out_proj', hidden, hidden),
    ...['ln_q', 'ln_kv', 'ln_post'].flatMap((name) => part.layerNorm(name, hidden)),
    ...part.linear('proj', hidden, hidden, false),
  ];
}

/** MiniCPM-V 2.5 to 4.5 and MiniCPM-o: SigLIP's trunk, maybe without its last layer, and a resampler. */
export const minicpmVision: TowerReader = ({ config, root, hidden }) => {
  const dropped = root.flag('drop_vision_last_layer', true) ? 1 : 0;
  const defaults = { width: 768, inner: 3072, layers: 12, image: 224, patch: 16 };
  const { tensors, width } = siglipTrunk(config, vision.at('vpm'), defaults, dropped);
  const queries = root.size('query_num', 'N_query', 64);
  return [...tensors, ...resampler(vision.at('resampler'), queries, width, hidden)];
};

/** MiniCPM-o hears through Whisper's encoder, whose features are projected and pooled. */
export const minicpmAudio: TowerReader = ({ config, hidden }) => {
  const { tensors, inner } = whisper(config, audio.at('apm'), WHISPER, WHISPER_TINY);
  const width = product(0.25, inner);
  return [
    ...tensors,
    ...twoLinear(audio.at('audio_projection_layer'), width, hidden, hidden, true, ['linear1', 'linear2']),
  ];
};

/** MiniCPM-V 4.6: one merger among the encoder's layers, mergers after it; each takes 2 by 2 neighbours. */
export const minicpm46Vision: TowerReader = ({ config, root, hidden }) => {
  const part = vision.at('vision_tower');
  const { tensors, width } = siglipTrunk(config, part);
  const inner = config.size('intermediate_size', 'I_v', 3072);
  const inside = part.at('vit_merger');
  const window = product(...config.sizes('window_kernel_size', 'm', [2, 2]));
  const [windowWidth, windowInner] = [product(window, width), product(window, inner)];
  const merger = vision.at('merger.mlp');
  const merged = product(4, width);
  const times = root.size('merger_times', 'N_merger', 1);
  const mlp = (of: Part, out: Expression) => [
    ...of.layerNorm('pre_norm', merged),
    ...twoLinear(of, merged, merged, out),
  ];
  return [
    ...tensors,
    ...projections('self_attn', 'out_proj', true).flatMap(([name]) => inside.linear(name, width, width)),
    ...inside.layerNorm('layer_norm1', width),
    ...inside.layerNorm('pre_norm', windowWidth),
    ...twoLinear(inside, windowWidth, windowInner, width),
    ...(times.value > 1 ? mlp(merger.at('*', sum(times, -1)), width) : []),
    ...mlp(merger.at(String(times.value - 1)), hidden),
  ];
};
