/**
 * What a coder knows about its symbols: a plain value, the same for every chunk of a stream, or of several
 * streams. Knows no bytes. Specification: docs/design/bit-streams.md, "Model".
 */
import { portableLog2 } from './logarithm.ts';

/** The two coders. */
export type Coder = 'rans' | 'huffman';

/**
 * An order-0 model. Entry i is `symbols[i]`; the entry after the last one is the escape, which stands for
 * every other integer. Models are values: compare their bytes (`modelBytes`) to tell them apart.
 */
export interface Model {
  readonly coder: Coder;
  /** rANS: frequencies sum to 2^bits, 12..16. Huffman: the length of the longest code, 1..16. */
  readonly bits: number;
  /** Ascending, without repeats. */
  readonly symbols: Int32Array;
  /**
   * rANS: frequency of each entry. Huffman: length of its code in bits (of a single entry, 1 although its
   * code is empty). One more than there are symbols: the last is the escape's, 0 if there is none.
   */
  readonly weights: Uint32Array;
}

/** Entries that a model may have, the escape included. */
export const MOST_ENTRIES = 65536;
/** Frequencies sum to 2^12 at least, so that no rANS table is smaller than the common one. */
export const LEAST_RANS_BITS = 12;
/**
 * A 32-bit state renormalised by 16-bit words carries frequencies of at most 16 bits; Huffman tables have the
 * same bound.
 */
export const MOST_BITS = 16;

/** Entries of positive weight. */
export function entryCount(model: Model): number {
  return model.symbols.length + (hasEscape(model) ? 1 : 0);
}

/** Whether the model can code every integer. */
export function hasEscape(model: Model): boolean {
  return model.weights[model.symbols.length] > 0;
}

/** Whether a symbol has an entry of its own. */
export function hasEntry({ symbols }: Model, symbol: number): boolean {
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (symbols[middle] < symbol) low = middle + 1;
    else high = middle;
  }
  return symbols[low] === symbol;
}

/** What makes a model unusable, or null: no coder may meet weights that do not add up. */
export function modelProblem(model: Model): string | null {
  const { coder, bits, symbols, weights } = model;
  const least = coder === 'rans' ? LEAST_RANS_BITS : 1;
  if (!(Number.isInteger(bits) && bits >= least && bits <= MOST_BITS)) {
    return `a ${coder} model has ${least}..${MOST_BITS} bits, not ${bits}`;
  }
  if (weights.length !== symbols.length + 1) {
    return `${symbols.length} symbols and the escape have ${weights.length} weights`;
  }
  for (let i = 1; i < symbols.length; i++) {
    if (symbols[i] <= symbols[i - 1]) return `symbol ${symbols[i]} follows ${symbols[i - 1]}`;
  }
  for (let i = 0; i < symbols.length; i++) if (weights[i] === 0) return `symbol ${symbols[i]} has weight 0`;
  if (entryCount(model) === 0) return 'it has no entries';
  return coder === 'rans' ? frequencyProblem(bits, weights) : lengthProblem(bits, weights, entryCount(model));
}

function frequencyProblem(bits: number, frequencies: Uint32Array): string | null {
  let sum = 0;
  for (const frequency of frequencies) sum += frequency;
  return sum === 2 ** bits ? null : `its frequencies sum to ${sum}, not ${2 ** bits}`;
}

function lengthProblem(bits: number, lengths: Uint32Array, entries: number): string | null {
  let longest = 0;
  let slots = 0;
  for (const length of lengths) {
    longest = Math.max(longest, length);
    if (length > 0) slots += 2 ** (bits - length);
  }
  if (longest !== bits) return `its longest code has ${longest} bits, not ${bits}`;
  // The one code of a single entry is empty: no prefix code of length 1 is complete.
  if (entries === 1) return bits === 1 ? null : `its only code has length ${bits}, not 1`;
  return slots === 2 ** bits ? null : `its codes fill ${slots} of ${2 ** bits} places`;
}

/**
 * Bits that an entry's occurrence takes; Infinity without such an entry. For rANS the ideal that many symbols
 * together come close to.
 */
export function entryBits(model: Model, entry: number): number {
  const weight = model.weights[entry];
  if (weight === 0) return Infinity;
  if (model.coder === 'rans') return model.bits - portableLog2(weight);
  return entryCount(model) === 1 ? 0 : weight;
}

/** Symbol → entry; the number of symbols (the escape's entry) for a symbol that the model lacks. */
export function entryFinder(model: Model): (symbol: number) => number {
  const { symbols } = model;
  const n = symbols.length;
  if (n === 0) return () => 0;
  const first = symbols[0];
  const span = symbols[n - 1] - first + 1;
  if (span <= DENSE_SPAN) {
    const entries = new Int32Array(span).fill(n);
    symbols.forEach((symbol, entry) => {
      entries[symbol - first] = entry;
    });
    return (symbol) => (symbol >= first && symbol - first < span ? entries[symbol - first] : n);
  }
  const entries = new Map(Array.from(symbols, (symbol, entry) => [symbol, entry]));
  return (symbol) => entries.get(symbol) ?? n;
}

/** Spans up to here get an array with a place for every symbol. */
const DENSE_SPAN = 2 ** 20;
