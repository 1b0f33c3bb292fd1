import type { Tower } from '../types';
import { deepseekVl2, janus } from './deepseek';
import { ernieVision } from './ernie';
import { idefics2Vision, idefics3Vision } from './encoders';
import { molmo, originalLlava, phi3Vision, vila } from './flat';
import { gemma4Audio, gemma4Vision } from './gemma';
import { gemma3nAudio, gemma3nVision } from './gemma3n';
import { glm4v, glmOcr } from './glm';
import { graniteSpeech } from './granite';
import { kimiK25, kimiK3, kimiVl } from './kimi';
import { llama4Vision, mllamaVision } from './llama';
import { minicpm46Vision, minicpmAudio, minicpmVision } from './minicpm';
import { mingAudio, mingVision } from './ming';
import { minimaxM3Vision } from './minimax';
import { phi4Audio, phi4Vision } from './phi4';
import {
  cohereVision,
  gemma3,
  idefics2,
  idefics3,
  internVl,
  lfm2Vl,
  llava,
  mistral3,
  paligemma,
  vipLlava,
  type TowerReader,
} from './projectors';
import {
  dotsVision,
  exaoneVision,
  qwen25OmniAudio,
  qwen25OmniVision,
  qwen25Vision,
  qwen2Vision,
  qwen35Vision,
  qwen3OmniAudio,
  qwen3OmniVision,
  qwen3Vision,
} from './qwen';
import { step3Vision, stepVlVision } from './step';
import { qwen2Audio, ultravox, voxtral } from './whisper-wrappers';

/** A key under which a tower may be described, or named. */
export interface TowerPlace {
  readonly kind: Tower['kind'];
  readonly at: readonly string[];
}

/** A tower of a wrapper: where it is described, and its reader. At the root itself: it is there in any case. */
export interface TowerRow extends TowerPlace {
  readonly read: TowerReader;
  /** The tower's own `model_type`s that tell it and its projector, whatever the wrapper is. */
  readonly own?: readonly string[];
}

interface Wrapper {
  readonly types: readonly string[];
  readonly towers: readonly TowerRow[];
}

const vision = (read: TowerReader, own: readonly string[] = [], at = ['vision_config']): TowerRow => ({
  kind: 'vision',
  at,
  read,
  own,
});
const audio = (read: TowerReader, own: readonly string[] = [], at = ['audio_config']): TowerRow => ({
  kind: 'audio',
  at,
  read,
  own,
});
/** The Omni models describe their towers under the thinker's config, or have it alone as their root. */
const thinker = (row: TowerRow): readonly TowerRow[] => [row, { ...row, at: ['thinker_config', ...row.at] }];

