/**
 * Levels trained on data: the scalar quantiser of least weighted square error, by the rule of Lloyd (1957) and Max (1960).
 *
 * Knows values and weights, not tensors, scales or the storage of the levels. Specification: docs/design/numerics.md §1.3;
 * cells and centroids are exact, on all of the data, in binary64, and no step is drawn at random.
 */

import { cubeRootStart } from './cube-root-start.ts';
import { type Data, requireFromZero, requireWhole } from './data.ts';
import { withoutEmptyCells } from './empty-cells.ts';
import { smoothStart } from './smooth-start.ts';
import { fewDistinct, firstAbove, type SortedSample, sortedSample } from './sorted-sample.ts';

export interface LloydMaxOptions {
  /** One for each value, from 0; relative to each other. Left out, or all equal: every value counts the same. */
  readonly weights?: ArrayLike<number>;
  /** Levels to start from, ascending; left out: two starts of which the better end counts. */
  readonly initial?: readonly number[];
  /** The most rounds of cells and centroids after the start, from 0; 10,000 if left out. */
  readonly iterations?: number;
  /** Stop once no level moves by more than this share of the data's range; 0, the default: at the fixed point. */
  readonly tolerance?: number;
}

const REFILLS = 16;

/**
 * `count` levels, ascending, that lessen Σ weight · (value − nearest level)² round by round until no value changes its cell. A value
 * half-way between two levels belongs to the lower. From `initial`, a cell without values keeps its level.
 *
 * Without `initial` there are two starts, and the end with the smaller error is the result: the even quantiles of the cube root of the
 * density, and these after rounds on a smoothed distribution, which spares fine data the many fixed points near the best
 * levels (`smooth-start.ts`). Levels that nothing is nearest to then split the cells of the largest error (`empty-cells.ts`).
 *
 * Data with at most `count` different values of positive weight gives these values, the largest repeated. The order of the data
 * does not matter. Memory: a sorted copy of the data and about an eighth of it. Time: the sort, then for each round about 100
 * operations for each level however many the values.
 *
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for no values, one that is not finite, a weight that is negative or not finite, options out of range, or
 *   initial levels that are not `count` ascending numbers.
 */
export function lloydMax(values: Data, count: number, options: LloydMaxOptions = {}): Float64Array {
  const { weights, initial, iterations = 10_000, tolerance = 0 } = options;
  requireWhole('count', count, 1);
  requireWhole('iterations', iterations, 0);
  requireFromZero('tolerance', tolerance);
  if (initial !== undefined) requireAscending(initial, count);

  const sample = sortedSample(values, weights);
  const distinct = fewDistinct(sample.values, count);
  if (distinct !== null) {
    return Float64Array.from({ length: count }, (_, k) => distinct[Math.min(k, distinct.length - 1)]);
  }
  if (initial !== undefined) return settled(Float64Array.from(initial), sample, iterations, tolerance);
  const rough = cubeRootStart(sample, count);
  const smooth = settledAndUsed(smoothStart(sample, rough), sample, iterations, tolerance);
  const plain = settledAndUsed(rough, sample, iterations, tolerance);
  return errorOf(plain, sample) < errorOf(smooth, sample) ? plain : smooth;
}

/** Settles the levels, and again with a place for those that nothing is nearest to, until there are none, or `REFILLS` times. */
function settledAndUsed(
  start: Float64Array,
  sample: SortedSample,
  iterations: number,
  tolerance: number,
): Float64Array {
  let levels = settled(start, sample, iterations, tolerance);
  for (let refill = 0; refill < REFILLS; refill++) {
    const used = withoutEmptyCells(levels, sample);
    if (used === null) break;
    levels = settled(used, sample, iterations, tolerance);
  }
  return levels;
}

/** Moves the levels to the centroids of their cells, again and again. */
function settled(
  start: Float64Array,
  sample: SortedSample,
  iterations: number,
  tolerance: number,
): Float64Array {
  const levels = start.slice();
  const { values, sumOf, weightOf } = sample;
  const least = tolerance * (values[values.length - 1] - values[0]);
  const ends = new Int32Array(levels.length).fill(-1);
  for (let iteration = 0; iteration < iterations; iteration++) {
    let fixed = true;
    let moved = 0;
    let from = 0;
    for (let k = 0; k < levels.length; k++) {
      const to = cellEnd(levels, k, values, from);
      if (to !== ends[k]) fixed = false;
      ends[k] = to;
      if (to > from) {
        // Rounding could carry a centroid past the ends of its cell, and levels past each other.
        const mean = sumOf(from, to) / weightOf(from, to);
        const centroid = Math.min(Math.max(mean, values[from]), values[to - 1]);
        moved = Math.max(moved, Math.abs(centroid - levels[k]));
        levels[k] = centroid;
      }
      from = to;
    }
    if (fixed || moved <= least) break;
  }
  return levels;
}

/** Σ weight · (value − nearest level)² but for a constant: what a choice between levels needs. */
function errorOf(levels: Float64Array, { values, sumOf, weightOf }: SortedSample): number {
  // Distances from a value in the middle, so that data far from 0 loses nothing.
  const origin = values[values.length >>> 1];
  let sum = 0;
  let from = 0;
  for (let k = 0; k < levels.length; k++) {
    const to = cellEnd(levels, k, values, from);
    const weight = weightOf(from, to);
    const level = levels[k] - origin;
    sum += level * (level * weight - 2 * (sumOf(from, to) - origin * weight));
    from = to;
  }
  return sum;
}

/** Where the cell of level k ends: a value half-way to the next level still belongs to it. */
function cellEnd(levels: Float64Array, k: number, values: Data, from: number): number {
  return k === levels.length - 1 ? values.length : firstAbove(values, (levels[k] + levels[k + 1]) / 2, from);
}

function requireAscending(initial: readonly number[], count: number): void {
  if (initial.length !== count) {
    throw new RangeError(`initial: ${initial.length} levels, ${count} are asked for`);
  }
  for (const [k, level] of initial.entries()) {
    if (!Number.isFinite(level)) throw new RangeError(`initial[${k}] is ${level}; levels are finite numbers`);
    if (k > 0 && !(level > initial[k - 1])) {
      throw new RangeError(`initial[${k}] = ${level} is not above the level before it; sort the levels`);
    }
  }
}
