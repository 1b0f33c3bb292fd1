/** A number format of unquantized weights. */
export interface Dtype {
  /** For the user: `BF16`. */
  readonly name: string;
  readonly bytes: number;
  /** In PyTorch's words. */
  readonly torch: string;
}

const FP32: Dtype = { name: 'FP32', bytes: 4, torch: 'float32' };
const FP16: Dtype = { name: 'FP16', bytes: 2, torch: 'float16' };
const FP8: Dtype = { name: 'FP8', bytes: 1, torch: 'float8_e4m3fn' };
export const BF16: Dtype = { name: 'BF16', bytes: 2, torch: 'bfloat16' };

/** By the names that configs have for them. */
export const DTYPES: Readonly<Partial<Record<string, Dtype>>> = {
  float32: FP32,
  float: FP32,
  fp32: FP32,
  float16: FP16,
  half: FP16,
  fp16: FP16,
  bfloat16: BF16,
  bf16: BF16,
  float8_e4m3fn: FP8,
  fp8: FP8,
};
