import {
  attentionName,
  constant,
  isFullAttention,
  layerCount,
  product,
  quotient,
  sum,
  variable,
  type Architecture,
  type AttentionBlock,
  type Expression,
  type LayerGroup,
  type Weight,
  type WeightModule,
} from '../architecture';
import type { AnalysisOptions, ModulePartName, Precision } from '../protocol';
import { accountingOf, BYTES_PER_ELEMENT, OTHER_PRECISION, type Accounting } from './accounting';
import { cacheStreams, isRecurrent, stateSize, streamSize } from './caches';

/** What decides the bytes and FLOPs of a decode step, besides the model. */
export type OpOptions = Pick<
  AnalysisOptions,
  'accounting' | 'precision' | 'kvPrecision' | 'kvBlockSize' | 'windowReservation'
>;

/** What the report calls the parts of a token's cost; `other` is what it leaves out. */
export type OpRole = 'attention' | 'attentionLinear' | 'ffn' | 'other';
export type OpKind = 'gemm' | 'groupedGemm' | 'attention' | 'stateUpdate' | 'lookup';

/** What an operation does to the KV cache or to states. `read` and `write` are for the whole batch, the rest for one sequence. */
export interface KvTraffic {
  readonly readBytes: Expression;
  readonly writeBytes: Expression;
  /** Added to the KV cache by one token; 0 for states. */
  readonly bytesPerToken: Expression;
  /** The part of it that no window or chunk ever drops. */
  readonly unboundedBytesPerToken: Expression;
  /** KV cache held at this context. */
  readonly bytesHeld: Expression;
  /** The same as a paged engine reserves it, in whole blocks. */
  readonly bytesReserved: Expression;
  /** Held whatever the context is. */
  readonly stateBytes: Expression;
  /** Into how many equal parts tensor parallelism can divide it: KV heads; a latent is one, a state has parts enough. */
  readonly shares: number;
}

/**
 * One operation of a decode step, over all layers that do it. All FLOPs and bytes of the product come from a list
 * of these. FLOPs are 2 per multiply-add. `flops`, KV and activation bytes are for the whole batch; weights are read once.
 */
export interface Op {
  readonly kind: OpKind;
  readonly role: OpRole;
  /** The part of the model that it belongs to. */
  readonly module: ModulePartName;
  readonly name: string;
  /** What it works on, for the user. */
  readonly shape: string;
  /** Index of the group of layers that do it; null for what is done once. */
  readonly group: number | null;
  readonly flops: Expression;
  /** Bytes of weights read when every token group it holds is busy: all experts for a grouped GEMM. */
  readonly weightBytes: Expression;
  readonly kv: KvTraffic;
  /** Copies of the weights of which a token is multiplied with some; null where it is with all. */
  readonly experts: { readonly perToken: number; readonly of: number } | null;
  /** Precision of the compute, where the accelerator has it. */
  readonly precision: Precision;
  /** A GEMM that follows the core attention. */
  readonly afterCore: boolean;
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
  unboundedBytesPerToken: ZERO,
  bytesHeld: ZERO,
  bytesReserved: ZERO,
  stateBytes: ZERO,
  shares: 1,
};

/** The decode step of an architecture as operations, in the order in which a token meets them. */
export function decodeOps(
  architecture: Architecture,
  options: OpOptions,
  { batch, context }: Workload,
): Op[] {
  const accounting = accountingOf(options.accounting);
  const tokens = batch === 1 ? constant(1) : variable('B', batch);
  const hybrid = architecture.groups.some((g) => g.attention.some((a) => !isFullAttention(a)));
  const ops: Op[] = [];
  /** GEMMs of the weights that a token is multiplied with, but for those that this accounting leaves out. */
  const gemms = (weights: readonly Weight[], at: number | null) => {
    for (const w of weights) {
      const { role } = w.tensor;
      if ((role !== 'matrix' && role !== 'conv') || w.activated.value === 0) continue;
      const opRole = roleOf(w);
      if (opRole === 'other' && !accounting.countsOther) continue;
      ops.push(gemm(w, at, opRole, tokens, opRole === 'other' ? OTHER_PRECISION : options.precision));
    }
  };
  const { ends, groups } = architecture.weights;
  if (accounting.countsOther)
    for (const w of ends) if (w.tensor.role === 'table') ops.push(lookup(w, tokens));
  for (const [at, { group, attention, ffn, extra }] of groups.entries()) {
    for (const { block, weights } of attention) {
      gemms(
        weights.filter((w) => !w.tensor.afterCore),
        at,
      );
      ops.push({
        ...attentionCore(block, group, accounting, options, hybrid, tokens, context),
        group: at,
      });
      gemms(
        weights.filter((w) => w.tensor.afterCore),
        at,
      );
    }
    for (const { weights } of ffn) gemms(weights, at);
    gemms(extra, at);
  }
  gemms(ends, null);
  return ops;
}

