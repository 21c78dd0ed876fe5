/**
 * Which level a value takes when bits count too: the one with the least weight · (value − level)² + λ · length.
 *
 * Two ways to the same assignment. Without weights each level's values are an interval; its ends are shifted from the
 * midpoints by λ · Δlength / (2Δ) towards the longer code, and levels that win nowhere drop out. With weights the shift
 * differs from value to value, so every value looks outward from its nearest level.
 * Specification: docs/design/numerics.md §1.10; Chou, Lookabaugh & Gray (1989), "Entropy-constrained vector quantization".
 */
import { firstAbove, type SortedSample } from './sorted-sample.ts';

/** Levels, ascending and different, with the lengths of their codes in bits; Infinity: a code that cannot be used. */
export interface CodedLevels {
  readonly levels: Float64Array;
  readonly lengths: Float64Array;
}

/** What each level got. */
export interface Assigned {
  /** How many values. */
  readonly counts: Float64Array;
  /** Their weighted means; the level itself where there are none, or only values of weight 0. */
  readonly means: Float64Array;
}

/** The levels that win somewhere, as indices, ascending, and between each two of them the largest value that the lower takes. */
export interface Intervals {
  readonly winners: Int32Array;
  readonly thresholds: Float64Array;
}

/** The intervals of values without weights. A value on a threshold belongs to the lower level. */
export function intervalsOf({ levels, lengths }: CodedLevels, lambda: number): Intervals {
  const winners: number[] = [];
  const thresholds: number[] = [];
  const between = (a: number, b: number): number => {
    const shift = (lambda * (lengths[b] - lengths[a])) / (2 * (levels[b] - levels[a]));
    return (levels[a] + levels[b]) / 2 + shift;
  };
  // The costs less x² are lines in x: their lower envelope, built from the left.
  for (let k = 0; k < levels.length; k++) {
    if (lengths[k] === Infinity) continue;
    while (winners.length > 1) {
      if (between(winners[winners.length - 1], k) > thresholds[thresholds.length - 1]) break;
      winners.pop();
      thresholds.pop();
    }
    if (winners.length > 0) thresholds.push(between(winners[winners.length - 1], k));
    winners.push(k);
  }
  return { winners: Int32Array.from(winners), thresholds: Float64Array.from(thresholds) };
}

/** Assigns a sample without weights. */
export function assignSorted(sample: SortedSample, coded: CodedLevels, lambda: number): Assigned {
  const { winners, thresholds } = intervalsOf(coded, lambda);
  const counts = new Float64Array(coded.levels.length);
  const means = coded.levels.slice();
  let from = 0;
  for (let j = 0; j < winners.length; j++) {
    const to = j < thresholds.length ? firstAbove(sample.values, thresholds[j], from) : sample.values.length;
    counts[winners[j]] = to - from;
    if (to > from) means[winners[j]] = sample.sumOf(from, to) / (to - from);
    from = to;
  }
  return { counts, means };
}

/** Assigns values with weights; sums in index order. */
export function assignWeighted(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  coded: CodedLevels,
  lambda: number,
): Assigned {
  const size = coded.levels.length;
  const counts = new Float64Array(size);
  const mass = new Float64Array(size);
  const sums = new Float64Array(size);
  const cheapest = cheapestLevel(coded, lambda);
  for (let i = 0; i < values.length; i++) {
    const k = cheapest(values[i], weights[i]);
    counts[k]++;
    mass[k] += weights[i];
    sums[k] += weights[i] * values[i];
  }
  return { counts, means: sums.map((sum, k) => (mass[k] > 0 ? sum / mass[k] : coded.levels[k])) };
}

/** At least so many values changed their level between two assignments to as many levels. */
export function countChange(a: Float64Array, b: Float64Array): number {
  let change = 0;
  for (let k = 0; k < a.length; k++) change += Math.abs(a[k] - b[k]);
  return change / 2;
}

/** The level of one weighted value, as its index; of equally good ones the lowest. At least one length must be finite. */
export function cheapestLevel(
  { levels, lengths }: CodedLevels,
  lambda: number,
): (x: number, weight: number) => number {
  let shortest = 0;
  for (let k = 1; k < lengths.length; k++) if (lengths[k] < lengths[shortest]) shortest = k;
  const floor = lambda * lengths[shortest];
  return (x, weight) => {
    if (weight === 0) return shortest;
    const above = firstAbove(levels, x);
    let best = Infinity;
    let at = shortest;
    for (let k = above - 1; k >= 0; k--) {
      const error = weight * (x - levels[k]) ** 2;
      // Levels further out cannot win: their error only grows.
      if (error + floor > best) break;
      const cost = error + lambda * lengths[k];
      if (cost <= best && cost < Infinity) {
        best = cost;
        at = k;
      }
    }
    for (let k = above; k < levels.length; k++) {
      const error = weight * (x - levels[k]) ** 2;
      if (error + floor >= best) break;
      const cost = error + lambda * lengths[k];
      if (cost < best) {
        best = cost;
        at = k;
      }
    }
    return at;
  };
}
