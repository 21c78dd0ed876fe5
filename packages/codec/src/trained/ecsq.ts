/**
 * Entropy-constrained Lloyd: levels of a scalar quantiser whose codes are entropy coded, for the least error at a rate.
 *
 * Minimises mean square error + λ · bits (Chou, Lookabaugh & Gray 1989): values take the level of least d² + λ · length,
 * levels become the means of their values, lengths −log2 of their shares. Specification: docs/design/numerics.md §1.10.
 * The number of levels is found, not given: levels that nothing takes drop out. Knows no coder and no storage.
 */
import {
  type Assigned,
  assignSorted,
  assignWeighted,
  type CodedLevels,
  cheapestLevel,
  countChange,
} from './cheapest-levels.ts';
import {
  type Data,
  effectiveWeights,
  requireData,
  requireFromZero,
  requirePositive,
  requireWhole,
} from './data.ts';
import { entropyOfCounts, visitGridCells } from './grid-rate.ts';
import { idealLengths } from './ideal-lengths.ts';
import { stepWithRate } from './rate-search.ts';
import { relativeWeights } from './relative-weights.ts';
import { type SortedSample, sortedSample } from './sorted-sample.ts';
import { requireReachable } from './step-for-rate.ts';
import { strideIndex } from './stride.ts';

/** What to train for: a rate in bits per value, or the worth of one bit in squared units of the values. */
export type EcsqTarget = { readonly rate: number } | { readonly lambda: number };

export interface EcsqOptions {
  /** Importance of each value, from 0, relative to their mean: its square error counts so often; its bits count once. */
  readonly weights?: ArrayLike<number>;
  /** The most rounds for one λ, from 1; 1000 if left out. */
  readonly iterations?: number;
  /** Stop once the counts of levels change by at most this share of the values; left out: 0, but 1e-4 with weights that differ. */
  readonly tolerance?: number;
}

export interface Ecsq {
  /** Ascending. */
  readonly levels: Float64Array;
  /** Ideal length of each level's code in bits: −log2 of its share. */
  readonly lengths: Float64Array;
  /** The worth of one bit that they were trained for. */
  readonly lambda: number;
  /** Bits per value, the mean of the lengths: the entropy. */
  readonly rate: number;
  /** R: root of Σ weight · error² / Σ weight · value² (numerics.md §2.1). */
  readonly error: number;
}

/** With weights this many values, evenly apart, stand for the data: there, every round looks at every value. */
const WEIGHTED_SAMPLE = 2 ** 15;

/** λ / step² on a fine grid, where error² is step² / 12 and one bit halves the step: ln 2 / 6. */
const FINE_GRID = Math.LN2 / 6;

/**
 * Trains levels for a rate or a λ. The start is a uniform grid that trades bits at λ if it is fine (step² = 6 λ / ln 2); rounds follow
 * until nothing changes, each lowering mean square error + λ · rate. For a rate, λ is bisected on a logarithmic scale to
 * 1e-4 bit or the nearest of 20 halvings; each λ starts anew, so a λ of the result given again gives the same levels.
 *
 * With weights that differ, at most 2^15 values (value i of m: index floor(i·n/m)) are trained on, and rate and error are theirs.
 * Memory: a sorted copy of the data and an eighth of it.
 *
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for no values, all zeros, one that is not finite, weights out of range, a λ or rate that is not positive, or a
 *   rate above the entropy of the values themselves.
 */
export function ecsq(values: Data, target: EcsqTarget, options: EcsqOptions = {}): Ecsq {
  const { iterations = 1000 } = options;
  requireData(values);
  const weights = effectiveWeights(options.weights, values.length);
  const tolerance = options.tolerance ?? (weights === null ? 0 : 1e-4);
  requireWhole('iterations', iterations, 1);
  requireFromZero('tolerance', tolerance);
  const problem = startProblem(values, weights, { iterations, tolerance });
  if ('lambda' in target) {
    requirePositive('lambda', target.lambda);
    return result(train(problem, target.lambda), problem, target.lambda);
  }
  const { rate } = target;
  requirePositive('rate', rate);
  const ascending = problem.sample.values;
  requireReachable(ascending, rate);
  const absmax = Math.max(-ascending[0], ascending[ascending.length - 1]);
  const step = stepWithRate((tried) => rateOf(train(problem, lambdaOf(tried))), rate, {
    coarsest: 2 * absmax,
    finest: absmax / 2 ** 40,
    within: 1e-4,
    halvings: 20,
  });
  if (step === null) {
    throw new RangeError(
      `rate: no grid fine enough for ${rate} bits, because the largest of the values, ${absmax}, is far from the rest; ` +
        'keep outliers apart, or lower the rate',
    );
  }
  return result(train(problem, lambdaOf(step)), problem, lambdaOf(step));
}

