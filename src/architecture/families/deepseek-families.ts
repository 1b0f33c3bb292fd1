import type { Family } from './decoder';
import { readDeepSeek, type DeepSeekVariant } from './deepseek';
import { DEEPSEEK_LATENT } from './latent';

/** Class defaults: the config classes of transformers, or the model's own `configuration_*.py`. */
const V3 = {
  ...DEEPSEEK_LATENT,
  n_routed_experts: 256,
  num_experts_per_tok: 8,
  moe_intermediate_size: 2048,
  n_shared_experts: 1,
  first_k_dense_replace: 3,
};
const V32 = { ...V3, index_n_heads: 64, index_head_dim: 128, index_topk: 2048 };
const GLM_4_7_FLASH = {
  num_hidden_layers: 47,
  hidden_size: 2048,
  vocab_size: 154_880,
  num_attention_heads: 20,
  intermediate_size: 10_240,
  q_lora_rank: 768,
  kv_lora_rank: 512,
  qk_nope_head_dim: 192,
  qk_rope_head_dim: 64,
  v_head_dim: 256,
  n_routed_experts: 64,
  num_experts_per_tok: 4,
  moe_intermediate_size: 1536,
  n_shared_experts: 1,
  first_k_dense_replace: 1,
};
const GLM_5 = {
  ...GLM_4_7_FLASH,
  num_hidden_layers: 78,
  hidden_size: 6144,
  num_attention_heads: 64,
  intermediate_size: 12_288,
  q_lora_rank: 2048,
  n_routed_experts: 256,
  num_experts_per_tok: 8,
  moe_intermediate_size: 2048,
  first_k_dense_replace: 3,
  index_n_heads: 32,
  index_head_dim: 128,
  index_topk: 2048,
};
const MISTRAL_4 = {
  num_hidden_layers: 36,
  hidden_size: 4096,
  vocab_size: 131_072,
  num_attention_heads: 32,
  intermediate_size: 12_288,
  q_lora_rank: 1024,
  kv_lora_rank: 256,
  qk_nope_head_dim: 64,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  n_routed_experts: 128,
  num_experts_per_tok: 4,
  moe_intermediate_size: 2048,
  n_shared_experts: 1,
  first_k_dense_replace: 0,
};
const AXK1 = {
  ...V3,
  num_hidden_layers: 61,
  hidden_size: 7168,
  vocab_size: 163_840,
  num_attention_heads: 64,
  intermediate_size: 18_432,
  n_routed_experts: 192,
  first_k_dense_replace: 1,
};
const YOUTU = {
  ...DEEPSEEK_LATENT,
  num_hidden_layers: 32,
  hidden_size: 2048,
  vocab_size: 128_256,
  num_attention_heads: 16,
  intermediate_size: 6144,
};
const MINICPM3 = {
  num_hidden_layers: 62,
  hidden_size: 2560,
  vocab_size: 73_448,
  num_attention_heads: 40,
  intermediate_size: 6400,
  q_lora_rank: 768,
  kv_lora_rank: 256,
  qk_nope_head_dim: 64,
  qk_rope_head_dim: 32,
};
const PANGU_ULTRA = {
  ...V3,
  num_hidden_layers: 61,
  hidden_size: 7680,
  vocab_size: 153_600,
  num_attention_heads: 128,
  intermediate_size: 18_432,
};

const deepseekV3: DeepSeekVariant = { correctionBias: 'by-default-method' };

