/**
 * Code lengths that agree with the codes chosen under them: assignment and lengths −log2 of the shares, in turns.
 *
 * Each round lessens Σ weight · error² + λ · bits. The levels stay where they are; one that died out does not come back.
 * Specification: docs/design/numerics.md §1.10.
 */
import {
  type Assigned,
  assignSorted,
  assignWeighted,
  type CodedLevels,
  countChange,
} from './cheapest-levels.ts';
import type { Data } from './data.ts';
import { idealLengths } from './ideal-lengths.ts';
import type { SortedSample } from './sorted-sample.ts';

/** Values with relative weights, or without and sorted. */
export type Weighed =
  | { readonly weights: null; readonly sample: SortedSample }
  | { readonly weights: Float64Array; readonly values: Data };

export interface Settling {
  /** The most rounds. */
  readonly iterations: number;
  /** Stop once the counts change by at most this share of the values. */
  readonly tolerance: number;
}

/** Levels with their settled lengths, and how many values took each in the last round. */
export interface Settled {
  readonly coded: CodedLevels;
  readonly counts: Float64Array;
}

/** Repeats assignment and lengths from given counts until the counts stay. */
export function settleLengths(
  data: Weighed,
  levels: Float64Array,
  started: ArrayLike<number>,
  lambda: number,
  { iterations, tolerance }: Settling,
): Settled {
  const size = data.weights === null ? data.sample.values.length : data.values.length;
  let coded: CodedLevels = { levels, lengths: idealLengths(started) };
  let counts = Float64Array.from(started);
  for (let round = 1; round < iterations; round++) {
    const assigned: Assigned =
      data.weights === null
        ? assignSorted(data.sample, coded, lambda)
        : assignWeighted(data.values, data.weights, coded, lambda);
    const change = countChange(assigned.counts, counts);
    if (change === 0) break;
    counts = Float64Array.from(assigned.counts);
    coded = { levels, lengths: idealLengths(counts) };
    if (change <= tolerance * size) break;
  }
  return { coded, counts };
}
