/**
 * Data sorted once, so that a cell of a scalar quantiser is a stretch of indices: its weight, its centroid and its ends
 * come without a look at every value. Knows no quantiser.
 *
 * A sample without weights does not depend on the order of the data at all; with weights, equal values keep the order of
 * the data, so another order moves sums by rounding errors only.
 */
import { type Data, effectiveWeights, requireData } from './data.ts';
import { type RunSums, runSums } from './run-sums.ts';

export interface SortedSample {
  /** Ascending; values of weight 0 are left out. */
  readonly values: Data;
  /** Whether the values have different weights. */
  readonly weighted: boolean;
  /** Σ weight over the indices `from` <= i < `to`. */
  readonly weightOf: RunSums;
  /** Σ weight · value. */
  readonly sumOf: RunSums;
}

/**
 * Sorts a copy of the data. Weights that are all equal are no weights.
 * @throws TypeError, RangeError as `requireData` and `effectiveWeights`.
 */
export function sortedSample(data: Data, given?: ArrayLike<number>): SortedSample {
  requireData(data);
  const weights = effectiveWeights(given, data.length);
  if (weights === null) {
    const values = data.slice().sort();
    return { values, weighted: false, weightOf: (from, to) => to - from, sumOf: runSums(values, null) };
  }
  const pairs = sortedPairs(data, weights);
  return {
    values: pairs.values,
    weighted: true,
    weightOf: runSums(pairs.weights, null),
    sumOf: runSums(pairs.values, pairs.weights),
  };
}

/** The first index from `from` on whose value is above `x`; the length if none is. */
export function firstAbove(ascending: ArrayLike<number>, x: number, from = 0): number {
  let low = from;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first index whose value is not below `x`; the length if all are. */
export function firstFrom(ascending: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] >= x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The different values of ascending data, ascending, if there are at most `limit`; else null. */
export function fewDistinct(ascending: Data, limit: number): Float64Array | null {
  const distinct: number[] = [];
  for (let i = 0; i < ascending.length; i = firstAbove(ascending, ascending[i], i)) {
    if (distinct.length === limit) return null;
    distinct.push(ascending[i]);
  }
  return Float64Array.from(distinct);
}

interface Pairs {
  readonly values: Data;
  readonly weights: Float64Array;
}

/** Values of positive weight with their weights, by a bottom-up merge: stable, and quick on plain arrays. */
function sortedPairs(data: Data, weights: ArrayLike<number>): Pairs {
  let n = 0;
  for (let i = 0; i < data.length; i++) if (weights[i] > 0) n++;
  const like = (): Pairs => ({
    values: data instanceof Float32Array ? new Float32Array(n) : new Float64Array(n),
    weights: new Float64Array(n),
  });
  let from = like();
  let kept = 0;
  for (let i = 0; i < data.length; i++) {
    if (!(weights[i] > 0)) continue;
    from.values[kept] = data[i];
    from.weights[kept++] = weights[i];
  }
  let into = like();
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      merge(from, into, start, Math.min(start + width, n), Math.min(start + 2 * width, n));
    }
    [from, into] = [into, from];
  }
  return from;
}

/** Merges the sorted stretches start..middle and middle..end. */
function merge(from: Pairs, into: Pairs, start: number, middle: number, end: number): void {
  const { values, weights } = from;
  let left = start;
  let right = middle;
  for (let out = start; out < end; out++) {
    const takeLeft = left < middle && (right >= end || values[left] <= values[right]);
    const source = takeLeft ? left++ : right++;
    into.values[out] = values[source];
    into.weights[out] = weights[source];
  }
}
