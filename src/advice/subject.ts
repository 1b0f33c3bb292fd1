import {
  readArchitecture,
  type Architecture,
  type ConfigReader,
  type Family,
  type FamilyMatch,
  type ReadResult,
} from '../architecture';
import { decodeOps, dollarCost, type DollarCost, type Op } from '../cost';
import type { Accelerator } from '../hardware';
import type { AnalysisOptions, ConfigEdit, JsonPath } from '../protocol';
import type { Budget } from './budgets';
import { applyEdits } from './edits';

/** Under which choices a config is looked at. */
export interface AdviceContext {
  readonly options: AnalysisOptions;
  /** The accelerators that the options name, in their order. */
  readonly targets: readonly Accelerator[];
  /** All that are known. */
  readonly accelerators: readonly Accelerator[];
  /** Limits that hold for this config. */
  readonly budgets: readonly Budget[];
  /** What a file beside the config says of its quantization. */
  readonly quantization: Readonly<Record<string, unknown>> | null;
}

/** A config as rules see it: its keys, through the family's spellings. */
export class ConfigSubject {
  constructor(
    /** The file's value. */
    readonly config: Readonly<Record<string, unknown>>,
    readonly match: FamilyMatch,
    protected readonly read: ReadResult,
    readonly context: AdviceContext,
  ) {}

  get family(): Family {
    return this.match.family;
  }

  /** Path of the object that holds the language model. */
  get textPath(): JsonPath {
    return this.match.textPath;
  }

  /** That object, through the family's spellings and class defaults: `text.size('num_attention_heads')`, `text.pathOf(…)`. */
  get text(): ConfigReader {
    return this.read.text;
  }

  /** Keys of that object that the family's reader looked at. */
  get readKeys(): ReadonlySet<string> {
    return this.read.readKeys;
  }
}

/** A config that an architecture could be read from. Operations and costs are worked out when first asked for. */
export class ModelSubject extends ConfigSubject {
  private readonly ops = new Map<number, readonly Op[]>();
  private readonly dollars = new Map<string, DollarCost | null>();
  private readonly changed = new Map<string, ModelSubject | null>();

  constructor(
    config: Readonly<Record<string, unknown>>,
    match: FamilyMatch,
    read: ReadResult,
    context: AdviceContext,
    readonly architecture: Architecture,
    /** Operations of one token that are known already, by context. */
    known: ReadonlyMap<number, readonly Op[]> = new Map(),
  ) {
    super(config, match, read, context);
    for (const [at, ops] of known) this.ops.set(at, ops);
  }

  /** Operations of one token at this context, under the context's options. */
  opsAt(context: number): readonly Op[] {
    let ops = this.ops.get(context);
    if (!ops) {
      ops = decodeOps(this.architecture, this.context.options, { batch: 1, context });
      this.ops.set(context, ops);
    }
    return ops;
  }

  /** US dollars per 1M tokens; null where the accelerator has no price. */
  costOn(accelerator: Accelerator, context: number): DollarCost | null {
    const key = `${accelerator.name} ${context}`;
    let cost = this.dollars.get(key);
    if (cost === undefined) {
      cost = dollarCost(this.opsAt(context), accelerator, this.context.options.accounting);
      this.dollars.set(key, cost);
    }
    return cost;
  }

  /** The model as it would be after some edits; null where no architecture could be read then. */
  after(edits: readonly ConfigEdit[]): ModelSubject | null {
    const key = JSON.stringify(edits);
    let subject = this.changed.get(key);
    if (subject === undefined) {
      subject = this.reread(edits);
      this.changed.set(key, subject);
    }
    return subject;
  }

  private reread(edits: readonly ConfigEdit[]): ModelSubject | null {
    const config = applyEdits(this.config, edits);
    const read = readArchitecture(config, this.match, this.context.quantization);
    return read.architecture
      ? new ModelSubject(config, this.match, read, this.context, read.architecture)
      : null;
  }
}
