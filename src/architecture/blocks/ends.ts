import { constant, sum, type Expression } from '../expression';
import { field, linear, norms, table } from '../tensors';
import type { Architecture, Tensor } from '../types';

export interface EndsSpec {
  /** LayerNorm with a bias instead of RMSNorm. `none`: no final norm. */
  readonly finalNorm?: 'rms' | 'layer' | 'none';
  readonly headBias?: boolean;
  /** Rows of a table of learned positions. */
  readonly positions?: Expression;
  /** Width of the embedding and the LM head, where that is not the hidden size (OPT-350M): projections lie between. */
  readonly embeddingWidth?: Expression;
  /** Rows of the embedding table that the LM head does not have. */
  readonly extraRows?: number;
  readonly names?: { readonly embedding?: string; readonly norm?: string; readonly head?: string };
  readonly extra?: readonly Tensor[];
}

const ONE = constant(1);

/** Embedding table, final norm and LM head. A tied head is a matrix of its own for a token's FLOPs, but not stored again. */
export function endsOf(model: Architecture['model'], spec: EndsSpec = {}): Tensor[] {
  const { finalNorm = 'rms', names = {} } = spec;
  const hidden = field(model, 'hidden', 'H');
  const vocab = field(model, 'vocab', 'V');
  const rows = spec.extraRows ? sum(vocab, spec.extraRows) : vocab;
  const width = spec.embeddingWidth ?? hidden;
  const copies = constant(model.tiedEmbeddings ? 0 : 1);
  return [
    table(names.embedding ?? 'embed_tokens', 'embedding', rows, width),
    ...(spec.positions ? [table('position_embeddings', 'embedding', spec.positions, hidden)] : []),
    ...(spec.extra ?? []),
    ...(finalNorm === 'none' ? [] : norms([names.norm ?? 'norm'], hidden, finalNorm === 'layer')),
    ...linear(names.head ?? 'lm_head', 'lmHead', vocab, width, false, { copies, activated: ONE }),
    ...(spec.headBias ? linear(names.head ?? 'lm_head', 'lmHead', vocab, width, true).slice(1) : []),
  ];
}
