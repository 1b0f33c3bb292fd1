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
  /** Rows and columns of the blocks that share a scale, where both are more than one and not all. */
  readonly block?: readonly [number, number];
}

const total = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);
const rowsOf = (shape: readonly number[]): number => shape[0] ?? 1;
const columnsOf = (shape: readonly number[]): number => shape.slice(1).reduce((n, size) => n * size, 1);
const up = (n: number, step: number): number => Math.ceil(n / step);

/** Values as they are. */
export const plain = (name: string, bytesPerElement: number): Format => ({
  name,
  size: (shape) => {
    const elements = total(shape);
    return { elements, bytes: elements * bytesPerElement, scaleElements: 0, scaleBytes: 0 };
  },
});

export interface ByteOptions {
  /** Rows and columns that share a scale; 0: all of them. */
  readonly block: readonly [number, number];
  readonly scaleBytes: number;
  /** Further scales of the whole array: of its inputs. */
  readonly inputScales?: number;
}

/** One byte a value and a scale for each block. */
export const scaledBytes = (name: string, { block, scaleBytes, inputScales = 0 }: ByteOptions): Format => ({
  name,
  ...(block[0] > 1 && block[1] > 1 ? { block } : {}),
  size: (shape) => {
    const elements = total(shape);
    const [rows, columns] = block;
    const blocks = (rows ? up(rowsOf(shape), rows) : 1) * (columns ? up(columnsOf(shape), columns) : 1);
    const scaleElements = blocks + inputScales;
    return { elements, bytes: elements, scaleElements, scaleBytes: scaleElements * scaleBytes };
  },
});

export interface SubByteOptions {
  readonly bits: number;
  /** Values of a row that share a one-byte scale; 0: no such scales. */
  readonly group: number;
  /** Scales of the whole array, of its inputs too, and their width. */
  readonly globals: number;
  readonly globalBytes: number;
}

/** Values of a few bits packed in bytes: MXFP4 and NVFP4 with their scales, BitNet's ternary values. */
export const packedInBytes = (name: string, options: SubByteOptions): Format => ({
  name,
  size: (shape) => {
    const bytes = up(total(shape) * options.bits, 8);
    const groups = options.group ? rowsOf(shape) * up(columnsOf(shape), options.group) : 0;
    return {
      elements: bytes,
      bytes,
      scaleElements: groups + options.globals,
      scaleBytes: groups + options.globals * options.globalBytes,
    };
  },
});

export const MXFP4 = packedInBytes('MXFP4, groups of 32', { bits: 4, group: 32, globals: 0, globalBytes: 0 });
/** With an FP32 scale of the array, and one of its inputs where they are quantized too. */
export const nvfp4 = (group: number, globals: number): Format =>
  packedInBytes(`NVFP4, groups of ${group}`, { bits: 4, group, globals, globalBytes: 4 });

export interface PackedOptions {
  readonly bits: number;
  /** Values that share a scale along a row; 0: the whole row. */
  readonly group: number;
  readonly scaleBytes: number;
  /** Zero points, packed as the values are; `plain`: numbers as the scales are (MLX's biases). */
  readonly zeroPoints: 'none' | 'packed' | 'plain';
  /** Group of each input (GPTQ's `g_idx`, 4 bytes each). */
  readonly groupIndex?: boolean;
  /** The unpacked shape is kept beside it, two numbers of so many bytes (compressed-tensors). */
  readonly shapeBytes?: number;
}

const groupName = (group: number): string => (group ? `groups of ${group}` : 'a scale a row');

/** Integers of a few bits packed in 32-bit words, with scales, and with zero points or without. */
export const packed = (options: PackedOptions): Format => ({
  name: `INT${options.bits}, ${groupName(options.group)}`,
  size: (shape) => {
    const { bits, group, scaleBytes, zeroPoints, shapeBytes } = options;
    const [rows, columns] = [rowsOf(shape), columnsOf(shape)];
    const words = rows * up(columns * bits, 32);
    const groups = rows * (group ? up(columns, group) : 1);
    const zeroWords = zeroPoints === 'packed' ? up(groups * bits, 32) : 0;
    const plainZeros = zeroPoints === 'plain' ? groups : 0;
    const indexes = options.groupIndex ? columns : 0;
    const notes = shapeBytes === undefined ? 0 : 2;
    return {
      elements: words,
      bytes: words * 4,
      scaleElements: groups + plainZeros + zeroWords + indexes + notes,
      scaleBytes: (groups + plainZeros) * scaleBytes + (zeroWords + indexes) * 4 + notes * (shapeBytes ?? 0),
    };
  },
});

/** What bitsandbytes notes beside each array as JSON text; the offset of nested maxima has about 20 digits. */
function noteBytes(shape: readonly number[], dtype: string, nested: boolean): number {
  const text = `{"quant_type": "nf4", "blocksize": 64, "dtype": "${dtype}", "shape": [${shape.join(', ')}]}`;
  const inner = ', "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": ';
  return text.length + (nested ? inner.length + 20 : 0);
}

/** bitsandbytes' 4 bits: absolute maxima of blocks of 64, themselves 8-bit in blocks of 256 when nested. */
export const bitsAndBytes4 = (name: string, dtype: string, nested: boolean): Format => ({
  name,
  size: (shape) => {
    const elements = up(total(shape), 2);
    const blocks = up(total(shape), 64);
    const outer = nested ? up(blocks, 256) : 0;
    // The 16 code points, and of nested maxima their 256 code points.
    const maps = 16 + (nested ? 256 : 0);
    const note = noteBytes(shape, dtype, nested);
    return {
      elements,
      bytes: elements,
      scaleElements: blocks + outer + maps + note,
      scaleBytes: blocks * (nested ? 1 : 4) + (outer + maps) * 4 + note,
    };
  },
});

/** bitsandbytes' 8 bits: an FP32 maximum a row, and a byte for the layout. */
export const bitsAndBytes8: Format = {
  name: 'INT8, a scale a row',
  size: (shape) => {
    const elements = total(shape);
    const rows = rowsOf(shape);
    return { elements, bytes: elements, scaleElements: rows + 1, scaleBytes: rows * 4 + 1 };
  },
};
