/**
 * The key-values of a GGUF header, each with its type, so that a file can be written again as it was.
 *
 * Specification: ggml, docs/gguf.md, `gguf_metadata_value_type`. The names are those of the specification without its prefix.
 */

/** Names of the value types; a name's place is its number in a file. */
export const GGUF_VALUE_TYPES = Object.freeze([
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'UINT32',
  'INT32',
  'FLOAT32',
  'BOOL',
  'STRING',
  'ARRAY',
  'UINT64',
  'INT64',
  'FLOAT64',
] as const);

/** Name of a value type. */
export type GgufValueType = (typeof GGUF_VALUE_TYPES)[number];
/** Types whose values are numbers. */
export type GgufNumberType =
  | 'UINT8'
  | 'INT8'
  | 'UINT16'
  | 'INT16'
  | 'UINT32'
  | 'INT32'
  | 'FLOAT32'
  | 'FLOAT64';
/** Types whose values are bigints. */
export type GgufBigType = 'UINT64' | 'INT64';

/** Values of one type in a row. Reading gives numbers and bigints as typed arrays; writing takes any array-like. */
export type GgufArray =
  | { readonly type: 'ARRAY'; readonly items: GgufNumberType; readonly value: ArrayLike<number> }
  | { readonly type: 'ARRAY'; readonly items: GgufBigType; readonly value: ArrayLike<bigint> }
  | { readonly type: 'ARRAY'; readonly items: 'BOOL'; readonly value: ArrayLike<boolean> }
  | { readonly type: 'ARRAY'; readonly items: 'STRING'; readonly value: ArrayLike<string> }
  | { readonly type: 'ARRAY'; readonly items: 'ARRAY'; readonly value: ArrayLike<GgufArray> };

/** A value with its type. Writing rounds a FLOAT32 to the nearest binary32. */
export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: GgufBigType; readonly value: bigint }
  | { readonly type: 'BOOL'; readonly value: boolean }
  | { readonly type: 'STRING'; readonly value: string }
  | GgufArray;

/** A value under its key, such as `general.architecture`. */
export type GgufKeyValue = { readonly key: string } & GgufValue;

/** What a GGUF file says beside its tensors. */
export interface GgufHeader {
  /** 2 or 3. What is written is 3. */
  readonly version: number;
  /** Tensors start at multiples of this many bytes. */
  readonly alignment: number;
  /** In file order, keys unique. Of shards: those of the first, without the `split.*` ones, which speak of files. */
  readonly keyValues: readonly GgufKeyValue[];
}

/** The key-value of that key, or undefined. */
export function ggufKeyValue(header: Pick<GgufHeader, 'keyValues'>, key: string): GgufKeyValue | undefined {
  return header.keyValues.find((known) => known.key === key);
}

/** The key that sets the alignment, and the alignment without it. */
export const ALIGNMENT_KEY = 'general.alignment';
export const DEFAULT_ALIGNMENT = 32;
/** Largest alignment that is read or written: a huge page. Padding is then never a large allocation. */
export const MAX_ALIGNMENT = 2 ** 21;
/** Longest key in bytes, by the specification. */
export const MAX_KEY_BYTES = 65535;
/** Axes that a tensor of ggml has (GGML_MAX_DIMS). */
export const MAX_DIMS = 4;
/** Arrays inside arrays that are read or written. */
export const MAX_NESTING = 16;

/** Whether tensors may be aligned so: a power of two up to `MAX_ALIGNMENT`. */
export function isAlignment(value: unknown): value is number {
  return (
    Number.isInteger(value) &&
    (value as number) >= 1 &&
    (value as number) <= MAX_ALIGNMENT &&
    Number.isInteger(Math.log2(value as number))
  );
}

/** `length` rounded up to a multiple of `alignment`. Both are safe integers; no 32-bit arithmetic, files are larger. */
export function padded(length: number, alignment: number): number {
  return Math.ceil(length / alignment) * alignment;
}

type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;
type BigArray = BigUint64Array | BigInt64Array;
interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): T;
  new (length: number): T;
}

/** Typed arrays that store values as the file does, byte order apart. */
export const NUMBER_ARRAYS: Readonly<Record<GgufNumberType, ArrayType<NumberArray>>> = {
  UINT8: Uint8Array,
  INT8: Int8Array,
  UINT16: Uint16Array,
  INT16: Int16Array,
  UINT32: Uint32Array,
  INT32: Int32Array,
  FLOAT32: Float32Array,
  FLOAT64: Float64Array,
};
export const BIG_ARRAYS: Readonly<Record<GgufBigType, ArrayType<BigArray>>> = {
  UINT64: BigUint64Array,
  INT64: BigInt64Array,
};

export const isNumberType = (type: GgufValueType): type is GgufNumberType => type in NUMBER_ARRAYS;
export const isBigType = (type: GgufValueType): type is GgufBigType => type in BIG_ARRAYS;