const lambdaOf = (step: number): number => FINE_GRID * step * step;

/** What all rounds share. */
interface Problem {
  readonly values: Data;
  /** With mean 1, or null. */
  readonly weights: Float64Array | null;
  /** The values without weights. */
  readonly sample: SortedSample;
  readonly limits: Limits;
}

interface Limits {
  readonly iterations: number;
  readonly tolerance: number;
}

/** Levels that are all in use, ascending, and how many values each has. */
interface Trained {
  readonly levels: Float64Array;
  readonly counts: Float64Array;
}

function startProblem(data: Data, given: ArrayLike<number> | null, limits: Limits): Problem {
  if (data.every((x) => x === 0)) {
    throw new RangeError('values: all are 0; one level, 0, and no bits hold such a tensor');
  }
  if (given === null) return { values: data, weights: null, sample: sortedSample(data), limits };
  const size = Math.min(data.length, WEIGHTED_SAMPLE);
  const values = data.slice(0, size);
  const weights = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const index = strideIndex(i, size, data.length);
    values[i] = data[index];
    weights[i] = given[index];
  }
  return {
    values,
    weights: relativeWeights(effectiveWeights(weights, size)),
    sample: sortedSample(values),
    limits,
  };
}

function train({ values, weights, sample, limits }: Problem, lambda: number): Trained {
  let now = gridStart(sample, Math.sqrt(lambda / FINE_GRID));
  for (let round = 0; round < limits.iterations; round++) {
    const coded: CodedLevels = { levels: now.levels, lengths: idealLengths(now.counts) };
    const next = inUse(
      weights === null ? assignSorted(sample, coded, lambda) : assignWeighted(values, weights, coded, lambda),
    );
    const settled =
      next.counts.length === now.counts.length &&
      countChange(next.counts, now.counts) <= limits.tolerance * values.length;
    now = next;
    if (settled) break;
  }
  return now;
}

function gridStart(sample: SortedSample, step: number): Trained {
  const levels: number[] = [];
  const counts: number[] = [];
  visitGridCells(sample.values, step, (_, from, to) => {
    levels.push(sample.sumOf(from, to) / (to - from));
    counts.push(to - from);
  });
  return { levels: Float64Array.from(levels), counts: Float64Array.from(counts) };
}

/** The means of levels that were taken; weights can carry one past its neighbour, so they are sorted again, equal ones joined. */
function inUse({ counts, means }: Assigned): Trained {
  const order = Array.from(counts.keys())
    .filter((k) => counts[k] > 0)
    .sort((a, b) => means[a] - means[b]);
  const levels: number[] = [];
  const joined: number[] = [];
  for (const k of order) {
    if (levels.length > 0 && levels[levels.length - 1] === means[k]) joined[joined.length - 1] += counts[k];
    else {
      levels.push(means[k]);
      joined.push(counts[k]);
    }
  }
  return { levels: Float64Array.from(levels), counts: Float64Array.from(joined) };
}

function rateOf({ counts }: Trained): number {
  return entropyOfCounts(
    counts,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

/** Rate and error of the values at the levels that the last round's lengths give them. */
function result(trained: Trained, { values, weights }: Problem, lambda: number): Ecsq {
  const lengths = idealLengths(trained.counts);
  const cheapest = cheapestLevel({ levels: trained.levels, lengths }, lambda);
  let error = 0;
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights === null ? 1 : weights[i];
    const level = trained.levels[cheapest(values[i], weight)];
    error += weight * (values[i] - level) ** 2;
    square += weight * values[i] ** 2;
  }
  return { levels: trained.levels, lengths, lambda, rate: rateOf(trained), error: Math.sqrt(error / square) };
}
