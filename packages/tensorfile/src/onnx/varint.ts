/**
 * The variable-length integers of protobuf. Pure: bytes in, two halves of 64 bits out.
 *
 * Specification: protobuf.dev/programming-guides/encoding, "Base 128 Varints": seven bits a byte, low ones first, the
 * top bit says that another byte follows; ten bytes at most.
 */

/** A 64-bit integer as two unsigned halves. Reused between calls, since files hold millions. */
export interface Halves {
  low: number;
  high: number;
}

/** Longest varint, in bytes. */
export const MAX_VARINT_BYTES = 10;

/**
 * Reads the varint at `at` of `bytes`, which ends at `end`, into `into`.
 * @returns the position after it, or -1 when it does not end there or passes 64 bits.
 */
export function readVarint(bytes: Uint8Array, at: number, end: number, into: Halves): number {
  let low = 0;
  let high = 0;
  const stop = Math.min(end, at + MAX_VARINT_BYTES);
  for (let position = at, shift = 0; position < stop; shift += 7) {
    const byte = bytes[position++]!;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high = bits >>> 4;
    } else if (shift < 63) high |= bits << (shift - 32);
    else if (bits > 1) return -1;
    else high |= bits << 31;
    if (byte === bits) {
      into.low = low >>> 0;
      into.high = high >>> 0;
      return position;
    }
  }
  return -1;
}

/** The halves as an unsigned number; not a safe integer from 2^53 on. */
export function unsigned({ low, high }: Readonly<Halves>): number {
  return high * 2 ** 32 + low;
}

/** The halves in two's complement; not a safe integer beyond ±2^53. */
export function signed({ low, high }: Readonly<Halves>): number {
  return (high | 0) * 2 ** 32 + low;
}
