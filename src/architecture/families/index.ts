import type { FamilyReader } from './decoder';
import { readDeepSeek } from './deepseek';
import { readErnie, readErnieDense, readErniePreRelease } from './ernie';
import { llamaReaders } from './llama';
import { readLlama4 } from './llama4';
import { readMiniMax } from './minimax';
import { readPangu } from './pangu';
import { readStep3 } from './step3';

/** One family group: the model types it reads, the schema that holds for them, and its reader. */
export interface Family {
  /** Shown to the user. */
  readonly name: string;
  /** `schemas/config-NAME.schema.json`. */
  readonly schema: SchemaName;
  readonly read: FamilyReader;
}
export type SchemaName = 'llama' | 'deepseek' | 'step3' | 'llama4' | 'minimax' | 'ernie' | 'pangu';

const TITLES: Readonly<Record<string, string>> = {
  llama: 'Llama',
  mistral: 'Mistral',
  mixtral: 'Mixtral',
  qwen2: 'Qwen2',
  qwen2_moe: 'Qwen2-MoE',
  qwen3: 'Qwen3',
  qwen3_moe: 'Qwen3-MoE',
};

/** By `model_type`, of the nested text config where there is one. */
export const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ...Object.entries(llamaReaders).map(([type, read]): [string, Family] => [
    type,
    { name: TITLES[type] ?? type, schema: 'llama', read },
  ]),
  ['deepseek_v2', { name: 'DeepSeek-V2', schema: 'deepseek', read: readDeepSeek }],
  ['deepseek_v3', { name: 'DeepSeek-V3', schema: 'deepseek', read: readDeepSeek }],
  ['kimi_k2', { name: 'Kimi-K2', schema: 'deepseek', read: readDeepSeek }],
  ['step3_vl', { name: 'Step-3', schema: 'step3', read: readStep3 }],
  ['step3_text', { name: 'Step-3', schema: 'step3', read: readStep3 }],
  ['llama4', { name: 'Llama 4', schema: 'llama4', read: readLlama4 }],
  ['llama4_text', { name: 'Llama 4', schema: 'llama4', read: readLlama4 }],
  ['minimax_m1', { name: 'MiniMax-M1', schema: 'minimax', read: readMiniMax }],
  ['MiniMaxM1', { name: 'MiniMax-M1', schema: 'minimax', read: readMiniMax }],
  ['MiniMaxText01', { name: 'MiniMax-Text-01', schema: 'minimax', read: readMiniMax }],
  ['minimax_text_01', { name: 'MiniMax-Text-01', schema: 'minimax', read: readMiniMax }],
  ['minimax', { name: 'MiniMax-Text-01', schema: 'minimax', read: readMiniMax }],
  ['ernie4_5', { name: 'ERNIE 4.5', schema: 'ernie', read: readErnieDense }],
  ['ernie4_5_moe', { name: 'ERNIE 4.5 MoE', schema: 'ernie', read: readErnie }],
  ['ernie', { name: 'ERNIE 4.5 MoE (pre-release)', schema: 'ernie', read: readErniePreRelease }],
  ['PanguProMoE', { name: 'Pangu Pro MoE', schema: 'pangu', read: readPangu }],
  ['pangu_pro_moe', { name: 'Pangu Pro MoE', schema: 'pangu', read: readPangu }],
]);
