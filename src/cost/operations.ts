import {
  attentionName,
  constant,
  endWeights,
  field,
  groupWeights,
  isFullAttention,
  layerCount,
  minimum,
  product,
  sum,
  variable,
  type Architecture,
  type AttentionBlock,
  type Expression,
  type LayerGroup,
  type Weight,
} from '../architecture';
import type { AnalysisOptions, Precision } from '../protocol';
import {
  accountingOf,
  BYTES_PER_ELEMENT,
  OTHER_PRECISION,
  STATE_BYTES_PER_ELEMENT,
  type Accounting,
} from './accounting';

/** What the report calls the parts of a token's cost; `other` is what it leaves out. */
export type OpRole = 'attention' | 'attentionLinear' | 'ffn' | 'other';
export type OpKind = 'gemm' | 'groupedGemm' | 'attention' | 'stateUpdate' | 'lookup';

/** What an operation does to the KV cache or to states. `read` and `write` are for the whole batch, the rest for one sequence. */
export interface KvTraffic {
  readonly readBytes: Expression;
  readonly writeBytes: Expression;
  /** Added to the KV cache by one token; 0 for states. */
  readonly bytesPerToken: Expression;
  /** KV cache held at this context. */
  readonly bytesHeld: Expression;
  /** Held whatever the context is. */
  readonly stateBytes: Expression;
  /** True where the KV of old tokens is dropped. */
  readonly bounded: boolean;
}

/**
 * One operation of a decode step, over all layers that do it. All FLOPs and bytes of the product come from a list
 * of these. FLOPs are 2 per multiply-add. `flops`, KV and activation bytes are for the whole batch; weights are read once.
 */
export interface Op {
  readonly kind: OpKind;
  readonly role: OpRole;
  readonly name: string;
  /** What it works on, for the user. */
  readonly shape: string;
  readonly flops: Expression;
  /** Bytes of weights read when every token group it holds is busy: all experts for a grouped GEMM. */
  readonly weightBytes: Expression;
  readonly kv: KvTraffic;
  /** Precision of the compute, where the accelerator has it. */
  readonly precision: Precision;
}

export interface Workload {
  /** Sequences decoded together; 1 gives the cost of a token. */
  readonly batch: number;
  /** Tokens attended to, the new one included. */
  readonly context: number;
}

const ZERO = constant(0);
const NO_KV: KvTraffic = {
  readBytes: ZERO,
  writeBytes: ZERO,
  bytesPerToken: ZERO,
  bytesHeld: ZERO,
  stateBytes: ZERO,
  bounded: false,
};

/** The decode step of an architecture as operations, in the order in which a token meets them. */
export function decodeOps(
  architecture: Architecture,
  options: Pick<AnalysisOptions, 'accounting' | 'precision' | 'kvPrecision'>,
  { batch, context }: Workload,
): Op[] {
  const accounting = accountingOf(options.accounting);
  const tokens = batch === 1 ? constant(1) : variable('B', batch);
  const hybrid = architecture.groups.some((g) => !isFullAttention(g.attention));
  const ops: Op[] = [];
  const [embedding, , head] = endWeights(architecture.model);
  if (accounting.countsOther && embedding) ops.push(embeddingLookup(architecture, tokens));
  for (const group of architecture.groups) {
    const weights = groupWeights(architecture, group).filter((w) => w.matrix);
    const ofAttention = weights
      .filter((w) => w.module === 'attention')
      .map((w) => gemm(w, tokens, options.precision, group));
    // Projections into the core attention, the core, and the projection out of it.
    ops.push(
      ...ofAttention.slice(0, -1),
      attentionCore(group, accounting, options, hybrid, tokens, context),
      ...ofAttention.slice(-1),
    );
    for (const w of weights) {
      if (w.module === 'attention' || (w.module === 'router' && !accounting.countsOther)) continue;
      ops.push(gemm(w, tokens, w.module === 'router' ? OTHER_PRECISION : options.precision, group));
    }
  }
  if (accounting.countsOther && head) ops.push(gemm(head, tokens, OTHER_PRECISION, null));
  return ops;
}

/** 2 FLOPs per weight and token (of routed experts: per activated weight). */
function gemm(weight: Weight, tokens: Expression, precision: Precision, group: LayerGroup | null): Op {
  const role =
    weight.module === 'attention'
      ? 'attentionLinear'
      : weight.module === 'router' || weight.module === 'lmHead'
        ? 'other'
        : 'ffn';
  return {
    kind: weight.module === 'routedFfn' ? 'groupedGemm' : 'gemm',
    role,
    name: weight.name,
    shape: group ? `${group.indices.length} layers` : 'once',
    flops: product(2, tokens, weight.elements, weight.activated),
    weightBytes: product(
      weight.elements,
      weight.module === 'lmHead' ? 1 : weight.copies,
      bytesPerElement('b_w', precision),
    ),
    kv: NO_KV,
    precision,
  };
}