function roleOf({ module }: Weight): OpRole {
  switch (module) {
    case 'attention':
      return 'attentionLinear';
    case 'denseFfn':
    case 'routedFfn':
    case 'sharedFfn':
      return 'ffn';
    default:
      return 'other';
  }
}

/** The part of a decode step that a weight belongs to. */
export function modulePart(module: WeightModule): ModulePartName {
  switch (module) {
    case 'attention':
      return 'attentionLinear';
    case 'denseFfn':
    case 'sharedFfn':
    case 'routedFfn':
    case 'router':
    case 'lmHead':
    case 'embedding':
      return module;
    default:
      return 'other';
  }
}

/** 2 FLOPs per weight and token (of routed experts: per activated weight). */
const gemm = (
  weight: Weight,
  group: number | null,
  role: OpRole,
  tokens: Expression,
  precision: Precision,
): Op => ({
  kind: weight.module === 'routedFfn' ? 'groupedGemm' : 'gemm',
  role,
  module: modulePart(weight.module),
  name: weight.name,
  shape: weight.group ? `${weight.group.indices.length} layers` : 'once',
  group,
  flops: product(2, tokens, weight.elements, weight.activated),
  weightBytes: product(
    weight.elements,
    weight.copies.value === 0 ? weight.activated : weight.copies,
    bytesPerElement('b_w', precision),
  ),
  kv: NO_KV,
  experts: expertsOf(weight),
  precision,
  afterCore: weight.tensor.afterCore === true,
});

/** Of one layer. */
function expertsOf({ tensor }: Weight): Op['experts'] {
  const [of, perToken] = [tensor.copies.value, tensor.activated.value];
  return of > perToken ? { perToken, of } : null;
}

/** One row of a table a token, at BF16. */
const lookup = (weight: Weight, tokens: Expression): Op => ({
  kind: 'lookup',
  role: 'other',
  module: 'embedding',
  name: weight.name,
  shape: 'one row a token',
  group: null,
  flops: ZERO,
  weightBytes: product(tokens, weight.tensor.shape[1] ?? ZERO, bytesPerElement('b_w', 'bf16')),
  kv: NO_KV,
  experts: null,
  precision: 'bf16',
  afterCore: false,
});

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
  a: AttentionBlock,
  group: LayerGroup,
  accounting: Accounting,
  options: OpOptions,
  hybrid: boolean,
  tokens: Expression,
  contextLength: number,
): Omit<Op, 'group'> {
  const layers = layerCount(group, 'attention');
  const op = {
    role: 'attention',
    module: 'attentionCore',
    shape: `${attentionName(a)}, ${group.indices.length} layers`,
    weightBytes: ZERO,
    experts: null,
    afterCore: false,
  } as const;
  if (isRecurrent(a)) {
    const state = stateSize(a);
    const bytes = product(state.bytes, layers);
    return {
      ...op,
      kind: 'stateUpdate',
      name: `${a.variant} state`,
      flops: product(
        accounting.flopsPerStateElement ?? a.flopsPerStateElement,
        tokens,
        state.elements,
        layers,
      ),
      kv: {
        ...NO_KV,
        readBytes: product(tokens, bytes),
        writeBytes: product(tokens, bytes),
        stateBytes: bytes,
        shares: Infinity,
      },
      precision: 'bf16',
    };
  }
  const context = variable('C', contextLength, { paths: [], note: 'context in tokens' });
  const kvPrecision = kvPrecisionOf(a, accounting, options.kvPrecision, hybrid);
  // Two widths in one formula need two symbols.
  const width = bytesPerElement(
    kvPrecision === options.kvPrecision ? 'b_kv' : `b_kv_${kvPrecision}`,
    kvPrecision,
  );
  const streams = cacheStreams(a, accounting).map((stream) => {
    const entry = product(stream.elements, width, layers);
    const perToken = stream.stride ? quotient(entry, stream.stride) : entry;
    const size = streamSize(stream, context, options);
    return {
      flops: product(2, tokens, stream.flopWidth, size.attended, layers),
      read: product(tokens, entry, size.attended),
      perToken: stream.isStored ? perToken : ZERO,
      unbounded: stream.isStored && !stream.cap ? perToken : ZERO,
      held: stream.isStored ? product(entry, size.held) : ZERO,
      reserved: stream.isStored ? product(entry, size.reserved) : ZERO,
    };
  });
  const total = (key: keyof (typeof streams)[number]) => sum(...streams.map((stream) => stream[key]));
  const bytesPerToken = total('perToken');
  return {
    ...op,
    kind: 'attention',
    name: 'core attention',
    flops: total('flops'),
    kv: {
      readBytes: total('read'),
      writeBytes: accounting.countsKvWrite ? product(tokens, bytesPerToken) : ZERO,
      bytesPerToken,
      unboundedBytesPerToken: total('unbounded'),
      bytesHeld: total('held'),
      bytesReserved: total('reserved'),
      stateBytes: ZERO,
      shares: a.kind === 'softmax' ? a.kvHeads : 1,
    },
    precision: accounting.attentionPrecision === 'kv' ? kvPrecision : options.precision,
  };
}
