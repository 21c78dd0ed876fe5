/**
 * Canonical Huffman of one chunk: segments of 2,048 symbols, each a run of codes that starts at a known bit,
 * so that a chunk decodes on 32 lanes.
 *
 * Huffman (1952), canonical order as in RFC 1951. Specification: docs/design/bit-streams.md, "Huffman".
 */
import { canonicalCodes } from './code-lengths.ts';
import type { Escapes } from './escapes.ts';
import { entryCount, type Model } from './model.ts';
import { failStream, type StreamPlace } from './stream-error.ts';
import type { SymbolArray } from './symbol-array.ts';

/** Symbols of a segment; codes of at most 16 bits keep its length below 2^16. */
export const SEGMENT = 2048;

/** What a decoder looks up by the next bits. */
export interface HuffmanTable {
  readonly coder: 'huffman';
  readonly bits: number;
  /** Length of the code, and `ESCAPE` added for the escape. */
  readonly lengths: Uint8Array;
  readonly symbols: Int32Array;
}

/** Marks the escape among lengths of 0..16. */
const ESCAPE = 32;

/** Lengths as coded: those of the model, but 0 for the only entry of all. */
function codedLengths(model: Model): Uint32Array {
  return entryCount(model) === 1 ? new Uint32Array(model.weights.length) : model.weights;
}

/** The look-up of a model. */
export function huffmanTable(model: Model): HuffmanTable {
  const { bits, symbols, weights } = model;
  const lengths = new Uint8Array(2 ** bits);
  const places = new Int32Array(2 ** bits);
  const coded = codedLengths(model);
  const codes = canonicalCodes(coded, bits);
  for (let entry = 0; entry < weights.length; entry++) {
    if (weights[entry] === 0) continue;
    const isEscape = entry === symbols.length;
    // Every way that the bits after the code may fall.
    for (let place = codes[entry]; place < lengths.length; place += 2 ** coded[entry]) {
      lengths[place] = coded[entry] + (isEscape ? ESCAPE : 0);
      places[place] = isEscape ? 0 : symbols[entry];
    }
  }
  return { coder: 'huffman', bits, lengths, symbols: places };
}

/**
 * Lengths of the segments, then their bits, as bytes, of the model's entries of one chunk; whole 32-bit
 * words.
 */
export function encodeHuffman(model: Model, entries: Uint32Array): Uint8Array {
  const coded = codedLengths(model);
  const codes = canonicalCodes(coded, model.bits);
  let total = 0;
  for (let i = 0; i < entries.length; i++) total += coded[entries[i]];
  const segments = Math.ceil(entries.length / SEGMENT);
  const codesAt = 4 * Math.ceil(segments / 2);
  const bytes = new Uint8Array(codesAt + 4 * Math.ceil(total / 32));
  const view = new DataView(bytes.buffer);
  let at = codesAt;
  let held = 0;
  let have = 0;
  for (let segment = 0; segment < segments; segment++) {
    let length = 0;
    const limit = Math.min(entries.length, (segment + 1) * SEGMENT);
    for (let i = segment * SEGMENT; i < limit; i++) {
      const entry = entries[i];
      held |= codes[entry] << have;
      have += coded[entry];
      length += coded[entry];
      for (; have >= 8; have -= 8) {
        bytes[at++] = held;
        held >>>= 8;
      }
    }
    view.setUint16(2 * segment, length, true);
  }
  if (have > 0) bytes[at] = held;
  return bytes;
}

/**
 * Decodes `n` symbols from bytes[start..) into out[offset..).
 * @throws StreamError unless every segment ends where it says, and only zero bits of the last word are left.
 */
export function decodeHuffman(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  out: SymbolArray,
  offset: number,
  n: number,
  escapes: Escapes,
  place: StreamPlace,
): void {
  const end = bytes.length;
  const segments = Math.ceil(n / SEGMENT);
  const codesAt = start + 4 * Math.ceil(segments / 2);
  if (codesAt > end)
    failStream(place, start, `the chunk ends before the lengths of its ${segments} segments`);
  if (segments % 2 === 1 && (bytes[codesAt - 2] | bytes[codesAt - 1]) !== 0) {
    failStream(place, codesAt - 2, 'padding is not zero');
  }
  const { bits, lengths, symbols } = table;
  const { values } = escapes;
  const mask = 2 ** bits - 1;
  let escaped = 0;
  let bit = 8 * codesAt;
  for (let segment = 0; segment < segments; segment++) {
    const length = bytes[start + 2 * segment] | (bytes[start + 2 * segment + 1] << 8);
    if (bit + length > 8 * end) failStream(place, start + 2 * segment, `segment ${segment} leaves the chunk`);
    const limit = offset + Math.min(n, (segment + 1) * SEGMENT);
    let at = Math.floor(bit / 8);
    let held = at < end ? bytes[at++] >>> (bit % 8) : 0;
    let have = 8 - (bit % 8);
    let used = 0;
    for (let i = offset + segment * SEGMENT; i < limit; i++) {
      if (have < bits) {
        // Zeros beyond the end: a segment that takes them ends elsewhere than it says.
        held |= at + 1 < end ? (bytes[at] | (bytes[at + 1] << 8)) << have : at < end ? bytes[at] << have : 0;
        at += 2;
        have += 16;
      }
      const slot = held & mask;
      let width = lengths[slot];
      if (width < ESCAPE) {
        out[i] = symbols[slot];
      } else {
        width -= ESCAPE;
        if (escaped === values.length) failStream(place, at, 'more symbols escape than values are stored');
        out[i] = values[escaped++];
      }
      held >>>= width;
      have -= width;
      used += width;
    }
    if (used !== length) {
      failStream(place, Math.floor(bit / 8), `segment ${segment} takes ${used} bits, not ${length}`);
    }
    bit += length;
  }
  if (escaped !== values.length) {
    failStream(place, Math.floor(bit / 8), `${values.length - escaped} escapes are left over`);
  }
  if (8 * end - bit >= 32) failStream(place, Math.floor(bit / 8), `${8 * end - bit} bits are left over`);
  for (; bit < 8 * end; bit++) {
    if ((bytes[bit >>> 3] >>> (bit & 7)) & 1) failStream(place, bit >>> 3, 'padding bits are not zero');
  }
}
