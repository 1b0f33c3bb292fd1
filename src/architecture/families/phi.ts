import { moeFfn } from '../blocks';
import { product, sum } from '../expression';
import type { ConfigReader } from '../reader';
import { norms, symbol, vector } from '../tensors';
import type { LayerGroup, Tensor } from '../types';
import { readHeads, type Family, type FamilyInput, type FamilyReader } from './decoder';
import { OLD_NAMES } from './gpt';
import {
  defaultsOf,
  everywhere,
  plainReader,
  readPlain,
  slidingEverywhere,
  timesHidden,
  type PlainDecoder,
} from './plain';

/**
 * Microsoft's Phi. Sources: transformers' phi, phi3, phimoe, phi4_multimodal; vLLM's phi3_small.py; for the keys of `phi-msft`
 * the code beside the first Phi-1.5 and Phi-2 checkpoints.
 */

const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm'];

/** Phi-1, 1.5, 2: one norm a layer, attention and FFN side by side, biases everywhere, LM head included. */
function readPhi({ text }: FamilyInput): PlainDecoder {
  const heads = readHeads(text);
  const normed = text.flag('qk_layernorm', false).value;
  const perHead = symbol('d', heads.headDim);
  return {
    tied: false,
    attention: {
      ...heads,
      names: { o: 'dense' },
      bias: { qkv: true, o: true },
      extra: normed ? norms(['self_attn.q_layernorm', 'self_attn.k_layernorm'], perHead, true) : [],
    },
    ffn: {
      intermediate: text.size('intermediate_size', timesHidden(text, 4)),
      gated: false,
      bias: true,
      names: { up: 'fc1', down: 'fc2' },
    },
    norms: ['input_layernorm'],
    normBias: true,
    ends: { headBias: true, names: { norm: 'final_layernorm' } },
  };
}

/** Phi-3, 3.5, 4 and their multimodal kin: Llama with fused matrices. The window, where given, is that of all layers. */
const readPhi3 = ({ text }: FamilyInput): PlainDecoder => ({
  tied: false,
  attention: { ...readHeads(text), names: { qkv: 'qkv_proj' } },
  sliding: slidingEverywhere(text),
  ffn: { intermediate: text.size('intermediate_size'), names: { gateUp: 'gate_up_proj' } },
  norms: TWO_NORMS,
});

/**
 * Phi-4-multimodal: Phi-4-mini with low-rank adapters of its matrices that only tokens of images or speech go through. The
 * published checkpoint holds them; text alone meets none.
 */
const readPhi4Multimodal: FamilyReader = (input) => {
  const parts = readPlain(input, readPhi3(input));
  const adapters = ['vision_lora', 'speech_lora'].flatMap((key) => lora(input.text, key, parts.groups));
  return { ...parts, storedOnly: adapters };
};

/** An adapter of rank r to each matrix of a layer: r x (in + out) elements. */
function lora(text: ConfigReader, key: string, groups: readonly LayerGroup[]): Tensor[] {
  if (!text.has(key)) return [];
  const rank = symbol('r', text.nested(key).size('r'));
  const layers = groups.flatMap((group) => {
    const tensors = [...group.attention, ...group.ffn].flatMap((block) => block.tensors);
    const matrices = tensors.filter((tensor) => tensor.role === 'matrix');
    return matrices.map(({ shape }) => product(group.indices.length, rank, sum(...shape)));
  });
  return [vector(key, 'other', sum(...layers))];
}

/**
 * Phi-3-small: LayerNorms, biases everywhere, a gated GELU. All but each `dense_attention_every_n_layers`-th layer attend to
 * blocks near by and at a stride only, but every token's K and V is kept: the cache is a full one, FLOPs are an upper bound.
 */
const readPhi3Small = ({ text }: FamilyInput): PlainDecoder => ({
  tied: true,
  attention: {
    ...readHeads(text),
    names: { qkv: 'query_key_value', o: 'dense' },
    bias: { qkv: true, o: true },
  },
  ffn: {
    intermediate: text.size(['ff_intermediate_size', 'intermediate_size']),
    bias: true,
    names: { gateUp: 'up_proj' },
  },
  norms: TWO_NORMS,
  normBias: true,
  ends: { names: { norm: 'final_layernorm' } },
});

/** Phi-3.5-MoE and SlimMoE's Phi-mini and Phi-tiny: Mixtral with LayerNorms and biases. */
function readPhiMoe({ text }: FamilyInput): PlainDecoder {
  const bias = text.flag('attention_bias', false).value;
  return {
    tied: false,
    attention: {
      ...readHeads(text),
      bias: { qkv: bias, o: bias },
    },
    sliding: slidingEverywhere(text),
    ffn: everywhere((hidden) =>
      moeFfn(text, hidden, {
        experts: text.size('num_local_experts'),
        topK: text.size('num_experts_per_tok'),
        intermediate: text.size('intermediate_size'),
        prefix: 'block_sparse_moe',
        names: { gate: 'w1', up: 'w3', down: 'w2' },
      }),
    ),
    norms: TWO_NORMS,
    normBias: true,
    ends: { headBias: text.flag('lm_head_bias', false).value },
  };
}

/** Keys of the first Phi code; Phi-1.5 has a `model_type` of its own for them. */
const PHI_NAMES = { ...OLD_NAMES, intermediate_size: ['n_inner'], num_key_value_heads: ['n_head_kv'] };

export const phiFamilies: readonly Family[] = [
  {
    name: 'Phi',
    // The last of them are vision models whose text keys stand at the root.
    types: ['phi', 'phi-msft', 'mixformer-sequential', 'bunny-phi', 'llava_phi', 'imp'],
    classes: ['PhiForCausalLM', 'MixFormerSequentialForCausalLM'],
    schema: 'phi',
    aliases: PHI_NAMES,
    defaults: defaultsOf([2048, 24, 32, 51200]),
    read: plainReader(readPhi),
  },
  {
    name: 'Phi-3',
    types: ['phi3', 'phi4', 'phi3_v', 'bunny-phi3', 'llava_phi3'],
    classes: ['Phi3ForCausalLM', 'Phi3VForCausalLM'],
    schema: 'phi',
    defaults: defaultsOf([3072, 32, 32, 32064], { intermediate_size: 8192 }),
    read: plainReader(readPhi3),
  },
  {
    name: 'Phi-4-multimodal',
    types: ['phi4mm', 'phi4_multimodal'],
    classes: ['Phi4MMForCausalLM', 'Phi4MultimodalForCausalLM'],
    schema: 'phi',
    defaults: defaultsOf([3072, 32, 32, 200064], { num_key_value_heads: 8, intermediate_size: 8192 }),
    read: readPhi4Multimodal,
  },
  {
    name: 'Phi-3-small',
    types: ['phi3small'],
    classes: ['Phi3SmallForCausalLM'],
    schema: 'phi',
    defaults: defaultsOf([4096, 32, 32, 100352], { num_key_value_heads: 8, ff_intermediate_size: 14336 }),
    read: plainReader(readPhi3Small),
  },
  {
    name: 'Phi-MoE',
    types: ['phimoe'],
    classes: ['PhiMoEForCausalLM', 'PhimoeForCausalLM'],
    schema: 'phi',
    defaults: defaultsOf([4096, 32, 32, 32064], {
      num_key_value_heads: 8,
      intermediate_size: 6400,
      num_local_experts: 16,
      num_experts_per_tok: 2,
    }),
    read: plainReader(readPhiMoe),
  },
];