/** Every wrapper whose towers are read, by the root's `model_type`. */
export const WRAPPERS: readonly Wrapper[] = [
  { types: ['qwen2_vl'], towers: [vision(qwen2Vision, ['qwen2_vl'])] },
  { types: ['qwen2_5_vl'], towers: [vision(qwen25Vision, ['qwen2_5_vl'])] },
  { types: ['qwen3_vl', 'qwen3_vl_moe'], towers: [vision(qwen3Vision, ['qwen3_vl', 'qwen3_vl_moe'])] },
  { types: ['qwen3_5', 'qwen3_5_moe'], towers: [vision(qwen35Vision, ['qwen3_5', 'qwen3_5_moe'])] },
  {
    types: ['qwen2_5_omni', 'qwen2_5_omni_thinker'],
    towers: [
      ...thinker(vision(qwen25OmniVision, ['qwen2_5_omni_vision_encoder'])),
      ...thinker(audio(qwen25OmniAudio, ['qwen2_5_omni_audio_encoder'])),
    ],
  },
  {
    types: ['qwen3_omni_moe', 'qwen3_omni_moe_thinker', 'qwen3_omni'],
    towers: [
      ...thinker(vision(qwen3OmniVision, ['qwen3_omni_moe_vision_encoder'])),
      ...thinker(audio(qwen3OmniAudio, ['qwen3_omni_moe_audio_encoder'])),
    ],
  },
  { types: ['qwen2_audio'], towers: [audio(qwen2Audio)] },
  { types: ['voxtral'], towers: [audio(voxtral)] },
  { types: ['ultravox'], towers: [audio(ultravox)] },
  {
    types: ['llava'],
    towers: [vision(llava({ usual: 'clip_vision_model' })), vision(originalLlava, [], ['mm_vision_tower'])],
  },
  {
    types: ['llava_llama', 'llava_mistral', 'llava_qwen', 'llava_qwen2', 'llava_mpt', 'llava_gemma'],
    towers: [vision(originalLlava, [], ['mm_vision_tower']), vision(vila, [], ['vision_tower_cfg'])],
  },
  {
    types: ['llava_next', 'llava_next_video', 'minimax_vl_01'],
    towers: [vision(llava({ usual: 'clip_vision_model', newline: true }))],
  },
  {
    types: ['llava_onevision'],
    towers: [vision(llava({ usual: 'siglip_vision_model', newline: true }))],
  },
  {
    types: ['video_llava'],
    towers: [vision(llava({ usual: 'clip_vision_model', towers: ['image_tower', 'video_tower'] }))],
  },
  { types: ['vipllava'], towers: [vision(vipLlava)] },
  { types: ['paligemma'], towers: [vision(paligemma)] },
  { types: ['gemma3'], towers: [vision(gemma3)] },
  {
    types: ['gemma3n'],
    towers: [vision(gemma3nVision, ['gemma3n_vision']), audio(gemma3nAudio, ['gemma3n_audio'])],
  },
  {
    types: ['gemma4'],
    towers: [vision(gemma4Vision, ['gemma4_vision']), audio(gemma4Audio, ['gemma4_audio'])],
  },
  { types: ['mistral3'], towers: [vision(mistral3)] },
  { types: ['aya_vision'], towers: [vision(cohereVision({ norm: true, inner: null }))] },
  { types: ['cohere2_vision'], towers: [vision(cohereVision({ norm: false, inner: 36864 }))] },
  { types: ['idefics2'], towers: [vision(idefics2(idefics2Vision))] },
  { types: ['idefics3', 'smolvlm'], towers: [vision(idefics3(idefics3Vision))] },
  { types: ['internvl_chat'], towers: [vision(internVl(true))] },
  { types: ['internvl', 'interns1'], towers: [vision(internVl(false))] },
  { types: ['lfm2_vl'], towers: [vision(lfm2Vl)] },
  { types: ['kimi_vl'], towers: [vision(kimiVl)] },
  { types: ['kimi_k25'], towers: [vision(kimiK25)] },
  { types: ['kimi_k3'], towers: [vision(kimiK3)] },
  { types: ['minicpmv'], towers: [vision(minicpmVision)] },
  { types: ['minicpmo'], towers: [vision(minicpmVision), audio(minicpmAudio)] },
  { types: ['minicpmv4_6'], towers: [vision(minicpm46Vision, ['minicpmv4_6_vision'])] },
  { types: ['mllama'], towers: [vision(mllamaVision, ['mllama_vision_model'])] },
  { types: ['llama4'], towers: [vision(llama4Vision, ['llama4_vision_model'])] },
  {
    types: ['glm4v', 'glm4v_moe', 'glm46v'],
    towers: [vision(glm4v, ['glm4v', 'glm4v_vision', 'glm4v_moe', 'glm4v_moe_vision'])],
  },
  { types: ['glm_ocr'], towers: [vision(glmOcr, ['glm_ocr_vision'])] },
  { types: ['exaone4_5'], towers: [vision(exaoneVision, ['exaone4_5_vision'])] },
  { types: ['dots_ocr'], towers: [vision(dotsVision, ['dots_vit'])] },
  { types: ['step3_vl'], towers: [vision(step3Vision, ['step3_vision_encoder'])] },
  {
    types: ['step3p7', 'step_robotics', 'step3_vl_10b'],
    towers: [vision(stepVlVision, ['perception_encoder'])],
  },
  { types: ['deepseek_vl_v2'], towers: [vision(deepseekVl2)] },
  { types: ['multi_modality'], towers: [vision(janus)] },
  {
    types: ['phi4mm'],
    towers: [
      vision(phi4Vision, [], ['embd_layer', 'image_embd_layer']),
      audio(phi4Audio, [], ['audio_processor']),
    ],
  },
  {
    types: ['phi4_multimodal'],
    towers: [vision(phi4Vision, ['phi4_multimodal_vision']), audio(phi4Audio, ['phi4_multimodal_audio'])],
  },
  {
    types: ['granite_speech'],
    towers: [audio(graniteSpeech, ['granite_speech_encoder'], ['encoder_config'])],
  },
  { types: ['phi3_v'], towers: [vision(phi3Vision, [], ['img_processor'])] },
  { types: ['molmo'], towers: [vision(molmo, [], [])] },
  {
    types: ['ernie4_5_moe_vl', 'ernie4_5_vl_moe', 'ernie4_5_vl'],
    towers: [vision(ernieVision, ['DFNRope_vision_transformer', 'ernie4_5_vl_moe_vision'])],
  },
  { types: ['bailingmm', 'bailingmm_moe_v2_lite'], towers: [vision(mingVision), audio(mingAudio)] },
  { types: ['minimax_m3', 'minimax_m3_vl'], towers: [vision(minimaxM3Vision, ['minimax_m3_vl_vision'])] },
];

/** Where configs of wrappers that are not read describe towers. */
export const TOWER_PLACES: readonly TowerPlace[] = [
  { kind: 'vision', at: ['vision_config'] },
  { kind: 'vision', at: ['thinker_config', 'vision_config'] },
  { kind: 'vision', at: ['mm_vision_tower'] },
  { kind: 'vision', at: ['mm_vision_config'] },
  { kind: 'vision', at: ['vision_tower'] },
  { kind: 'vision', at: ['vision_tower_config'] },
  { kind: 'vision', at: ['vision_tower_cfg'] },
  { kind: 'vision', at: ['vision_encoder'] },
  { kind: 'vision', at: ['visual'] },
  { kind: 'vision', at: ['visual_config'] },
  { kind: 'vision', at: ['visual_tokenizer_config'] },
  { kind: 'vision', at: ['vit_config'] },
  { kind: 'vision', at: ['img_processor'] },
  { kind: 'audio', at: ['audio_config'] },
  { kind: 'audio', at: ['thinker_config', 'audio_config'] },
  { kind: 'audio', at: ['audio_processor'] },
  { kind: 'audio', at: ['audio_encoder_config'] },
  { kind: 'audio', at: ['encoder_config'] },
  { kind: 'audio', at: ['sound_config'] },
  { kind: 'audio', at: ['speech_config'] },
  { kind: 'audio', at: ['speech_encoder_config'] },
];

/** Parts of wrappers that produce sound or images from what the language model says. */
export const OTHER_PARTS: readonly (readonly [key: string, what: string])[] = [
  ['talker_config', 'a model that speaks what the language model says'],
  ['token2wav_config', 'a decoder of speech'],
  ['code2wav_config', 'a decoder of speech'],
  ['tts_config', 'a model that speaks what the language model says'],
];
