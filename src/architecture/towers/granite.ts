import { constant, product, sum } from '../expression';
import type { Tensor } from '../types';
import { audio, type TowerReader } from './projectors';
import { derived, type Part, type TowerConfig } from './tower';

/**
 * Granite Speech (transformers' granite_speech): a conformer trained to spell, and a query transformer (BLIP-2's) that
 * makes a few tokens of each window of frames. The adapter that is merged while it listens is a file of its own.
 */
export const graniteSpeech: TowerReader = ({ config, root, hidden }) => {
  const part = audio.at('encoder');
  const width = config.size('hidden_dim', 'W_a', 1024);
  const output = config.size('output_dim', 'V_a', 42);
  const projector = root.nested('projector_config');
  const query = projector.size('hidden_size', 'W_q', 768);
  const frames = root.size('window_size', 'N_window', 15);
  const rate = root.size('downsample_rate', 'r_down', 5);
  return [
    ...part.linear('input_linear', width, config.size('input_dim', 'W_in', 160)),
    ...conformer(config, part.at('layers.*', config.size('num_layers', 'L_a', 10))),
    ...part.linear('out', output, width),
    ...part.linear('out_mid', width, output),
    ...audio.table(
      'projector.query',
      derived('N_query', Math.floor(frames.value / rate.value), [frames, rate]),
      query,
    ),
    ...queryTransformer(projector, audio.at('projector.qformer')),
    ...audio.linear('projector.linear', hidden, query),
  ];
};

function conformer(config: TowerConfig, layer: Part): Tensor[] {
  const width = config.size('hidden_dim', 'W_a', 1024);
  const inner = product(config.size('feedforward_mult', 'r_ffn', 4), width);
  const headDim = config.size('dim_head', 'd_a', 128);
  const heads = product(config.size('num_heads', 'n_a', 8), headDim);
  const channels = product(config.size('conv_expansion_factor', 'r_conv', 2), width);
  const positions = sum(product(2, config.size('max_pos_emb', 'N_pos', 512)), 1);
  const feedForward = (name: string): Tensor[] => [
    ...layer.layerNorm(`${name}.pre_norm`, width),
    ...layer.linear(`${name}.up_proj`, inner, width),
    ...layer.linear(`${name}.down_proj`, width, inner),
  ];
  return [
    ...['ff1', 'ff2'].flatMap(feedForward),
    ...layer.layerNorm('attn.pre_norm', width),
    ...layer.linear('attn.to_q', heads, width, false),
    ...layer.linear('attn.to_kv', product(2, heads), width, false),
    ...layer.linear('attn.to_out', width, heads),
    ...layer.table('attn.rel_pos_emb', positions, headDim),
    ...layer.layerNorm('conv.norm', width),
    ...layer.conv('conv.up_conv', product(2, channels), width),
    ...layer.conv('conv.depth_conv.conv', channels, config.size('conv_kernel_size', 'k', 15), false),
    // A batch norm: scale and shift, what it has seen, and how often.
    ...layer.layerNorm('conv.batch_norm', channels),
    ...['running_mean', 'running_var'].flatMap((name) => layer.vector(`conv.batch_norm.${name}`, channels)),
    ...layer.vector('conv.batch_norm.num_batches_tracked', constant(1)),
    ...layer.conv('conv.down_conv', width, channels),
    ...layer.layerNorm('post_norm', width),
  ];
}

/** BLIP-2's query transformer: self-attention, every few layers attention to the frames, an MLP. */
function queryTransformer(config: TowerConfig, part: Part): Tensor[] {
  const width = config.size('hidden_size', 'W_q', 768);
  const inner = config.size('intermediate_size', 'I_q', 3072);
  const frames = config.size('encoder_hidden_size', 'W_frame', 1408);
  const layers = config.size('num_hidden_layers', 'L_q', 12);
  const every = config.size('cross_attention_frequency', 'N_every', 2);
  if (config.flag('use_qformer_text_input', false)) config.unsupported('use_qformer_text_input');
  const layer = part.at('encoder.layer.*', layers);
  const crossing = part.at(
    'encoder.layer.*',
    derived('L_cross', Math.ceil(layers.value / every.value), [layers, every]),
  );
  const attention = (of: Part, name: string, input: typeof width): Tensor[] => [
    ...of.linear(`${name}.attention.query`, width, width),
    ...of.linear(`${name}.attention.key`, width, input),
    ...of.linear(`${name}.attention.value`, width, input),
    ...of.linear(`${name}.output.dense`, width, width),
    ...of.layerNorm(`${name}.output.LayerNorm`, width),
  ];
  return [
    ...part.layerNorm('layernorm', width),
    ...attention(layer, 'attention', width),
    ...attention(crossing, 'crossattention', frames),
    ...layer.linear('intermediate_query.dense', inner, width),
    ...layer.linear('output_query.dense', width, inner),
    ...layer.layerNorm('output_query.LayerNorm', width),
  ];
}
