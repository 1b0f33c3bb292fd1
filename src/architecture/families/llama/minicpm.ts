import type { ConfigReader } from '../../reader';
import type { Family, FamilyReader } from '../decoder';
import { expertsIfAny } from './ffn';
import { LLAMA, llama } from './llama';
import { qwen2, qwen3 } from './qwen';
import { biasBy, llamaLike, readLlama, type LlamaVariant } from './variant';

/** InfLLM-V2 has no weights of its own; beyond `dense_len` tokens it reads some blocks of the cache only. */
function noteSparse(text: ConfigReader): void {
  if (text.has('sparse_config'))
    text.problem(
      'information',
      'config/sparse',
      'With InfLLM-V2 this model reads only some blocks of a long context; the costs here are those of dense attention.',
      ['sparse_config'],
    );
}

/**
 * MiniCPM 1, 2 and 4 (configuration_minicpm.py of the models' repositories): Llama with scaled embeddings and residuals,
 * tied unless the file says otherwise; experts if `num_experts` is above 0.
 */
const minicpm: LlamaVariant = {
  defaults: { ...LLAMA, tie_word_embeddings: true, num_experts_per_tok: 2 },
  attention: (text) => {
    noteSparse(text);
    return biasBy('attention_bias')(text);
  },
  experts: expertsIfAny('num_experts', (text) => ({
    experts: text.size('num_experts'),
    topK: text.size('num_experts_per_tok'),
    intermediate: text.size('intermediate_size'),
    names: { gate: 'w1', up: 'w3', down: 'w2' },
  })),
};

/** The language model of a MiniCPM-V by its version; without one, by the keys of its config class. */
function backbone(root: ConfigReader): LlamaVariant {
  const version = Number(root.raw('version') ?? NaN);
  if (root.has('scale_emb') || root.has('scale_depth') || version <= 2) return minicpm;
  if (version >= 4.5) return qwen3;
  const isQwen2 = Number.isNaN(version) ? root.has('max_window_layers') : version > 2.5 && version < 4;
  return isQwen2 ? qwen2 : llama;
}

/**
 * MiniCPM-V and -o keep the language model's keys at the root: MiniCPM's up to 2.0, Llama's in 2.5 and 4.0, Qwen2's in
 * 2.6, Qwen3's in 4.5 (modeling_minicpmv.py of each repository).
 */
const readMiniCpmV: FamilyReader = (input) => {
  const variant = backbone(input.root);
  return readLlama(variant)({ ...input, text: input.text.withDefaults(variant.defaults ?? {}) });
};

export const minicpmFamilies: readonly Family[] = [
  llamaLike(
    { name: 'MiniCPM', types: ['minicpm'], classes: ['MiniCPMForCausalLM'], schema: 'minicpm' },
    minicpm,
  ),
  {
    name: 'MiniCPM-V',
    types: ['minicpmv', 'minicpmo'],
    classes: ['MiniCPMV', 'MiniCPMO'],
    schema: 'minicpm',
    read: readMiniCpmV,
  },
];
