import type { FamilyReader } from '../families/decoder';
import { given, type ConfigReader, type KeyAliases, type KeyValues } from '../reader';
import { dialectFamily, hasAll, isGiven, readAs, type Dialect } from './dialect';

/**
 * Configs of DeepSeek's own inference code (ModelArgs in `inference/model.py` of the DeepSeek-V3, V3.2 and V4
 * repositories).
 */
const ALIASES: KeyAliases = {
  hidden_size: ['dim'],
  intermediate_size: ['inter_dim'],
  moe_intermediate_size: ['moe_inter_dim'],
  num_hidden_layers: ['n_layers'],
  first_k_dense_replace: ['n_dense_layers'],
  num_attention_heads: ['n_heads'],
  num_experts_per_tok: ['n_activated_experts'],
  n_group: ['n_expert_groups'],
  topk_group: ['n_limited_groups'],
  scoring_func: ['score_func'],
  routed_scaling_factor: ['route_scale'],
  // V4
  qk_rope_head_dim: ['rope_head_dim'],
  sliding_window: ['window_size'],
  num_hash_layers: ['n_hash_layers'],
  num_nextn_predict_layers: ['n_mtp_layers'],
};
const NAME = 'DeepSeek (inference config)';
const TELLING = ['dim', 'n_layers', 'n_heads', 'moe_inter_dim'];

/** Defaults of ModelArgs (V3), under the names that readers ask for. */
const MODEL_ARGS: Readonly<Record<string, number>> = {
  vocab_size: 102_400,
  intermediate_size: 10_944,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  first_k_dense_replace: 1,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
};

function defaults(text: ConfigReader): KeyValues {
  const note = (key: string) => ({ paths: [], note: `default of ModelArgs: ${key} is absent` });
  return Object.fromEntries(
    Object.entries(MODEL_ARGS)
      .filter(([key]) => !text.has(key))
      .map(([key, value]) => [key, given(value, note(key))]),
  );
}

/** The family that its keys mean. */
const typeOf = (has: (key: string) => boolean): string =>
  has('compress_ratios') || has('o_groups')
    ? 'deepseek_v4'
    : has('index_topk')
      ? 'deepseek_v32'
      : 'deepseek_v3';

/** The gate has a bias where the model is as wide as V3, whatever the scores are. */
const WIDTH_WITH_BIAS = 7168;

/** `fp8` means blocks of 128 x 128 with a scale each, as the published weights have them. */
const storage = (text: ConfigReader): KeyValues =>
  text.text('dtype') === 'fp8'
    ? {
        quantization_config: given(
          { quant_method: 'fp8', weight_block_size: [128, 128] },
          text.originOf('dtype'),
        ),
      }
    : {};

const read: FamilyReader = (input) => {
  const { text } = input;
  const type = typeOf((key) => text.has(key));
  if (type === 'deepseek_v4')
    return readAs(type, input, {
      num_key_value_heads: given(1, { paths: [], note: 'one head for keys and values' }),
    });
  const hasBias = text.size('dim').value === WIDTH_WITH_BIAS;
  const values: KeyValues = {
    ...defaults(text),
    topk_method: given(hasBias ? 'noaux_tc' : 'greedy', text.originOf('dim')),
    // 0 and nothing both mean one full query matrix.
    ...((text.optionalSize('q_lora_rank', 0)?.value ?? 0) === 0 && {
      q_lora_rank: given(null, text.originOf('q_lora_rank')),
    }),
  };
  return readAs(type, input, values);
};

export const deepseekDialect: Dialect = {
  family: dialectFamily(NAME, 'deepseek_inference', ALIASES, read, storage),
  find: (file) =>
    hasAll(file, TELLING) && !isGiven(file.hidden_size)
      ? { path: [], keys: TELLING, modelType: typeOf((key) => isGiven(file[key])) }
      : null,
};
