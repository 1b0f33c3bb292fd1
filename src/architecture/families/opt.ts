import { symbol, matrix } from '../tensors';
import type { ClassDefaults, ConfigReader, Field } from '../reader';
import type { Family, FamilyInput } from './decoder';
import { OLD_NAMES } from './gpt';
import { defaultsOf, multiHead, plainReader, type PlainDecoder } from './plain';

/**
 * Decoders of fairseq's kind: q, k, v and out_proj apart and with biases, fc1 and fc2, positions from row 2 on. Sources:
 * transformers' opt, xglm, biogpt.
 */
interface FairseqNames {
  readonly finalNorm: string;
  readonly head: string;
}

/** The position table has two rows before position 0, for padding. */
const PADDING_ROWS = 2;

function fairseq(text: ConfigReader, { finalNorm, head }: FairseqNames, biases = true): PlainDecoder {
  return {
    tied: true,
    attention: {
      ...multiHead(text),
      names: { o: 'out_proj' },
      bias: { qkv: biases, o: biases },
    },
    ffn: {
      intermediate: text.size(['ffn_dim', 'intermediate_size']),
      gated: false,
      bias: biases,
      // They stand in the layer itself.
      prefix: '',
      names: { up: 'fc1', down: 'fc2' },
    },
    norms: ['self_attn_layer_norm', 'final_layer_norm'],
    normBias: true,
    ends: { names: { norm: finalNorm, head } },
  };
}

const positions = (text: ConfigReader) => {
  const { value, origin } = text.size('max_position_embeddings');
  return { positions: symbol('N_pos', { value: value + PADDING_ROWS, origin }) };
};

/** OPT and Galactica. OPT-350M embeds at 512 and projects to 1024, and has no final norm. */
function readOpt({ text }: FamilyInput): PlainDecoder {
  const names = { finalNorm: 'final_layer_norm', head: 'lm_head' };
  const plain = fairseq(text, names, text.flag('enable_bias', true).value);
  const hidden = text.size('hidden_size');
  const width: Field<number> = text.size('word_embed_proj_dim', hidden);
  const [h, e] = [symbol('H', hidden), symbol('H_embed', width)];
  const normWeights = text.flag('layer_norm_elementwise_affine', true).value;
  const normsFirst = text.flag('do_layer_norm_before', true).value;
  const removed = text.flag('_remove_final_layer_norm', false).value;
  return {
    ...plain,
    norms: normWeights ? plain.norms : [],
    ends: {
      ...plain.ends,
      ...positions(text),
      finalNorm: normsFirst && !removed && normWeights ? 'layer' : 'none',
      ...(width.value !== hidden.value && {
        embeddingWidth: e,
        extra: [matrix('project_in', 'other', h, e), matrix('project_out', 'other', e, h)],
      }),
    },
  };
}

/** XGLM: sinusoidal positions, which are computed. */
const readXglm = ({ text }: FamilyInput): PlainDecoder =>
  fairseq(text, {
    finalNorm: 'layer_norm',
    head: 'lm_head',
  });

function readBioGpt({ text }: FamilyInput): PlainDecoder {
  const plain = fairseq(text, {
    finalNorm: 'layer_norm',
    head: 'output_projection',
  });
  return { ...plain, ends: { ...plain.ends, ...positions(text) } };
}

const family = (
  name: string,
  type: string,
  className: string,
  defaults: ClassDefaults,
  describe: (input: FamilyInput) => PlainDecoder,
): Family => ({
  name,
  types: [type],
  classes: [className],
  schema: 'gpt',
  aliases: OLD_NAMES,
  defaults,
  read: plainReader(describe),
});

export const optFamilies: readonly Family[] = [
  family(
    'OPT',
    'opt',
    'OPTForCausalLM',
    defaultsOf([768, 12, 12, 50272], { ffn_dim: 3072, max_position_embeddings: 2048 }),
    readOpt,
  ),
  family('XGLM', 'xglm', 'XGLMForCausalLM', defaultsOf([1024, 24, 16, 256008], { ffn_dim: 4096 }), readXglm),
  family(
    'BioGPT',
    'biogpt',
    'BioGptForCausalLM',
    defaultsOf([1024, 24, 16, 42384], { ffn_dim: 4096, max_position_embeddings: 1024 }),
    readBioGpt,
  ),
];
