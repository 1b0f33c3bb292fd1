import { denseFfn, endsOf, mambaMixer, moeFfn, softmaxAttention } from '../blocks';
import type { Expression } from '../expression';
import { groupLayers, type ConfigReader } from '../reader';
import { norms } from '../tensors';
import type { Layer } from '../types';
import { hiddenOf, layer, readHeads, readModel, type FamilyReader } from './decoder';
import { expanded, timeStepRank } from './mamba';

/** Names of the norms and the FFN in Jamba and what follows its layout. */
export const jambaNorms = (hidden: Expression) => norms(['input_layernorm', 'pre_ff_layernorm'], hidden);
export const JAMBA_ENDS = { names: { norm: 'final_layernorm' } };

/** Attention of a hybrid's layers: all projections with a bias, or none. */
export const attentionOf = (
  text: ConfigReader,
  hidden: Expression,
  defaults: Parameters<typeof readHeads>[1],
  hasBias: boolean,
) => softmaxAttention(hidden, { ...readHeads(text, defaults), bias: { qkv: hasBias, o: hasBias } });

/**
 * Jamba (transformers' jamba): Mamba layers with one of attention every `attn_layer_period`, experts instead of the
 * dense FFN every `expert_layer_period`; one expert is none.
 */
export const readJamba: FamilyReader = (input) => {
  const { text } = input;
  const layers = text.layers('num_hidden_layers', 32);
  const model = readModel(input, layers, false, { vocab: 65_536 });
  const hidden = hiddenOf(model);
  const attention = attentionOf(text, hidden, { queryHeads: 32, kvHeads: 8 }, false);
  const mamba = mambaMixer(hidden, {
    inner: expanded(text, 'mamba_expand', 2),
    stateSize: text.size('mamba_d_state', 16),
    rank: timeStepRank(text, 'mamba_dt_rank'),
    kernel: text.size('mamba_d_conv', 4),
    bias: text.flag('mamba_proj_bias', false).value,
    convBias: text.flag('mamba_conv_bias', true).value,
    innerNorms: text.flag('mamba_inner_layernorms', true).value,
    prefix: 'mamba.',
  });
  const width = text.size('intermediate_size', 14_336);
  const dense = denseFfn(hidden, { intermediate: width, prefix: 'feed_forward' });
  const experts = text.size(['num_experts', 'num_local_experts'], 16);
  const routed =
    experts.value > 1
      ? moeFfn(text, hidden, {
          experts,
          topK: text.size('num_experts_per_tok', 2),
          intermediate: width,
          prefix: 'feed_forward',
          routerName: 'router',
        })
      : dense;
  const every = (
    period: string,
    offset: string,
    [periodDefault, offsetDefault]: readonly [number, number],
  ) => {
    const [p, o] = [text.size(period, periodDefault), text.size(offset, offsetDefault, 0)];
    return (i: number) => i % p.value === o.value;
  };
  const isAttention = every('attn_layer_period', 'attn_layer_offset', [8, 4]);
  const isRouted = every('expert_layer_period', 'expert_layer_offset', [2, 1]);
  const extra = jambaNorms(hidden);
  const made = [mamba, attention].map((mixer) => [dense, routed].map((ffn) => layer(mixer, ffn, extra)));
  const pattern = {
    attention: text.originOf('attn_layer_period', 'attn_layer_offset'),
    ffn: text.originOf('expert_layer_period', 'expert_layer_offset'),
  };
  const groups = groupLayers(layers, pattern, (i) =>
    pick(made, isAttention(i), routed !== dense && isRouted(i)),
  );
  return { model, groups, ends: endsOf(model, JAMBA_ENDS) };
};

/** Of layers by mixer and FFN. */
function pick(made: readonly (readonly Layer[])[], second: boolean, secondFfn: boolean): Layer {
  const found = made[second ? 1 : 0]?.[secondFfn ? 1 : 0];
  return found ?? { attention: [], ffn: [], extra: [] };
}