/** One row of the table, at BF16. */
function embeddingLookup({ model }: Architecture, tokens: Expression): Op {
  return {
    kind: 'lookup',
    role: 'other',
    name: 'embed_tokens',
    shape: 'one row a token',
    flops: ZERO,
    weightBytes: product(tokens, field(model, 'hidden', 'H'), bytesPerElement('b_w', 'bf16')),
    kv: NO_KV,
    precision: 'bf16',
  };
}

const bytesPerElement = (symbol: string, precision: Precision): Expression =>
  variable(symbol, BYTES_PER_ELEMENT[precision], { paths: [], note: precision.toUpperCase() });

/** KV precision of a block: the report keeps full attention in hybrids at BF16. */
function kvPrecisionOf(
  a: AttentionBlock,
  accounting: Accounting,
  kvPrecision: Precision,
  hybrid: boolean,
): Precision {
  const floor = hybrid && isFullAttention(a) ? accounting.hybridFullAttentionKv : null;
  return floor !== null && BYTES_PER_ELEMENT[floor] > BYTES_PER_ELEMENT[kvPrecision] ? floor : kvPrecision;
}

/** The core attention of one layer group: QK^T and PV over the KV cache, or the update and use of a state. */
function attentionCore(
  group: LayerGroup,
  accounting: Accounting,
  options: Pick<AnalysisOptions, 'precision' | 'kvPrecision'>,
  hybrid: boolean,
  tokens: Expression,
  contextLength: number,
): Op {
  const a = group.attention;
  const layers = layerCount(group, 'attention');
  const context = variable('C', contextLength, { paths: [], note: 'context in tokens' });
  const shape = `${attentionName(a)}, ${group.indices.length} layers`;
  if (a.kind === 'linear') {
    const elements = product(
      field(a, 'heads', 'n'),
      field(a, 'headDim', 'd'),
      field(a, 'headDim', 'd'),
      layers,
    );
    const bytes = product(
      elements,
      variable('b_state', STATE_BYTES_PER_ELEMENT, { paths: [], note: 'FP32' }),
    );
    return {
      kind: 'stateUpdate',
      role: 'attention',
      name: 'lightning attention',
      shape,
      flops: product(accounting.flopsPerStateElement, tokens, elements),
      weightBytes: ZERO,
      kv: {
        readBytes: product(tokens, bytes),
        writeBytes: product(tokens, bytes),
        bytesPerToken: ZERO,
        bytesHeld: ZERO,
        stateBytes: bytes,
        bounded: true,
      },
      precision: 'bf16',
    };
  }
  const kvPrecision = kvPrecisionOf(a, accounting, options.kvPrecision, hybrid);
  // Two widths in one formula need two symbols.
  const symbol = kvPrecision === options.kvPrecision ? 'b_kv' : `b_kv_${kvPrecision}`;
  const width = bytesPerElement(symbol, kvPrecision);
  const cached = a.kind === 'latent' ? latentWidths(a, accounting) : softmaxWidths(a);
  const bounded = a.kind === 'softmax' && a.window !== 'none';
  const attended = bounded
    ? minimum(context, field(a, 'windowSize', a.window === 'chunked' ? 'C_chunk' : 'W'))
    : context;
  const perToken = product(cached.elements, width, layers);
  const held = product(perToken, attended);
  return {
    kind: 'attention',
    role: 'attention',
    name: 'core attention',
    shape,
    flops: product(2, tokens, cached.flopWidth, attended, layers),
    weightBytes: ZERO,
    kv: {
      readBytes: product(tokens, held),
      writeBytes: accounting.countsKvWrite ? product(tokens, perToken) : ZERO,
      bytesPerToken: perToken,
      bytesHeld: held,
      stateBytes: ZERO,
      bounded,
    },
    precision: accounting.attentionPrecision === 'kv' ? kvPrecision : options.precision,
  };
}

interface CacheWidths {
  /** Elements cached per token and layer. */
  readonly elements: Expression;
  /** Multiply-adds per token attended to and layer: QK^T and PV over all query heads. */
  readonly flopWidth: Expression;
}

/** K and V of each KV head; every query head does QK^T and PV. */
function softmaxWidths(a: Extract<AttentionBlock, { kind: 'softmax' }>): CacheWidths {
  const d = field(a, 'headDim', 'd');
  return {
    elements: product(2, field(a, 'kvHeads', 'n_kv'), d),
    flopWidth: product(2, field(a, 'queryHeads', 'n_q'), d),
  };
}

/** MLA absorbed: QK^T over latent and rotary part, PV over the latent (DeepSeek-V2 report, section 2.1). */
function latentWidths(a: Extract<AttentionBlock, { kind: 'latent' }>, accounting: Accounting): CacheWidths {
  const rank = field(a, 'kvRank', 'r_kv');
  const cached = sum(rank, field(a, 'ropeDim', 'd_rope'));
  const value = accounting.latentValueDim === 'kv-rank' ? rank : cached;
  return { elements: cached, flopWidth: product(field(a, 'queryHeads', 'n_q'), sum(cached, value)) };
}
