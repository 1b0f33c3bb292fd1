/** Bytes of the dtypes that checkpoints are kept in. */
export const DTYPES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  float32: { name: 'FP32', bytes: 4 },
  float: { name: 'FP32', bytes: 4 },
  fp32: { name: 'FP32', bytes: 4 },
  float16: { name: 'FP16', bytes: 2 },
  half: { name: 'FP16', bytes: 2 },
  fp16: { name: 'FP16', bytes: 2 },
  bfloat16: { name: 'BF16', bytes: 2 },
  bf16: { name: 'BF16', bytes: 2 },
  float8_e4m3fn: { name: 'FP8', bytes: 1 },
  fp8: { name: 'FP8', bytes: 1 },
};
