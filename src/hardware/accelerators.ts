import type { Precision } from '../protocol';
import type { Accelerator } from './accelerator';

/** One row of the table, in the units in which datasheets print: TFLOPS, TB/s, GB, GB/s, Gb/s. */
interface Row {
  readonly name: string;
  readonly title: string;
  /** Dense TFLOPS (INT8: TOPS) by precision. */
  readonly tera: Readonly<{ bf16: number } & Partial<Record<Precision, number>>>;
  /** Memory bandwidth, TB/s. */
  readonly tbs: number;
  /** Memory, GB. */
  readonly gb: number | null;
  /** Scale-up link, GB/s and direction (half of what datasheets print). */
  readonly link: number | null;
  /** Network card share, Gb/s and direction. */
  readonly nic: number | null;
  /** US dollars per hour, and who says so. */
  readonly price: readonly [usdPerHour: number, source: string] | null;
  readonly source: string;
}

const TERA = 1e12;
const GIGA = 1e9;
const BITS_PER_BYTE = 8;

function accelerator(row: Row): Accelerator {
  const { bf16, fp8, int8, fp4 } = row.tera;
  return {
    name: row.name,
    title: row.title,
    peakFlops: {
      bf16: bf16 * TERA,
      ...(fp8 === undefined ? {} : { fp8: fp8 * TERA }),
      ...(int8 === undefined ? {} : { int8: int8 * TERA }),
      ...(fp4 === undefined ? {} : { fp4: fp4 * TERA }),
    },
    bandwidth: row.tbs * TERA,
    memory: row.gb === null ? null : row.gb * GIGA,
    interconnect: row.link === null ? null : row.link * GIGA,
    network: row.nic === null ? null : (row.nic * GIGA) / BITS_PER_BYTE,
    usdPerHour: row.price?.[0] ?? null,
    priceSource: row.price?.[1] ?? null,
    source: row.source,
  };
}

const TABLE4 = 'Step-3 report (arXiv:2507.19427) table 4, July 2025';
const AIC = 'ai-dynamo/aiconfigurator system files (commit 095f58a5)';
const STAS = 'stas00/ml-engineering accelerator tables';
const PLANNER =
  'default of the llm-d-planner GPU catalogue, April 2026: a weak figure, no quotation; set your own price';

const HOPPER = { bf16: 989, fp8: 1979, int8: 1979 };
const H20_COMPUTE = { bf16: 148, fp8: 296, int8: 296 };
const AMPERE = { bf16: 312, int8: 624 };

/**
 * The accelerators that Decode Lens knows; the first four are the default targets. FLOPS are dense. Prices are one
 * honest figure each, rented by the hour, and null where none is known: they move within months, so the user can
 * override them (see `resolveAccelerators`).
 */
