/**
 * How often each symbol occurs, and what an ideal order-0 code would make of it. Knows no coder.
 * Specification: docs/design/bit-streams.md, "Symbols"; Shannon (1948) for the bound.
 */
import { portableLog2 } from './logarithm.ts';

/** Symbols that occur, ascending, and how often. */
export interface SymbolCounts {
  readonly symbols: Int32Array;
  /** Occurrences, at least 1 each. */
  readonly counts: Float64Array;
  /** Their sum. */
  readonly total: number;
}

/** Spans up to here are counted in an array with a place for every symbol; wider ones are sorted. */
const DENSE_SPAN = 2 ** 20;

/**
 * Counts symbols.
 * @throws RangeError naming the first symbol that is not an integer in -2^31..2^31-1.
 */
export function countSymbols(symbols: ArrayLike<number>): SymbolCounts {
  if (symbols.length === 0) return { symbols: new Int32Array(0), counts: new Float64Array(0), total: 0 };
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i];
    if ((symbol | 0) !== symbol) {
      throw new RangeError(`symbols[${i}] = ${symbol} is not an integer in -2^31..2^31-1`);
    }
    if (symbol < least) least = symbol;
    if (symbol > most) most = symbol;
  }
  return most - least < DENSE_SPAN ? countDense(symbols, least, most) : countSorted(symbols);
}

function countDense(symbols: ArrayLike<number>, least: number, most: number): SymbolCounts {
  const histogram = new Float64Array(most - least + 1);
  for (let i = 0; i < symbols.length; i++) histogram[symbols[i] - least]++;
  let distinct = 0;
  for (const count of histogram) if (count > 0) distinct++;
  const found = new Int32Array(distinct);
  const counts = new Float64Array(distinct);
  let entry = 0;
  for (let k = 0; k < histogram.length; k++) {
    if (histogram[k] === 0) continue;
    found[entry] = least + k;
    counts[entry++] = histogram[k];
  }
  return { symbols: found, counts, total: symbols.length };
}

function countSorted(symbols: ArrayLike<number>): SymbolCounts {
  const sorted = Int32Array.from(symbols).sort();
  let distinct = 0;
  const counts = new Float64Array(sorted.length);
  for (let i = 0; i < sorted.length; i++) {
    // Distinct symbols move to the front of the array that they were sorted in.
    if (i === 0 || sorted[i] !== sorted[distinct - 1]) sorted[distinct++] = sorted[i];
    counts[distinct - 1]++;
  }
  return { symbols: sorted.slice(0, distinct), counts: counts.slice(0, distinct), total: symbols.length };
}

/** The counts of several tensors together, for a model that they share. */
export function mergeCounts(parts: readonly SymbolCounts[]): SymbolCounts {
  const sums = new Map<number, number>();
  let total = 0;
  for (const part of parts) {
    total += part.total;
    part.symbols.forEach((symbol, i) => {
      sums.set(symbol, (sums.get(symbol) ?? 0) + part.counts[i]);
    });
  }
  const symbols = Int32Array.from(sums.keys()).sort();
  return { symbols, counts: Float64Array.from(symbols, (symbol) => sums.get(symbol)!), total };
}

/**
 * Σ count · log2(total / count): the bits of an ideal order-0 code for all occurrences, its model not
 * counted.
 */
export function idealBits({ counts, total }: SymbolCounts): number {
  let bits = 0;
  for (const count of counts) bits += count * portableLog2(total / count);
  return bits;
}
