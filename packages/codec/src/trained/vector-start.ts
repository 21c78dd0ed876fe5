/**
 * Where k-means starts: k-means++ (Arthur & Vassilvitskii 2007), each new centre drawn from the training vectors with
 * probability in proportion to its weighted square distance from the centres so far.
 *
 * Draw number i is numerics' `stochasticDraw(seed, i)`, so equal seeds give equal centres everywhere.
 */
import { stochasticDraw } from '@fewerbits/numerics';
import type { TrainingVectors } from './training-vectors.ts';

/** Masses are added in runs of this many vectors, so that a draw need not look at each. */
const RUN = 512;

/** `count` centres, row-major. If there are fewer different vectors, the last one drawn is repeated. */
export function plusPlusStart(training: TrainingVectors, count: number, seed: number): Float64Array {
  const { vectors, weights, dimension, size } = training;
  const centres = new Float64Array(count * dimension);
  // What a vector is drawn by: its weight for the first centre, then its least error so far.
  const mass = new Float64Array(size);
  const runs = new Float64Array(Math.ceil(size / RUN));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < dimension; j++) mass[i] += weights[i * dimension + j];
    runs[Math.floor(i / RUN)] += mass[i];
  }
  for (let c = 0; c < count; c++) {
    const drawn = drawIndex(mass, runs, stochasticDraw(seed, c));
    const to = c * dimension;
    if (drawn === -1) {
      centres.copyWithin(to, to - dimension, to);
      continue;
    }
    centres.set(vectors.subarray(drawn * dimension, (drawn + 1) * dimension), to);
    runs.fill(0);
    for (let i = 0; i < size; i++) {
      const bound = c === 0 ? Infinity : mass[i];
      let error = 0;
      const at = i * dimension;
      for (let j = 0; j < dimension && error < bound; j++) {
        const difference = vectors[at + j] - centres[to + j];
        error += weights[at + j] * difference * difference;
      }
      if (error < bound) mass[i] = error;
      runs[Math.floor(i / RUN)] += mass[i];
    }
  }
  return centres;
}

/** The index where the running sum of masses passes `share` of their sum; -1 if all are 0. */
function drawIndex(mass: Float64Array, runs: Float64Array, share: number): number {
  let total = 0;
  for (const sum of runs) total += sum;
  if (!(total > 0)) return -1;
  let left = share * total;
  let last = -1;
  for (let run = 0; run < runs.length; run++) {
    if (left >= runs[run]) {
      left -= runs[run];
      continue;
    }
    for (let i = run * RUN; i < Math.min((run + 1) * RUN, mass.length); i++) {
      if (mass[i] === 0) continue;
      last = i;
      left -= mass[i];
      if (left < 0) return i;
    }
  }
  // Rounding can leave a crumb beyond the last mass.
  if (last === -1) for (let i = 0; i < mass.length; i++) if (mass[i] > 0) last = i;
  return last;
}
