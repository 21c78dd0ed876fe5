/**
 * Trained levels of an entropy-coded quantiser in a list of fixed length: what the fit `ecsq(rate: r)` stores.
 *
 * `ecsq` finds how many levels it needs; a list of n holds them with the largest repeated, so that every code decodes and none but
 * the first of equal levels is chosen. Specification: docs/design/numerics.md §1.10; language.md, "Fit".
 */
import { type Data, requirePositive } from './data.ts';
import { ecsq } from './ecsq.ts';
import { fewDistinct } from './sorted-sample.ts';
import { mostBits } from './step-for-rate.ts';

/**
 * `count` ascending levels for codes of `rate` bits per value. Where training finds more than `count`, the neighbours whose joining
 * costs least error + λ · bits are joined until they fit. Data with at most `count` different values, or with less entropy
 * than the rate and so few, gives these values; with less entropy and more values, the rate is 98 % of the entropy.
 *
 * @param weights importance of each value, from 0
 * @throws TypeError if `values` is not a Float32Array or Float64Array.
 * @throws RangeError for no values, one that is not finite, or weights or a rate out of range.
 */
export function ecsqLevels(
  values: Data,
  count: number,
  rate: number,
  weights?: ArrayLike<number>,
): Float64Array {
  requirePositive('rate', rate);
  const distinct = fewDistinct(values.slice().sort(), count);
  const most = mostBits(values);
  // As many codes as values: only a rate below their entropy leaves something to train.
  if (distinct !== null && most <= rate) return padded(distinct, count);
  const trained = ecsq(
    values,
    { rate: Math.min(rate, 0.98 * most) },
    weights === undefined ? {} : { weights },
  );
  return padded(joined(trained.levels, trained.lengths, trained.lambda, count), count);
}

function padded(levels: Float64Array, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => levels[Math.min(k, levels.length - 1)]!);
}

/** Joins neighbours until `count` levels are left; each step the pair that adds least to mean square error + λ · rate. */
function joined(levels: Float64Array, lengths: Float64Array, lambda: number, count: number): Float64Array {
  const left = [...levels];
  const shares = [...lengths].map((bits) => 2 ** -bits);
  const cost = (k: number): number => {
    const [a, b] = [shares[k]!, shares[k + 1]!];
    const bits = (a + b) * Math.log2(a + b) - a * Math.log2(a) - b * Math.log2(b);
    return ((a * b) / (a + b)) * (left[k + 1]! - left[k]!) ** 2 - lambda * bits;
  };
  while (left.length > count) {
    let best = 0;
    for (let k = 1; k < left.length - 1; k++) if (cost(k) < cost(best)) best = k;
    const [a, b] = [shares[best]!, shares[best + 1]!];
    left.splice(best, 2, (a * left[best]! + b * left[best + 1]!) / (a + b));
    shares.splice(best, 2, a + b);
  }
  return Float64Array.from(left);
}
