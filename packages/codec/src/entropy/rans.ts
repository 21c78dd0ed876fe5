/**
 * rANS of one chunk: 32 interleaved 32-bit states, renormalised by 16-bit words. Integer arithmetic only.
 *
 * Asymmetric numeral systems: Duda (2013), arXiv 1311.2540; interleaved states: Giesen (2014), arXiv
 * 1402.3392. Specification: docs/design/bit-streams.md, "rANS".
 */
import type { Escapes } from './escapes.ts';
import type { Model } from './model.ts';
import { failStream, type StreamPlace } from './stream-error.ts';
import type { SymbolArray } from './symbol-array.ts';

/** Symbol i of a chunk belongs to state i mod 32. */
export const LANES = 32;
/** Where encoders begin and decoders must end: the least state. */
const LEAST_STATE = 65536;

/** What a decoder looks up by the low bits of a state. */
export interface RansTable {
  readonly coder: 'rans';
  readonly bits: number;
  /** Frequency less one in the low half, offset within the entry's places in the high half. */
  readonly steps: Int32Array;
  readonly symbols: Int32Array;
  /** Places from here on are the escape's; 2^bits without one. */
  readonly escapeFrom: number;
}

/** The look-up of a model. */
export function ransTable({ bits, symbols, weights }: Model): RansTable {
  const steps = new Int32Array(2 ** bits);
  const places = new Int32Array(2 ** bits);
  let from = 0;
  for (let entry = 0; entry < weights.length; entry++) {
    const frequency = weights[entry];
    for (let k = 0; k < frequency; k++) steps[from + k] = (frequency - 1) | (k << 16);
    if (entry < symbols.length) places.fill(symbols[entry], from, from + frequency);
    from += frequency;
  }
  return { coder: 'rans', bits, steps, symbols: places, escapeFrom: 2 ** bits - weights[symbols.length] };
}

/** States, then words, as bytes, of the model's entries of one chunk; whole 32-bit words. */
export function encodeRans(model: Model, entries: Uint32Array): Uint8Array {
  const { bits, weights } = model;
  const starts = new Uint32Array(weights.length);
  for (let entry = 1; entry < weights.length; entry++) starts[entry] = starts[entry - 1] + weights[entry - 1];
  const states = new Uint32Array(Math.min(LANES, entries.length)).fill(LEAST_STATE);
  // A symbol takes at most 16 bits, so never more than one word.
  const words = new Uint16Array(entries.length);
  let first = words.length;
  const guard = 32 - bits;
  for (let i = entries.length - 1; i >= 0; i--) {
    const frequency = weights[entries[i]];
    let state = states[i % LANES];
    if (state >>> guard >= frequency) {
      words[--first] = state;
      state >>>= 16;
    }
    const quotient = Math.floor(state / frequency);
    states[i % LANES] = quotient * 2 ** bits + (state - quotient * frequency) + starts[entries[i]];
  }
  const wordsAt = 4 * states.length;
  const bytes = new Uint8Array(4 * Math.ceil((wordsAt + 2 * (words.length - first)) / 4));
  const view = new DataView(bytes.buffer);
  for (let lane = 0; lane < states.length; lane++) view.setUint32(4 * lane, states[lane], true);
  for (let at = wordsAt; first < words.length; at += 2) view.setUint16(at, words[first++], true);
  return bytes;
}

/**
 * Decodes `n` symbols from bytes[start..) into out[offset..).
 * @throws StreamError unless states and words are what an encoder leaves, to the last bit.
 */
export function decodeRans(
  table: RansTable,
  bytes: Uint8Array,
  start: number,
  out: SymbolArray,
  offset: number,
  n: number,
  escapes: Escapes,
  place: StreamPlace,
): void {
  const end = bytes.length;
  const lanes = Math.min(LANES, n);
  if (end - start < 4 * lanes) failStream(place, start, `the chunk ends before its ${lanes} states`);
  const states = new Int32Array(lanes);
  for (let lane = 0; lane < lanes; lane++) {
    const at = start + 4 * lane;
    states[lane] = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    if (states[lane] >>> 16 === 0) failStream(place, at, `state ${lane} is below 2^16`);
  }
  const { bits, steps, symbols, escapeFrom } = table;
  const { values } = escapes;
  const mask = 2 ** bits - 1;
  const limit = offset + n;
  let at = start + 4 * lanes;
  let lane = 0;
  let escaped = 0;
  for (let i = offset; i < limit; i++) {
    const state = states[lane];
    const slot = state & mask;
    const step = steps[slot];
    // At least 1: the state has a bit above the table's, and frequencies are at least 1.
    let next = (Math.imul((step & 0xffff) + 1, state >>> bits) + (step >>> 16)) | 0;
    if (next >>> 16 === 0) {
      if (at >= end) failStream(place, at, 'the words end too early');
      next = (next << 16) | bytes[at] | (bytes[at + 1] << 8);
      at += 2;
    }
    states[lane] = next;
    if (slot < escapeFrom) {
      out[i] = symbols[slot];
    } else {
      if (escaped === values.length) failStream(place, at, 'more symbols escape than values are stored');
      out[i] = values[escaped++];
    }
    lane = (lane + 1) & (LANES - 1);
  }
  if (escaped !== values.length) failStream(place, at, `${values.length - escaped} escapes are left over`);
  for (let k = 0; k < lanes; k++) {
    if (states[k] !== LEAST_STATE) failStream(place, at, `state ${k} does not end where it began`);
  }
  if (end - at >= 4) failStream(place, at, `${end - at} bytes are left over`);
  for (; at < end; at++) if (bytes[at] !== 0) failStream(place, at, 'padding is not zero');
}
