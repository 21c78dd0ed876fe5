/**
 * Element types: how wide they are and how they widen or round to binary32.
 *
 * The names are those of safetensors (its `Dtype`), used for every container. Each type answers for itself, so a new
 * one is one line here. Sub-byte elements fill bytes from the low bit up, without gaps: the safetensors format counts
 * elements in `shape` and leaves the packing open; low nibble first is what PyTorch's `float4_e2m1fn_x2` writes.
 */
import { preludeNumber, resolveNumber } from '@fewerbits/numerics';

/** How elements of one type are stored and read. */
export interface Dtype {
  readonly name: string;
  readonly bits: number;
  /** The fewest elements that fill whole bytes: 1, but 2 for four bits, and 4 for two or six. */
  readonly group: number;
  /** Bytes of a group. */
  readonly groupBytes: number;
  /** Bytes that change places between byte orders; 1 where order means nothing. */
  readonly width: number;
  /**
   * Sets `out[i]` to element `first + i` of `bytes` (host byte order, offset a multiple of 8). Returns the index of the
   * first finite element that overflowed binary32, or -1. `null`: not a real number.
   */
  readonly decode: ((bytes: Uint8Array, first: number, out: Float32Array) => number) | null;
}

/** The type of that (safetensors) name, or undefined. */
export function dtypeNamed(name: string): Dtype | undefined {
  return DTYPES.get(name);
}

/** Stored bytes of `count` elements; `null` when they do not fill whole bytes. */
export function byteLengthOf(dtype: Dtype, count: number): number | null {
  return count % dtype.group === 0 ? (count / dtype.group) * dtype.groupBytes : null;
}

/** From bytes to floats: see `Dtype.decode`. */
export type Decode = Exclude<Dtype['decode'], null>;
type Elements<T> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayLike<T>;

/** Integers: assignment to a Float32Array rounds once, ties to even. */
function widening(Type: Elements<number>): Decode {
  return (bytes, first, out) => {
    const elements = new Type(bytes.buffer, bytes.byteOffset, first + out.length);
    for (let i = 0; i < out.length; i++) out[i] = elements[first + i]!;
    return -1;
  };
}

const copyFloats: Decode = (bytes, first, out) => {
  // `set` between equal types moves bytes, so NaN payloads survive.
  out.set(new Float32Array(bytes.buffer, bytes.byteOffset + 4 * first, out.length));
  return -1;
};

const narrowDoubles: Decode = (bytes, first, out) => {
  const elements = new Float64Array(bytes.buffer, bytes.byteOffset, first + out.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = elements[first + i]!;
    if (!Number.isFinite(out[i]!) && Number.isFinite(elements[first + i]!)) return i;
  }
  return -1;
};

/**
 * Beyond 2^53 a bigint would round twice on its way to binary32. Dropping 11 bits and keeping whether any was set in
 * the lowest remaining one (it lies far below binary32's last bit) leaves a single rounding.
 */
function bigToFloat(value: bigint): number {
  if (value >= -0x20000000000000n && value <= 0x20000000000000n) return Number(value);
  const sticky = (value & 0x7ffn) === 0n ? 0n : 1n;
  return Number((value >> 11n) | sticky) * 2048;
}

function bigIntegers(Type: Elements<bigint>): Decode {
  return (bytes, first, out) => {
    const elements = new Type(bytes.buffer, bytes.byteOffset, first + out.length);
    for (let i = 0; i < out.length; i++) out[i] = bigToFloat(elements[first + i]!);
    return -1;
  };
}

const bfloats: Decode = (bytes, first, out) => {
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, first + out.length);
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) bits[i] = codes[first + i]! << 16;
  return -1;
};

const booleans: Decode = (bytes, first, out) => {
  for (let i = 0; i < out.length; i++) out[i] = bytes[first + i] === 0 ? 0 : 1;
  return -1;
};

/** A float of at most 16 bits, by its name in the prelude of `.qf`: a table of all its values, made on first use. */
function small(bits: number, number: string): Decode {
  let table: Float32Array | undefined;
  return (bytes, first, out) => {
    table ??= Float32Array.from(resolveNumber(preludeNumber(number)!).levels!);
    if (bits === 16) {
      const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, first + out.length);
      for (let i = 0; i < out.length; i++) out[i] = table[codes[first + i]!]!;
      return -1;
    }
    const mask = 2 ** bits - 1;
    for (let i = 0; i < out.length; i++) {
      const bit = (first + i) * bits;
      // The second byte is past the end only where the first holds the whole code.
      const pair = bytes[bit >>> 3]! | ((bytes[(bit >>> 3) + 1] ?? 0) << 8);
      out[i] = table[(pair >>> (bit & 7)) & mask]!;
    }
    return -1;
  };
}

/** Makes a type; `width` is that of the numbers an element consists of, where it is more than one. */
export function makeDtype(
  name: string,
  bits: number,
  decode: Decode | null,
  width = Math.max(1, bits / 8),
): Dtype {
  const group = bits >= 8 ? 1 : bits === 4 ? 2 : 4;
  return { name, bits, group, groupBytes: (group * bits) / 8, width: Math.floor(width), decode };
}

const DTYPES: ReadonlyMap<string, Dtype> = new Map(
  [
    makeDtype('F64', 64, narrowDoubles),
    makeDtype('F32', 32, copyFloats),
    makeDtype('F16', 16, small(16, 'f16')),
    makeDtype('BF16', 16, bfloats),
    makeDtype('F8_E4M3', 8, small(8, 'e4m3')),
    makeDtype('F8_E5M2', 8, small(8, 'e5m2')),
    makeDtype('F8_E4M3FNUZ', 8, small(8, 'e4m3fnuz')),
    makeDtype('F8_E5M2FNUZ', 8, small(8, 'e5m2fnuz')),
    makeDtype('F8_E8M0', 8, small(8, 'e8m0')),
    makeDtype('F6_E2M3', 6, small(6, 'e2m3')),
    makeDtype('F6_E3M2', 6, small(6, 'e3m2')),
    makeDtype('F4', 4, small(4, 'e2m1')),
    makeDtype('I64', 64, bigIntegers(BigInt64Array)),
    makeDtype('U64', 64, bigIntegers(BigUint64Array)),
    makeDtype('I32', 32, widening(Int32Array)),
    makeDtype('U32', 32, widening(Uint32Array)),
    makeDtype('I16', 16, widening(Int16Array)),
    makeDtype('U16', 16, widening(Uint16Array)),
    makeDtype('I8', 8, widening(Int8Array)),
    makeDtype('U8', 8, widening(Uint8Array)),
    makeDtype('BOOL', 8, booleans),
    makeDtype('C64', 64, null, 4),
  ].map((type) => [type.name, type]),
);
