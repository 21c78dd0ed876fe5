/**
 * A codebook of vectors trained on data: k-means (generalised Lloyd: Linde, Buzo & Gray 1980) for weighted square error.
 *
 * Knows vectors and weights, not tensors, scales or the storage of the table. Specification: docs/design/numerics.md §1.4.
 * Cells are exact; `nearest-centres.ts` says how most comparisons are saved.
 */
import { type Data, requireFromZero, requireWhole } from './data.ts';
import {
  assignNearest,
  followCentres,
  moveVector,
  type Nearest,
  squareError,
  startNearest,
} from './nearest-centres.ts';
import { type TrainingVectors, trainingVectors } from './training-vectors.ts';
import { plusPlusStart } from './vector-start.ts';

export interface VectorCodebookOptions {
  /** Importance, from 0: one for each vector, or one for each component. Left out, or all equal: everything counts the same. */
  readonly weights?: ArrayLike<number>;
  /** The most rounds of cells and centroids, from 0; 50 if left out. */
  readonly iterations?: number;
  /** Stop once at most this share of the vectors changes its cell; 1e-2 if left out, 0: at the fixed point. */
  readonly tolerance?: number;
  /** Of the start's draws: an integer of 32 bits; 0 if left out. */
  readonly seed?: number;
}

/**
 * `count` vectors of `dimension` components, row-major, in lexicographic order, that lessen Σ weight · (component − nearest vector's)²
 * round by round.
 *
 * Start: k-means++ with draws from `stochasticDraw(seed, i)`. A cell without vectors is refilled with the vector of the largest error
 * (the earliest of equals), which leaves its own cell; if no error is left, there are fewer different vectors than `count` and some of
 * the result are equal. More than 2^17 vectors are trained on evenly spaced 2^17 of them (`TRAINING_LIMIT`), so time and memory do not
 * grow with the tensor; the time is at most that of 2^17 · count · dimension · (iterations + 1) multiplications, mostly far less.
 *
 * @param values n × dimension, row-major
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for values that are no whole number of vectors, none or not finite, weights of another number or out of range,
 *   or options out of range.
 */
export function vectorCodebook(
  values: Data,
  dimension: number,
  count: number,
  options: VectorCodebookOptions = {},
): Float64Array {
  const { weights, iterations = 50, tolerance = 1e-2, seed = 0 } = options;
  requireWhole('count', count, 1);
  requireWhole('iterations', iterations, 0);
  requireFromZero('tolerance', tolerance);
  if ((seed | 0) !== seed && seed >>> 0 !== seed)
    throw new RangeError(`seed: an integer of 32 bits, not ${seed}`);
  const training = trainingVectors(values, dimension, weights);
  const centres = plusPlusStart(training, count, seed);
  const nearest = startNearest(training);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const changed = assignNearest(training, centres, nearest);
    if (iteration > 0 && changed <= tolerance * training.size) break;
    refill(training, centres, nearest);
    const before = centres.slice();
    moveToCentroids(training, nearest.cells, centres);
    followCentres(training, before, centres, nearest);
  }
  return inOrder(centres, dimension);
}

/** Gives every empty cell the vector of largest error, as long as there is one. */
function refill(training: TrainingVectors, centres: Float64Array, nearest: Nearest): void {
  const { dimension, size } = training;
  const { cells } = nearest;
  const sizes = new Int32Array(centres.length / dimension);
  for (const cell of cells) sizes[cell]++;
  if (!sizes.includes(0)) return;
  const errors = Float64Array.from({ length: size }, (_, i) =>
    squareError(training, i * dimension, centres, cells[i] * dimension, Infinity),
  );
  for (let c = 0; c < sizes.length; c++) {
    if (sizes[c] > 0) continue;
    let worst = 0;
    for (let i = 1; i < size; i++) if (errors[i] > errors[worst]) worst = i;
    if (!(errors[worst] > 0)) return;
    sizes[cells[worst]]--;
    sizes[c]++;
    errors[worst] = 0;
    moveVector(nearest, worst, c);
  }
}

/** Weighted means of the cells, component by component, summed in index order; what has no weight in a cell stays. */
function moveToCentroids(
  { vectors, weights, dimension, size }: TrainingVectors,
  cells: Int32Array,
  centres: Float64Array,
): void {
  const mass = new Float64Array(centres.length);
  const sums = new Float64Array(centres.length);
  for (let i = 0; i < size; i++) {
    const to = cells[i] * dimension;
    const at = i * dimension;
    for (let j = 0; j < dimension; j++) {
      mass[to + j] += weights[at + j];
      sums[to + j] += weights[at + j] * vectors[at + j];
    }
  }
  for (let k = 0; k < centres.length; k++) if (mass[k] > 0) centres[k] = sums[k] / mass[k];
}

/** The centres in lexicographic order. */
function inOrder(centres: Float64Array, dimension: number): Float64Array {
  const rows = Array.from({ length: centres.length / dimension }, (_, c) =>
    centres.subarray(c * dimension, (c + 1) * dimension),
  );
  rows.sort((a, b) => {
    const j = a.findIndex((x, k) => x !== b[k]);
    return j === -1 ? 0 : a[j] - b[j];
  });
  const sorted = new Float64Array(centres.length);
  for (const [c, row] of rows.entries()) sorted.set(row, c * dimension);
  return sorted;
}
