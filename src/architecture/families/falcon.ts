import { given } from '../reader';
import type { Family, FamilyInput } from './decoder';
import { OLD_NAMES } from './gpt';
import { defaultsOf, multiHead, plainReader, timesHidden, type PlainDecoder } from './plain';

/**
 * Falcon (transformers' falcon; RefinedWeb, its first name, in the code beside the first checkpoints).
 *
 * The new decoder architecture (40B, 180B, 11B) has grouped KV heads; before it (7B, RW) there is one of them, or as many as
 * query heads. Norms: one before parallel blocks, two where each block has its own, two in sequence.
 */
function readFalcon({ text, modelType }: FamilyInput): PlainDecoder {
  // RefinedWeb is the 40B, which always has groups; RefinedWebModel is the 7B.
  const isNew =
    text.flag('new_decoder_architecture', false).value ||
    (modelType === 'RefinedWeb' && text.has('num_kv_heads'));
  // The first config class, RWConfig, had other defaults.
  const isFalcon = modelType === 'falcon';
  const multiQuery = text.flag('multi_query', isFalcon);
  const queryHeads = text.size('num_attention_heads');
  const kvHeads = isNew
    ? text.size('num_kv_heads', queryHeads)
    : multiQuery.value
      ? given(1, multiQuery.origin)
      : queryHeads;
  const bias = text.flag('bias', false).value;
  return {
    tied: true,
    attention: {
      ...multiHead(text, kvHeads),
      prefix: 'self_attention.',
      names: { qkv: 'query_key_value', o: 'dense' },
      bias: { qkv: bias, o: bias },
    },
    ffn: {
      intermediate: text.size('ffn_hidden_size', timesHidden(text, 4)),
      gated: false,
      bias,
      names: { up: 'dense_h_to_4h', down: 'dense_4h_to_h' },
    },
    norms: normNames(
      text.flag('parallel_attn', isFalcon).value,
      text.size('num_ln_in_parallel_attn', isNew ? 2 : 1, 0).value,
    ),
    normBias: true,
    ends: { names: { embedding: 'word_embeddings', norm: 'ln_f' } },
  };
}

function normNames(isParallel: boolean, parallelNorms: number): string[] {
  if (!isParallel) return ['input_layernorm', 'post_attention_layernorm'];
  return parallelNorms === 2 ? ['ln_attn', 'ln_mlp'] : ['input_layernorm'];
}

export const falconFamilies: readonly Family[] = [
  {
    name: 'Falcon',
    types: ['falcon', 'RefinedWeb', 'RefinedWebModel'],
    classes: ['FalconForCausalLM', 'RWForCausalLM'],
    schema: 'falcon',
    aliases: { ...OLD_NAMES, num_kv_heads: ['n_head_kv'] },
    defaults: defaultsOf([4544, 32, 71, 65024]),
    read: plainReader(readFalcon),
  },
];
