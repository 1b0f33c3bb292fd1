import type { Advice, ModelRule } from '../../rule';
import { contextLength } from '../../format';
import { maxPositions, stated } from '../../positions';
import { softmaxBlocks } from './keys';

/** Windows and chunks as long as the context. */
export const windowLength: ModelRule = {
  of: 'model',
  code: 'shape/window',
  title: 'Window as long as the positions',
  severity: 'information',
  what: 'Compares the sliding window, or the chunk of chunked attention, with `max_position_embeddings`, and speaks where layers that have it could never see more tokens anyway.',
  why: 'A window saves KV cache and attention FLOPs only for contexts beyond it. As long as the positions or longer it saves nothing, and engines without a kernel for windows may refuse the model or fall back to a slower one.',
  ignoreWhen:
    'The positions are extended later by RoPE scaling, or the window only marks layers for the modelling code.',
  source: 'Mistral 7B (arXiv:2310.06825), section 2.',
  example: {
    model: 'Qwen3-32B',
    changes: { use_sliding_window: true, sliding_window: 65536, max_window_layers: 32 },
  },
  check: (subject): Advice[] => {
    const max = maxPositions(subject.text);
    const seen = new Set<string>();
    return softmaxBlocks(subject).flatMap(({ window, windowSize, origins }): Advice[] => {
      const path = origins.windowSize?.paths[0];
      if (!max || !path || window === 'none' || windowSize < max.value || seen.has(path.join('.'))) return [];
      seen.add(path.join('.'));
      const what = window === 'sliding' ? 'window' : 'chunk';
      return [
        {
          path,
          message: `A ${what} of ${contextLength(windowSize)} tokens limits nothing within ${contextLength(max.value)} positions: only a shorter one saves KV cache.`,
        },
      ];
    });
  },
};

/** Qwen's `max_window_layers` beyond the last layer, with the window switched on. */
export const windowLayers: ModelRule = {
  of: 'model',
  code: 'shape/window-layers',
  title: 'Window switched on for no layer',
  severity: 'information',
  what: 'Speaks where `use_sliding_window` is true and yet no layer has a window, because `max_window_layers` or `layer_types` leaves none.',
  why: 'Qwen2 and Qwen3 give the window to layers from `max_window_layers` on: with as many as there are layers the switch does nothing, and KV cache and cost are those of full attention.',
  ignoreWhen: 'The config is kept ready for a window that serving turns on.',
  source: '`Qwen2Config` and `Qwen3Config` in transformers.',
  example: {
    model: 'Qwen3-32B',
    changes: { use_sliding_window: true, sliding_window: 4096, max_window_layers: 64 },
  },
  check: (subject): Advice[] => {
    const { text, architecture, readKeys } = subject;
    const window = stated(text, ['sliding_window']);
    const isOn = readKeys.has('use_sliding_window') && text.raw('use_sliding_window') === true;
    if (!isOn || !window || window.value <= 0) return [];
    if (softmaxBlocks(subject).some(({ window: kind }) => kind !== 'none')) return [];
    const from = stated(text, ['max_window_layers']);
    const { layers } = architecture.model;
    const cause =
      from && from.value >= layers
        ? `max_window_layers ${from.value} is not below the ${layers} layers`
        : `no layer of the ${layers} slides`;
    return [
      {
        path: from?.path ?? text.pathOf('use_sliding_window'),
        message: `use_sliding_window is true, but ${cause}: all attention is full.`,
      },
    ];
  },
};
