/**
 * Codes of values that take levels of a fixed list, entropy coded: least weight · error² + λ · length.
 *
 * The lengths are those of an ideal code of the codes themselves, found in turns from the nearest levels. λ is given, or found
 * for a rate. Specification: docs/design/numerics.md §1.10. Knows no coder and no storage.
 */
import { type CodedLevels, cheapestLevel } from './cheapest-levels.ts';
import { type Data, effectiveWeights, requireFromZero, requirePositive } from './data.ts';
import { entropyOfCounts } from './grid-rate.ts';
import { relativeWeights } from './relative-weights.ts';
import { type Settled, settleLengths, type Weighed } from './settled-lengths.ts';
import { firstAbove, firstFrom, sortedSample } from './sorted-sample.ts';

/** The worth of one bit in squared units of the values, or the bits per value that the codes may have. */
export type ListTarget = { readonly lambda: number } | { readonly rate: number };

const LIMITS = { iterations: 200, tolerance: 1e-5 };

/** How often λ is doubled until the rate is low enough, and halved between the two. */
const DOUBLINGS = 200;
const HALVINGS = 20;

/** Bits: how near to a rate is near enough. */
const BITS = 1e-4;

/**
 * The index of each value's level. λ = 0, or a rate that the nearest levels do not exceed: the nearest, the lower of two as near.
 * For a rate λ is the smallest of a bisection (20 halvings on a logarithmic scale, 1e-4 bit) whose codes have at most that rate.
 *
 * @param levels ascending, different, finite
 * @param weights importance of each value, from 0, relative to their mean
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for no values, one that is not finite, weights, a λ or a rate out of range.
 */
export function listCodes(
  values: Data,
  levels: Float64Array,
  target: ListTarget,
  given?: ArrayLike<number>,
): Int32Array {
  const weights = relativeWeights(effectiveWeights(given, values.length));
  const sample = sortedSample(values);
  const data: Weighed = weights === null ? { weights, sample } : { weights, values };
  const midpoints = Float64Array.from(
    { length: levels.length - 1 },
    (_, k) => (levels[k]! + levels[k + 1]!) / 2,
  );
  const nearest = new Float64Array(levels.length);
  let from = 0;
  for (let k = 0; k < levels.length; k++) {
    const to = k < midpoints.length ? firstAbove(sample.values, midpoints[k]!, from) : values.length;
    nearest[k] = to - from;
    from = to;
  }
  const settle = (lambda: number): Settled => settleLengths(data, levels, nearest, lambda, LIMITS);
  const rateOf = ({ counts }: Settled): number => entropyOfCounts(counts, values.length);

  let lambda: number;
  if ('lambda' in target) {
    requireFromZero('lambda', target.lambda);
    lambda = target.lambda;
  } else {
    requirePositive('rate', target.rate);
    lambda =
      entropyOfCounts(nearest, values.length) <= target.rate
        ? 0
        : lambdaFor(target.rate, levels, (tried) => rateOf(settle(tried)));
  }
  if (lambda === 0) return Int32Array.from(values, (value) => firstFrom(midpoints, value));
  return assigned(values, weights, settle(lambda).coded, lambda);
}

function lambdaFor(rate: number, levels: Float64Array, rateAt: (lambda: number) => number): number {
  const spacing = (levels[levels.length - 1]! - levels[0]!) / (levels.length - 1);
  let low = (spacing * spacing) / 2 ** 20;
  let high = low;
  for (let k = 0; k < DOUBLINGS && rateAt(high) > rate; k++) {
    low = high;
    high *= 4;
  }
  for (let k = 0; k < HALVINGS; k++) {
    const middle = low * Math.sqrt(high / low);
    if (!(middle > low && middle < high)) break;
    const found = rateAt(middle);
    if (found > rate) low = middle;
    else {
      high = middle;
      if (rate - found <= BITS) break;
    }
  }
  return high;
}

function assigned(
  values: Data,
  weights: Float64Array | null,
  coded: CodedLevels,
  lambda: number,
): Int32Array {
  const cheapest = cheapestLevel(coded, lambda);
  const codes = new Int32Array(values.length);
  for (let i = 0; i < codes.length; i++) codes[i] = cheapest(values[i]!, weights === null ? 1 : weights[i]!);
  return codes;
}
