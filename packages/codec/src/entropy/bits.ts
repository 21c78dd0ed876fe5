/**
 * Bits in a row, from the least significant of each byte, and the one variable-length code of integers that
 * models use. Specification: docs/design/bit-streams.md, "Bits"; exponential Golomb codes after Teuhola
 * (1978).
 */
import { failStream, type StreamPlace } from './stream-error.ts';

/** Bits being written; whole bytes collect in `bytes`. */
export interface BitSink {
  readonly bytes: number[];
  held: number;
  count: number;
}

/** A sink without bits. */
export function bitSink(): BitSink {
  return { bytes: [], held: 0, count: 0 };
}

/** Writes the low `width` bits of an integer 0 <= value < 2^32, lowest first. */
export function writeBits(sink: BitSink, value: number, width: number): void {
  for (let bit = 0; bit < width; bit++) {
    sink.held |= ((value >>> bit) & 1) << sink.count;
    if (++sink.count === 8) closeByte(sink);
  }
}

/** Fills the last byte with zero bits and returns all bytes. */
export function finishBits(sink: BitSink): Uint8Array {
  if (sink.count > 0) closeByte(sink);
  return Uint8Array.from(sink.bytes);
}

function closeByte(sink: BitSink): void {
  sink.bytes.push(sink.held);
  sink.held = 0;
  sink.count = 0;
}

/** Bits being read. */
export interface BitSource {
  readonly bytes: Uint8Array;
  /** The byte that the next bit stands in. */
  at: number;
  /** Its place in that byte, 0..7. */
  bit: number;
  readonly place: StreamPlace;
}

/** @throws StreamError beyond the end. */
export function readBits(source: BitSource, width: number): number {
  let value = 0;
  for (let done = 0; done < width; done++) {
    if (source.at >= source.bytes.length) failStream(source.place, source.at, 'the bits end too early');
    value |= ((source.bytes[source.at] >>> source.bit) & 1) << done;
    if (++source.bit === 8) {
      source.bit = 0;
      source.at++;
    }
  }
  return value >>> 0;
}

/** @throws StreamError unless what is left is less than a byte, all zero. */
export function finishReading(source: BitSource): void {
  const { bytes, at, bit, place } = source;
  if (at + (bit > 0 ? 1 : 0) !== bytes.length)
    failStream(place, at, `${bytes.length - at} bytes are left over`);
  if (bit > 0 && bytes[at] >>> bit !== 0) failStream(place, at, 'padding bits are not zero');
}

/**
 * Writes an integer 0 <= value <= 2^32 - 1 as an exponential Golomb code of order k: with z + k the bit
 * length of (value + 2^k) less one, z zeros, a one, and the low z + k bits of value + 2^k.
 */
export function writeGolomb(sink: BitSink, value: number, order: number): void {
  const shifted = value + 2 ** order;
  const width = shifted >= 2 ** 32 ? 32 : 31 - Math.clz32(shifted);
  writeBits(sink, 0, width - order);
  writeBits(sink, 1, 1);
  writeBits(sink, (shifted - 2 ** width) >>> 0, width);
}

/** The inverse of `writeGolomb`. @throws StreamError beyond the end, or above 2^32 - 1. */
export function readGolomb(source: BitSource, order: number): number {
  let width = order;
  while (readBits(source, 1) === 0) {
    if (++width > 32) failStream(source.place, source.at, 'an integer has more than 32 bits');
  }
  const value = 2 ** width + readBits(source, width) - 2 ** order;
  if (value >= 2 ** 32) failStream(source.place, source.at, 'an integer has more than 32 bits');
  return value;
}
