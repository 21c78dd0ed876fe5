/**
 * The nearest centre of every training vector, kept from round to round of k-means.
 *
 * Exact up to rounding, with two savings. Bounds (Hamerly 2010): a vector whose centre is surely nearer than every other is
 * not looked at; they hold under weights too, since the weighted distance is a norm, at most √(largest weight) times the
 * plain one. And a centre whose first component alone is too far is not compared.
 */
import { firstAbove } from './sorted-sample.ts';
import type { TrainingVectors } from './training-vectors.ts';

export interface Nearest {
  /** The centre of each vector. */
  readonly cells: Int32Array;
  /** At least the weighted distance to it. */
  readonly upper: Float64Array;
  /** At most the weighted distance to any other. */
  readonly lower: Float64Array;
  /** Root of each vector's largest weight: how much a centre's move can count. */
  readonly reach: Float64Array;
}

/** Nothing known yet. */
export function startNearest({ weights, dimension, size }: TrainingVectors): Nearest {
  const reach = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < dimension; j++) reach[i] = Math.max(reach[i], Math.sqrt(weights[i * dimension + j]));
  }
  return {
    cells: new Int32Array(size),
    upper: new Float64Array(size).fill(Infinity),
    lower: new Float64Array(size),
    reach,
  };
}

/** Finds the nearest centres; of equally near ones it stays with the one it had, or takes the lowest. Returns how many changed. */
export function assignNearest(training: TrainingVectors, centres: Float64Array, nearest: Nearest): number {
  const { vectors, weights, dimension, size } = training;
  const { cells, upper, lower } = nearest;
  const count = centres.length / dimension;
  const order = Array.from({ length: count }, (_, c) => c).sort(
    (a, b) => centres[a * dimension] - centres[b * dimension] || a - b,
  );
  const first = Float64Array.from(order, (c) => centres[c * dimension]);
  let changed = 0;
  for (let i = 0; i < size; i++) {
    if (upper[i] < lower[i]) continue;
    const at = i * dimension;
    const previous = cells[i];
    let best = squareError(training, at, centres, previous * dimension, Infinity);
    upper[i] = Math.sqrt(best);
    if (upper[i] < lower[i]) continue;

    // Outward from the nearest first component, until that component alone is too far even for the second best.
    let cell = previous;
    let second = Infinity;
    const x = vectors[at];
    const weight = weights[at];
    let down = firstAbove(first, x) - 1;
    let up = down + 1;
    while (down >= 0 || up < count) {
      const goDown = up >= count || (down >= 0 && x - first[down] <= first[up] - x);
      const rank = goDown ? down-- : up++;
      const away = x - first[rank];
      if (weight * away * away > second) break;
      const c = order[rank];
      if (c === previous) continue;
      const error = squareError(training, at, centres, c * dimension, second);
      if (error < best || (error === best && cell !== previous && c < cell)) {
        second = best;
        best = error;
        cell = c;
      } else if (error < second) second = error;
    }
    if (cell !== previous) changed++;
    cells[i] = cell;
    upper[i] = Math.sqrt(best);
    lower[i] = Math.sqrt(second);
  }
  return changed;
}

/** Puts a vector into another cell whatever the distances: what was known of it is lost. */
export function moveVector({ cells, upper, lower }: Nearest, vector: number, cell: number): void {
  cells[vector] = cell;
  upper[vector] = Infinity;
  lower[vector] = 0;
}

/** Loosens the bounds by how far the centres moved. */
export function followCentres(
  { dimension, size }: TrainingVectors,
  before: Float64Array,
  after: Float64Array,
  { cells, upper, lower, reach }: Nearest,
): void {
  const moves = new Float64Array(after.length / dimension);
  let farthest = 0;
  for (let c = 0; c < moves.length; c++) {
    let square = 0;
    for (let k = c * dimension; k < (c + 1) * dimension; k++) square += (after[k] - before[k]) ** 2;
    moves[c] = Math.sqrt(square);
    if (moves[c] > moves[farthest]) farthest = c;
  }
  let next = 0;
  for (let c = 0; c < moves.length; c++) if (c !== farthest && moves[c] > next) next = moves[c];
  for (let i = 0; i < size; i++) {
    upper[i] += reach[i] * moves[cells[i]];
    lower[i] -= reach[i] * (cells[i] === farthest ? next : moves[farthest]);
  }
}

/** The weighted square error of the vector at `at` against the centre at `from`; anything above `bound` once it is above. */
export function squareError(
  { vectors, weights, dimension }: TrainingVectors,
  at: number,
  centres: Float64Array,
  from: number,
  bound: number,
): number {
  let error = 0;
  for (let j = 0; j < dimension && error <= bound; j++) {
    const difference = vectors[at + j] - centres[from + j];
    error += weights[at + j] * difference * difference;
  }
  return error;
}
