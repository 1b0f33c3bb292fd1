import { isObject, type ConfigReader } from '../reader';

/** Keys of these names cost nothing, or are told by other parts of Decode Lens: not worth a word. */
const COSTLESS = new RegExp(
  [
    '^_|^\\$|^(id|name|auto_map|architectures|model_type|model_version|task|seed|prefix|license)$',
    '^(use_cache|pretraining_tp|torchscript|is_decoder|tie_encoder_decoder|use_return_dict|return_dict)$',
    'rope|rotary|theta|alibi|position|yarn|^mscale|^block_size$|^n_ctx$|context_len|seq_?len|max_.*(len|seq|window)',
    'dropout|pdrop|drop_path|^summary_|query_pre_attn|token|eps(ilon)?$|^hc_eps$|sinkhorn|init|_std$|dtype|precision|fp32|bf16|fp16|quant|version',
    'flash|attn_impl|attention_impl|sdpa|kernel|fuse|cache_impl|checkpoint|parallel|offload|world_size',
    'loss|aux|coef|jitter|norm_topk|topk_method|topk_group|^n_group|num_expert_group|scoring|score_f|renorm',
    'softcap|logit|scal(e|ing)|multiplier|temperature|^mup|alpha$|beta$|clip|limit',
    'penalty|beam|^top_[kp]$|typical_p|num_return|do_sample|early_stop|bad_words|suppress|remove_invalid|diversity',
    '^norm_head$|overlap|^chunk_size_feed_forward$|^use_dynamic_ntk$|^use_logn_attn$',
    'id2|2id|label|problem_type|task_specific|pruned|finetun|generation|chat|template',
    'act_fn|activation|hidden_act|output_(attentions|hidden|router)|normalization|norm_type|learning_rate',
    'vision|visual|image|audio|video|speech|projector|^mm_|_name$|_path$|_dir$',
  ].join('|'),
  'i',
);

/** A key with one of these in its name changes what is counted, if it is on. */
const STRUCTURAL = new RegExp(
  [
    'expert|moe|lora|latent|mamba|ssm|conv|linear_(attn|attention|num|key|value)|recurr|rwkv|gru|lru|state_size|d_state',
    'kv_shar|shared_(layer|kv|expert)|share_|cross|cla_|compress|hybrid|altup|laurel|per_layer|index_|indexer|sparse',
    'interval|every_|pattern|freq$|altern|dense_|encoder|decoder_layers|global_|local_|swa_|hyper|^hc_|engram|memory',
    'n_head|heads?$|head_dim|head_size|rank$|n_layer|num_.*layers|layers_|layer_type|depth|hidden_|intermediate',
    'ffn|mlp_dim|inner_dim|width|_dim$|canvas|diffusion|nextn|mtp',
  ].join('|'),
  'i',
);

/** Multi-token prediction and drafters stand beside the model, which counts the same without. */
const BESIDE = /nextn|mtp|draft|eagle|dspark/i;

const EXPERTS = /expert|mixture/i;
const EXPERT_COUNTS = ['num_experts', 'n_routed_experts', 'num_local_experts', 'moe_num_experts'];

export interface UnreadKeys {
  /** May change what is counted, and nobody knows how. */
  readonly structural: readonly string[];
  /** Most likely without cost, and not used. */
  readonly ignored: readonly string[];
}

/** Nothing, 0 and false switch a feature off; one expert is none. */
export function isOn(key: string, value: unknown): boolean {
  if (typeof value === 'number') return value > (/expert/i.test(key) ? 1 : 0);
  if (Array.isArray(value) || typeof value === 'string') return value.length > 0;
  return value === true || isObject(value);
}

/**
 * Keys of an object that a reader of unknown configs did not look at: those that may change the architecture (by name,
 * or because they are lists or objects), and the rest.
 */
export function unreadKeys(text: ConfigReader): UnreadKeys {
  // Where no experts were read, a key that tells of some is no detail of theirs.
  const hasExperts = EXPERT_COUNTS.some((key) => text.has(key));
  const tellsOfExperts = (key: string) => !hasExperts && EXPERTS.test(key);
  const unread = Object.keys(text.config).filter(
    (key) =>
      !text.known.has(key) && (tellsOfExperts(key) || !COSTLESS.test(key)) && isOn(key, text.config[key]),
  );
  const decides = (key: string) => {
    if (BESIDE.test(key)) return false;
    const value = text.config[key];
    return isObject(value) || Array.isArray(value) || tellsOfExperts(key) || STRUCTURAL.test(key);
  };
  return { structural: unread.filter(decides), ignored: unread.filter((key) => !decides(key)) };
}
