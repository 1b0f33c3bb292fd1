import { endsOf } from '../blocks';
import { hiddenOf, layer, memo, readModel, type FamilyInput, type FamilyParts } from '../families/decoder';
import { groupLayers, type ConfigReader } from '../reader';
import { norms, symbol } from '../tensors';
import { attentionByKeys } from './attention';
import { ffnByKeys } from './ffn';

export interface ReadByKeys {
  readonly parts: FamilyParts;
  /** What no key said, in words. */
  readonly assumed: readonly string[];
}

const LAYER_NORM_KEYS = ['layer_norm_eps', 'layer_norm_epsilon', 'layernorm_epsilon', 'norm_epsilon'];
const RMS_NORM_KEYS = ['rms_norm_eps', 'norm_eps', 'rms_norm_epsilon', 'rmsnorm_eps'];

/** LayerNorms with biases, or RMSNorms: by name, or by how its epsilon is called. */
function hasLayerNorm(text: ConfigReader): boolean {
  const named = text.text('normalization') ?? text.text('norm_type');
  if (named !== null) return !/rms/i.test(named);
  return LAYER_NORM_KEYS.some((key) => text.has(key)) && !RMS_NORM_KEYS.some((key) => text.has(key));
}

/** A table of positions, where one is named: rotary and other schemes have no weights. */
const hasPositionTable = (text: ConfigReader): boolean =>
  /^(absolute|learned(_absolute)?)$/.test(text.text('position_embedding_type') ?? '');

/**
 * A decoder-only transformer by its keys alone, in the layout that most have: attention and FFN after a norm each, and a
 * norm at the end. What the keys leave open is assumed, and said.
 */
export function readByKeys(input: FamilyInput, tiedByDefault = false): ReadByKeys {
  const { text } = input;
  const assumed: string[] = [];
  const assume = (what: string) => void assumed.push(what);
  const layers = text.layers();
  const tie = 'tie_word_embeddings';
  if (!text.has(tie) && !input.root.has(tie))
    assume(
      tiedByDefault ? 'the embedding table as LM head' : 'an LM head of its own beside the embedding table',
    );
  const model = readModel(input, layers, tiedByDefault);
  const hidden = hiddenOf(model);
  const isLayerNorm = hasLayerNorm(text);
  if (isLayerNorm) assume('LayerNorms with biases');
  const attentionOf = attentionByKeys(text, hidden, layers, assume);
  const ffnOf = ffnByKeys(text, hidden, layers, { isLayerNorm, assume });
  const extra = norms(['input_layernorm', 'post_attention_layernorm'], hidden, isLayerNorm);
  const pattern = {
    attention: text.originOf('layer_types', 'sliding_window_pattern', 'max_window_layers'),
    ffn: text.originOf(
      'first_k_dense_replace',
      'moe_layer_freq',
      'decoder_sparse_step',
      'interleave_moe_layer_step',
      'moe_layer_interval',
      'mlp_only_layers',
    ),
  };
  const layerOf = memo((attention: ReturnType<typeof attentionOf>) =>
    memo((ffn: ReturnType<typeof ffnOf>) => layer(attention, ffn, extra)),
  );
  const groups = groupLayers(layers, pattern, (i) => layerOf(attentionOf(i))(ffnOf(i)));
  const ends = endsOf(model, {
    finalNorm: isLayerNorm ? 'layer' : 'rms',
    ...(hasPositionTable(text) && { positions: symbol('N_pos', text.size('max_position_embeddings')) }),
  });
  return { parts: { model, groups, ends }, assumed };
}
