import type { Family } from './decoder';
import { readDeepSeek, type DeepSeekDefaults, type DeepSeekVariant } from './deepseek';
import { DEEPSEEK_LATENT } from './latent';

/** Class defaults: the config classes of transformers, or the model's own `configuration_*.py`. */
const V2: DeepSeekDefaults = DEEPSEEK_LATENT;
const V3: DeepSeekDefaults = {
  ...DEEPSEEK_LATENT,
  experts: 256,
  topK: 8,
  expertWidth: 2048,
  sharedExperts: 1,
  firstDense: 3,
};
const GLM_4_7_FLASH: DeepSeekDefaults = {
  layers: 47,
  hidden: 2048,
  vocab: 154_880,
  heads: 20,
  intermediate: 10_240,
  queryRank: 768,
  kvRank: 512,
  nopeDim: 192,
  ropeDim: 64,
  valueDim: 256,
  experts: 64,
  topK: 4,
  expertWidth: 1536,
  sharedExperts: 1,
  firstDense: 1,
};
const GLM_5: DeepSeekDefaults = {
  ...GLM_4_7_FLASH,
  layers: 78,
  hidden: 6144,
  heads: 64,
  intermediate: 12_288,
  queryRank: 2048,
  experts: 256,
  topK: 8,
  expertWidth: 2048,
  firstDense: 3,
  indexHeads: 32,
};
const MISTRAL_4: DeepSeekDefaults = {
  layers: 36,
  hidden: 4096,
  vocab: 131_072,
  heads: 32,
  intermediate: 12_288,
  queryRank: 1024,
  kvRank: 256,
  nopeDim: 64,
  ropeDim: 64,
  valueDim: 128,
  experts: 128,
  topK: 4,
  expertWidth: 2048,
  sharedExperts: 1,
  firstDense: 0,
};
const AXK1: DeepSeekDefaults = {
  ...V3,
  layers: 61,
  hidden: 7168,
  vocab: 163_840,
  heads: 64,
  intermediate: 18_432,
  experts: 192,
  firstDense: 1,
};
const YOUTU: DeepSeekDefaults = {
  ...DEEPSEEK_LATENT,
  layers: 32,
  hidden: 2048,
  vocab: 128_256,
  heads: 16,
  intermediate: 6144,
};
const MINICPM3: DeepSeekDefaults = {
  layers: 62,
  hidden: 2560,
  vocab: 73_448,
  heads: 40,
  intermediate: 6400,
  queryRank: 768,
  kvRank: 256,
  nopeDim: 64,
  ropeDim: 32,
};
const PANGU_ULTRA: DeepSeekDefaults = {
  ...V3,
  layers: 61,
  hidden: 7680,
  vocab: 153_600,
  heads: 128,
  intermediate: 18_432,
};

const deepseekV3: DeepSeekVariant = { defaults: V3, correctionBias: 'by-default-method' };

export const deepseekFamilies: readonly Family[] = [
  {
    name: 'DeepSeek-MoE',
    types: ['deepseek'],
    classes: ['DeepseekForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek({ defaults: {}, attention: 'plain', correctionBias: 'never' }),
  },
  {
    name: 'DeepSeek-V2',
    // The wrappers' language models have no model_type of their own as a rule.
    types: ['deepseek_v2', 'deepseek_vl_v2', 'deepseek_ocr', 'deepseek_ocr2'],
    classes: ['DeepseekV2ForCausalLM', 'DeepseekVLV2ForCausalLM', 'DeepseekOCRForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek({ defaults: V2, correctionBias: 'by-method' }),
  },
  {
    name: 'DeepSeek-V3',
    types: ['deepseek_v3'],
    classes: ['DeepseekV3ForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek(deepseekV3),
  },
  {
    name: 'DeepSeek-V3.2',
    types: ['deepseek_v32'],
    classes: ['DeepseekV32ForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek({ ...deepseekV3, defaults: { ...V3, indexHeads: 64 } }),
  },
  {
    name: 'Kimi-K2',
    types: ['kimi_k2', 'kimi_k25'],
    schema: 'deepseek',
    read: readDeepSeek({ ...deepseekV3, storesFrequencies: true }),
  },
  { name: 'JoyAI-LLM', types: ['joyai_llm_flash'], schema: 'deepseek', read: readDeepSeek(deepseekV3) },
  {
    name: 'dots.llm1',
    types: ['dots1'],
    classes: ['Dots1ForCausalLM'],
    schema: 'deepseek',
    read: readDeepSeek({ defaults: {}, attention: 'plain', qkNorm: 'head', correctionBias: 'always' }),
  },
  {
    name: 'GLM-4.7-Flash',
    types: ['glm4_moe_lite'],
    classes: ['Glm4MoeLiteForCausalLM'],
    schema: 'mla',
    read: readDeepSeek({ defaults: GLM_4_7_FLASH, correctionBias: 'always' }),
  },
  {
    name: 'GLM-5',
    types: ['glm_moe_dsa'],
    classes: ['GlmMoeDsaForCausalLM'],
    schema: 'mla',
    read: readDeepSeek({ defaults: GLM_5, correctionBias: 'always', mtpStoresEnds: false }),
  },
  {
    name: 'Mistral 4',
    types: ['mistral4'],
    classes: ['Mistral4ForCausalLM'],
    schema: 'mla',
    read: readDeepSeek({ defaults: MISTRAL_4, correctionBias: 'never' }),
  },
  {
    name: 'A.X K1',
    types: ['axk1', 'AXK1'],
    classes: ['AXK1ForCausalLM'],
    schema: 'mla',
    read: readDeepSeek({
      defaults: AXK1,
      correctionBias: 'always',
      extraNorms: (_, hasExperts) => (hasExperts ? ['post_mlp_layernorm'] : []),
    }),
  },
  {
    name: 'Youtu-LLM',
    types: ['youtu', 'youtu_llm'],
    classes: ['YoutuForCausalLM'],
    schema: 'mla',
    read: readDeepSeek({ defaults: YOUTU, correctionBias: 'never', tied: true }),
  },
  {
    name: 'MiniCPM3',
    types: ['minicpm3'],
    classes: ['MiniCPM3ForCausalLM'],
    schema: 'mla',
    read: readDeepSeek({ defaults: MINICPM3, correctionBias: 'never', tied: true }),
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
    read: readDeepSeek({
      defaults: PANGU_ULTRA,
      correctionBias: 'by-flag',
      extraNorms: (text) =>
        text.flag('sandwich_norm', false).value ? ['pre_mlp_layernorm', 'post_mlp_layernorm'] : [],
      unsupported: ['use_mhc', 'use_mome', 'param_sink_number', 'swa_layers', 'sliding_window_list'],
    }),
  },
];