export const deepseekFamilies: readonly Family[] = [
  {
    name: 'DeepSeek-MoE',
    types: ['deepseek'],
    classes: ['DeepseekForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek({ attention: 'plain', correctionBias: 'never' }),
  },
  {
    name: 'DeepSeek-V2',
    // The wrappers' language models have no model_type of their own as a rule.
    types: ['deepseek_v2', 'deepseek_vl_v2', 'deepseek_ocr', 'deepseek_ocr2', 'deepseekocr', 'deepseekocr_2'],
    classes: ['DeepseekV2ForCausalLM', 'DeepseekVLV2ForCausalLM', 'DeepseekOCRForCausalLM'],
    schema: 'deepseek',
    defaults: DEEPSEEK_LATENT,
    read: readDeepSeek({ correctionBias: 'by-method' }),
  },
  {
    name: 'DeepSeek-V3',
    types: ['deepseek_v3', 'kimi_vl'],
    classes: ['DeepseekV3ForCausalLM'],
    schema: 'deepseek',
    defaults: V3,
    read: readDeepSeek(deepseekV3),
  },
  {
    name: 'DeepSeek-V3.2',
    types: ['deepseek_v32'],
    classes: ['DeepseekV32ForCausalLM'],
    schema: 'deepseek',
    defaults: V32,
    read: readDeepSeek(deepseekV3),
  },
  {
    name: 'Kimi-K2',
    types: ['kimi_k2', 'kimi_k25'],
    schema: 'deepseek',
    defaults: V3,
    read: readDeepSeek({ ...deepseekV3, storesFrequencies: true }),
  },
  {
    name: 'JoyAI-LLM',
    types: ['joyai_llm_flash'],
    schema: 'deepseek',
    defaults: V3,
    read: readDeepSeek(deepseekV3),
  },
  {
    name: 'dots.llm1',
    types: ['dots1'],
    classes: ['Dots1ForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek({ attention: 'plain', qkNorm: 'head', correctionBias: 'always' }),
  },
  {
    name: 'GLM-4.7-Flash',
    types: ['glm4_moe_lite'],
    classes: ['Glm4MoeLiteForCausalLM'],
    schema: 'mla',
    defaults: GLM_4_7_FLASH,
    read: readDeepSeek({ correctionBias: 'always' }),
  },
  {
    name: 'GLM-5',
    types: ['glm_moe_dsa'],
    classes: ['GlmMoeDsaForCausalLM'],
    schema: 'mla',
    defaults: GLM_5,
    read: readDeepSeek({ correctionBias: 'always', mtpStoresEnds: false }),
  },
  {
    name: 'Mistral 4',
    types: ['mistral4'],
    classes: ['Mistral4ForCausalLM'],
    schema: 'mla',
    defaults: MISTRAL_4,
    read: readDeepSeek({ correctionBias: 'never' }),
  },
  {
    name: 'A.X K1',
    types: ['axk1', 'AXK1'],
    classes: ['AXK1ForCausalLM'],
    schema: 'mla',
    defaults: AXK1,
    read: readDeepSeek({
      correctionBias: 'always',
      extraNorms: (_, hasExperts) => (hasExperts ? ['post_mlp_layernorm'] : []),
    }),
  },
  {
    name: 'Youtu-LLM',
    types: ['youtu', 'youtu_llm'],
    classes: ['YoutuForCausalLM'],
    schema: 'mla',
    defaults: YOUTU,
    read: readDeepSeek({ correctionBias: 'never', tied: true }),
  },
  {
    name: 'MiniCPM3',
    types: ['minicpm3'],
    classes: ['MiniCPM3ForCausalLM'],
    schema: 'mla',
    defaults: MINICPM3,
    read: readDeepSeek({ correctionBias: 'never', tied: true }),
  },
  {
    name: 'openPangu Ultra MoE',
    types: ['pangu_ultra_moe'],
    classes: ['PanguUltraMoEForCausalLM', 'OpenPanguMoEForCausalLM'],
    schema: 'mla',
    aliases: {
      q_lora_rank: ['attention_q_lora_dim'],
      kv_lora_rank: ['attention_kv_lora_dim'],
      qk_nope_head_dim: ['attention_qk_dim'],
      qk_rope_head_dim: ['attention_qk_rope_dim'],
      v_head_dim: ['attention_v_dim'],
      n_routed_experts: ['num_routed_experts'],
      n_shared_experts: ['num_shared_experts'],
      first_k_dense_replace: ['num_dense_layers'],
      num_nextn_predict_layers: ['num_mtp_layers'],
    },
    defaults: PANGU_ULTRA,
    read: readDeepSeek({
      correctionBias: 'by-flag',
      extraNorms: (text) =>
        text.flag('sandwich_norm', false).value ? ['pre_mlp_layernorm', 'post_mlp_layernorm'] : [],
      unsupported: ['use_mhc', 'use_mome', 'param_sink_number', 'swa_layers', 'sliding_window_list'],
    }),
  },
];
