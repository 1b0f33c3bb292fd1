/**
 * How one weight array lies in a checkpoint: its values, and the scales and zero points beside them. Sizes are of one
 * array; `elements` is what the file's own tensors have, which for packed formats is not the number of weights.
 */
export interface StoredSize {
  readonly elements: number;
  readonly bytes: number;
  readonly scaleElements: number;
  readonly scaleBytes: number;
}

export interface Format {
  /** For the user: `FP8, 128x128 blocks`. */
  readonly name: string;
  /** Of an array of this shape: [out, in] of a matrix. */
  readonly size: (shape: readonly number[]) => StoredSize;
}

const total = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);
const rowsOf = (shape: readonly number[]): number => shape[0] ?? 1;
const columnsOf = (shape: readonly number[]): number => total(shape) / rowsOf(shape);
const up = (n: number, step: number): number => Math.ceil(n / step);

/** Values as they are. */
export const plain = (name: string, bytesPerElement: number): Format => ({
  name,
  size: (shape) => {
    const elements = total(shape);
    return { elements, bytes: elements * bytesPerElement, scaleElements: 0, scaleBytes: 0 };
  },
});

/** One byte a value and a scale for each block of rows and columns; a block of 0 is as long as the array. */
export const scaledBytes = (
  name: string,
  block: readonly [number, number],
  scaleBytes: number,
  extraScales = 0,
): Format => ({
  name,
  size: (shape) => {
    const elements = total(shape);
    const blocks =
      (block[0] ? up(rowsOf(shape), block[0]) : 1) * (block[1] ? up(columnsOf(shape), block[1]) : 1);
    const scaleElements = blocks + extraScales;
    return { elements, bytes: elements, scaleElements, scaleBytes: scaleElements * scaleBytes };
  },
});

/** Two 4-bit floats a byte, a one-byte scale for each group of a row, and FP32 scales of the whole array (NVFP4). */
export const fp4 = (name: string, group: number, globalScales: number): Format => ({
  name,
  size: (shape) => {
    const bytes = total(shape) / 2;
    const groups = rowsOf(shape) * up(columnsOf(shape), group);
    return {
      elements: bytes,
      bytes,
      scaleElements: groups + globalScales,
      scaleBytes: groups + 4 * globalScales,
    };
  },
});

export interface PackedOptions {
  readonly bits: number;
  /** Values that share a scale along a row; 0: the whole row. */
  readonly group: number;
  readonly scaleBytes: number;
  /** Zero points, packed as the values are. */
  readonly zeroPoints: boolean;
  /** Scales and zero points are both plain numbers (MLX's affine form). */
  readonly plainZeroPoints?: boolean;
  /** Group of each input (GPTQ's `g_idx`, 4 bytes each). */
  readonly groupIndex?: boolean;
  /** The unpacked shape, two 8-byte numbers (compressed-tensors). */
  readonly shapeNote?: boolean;
}

/** Integers of a few bits packed in 32-bit words, with scales, and with zero points or without. */
export const packed = (name: string, options: PackedOptions): Format => ({
  name,
  size: (shape) => {
    const [rows, columns] = [rowsOf(shape), columnsOf(shape)];
    const words = rows * up(columns * options.bits, 32);
    const groups = rows * (options.group ? up(columns, options.group) : 1);
    const zeroWords = options.zeroPoints && !options.plainZeroPoints ? up(groups * options.bits, 32) : 0;
    const plainZeros = options.plainZeroPoints ? groups : 0;
    const indexes = options.groupIndex ? columns : 0;
    const notes = options.shapeNote ? 2 : 0;
    return {
      elements: words,
      bytes: words * 4,
      scaleElements: groups + plainZeros + zeroWords + indexes + notes,
      scaleBytes: (groups + plainZeros) * options.scaleBytes + (zeroWords + indexes) * 4 + notes * 8,
    };
  },
});

/** bitsandbytes' 4 bits: absolute maxima of blocks of 64, themselves 8-bit in blocks of 256 when nested. */
export const bitsAndBytes4 = (name: string, nested: boolean): Format => ({
  name,
  size: (shape) => {
    const elements = up(total(shape), 2);
    const blocks = up(total(shape), 64);
    const outer = nested ? up(blocks, 256) : 0;
    // The 16 code points, and of nested maxima their 256 code points.
    const maps = 16 + (nested ? 256 : 0);
    return {
      elements,
      bytes: elements,
      scaleElements: blocks + outer + maps,
      scaleBytes: blocks * (nested ? 1 : 4) + (outer + maps) * 4,
    };
  },
});
