/**
 * Levels without training: at even quantiles of the cube root of the data's density, which is where the best levels
 * are when there are many (Panter & Dite 1951). Specification: docs/design/numerics.md §1.3, `cuberoot`.
 *
 * Between two neighbouring knots, `mass` of the data lies on a `width`: its density is mass / width, and the cube root of
 * that covers (mass · width²)^(1/3). With a knot at every value of unweighted data this is gap^(2/3).
 */
import { exponentOf, pow2 } from '@fewerbits/numerics';
import type { SortedSample } from './sorted-sample.ts';

/** Knots are at every value up to here, then at this many ranks evenly apart. */
const KNOTS = 2 ** 16;

/** `count` ascending levels for a sample with more than `count` different values. */
export function cubeRootStart(sample: SortedSample, count: number): Float64Array {
  const { values, weightOf } = sample;
  const last = values.length - 1;
  const intervals = Math.min(last, KNOTS - 1);
  const knot = (j: number): number => Math.floor((j * last) / intervals);
  const range = values[last] - values[0];
  const all = weightOf(0, values.length);

  const covered = new Float64Array(intervals + 1);
  for (let j = 0; j < intervals; j++) {
    const width = (values[knot(j + 1)] - values[knot(j)]) / range;
    const mass = weightOf(knot(j), knot(j + 1)) / all;
    covered[j + 1] = covered[j] + cubeRoot(mass * width * width);
  }

  const levels = new Float64Array(count);
  let j = 0;
  for (let k = 0; k < count; k++) {
    const wanted = ((k + 0.5) / count) * covered[intervals];
    while (covered[j + 1] < wanted) j++;
    const share = (wanted - covered[j]) / (covered[j + 1] - covered[j]);
    const low = values[knot(j)];
    levels[k] = low + share * (values[knot(j + 1)] - low);
  }
  return levels;
}

/** The cube root of a >= 0 by Newton's rule: `Math.cbrt` may differ between engines, and bytes must not. */
function cubeRoot(a: number): number {
  if (a === 0) return 0;
  const thirds = Math.floor(exponentOf(a) / 3);
  const mantissa = a / pow2(3 * thirds);
  // The mantissa is in 1..8. From above the root Newton falls monotonically; six steps reach full precision.
  let root = (mantissa + 5) / 6 + 0.25;
  for (let step = 0; step < 6; step++) root -= (root - mantissa / (root * root)) / 3;
  return root * pow2(thirds);
}
