/**
 * The step of a uniform grid whose entropy-coded codes have a given rate: the fit `step_for_rate`.
 *
 * A uniform grid with an ideal code is the best scalar quantiser at high rate (Gish & Pierce 1968), so the only choice left
 * is its step. Specification: docs/design/numerics.md §1.8, §3.4; language.md, "Fit".
 */
import { type Data, requireFromZero, requirePositive } from './data.ts';
import { valueEntropy } from './grid-rate.ts';
import { stepWithRate } from './rate-search.ts';
import { sortedSample } from './sorted-sample.ts';
import { sortedUrqRate } from './urq.ts';

/** Codes of larger magnitude would not fit the 32-bit integers that are coded. */
const LARGEST_CODE = 2 ** 31 - 1;

/** How near a rate has to be. */
const BITS = 1e-6;

/**
 * The step Δ whose codes x / Δ, rounded half to even, have an order-0 entropy of `rate` bits per value. The grid has no ends.
 *
 * The result is within 1e-6 bit where the data allows; a finite tensor's entropy is a staircase in Δ, with treads of about log2(n) / n
 * bits for n values that differ and wider ones for few different values, and where no tread is that near, the step with the nearest
 * rate found is the result. A rate need not fall with Δ everywhere; the search takes the coarsest octave in which it comes down
 * through `rate`. Scaling the data scales the step. Importance has no part in it: a code costs its length whatever it is worth.
 *
 * Memory: a sorted copy. Time: the sort.
 *
 * With a `trade` the rate is that of the codes of `urqCodes` with λ = trade · step² and equal weights, so that the step is finer than
 * plain rounding has it; 24 halvings.
 *
 * @param rate bits per value, above 0; the tables of a real coder come on top
 * @param trade worth of one bit in squared steps, from 0
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for no values, one that is not finite, a rate that is not positive or above the entropy of the values themselves
 *   (all zeros: any rate), a negative trade,
 *   or a rate that takes codes beyond 32 bits because of far outliers.
 */
export function stepForRate(values: Data, rate: number, trade = 0): number {
  requirePositive('rate', rate);
  requireFromZero('urq', trade);
  const sample = sortedSample(values);
  const ascending = sample.values;
  requireReachable(ascending, rate);
  const absmax = Math.max(-ascending[0], ascending[ascending.length - 1]);
  const step = stepWithRate((tried) => sortedUrqRate(sample, tried, trade), rate, {
    // At twice the absmax every value is at most half a step and rounds to 0: rate 0.
    coarsest: 2 * absmax,
    finest: absmax / LARGEST_CODE,
    within: BITS,
    halvings: trade === 0 ? 64 : 24,
  });
  if (step === null) {
    throw new RangeError(
      `rate: ${rate} bits take codes beyond 32 bits, because the largest of the values, ${absmax}, is far from the rest; ` +
        'keep outliers apart, or lower the rate',
    );
  }
  return step;
}

/** Bits per value when every different value has a code of its own: no grid's codes have more. */
export function mostBits(values: Data): number {
  return values.length === 0 ? 0 : valueEntropy(values.slice().sort());
}

/** @throws RangeError if codes of the ascending values cannot have so many bits each. */
export function requireReachable(ascending: Data, rate: number): void {
  const n = ascending.length;
  if (ascending[0] === 0 && ascending[n - 1] === 0) {
    throw new RangeError(
      'values: all are 0, so every step has rate 0; choose a step for such a tensor yourself',
    );
  }
  const most = valueEntropy(ascending);
  if (rate > most + BITS) {
    throw new RangeError(
      `rate: ${rate} bits per value, but the entropy of these ${n} values is ${most.toFixed(6)} bits, with every ` +
        'different value a code of its own; lower the rate, or train on more values',
    );
  }
}
