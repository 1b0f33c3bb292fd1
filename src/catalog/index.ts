import deepSeekV3 from './models/deepseek-v3.json';
import ernie45 from './models/ernie-4.5-300b-a47b.json';
import kimiK2 from './models/kimi-k2.json';
import llama4Maverick from './models/llama-4-maverick.json';
import miniMaxM1 from './models/minimax-m1.json';
import panguProMoe from './models/pangu-pro-moe.json';
import qwen3Moe from './models/qwen3-235b-a22b.json';
import qwen3 from './models/qwen3-32b.json';
import step3 from './models/step-3.json';

/** A reference model shipped with the product: the keys of its config that decide the architecture, and where they stand. */
export interface CatalogModel {
  /** As used on the command line and in charts. */
  readonly name: string;
  readonly publisher: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly source: string;
}

const hub = (repository: string) => `https://huggingface.co/${repository} (config.json)`;

/** The nine models that the Step-3 report compares (arXiv:2507.19427, tables 2 and 3). */
export const CATALOG: readonly CatalogModel[] = [
  {
    name: 'Step-3',
    publisher: 'StepFun',
    config: step3,
    source: `arXiv:2507.19427 table 1; ${hub('stepfun-ai/step3')}; vision MLP width inferred: it gives the published 321B, where the class default 3072 gives 318B`,
  },
  { name: 'DeepSeek-V3', publisher: 'DeepSeek', config: deepSeekV3, source: hub('deepseek-ai/DeepSeek-V3') },
  { name: 'Kimi-K2', publisher: 'Moonshot AI', config: kimiK2, source: hub('moonshotai/Kimi-K2-Instruct') },
  { name: 'Qwen3-235B-A22B', publisher: 'Alibaba', config: qwen3Moe, source: hub('Qwen/Qwen3-235B-A22B') },
  { name: 'Qwen3-32B', publisher: 'Alibaba', config: qwen3, source: hub('Qwen/Qwen3-32B') },
  {
    name: 'Llama-4-Maverick',
    publisher: 'Meta',
    config: llama4Maverick,
    source: `${hub('meta-llama/Llama-4-Maverick-17B-128E-Instruct')}; chunks in all but every fourth layer are the class default`,
  },
  { name: 'MiniMax-M1', publisher: 'MiniMax', config: miniMaxM1, source: hub('MiniMaxAI/MiniMax-M1-80k') },
  {
    name: 'ERNIE-4.5-300B-A47B',
    publisher: 'Baidu',
    config: ernie45,
    source: `${hub('baidu/ERNIE-4.5-300B-A47B-PT')}; LM head untied, as its tensors are stored`,
  },
  {
    name: 'Pangu-Pro-MoE',
    publisher: 'Huawei',
    config: panguProMoe,
    source:
      'arXiv:2505.21411 (layers, experts, vocabulary); expert widths chosen to give the FFN FLOPs of arXiv:2507.19427 table 2 and the published 72B total',
  },
];

/** A catalog model by name, whatever the case. */
export const catalogModel = (name: string): CatalogModel | undefined =>
  CATALOG.find((model) => model.name.toLowerCase() === name.toLowerCase());
