/**
 * The side list of a chunk: values of the symbols that the model lacks, in order, all of one width, so that a
 * parallel decoder finds the k-th without reading the others. Specification: docs/design/bit-streams.md,
 * "Escapes".
 */
import { bitSink, finishBits, writeBits } from './bits.ts';
import { failStream, type StreamPlace } from './stream-error.ts';

/** Number of values in the low 25 bits, their width in the next 6. */
const COUNT_BITS = 25;

/** 0, -1, 1, -2, 2 … → 0, 1, 2, 3, 4 …: small magnitudes are short whatever their sign. */
export function foldInteger(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** Bits that a value takes in the side list, 0..32. */
export function foldedWidth(value: number): number {
  return 32 - Math.clz32(foldInteger(value));
}

/** The side list as bytes, whole 32-bit words. */
export function escapeBytes(values: readonly number[]): Uint8Array {
  let width = 0;
  for (const value of values) width = Math.max(width, foldedWidth(value));
  const sink = bitSink();
  writeBits(sink, (values.length | (width << COUNT_BITS)) >>> 0, 32);
  for (const value of values) writeBits(sink, foldInteger(value), width);
  const packed = finishBits(sink);
  const bytes = new Uint8Array(4 * Math.ceil(packed.length / 4));
  bytes.set(packed);
  return bytes;
}

/** A side list, and the byte after it. */
export interface Escapes {
  readonly values: Int32Array;
  readonly end: number;
}

/**
 * Reads the side list that a chunk of `symbols` symbols begins with.
 * @throws StreamError if it does not fit, has more values than symbols, is wider than it needs, or leaves
 * bits of one.
 */
export function readEscapes(bytes: Uint8Array, symbols: number, place: StreamPlace): Escapes {
  if (bytes.length < 4) failStream(place, bytes.length, 'the chunk ends before its escapes');
  const head = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
  const count = head & (2 ** COUNT_BITS - 1);
  const width = head >>> COUNT_BITS;
  if (count > symbols) failStream(place, 0, `${count} escapes for ${symbols} symbols`);
  if (width > 32) failStream(place, 0, `escapes of ${width} bits; 32 at most`);
  const listEnd = 4 + 4 * Math.ceil((count * width) / 32);
  if (listEnd > bytes.length) failStream(place, 0, `${count} escapes of ${width} bits leave the chunk`);
  const values = new Int32Array(count);
  let at = 4;
  let held = 0;
  let have = 0;
  let used = 0;
  for (let k = 0; k < count; k++) {
    let value = 0;
    for (let done = 0; done < width; ) {
      if (have === 0) {
        held = bytes[at++];
        have = 8;
      }
      const take = Math.min(have, width - done);
      value |= (held & ((1 << take) - 1)) << done;
      held >>>= take;
      have -= take;
      done += take;
    }
    used |= value;
    values[k] = (value >>> 1) ^ -(value & 1);
  }
  if (32 - Math.clz32(used) !== width) failStream(place, 0, `escapes of ${width} bits that need fewer`);
  for (; at < listEnd; at++) held |= bytes[at];
  if (held !== 0) failStream(place, listEnd, 'padding after the escapes is not zero');
  return { values, end: listEnd };
}

/** Of a model without an escape: nothing is stored. */
export const NO_ESCAPES: Escapes = { values: new Int32Array(0), end: 0 };
