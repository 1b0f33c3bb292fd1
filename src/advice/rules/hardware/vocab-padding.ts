import { BYTES_PER_ELEMENT, OTHER_PRECISION } from '../../../cost';
import { bytes, percent } from '../../format';
import type { Advice, ModelRule } from '../../rule';
import type { ModelSubject } from '../../subject';
import { gcd, roundUp, sizeFix } from './dims';

/** Rows that engines pad embedding and LM head to: vLLM's and SGLang's DEFAULT_VOCAB_PADDING_SIZE, and a tensor-core tile. */
const PADDING = 64;

/** Engines pad by themselves: fewer rows than this share of them are nobody's concern. */
const NOTABLE_SHARE = 0.005;

const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

function check(subject: ModelSubject): readonly Advice[] {
  const { architecture, context } = subject;
  const { vocab, origins } = architecture.model;
  const degree = context.options.serving.tensorParallel ?? 1;
  const unit = lcm(PADDING, degree);
  const padded = roundUp(vocab, unit);
  const rows = padded - vocab;
  if (vocab % degree === 0 && rows < NOTABLE_SHARE * vocab) return [];
  const width = architecture.ends
    .filter(({ module, copies, role }) => role !== 'vector' && copies.value > 0 && isEnd(module))
    .filter(({ shape }) => shape[0]?.value === vocab)
    .reduce((sum, { shape }) => sum + (shape[1]?.value ?? 0), 0);
  const added = rows * width * BYTES_PER_ELEMENT[OTHER_PRECISION];
  const [path] = origins.vocab?.paths ?? [];
  const key = path ? `"${String(path.at(-1))}"` : 'The vocabulary of';
  return [
    {
      path: path ?? subject.textPath,
      message: `${key} ${vocab} is no multiple of ${unit}${degree > 1 ? ` (tiles of ${PADDING} rows, TP ${degree})` : ''}: engines pad embedding and LM head by ${rows} rows (${bytes(added)}, ${percent(rows / vocab)}) that no token uses, or run the LM head on a ragged tile; ${padded} leaves them to the tokenizer.`,
      fixes: path ? sizeFix(subject, path, vocab, padded) : [],
    },
  ];
}

const isEnd = (module: string): boolean => module === 'embedding' || module === 'lmHead';

export const vocabPadding: ModelRule = {
  of: 'model',
  code: 'hardware/vocab-padding',
  title: 'A vocabulary that has to be padded',
  severity: 'information',
  what: 'Speaks where the configured tensor parallelism does not divide the vocabulary, or where padding it to a multiple of 64 adds half a percent or more: rows of embedding and LM head that no token uses are then added by the engine.',
  why: 'The LM head is a GEMM of vocab_size rows. Rows of logits that are no multiple of 16 bytes can’t be loaded and stored at full width, and its last tile of 64 rows is partly empty; with tensor parallelism every accelerator must hold the same number of rows. Padding costs (padded - vocab_size) * hidden_size weights in each table, which training could have used.',
  ignoreWhen:
    'The tokenizer is fixed and the engine pads by itself, as vLLM and SGLang do (to 64) and Megatron-LM does (to 128 times the tensor parallelism): then the few rows above are the whole loss.',
  source:
    'DEFAULT_VOCAB_PADDING_SIZE = 64 in vLLM’s vocab_parallel_embedding.py; Megatron-LM’s --make-vocab-size-divisible-by; NVIDIA, Matrix Multiplication Background User’s Guide.',
  example: { model: 'Qwen3-32B', changes: { vocab_size: 151669 }, serving: { tensorParallel: 8 } },
  check,
};
