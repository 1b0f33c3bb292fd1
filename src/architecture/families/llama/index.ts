import type { Family } from '../decoder';
import { baichuanFamilies } from './baichuan';
import { exaoneFamilies } from './exaone';
import { furtherFamilies } from './further';
import { graniteFamilies } from './granite';
import { internlmFamilies } from './internlm';
import { plainFamilies } from './llama';
import { minicpmFamilies } from './minicpm';
import { mistralFamilies } from './mistral';
import { qwenFamilies } from './qwen';
import { qwen1Families } from './qwen1';
import { ungatedFamilies } from './ungated';

/** Every family with Llama's skeleton. */
export const llamaFamilies: readonly Family[] = [
  ...plainFamilies,
  ...ungatedFamilies,
  ...mistralFamilies,
  ...qwen1Families,
  ...qwenFamilies,
  ...internlmFamilies,
  ...baichuanFamilies,
  ...minicpmFamilies,
  ...exaoneFamilies,
  ...graniteFamilies,
  ...furtherFamilies,
];
