import type { Family } from './decoder';
import { axk2Families } from './axk2';
import { bailingFamilies } from './bailing';
import { cohereFamilies } from './cohere';
import { deciFamilies } from './deci';
import { deepseekFamilies } from './deepseek-families';
import { deepseekV4Families } from './deepseek-v4';
import { ernieFamilies } from './ernie';
import { falconFamilies } from './falcon';
import { gemmaFamilies } from './gemma';
import { gemma3nFamilies } from './gemma3n';
import { gemma4Families } from './gemma4';
import { glmFamilies } from './glm';
import { gptFamilies } from './gpt';
import { gptNeoFamilies } from './gpt-neo';
import { grokFamilies } from './grok';
import { hunyuanFamilies } from './hunyuan';
import { hybridFamilies } from './hybrids';
import { hymbaFamilies } from './hymba';
import { hyV4Families } from './hy-v4';
import { jetMoeFamilies } from './jetmoe';
import { kimiLinearFamilies } from './kimi-linear';
import { lagunaFamilies } from './laguna';
import { layerNormFamilies } from './layernorm';
import { lfm2Families } from './lfm2';
import { llamaFamilies } from './llama';
import { llama4Families } from './llama4';
import { longcatFamilies } from './longcat';
import { mambaFamilies } from './mamba';
import { mimoV2Families } from './mimo-v2';
import { minimaxFamilies } from './minimax';
import { minimaxMFamilies } from './minimax-m';
import { mllamaFamilies } from './mllama';
import { moeFamilies } from './moe-families';
import { mosaicFamilies } from './mosaic';
import { nemotronHFamilies } from './nemotron-h';
import { olmoFamilies } from './olmo';
import { nativeOlmoFamilies } from './olmo-native';
import { optFamilies } from './opt';
import { panguFamilies } from './pangu';
import { phiFamilies } from './phi';
import { phi4FlashFamilies } from './phi4flash';
import { plamo2Families } from './plamo2';
import { qwenNextFamilies } from './qwen-next';
import { recurrentGemmaFamilies } from './recurrent-gemma';
import { rwkvFamilies } from './rwkv';
import { step3Families } from './step3';
import { step3p5Families } from './step3p5';
import { xlstmFamilies } from './xlstm';
import { zambaFamilies } from './zamba';

export type { Family } from './decoder';

/** Every family that is read. A new one is a file of its own, or a row in one of these. */
export const ALL_FAMILIES: readonly Family[] = [
  ...axk2Families,
  ...bailingFamilies,
  ...cohereFamilies,
  ...deciFamilies,
  ...deepseekFamilies,
  ...deepseekV4Families,
  ...ernieFamilies,
  ...falconFamilies,
  ...gemma3nFamilies,
  ...gemma4Families,
  ...gemmaFamilies,
  ...glmFamilies,
  ...gptFamilies,
  ...gptNeoFamilies,
  ...grokFamilies,
  ...hunyuanFamilies,
  ...hybridFamilies,
  ...hymbaFamilies,
  ...hyV4Families,
  ...jetMoeFamilies,
  ...kimiLinearFamilies,
  ...lagunaFamilies,
  ...layerNormFamilies,
  ...lfm2Families,
  ...llama4Families,
  ...llamaFamilies,
  ...longcatFamilies,
  ...mambaFamilies,
  ...mimoV2Families,
  ...minimaxFamilies,
  ...minimaxMFamilies,
  ...mllamaFamilies,
  ...moeFamilies,
  ...mosaicFamilies,
  ...nativeOlmoFamilies,
  ...nemotronHFamilies,
  ...olmoFamilies,
  ...optFamilies,
  ...panguFamilies,
  ...phi4FlashFamilies,
  ...phiFamilies,
  ...plamo2Families,
  ...qwenNextFamilies,
  ...recurrentGemmaFamilies,
  ...rwkvFamilies,
  ...step3Families,
  ...step3p5Families,
  ...xlstmFamilies,
  ...zambaFamilies,
];

/** By `model_type`. */
export const FAMILIES: ReadonlyMap<string, Family> = new Map(
  ALL_FAMILIES.flatMap((family) => family.types.map((type) => [type, family] as const)),
);

/** By class name, with the model type it stands for: for a config without `model_type`. */
export const CLASSES: ReadonlyMap<string, string> = new Map(
  ALL_FAMILIES.flatMap((family) =>
    (family.classes ?? []).map((name) => [name, family.types[0] ?? ''] as const),
  ),
);
