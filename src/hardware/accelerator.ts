import type { Precision } from '../protocol';

/**
 * One accelerator as the cost model needs it. FLOPS are dense (no structured sparsity), bytes are decimal,
 * bandwidths are per accelerator and per direction.
 */
export interface Accelerator {
  /** Short name used in settings, on the command line and in charts: `H800`. */
  readonly name: string;
  /** Full name: `NVIDIA H800 SXM5 80GB`. */
  readonly title: string;
  /** FLOPS by precision; absent where the hardware has no such tensor-core rate. Every accelerator has BF16. */
  readonly peakFlops: Readonly<{ bf16: number } & Partial<Record<Precision, number>>>;
  /** Bytes per second. */
  readonly bandwidth: number;
  /** Bytes. Null where no source states it. */
  readonly memory: number | null;
  /** Scale-up interconnect (NVLink, XGMI, UB), bytes per second and direction. Null where there is none or none is stated. */
  readonly interconnect: number | null;
  /** Network per accelerator, bytes per second and direction. Null where unknown. */
  readonly network: number | null;
  /** US dollars per accelerator and hour. Null where no honest price is known: then no cost is shown. */
  readonly usdPerHour: number | null;
  /** Where figures and price come from, for the user to read. */
  readonly source: string;
  readonly priceSource: string | null;
}

/** A partial accelerator out of the user's settings. */
export type AcceleratorOverride = Partial<
  Omit<Accelerator, 'name' | 'peakFlops'> & { readonly peakFlops: Partial<Record<Precision, number>> }
>;