export const ACCELERATORS: readonly Accelerator[] = [
  {
    name: 'H800',
    title: 'NVIDIA H800 SXM5 80GB',
    tera: HOPPER,
    tbs: 3.35,
    gb: 80,
    link: 200,
    nic: 400,
    price: [2, `${TABLE4}; the same as DeepSeek's open-infra day 6, February 2025`] as const,
    source: `${TABLE4} (which rounds FP8 to 1980 TFLOPS); NVLink 400 GB/s both ways. FlashMLA sees 865 BF16 TFLOPS sustained at most.`,
  },
  {
    name: 'H20',
    title: 'NVIDIA H20 96GB',
    tera: H20_COMPUTE,
    tbs: 4,
    gb: 96,
    link: 450,
    nic: 400,
    price: [0.8, TABLE4] as const,
    source: `${TABLE4}. Network: 8 x 400 Gb/s a node as the report assumes; some clusters have half of that.`,
  },
  {
    name: 'H100',
    title: 'NVIDIA H100 SXM5 80GB',
    tera: HOPPER,
    tbs: 3.35,
    gb: 80,
    link: 450,
    nic: 400,
    price: [
      2,
      'GMI Cloud, 28 May 2026; low end of the long-tail range 1.99-2.50 (Mercatus, May 2026). Specialty clouds 2.50-3.50, hyperscalers 3.50 and up.',
    ] as const,
    source: `${AIC}; ${STAS}.`,
  },
  {
    name: 'H200',
    title: 'NVIDIA H200 SXM 141GB',
    tera: HOPPER,
    tbs: 4.8,
    gb: 141,
    link: 450,
    nic: 400,
    price: [
      2.3,
      'LMSYS blog, 20 July 2025; packet.ai lists 2.25 (June 2026), the long tail starts at 2.50 and specialty clouds at 3.50 (Mercatus, May 2026).',
    ] as const,
    source: `${AIC}; ${STAS}.`,
  },
  {
    name: 'A800',
    title: 'NVIDIA A800 SXM 80GB',
    tera: AMPERE,
    tbs: 2,
    gb: 80,
    link: 200,
    nic: 200,
    price: [0.75, TABLE4] as const,
    source: `${TABLE4}; INT8 as on the A100. NVLink 400 GB/s both ways is common knowledge of the export variant, not in that table.`,
  },
  {
    name: '910B',
    title: 'Huawei Ascend 910B 64GB',
    tera: { bf16: 280 },
    tbs: 1.6,
    gb: 64,
    link: null,
    nic: 200,
    price: [0.67, `${TABLE4}; estimated by its authors`] as const,
    source: `${TABLE4}: its weakest bin; 256 to 376 FP16 TFLOPS are quoted elsewhere. Memory from resellers, who disagree. No INT8 rate stated.`,
  },
  {
    name: 'A100',
    title: 'NVIDIA A100 SXM4 80GB',
    tera: AMPERE,
    tbs: 2.039,
    gb: 80,
    link: 300,
    nic: 200,
    price: [
      1.1,
      'Mercatus, May 2026: where its long-tail (0.80-1.10) and next (1.10-1.50) ranges meet',
    ] as const,
    source: `${AIC}; ${STAS}.`,
  },
  {
    name: 'L20',
    title: 'NVIDIA L20 48GB',
    tera: { bf16: 119.5, fp8: 239 },
    tbs: 0.864,
    gb: 48,
    link: null,
    nic: null,
    price: [2, PLANNER] as const,
    source:
      'Doubtful: 119.5 BF16 and 239 FP8 TFLOPS are the figures usually quoted, and fit a statement of 32% of an L40S; no datasheet seen. Memory and bandwidth from technical.city.',
  },
  {
    name: 'L4',
    title: 'NVIDIA L4 24GB',
    tera: { bf16: 121, fp8: 242, int8: 242 },
    tbs: 0.3,
    gb: 24,
    link: null,
    nic: 200,
    price: [0.8, PLANNER] as const,
    source: `${AIC}.`,
  },
  {
    name: 'L40S',
    title: 'NVIDIA L40S 48GB',
    tera: { bf16: 362.05, fp8: 733, int8: 733 },
    tbs: 0.864,
    gb: 48,
    link: null,
    nic: 400,
    price: null,
    source: `${AIC}; ${STAS}.`,
  },
  {
    name: 'B200',
    title: 'NVIDIA B200 SXM 180GB',
    tera: { bf16: 2250, fp8: 4500, int8: 4500, fp4: 9000 },
    tbs: 8,
    gb: 180,
    link: 900,
    nic: 800,
    price: [3.75, 'packet.ai, June 2026; others ask 4.50-6.03 (Lyceum and Spheron, March 2026)'] as const,
    source: `${AIC}, which takes 7.7 TB/s; ${STAS}.`,
  },
  {
    name: 'GB200',
    title: 'NVIDIA GB200 NVL72, one GPU, 186GB',
    tera: { bf16: 2500, fp8: 5000, int8: 5000, fp4: 10000 },
    tbs: 8,
    gb: 186,
    link: 900,
    nic: 800,
    price: [4.54, 'Spheron, 17 March 2026: half of 9.08 for a superchip of two GPUs'] as const,
    source: `${AIC}; ${STAS}.`,
  },
  {
    name: 'B300',
    title: 'NVIDIA B300 SXM 288GB',
    tera: { bf16: 2250, fp8: 4500, int8: 153.5, fp4: 14000 },
    tbs: 8,
    gb: 288,
    link: 900,
    nic: 800,
    price: null,
    source: `${AIC}, which takes 7.75 TB/s; ${STAS}. FP4 is given as 12.6 to 15 PFLOPS; INT8 is cut on this chip.`,
  },
  {
    name: 'GB300',
    title: 'NVIDIA GB300 NVL72, one GPU, 284GB',
    tera: { bf16: 2500, fp8: 5000, int8: 165, fp4: 15000 },
    tbs: 8,
    gb: 284,
    link: 900,
    nic: 800,
    price: null,
    source: `${AIC}; ${STAS}. INT8 is cut on this chip.`,
  },
  {
    name: 'H100-PCIe',
    title: 'NVIDIA H100 PCIe 80GB',
    tera: { bf16: 756.5, fp8: 1513, int8: 1513 },
    tbs: 2,
    gb: 80,
    link: null,
    nic: 400,
    price: null,
    source: `${AIC}; ${STAS}. The optional NVLink bridge between two cards is not counted.`,
  },
  {
    name: 'H100-NVL',
    title: 'NVIDIA H100 NVL 94GB',
    tera: { bf16: 835.5, fp8: 1670.5, int8: 1670.5 },
    tbs: 3.9,
    gb: 94,
    link: 300,
    nic: 400,
    price: [3.07, 'RunPod as listed by gpu.blog, undated'] as const,
    source:
      'Half of the sparse rates in copies of the datasheet (jishuzhan.net, aiminingco.com). The bridge joins two cards.',
  },
  {
    name: 'H200-NVL',
    title: 'NVIDIA H200 NVL 141GB',
    tera: { bf16: 835.5, fp8: 1670.5, int8: 1670.5 },
    tbs: 4.8,
    gb: 141,
    link: null,
    nic: 400,
    price: null,
    source:
      'Doubtful: compute is half of the 1671/3341 sparse TFLOPS remembered from the datasheet, not looked up; memory from aiwiki.ai. Bridges not counted.',
  },
  {
    name: 'H20-3e',
    title: 'NVIDIA H20-3e 141GB',
    tera: H20_COMPUTE,
    tbs: 4.8,
    gb: 141,
    link: 450,
    nic: null,
    price: null,
    source:
      'Doubtful: the bandwidth stands only in a simulator table (zartbot/shallowsim); the memory is well attested.',
  },
  {
    name: 'GH200',
    title: 'NVIDIA GH200 96GB (HBM3)',
    tera: HOPPER,
    tbs: 4,
    gb: 96,
    link: 450,
    nic: null,
    price: null,
    source: `${STAS}.`,
  },
  {
    name: 'GH200-144GB',
    title: 'NVIDIA GH200 141/144GB (HBM3e)',
    tera: HOPPER,
    tbs: 4.8,
    gb: 141,
    link: 450,
    nic: null,
    price: null,
    source: `${STAS}: 141 GB usable of 144.`,
  },
  {
    name: 'A100-PCIe',
    title: 'NVIDIA A100 PCIe 80GB',
    tera: AMPERE,
    tbs: 1.935,
    gb: 80,
    link: null,
    nic: 200,
    price: null,
    source: `${AIC}; ${STAS}.`,
  },
  {
    name: 'MI300X',
    title: 'AMD Instinct MI300X 192GB',
    tera: { bf16: 1307, fp8: 2614, int8: 2614 },
    tbs: 5.3,
    gb: 192,
    link: 448,
    nic: null,
    price: [3.75, PLANNER] as const,
    source: `${STAS}; zartbot/shallowsim. Real GEMMs have been measured at about half of the BF16 peak.`,
  },
  {
    name: 'MI325X',
    title: 'AMD Instinct MI325X 256GB',
    tera: { bf16: 1300, fp8: 2610, int8: 2600 },
    tbs: 6,
    gb: 256,
    link: 448,
    nic: null,
    price: null,
    source: `${STAS}.`,
  },
  {
    name: '910C',
    title: 'Huawei Ascend 910C 128GB, package of two dies',
    tera: { bf16: 781, int8: 1504 },
    tbs: 3.2,
    gb: 128,
    link: 196,
    nic: null,
    price: null,
    source:
      'Doubtful: derived from totals of a CloudMatrix384 (300 BF16 PFLOPS, 48 TB) and from arXiv:2506.12708; sources disagree whether 196 GB/s is per die or per package.',
  },
  {
    name: '950DT',
    title: 'Huawei Ascend 950DT 96GB',
    tera: { bf16: 486, fp8: 919 },
    tbs: 4,
    gb: 96,
    link: null,
    nic: null,
    price: null,
    source: `Doubtful: ${STAS} alone.`,
  },
].map(accelerator);

/** Other writings of a name, squeezed to lower-case letters and digits, for `findAccelerator`. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['h100sxm', 'H100'],
  ['h100sxm5', 'H100'],
  ['h200sxm', 'H200'],
  ['h200sxm5', 'H200'],
  ['h800sxm', 'H800'],
  ['h800sxm5', 'H800'],
  ['a800sxm', 'A800'],
  ['a800sxm4', 'A800'],
  ['a100sxm', 'A100'],
  ['a100sxm4', 'A100'],
  ['b200sxm', 'B200'],
  ['b300sxm', 'B300'],
  ['h203e', 'H20-3e'],
  ['gh200hbm3e', 'GH200-144GB'],
  ['gb200nvl72', 'GB200'],
  ['gb300nvl72', 'GB300'],
]);
