/**
 * The scale of least weighted square error for values that are a scale times the nearest of given levels, exactly.
 *
 * Which level is nearest to x / scale changes only where x / scale crosses a midpoint: walking these scales from infinity to 0
 * visits every assignment that a positive scale can give. Under one assignment the error is Σ w x² − 2 s P + s² Q with P = Σ w x q,
 * Q = Σ w q², least at s = P / Q. The error under the nearest levels is the least over all assignments, so the best storable scale
 * is next to P / Q of one of them: both neighbours of each that can still win are tried. Binary64.
 * Specification: docs/design/language.md, "Fit" (`mse_scale`). Knows no tensors and no code numbers.
 */
import { firstAbove } from './sorted-sample.ts';

/** A scale, and by how much Σ w (x − scale · level)² is below Σ w x². */
export interface FoundScale {
  readonly scale: number;
  readonly gain: number;
}

/** The most crossings of one tile that are listed: 24 bytes each. */
export const MOST_CROSSINGS = 2 ** 25;

/**
 * The best positive scale that can be stored; null if none lowers the error below that of scale 0.
 *
 * Time: n·k crossings for n values and k levels, sorted. Values that are not finite and weights of 0 have no part in it.
 *
 * @param weights one for each value, from 0, or null
 * @param levels ascending, different, finite
 * @param storable the scales nearest to an ideal one that can be stored, on both sides
 * @throws RangeError for more than 2^25 crossings.
 */
export function meanSquareScale(
  x: ArrayLike<number>,
  weights: ArrayLike<number> | null,
  levels: Float64Array,
  storable: (ideal: number) => readonly number[],
): FoundScale | null {
  const walk = assignments(x, weights, levels);
  let first = -1;
  let most = 0;
  for (let k = 0; k < walk.gains.length; k++) {
    if (!(walk.gains[k]! > most)) continue;
    most = walk.gains[k]!;
    first = k;
  }
  if (first < 0) return null;
  let found: FoundScale | null = null;
  const consider = (k: number): void => {
    const products = walk.products[k]!;
    const squares = walk.squares[k]!;
    for (const scale of storable(products / squares)) {
      const gain = scale * (2 * products - scale * squares);
      if (scale > 0 && gain > (found?.gain ?? 0)) found = { scale, gain };
    }
  };
  consider(first);
  // No storable scale does better than the ideal one of its assignment.
  for (let k = 0; k < walk.gains.length; k++)
    if (walk.gains[k]! > ((found as FoundScale | null)?.gain ?? 0)) consider(k);
  return found;
}

/** P, Q and P² / Q (0 where P is not positive) of every assignment, from the largest scales to the smallest. */
interface Assignments {
  readonly products: Float64Array;
  readonly squares: Float64Array;
  readonly gains: Float64Array;
}

function assignments(
  x: ArrayLike<number>,
  weights: ArrayLike<number> | null,
  levels: Float64Array,
): Assignments {
  const midpoints = Float64Array.from(
    { length: levels.length - 1 },
    (_, j) => (levels[j]! + levels[j + 1]!) / 2,
  );
  // Under an endless scale every value stands at 0: a positive one just above it, a negative one just below.
  const above = firstAbove(midpoints, 0);
  let below = above;
  while (below > 0 && midpoints[below - 1] === 0) below--;
  const weightOf = (i: number): number =>
    Number.isFinite(x[i]!) && x[i] !== 0 ? (weights === null ? 1 : weights[i]!) : 0;

  let count = 0;
  for (let i = 0; i < x.length; i++)
    if (weightOf(i) > 0) count += x[i]! > 0 ? midpoints.length - above : below;
  if (count > MOST_CROSSINGS) {
    throw new RangeError(
      `mse_scale: ${x.length} values of ${levels.length} levels in one tile are too many to go through; use search`,
    );
  }
  const scales = new Float64Array(count);
  const values = new Int32Array(count);
  const steps = new Int32Array(count);
  let next = 0;
  let product = 0;
  let square = 0;
  for (let i = 0; i < x.length; i++) {
    const weight = weightOf(i);
    const value = x[i]!;
    if (value === 0) {
      // It costs what the level at 0 is away from it, under any scale.
      const nearest = Math.min(Math.abs(levels[below]!), Math.abs(levels[above]!));
      square += (weights === null ? 1 : weights[i]!) * nearest * nearest;
    }
    if (!(weight > 0)) continue;
    const start = levels[value > 0 ? above : below]!;
    product += weight * value * start;
    square += weight * start * start;
    const [from, to] = value > 0 ? [above, midpoints.length] : [0, below];
    for (let j = from; j < to; j++) {
      scales[next] = value / midpoints[j]!;
      values[next] = i;
      steps[next++] = j;
    }
  }
  const order = Int32Array.from(scales, (_, k) => k).sort((a, b) => scales[b]! - scales[a]! || a - b);

  const products = new Float64Array(count + 1);
  const squares = new Float64Array(count + 1);
  const gains = new Float64Array(count + 1);
  const note = (k: number): void => {
    products[k] = product;
    squares[k] = square;
    gains[k] = product > 0 && square > 0 ? (product / square) * product : 0;
  };
  note(0);
  for (let k = 0; k < count; k++) {
    const i = values[order[k]!]!;
    const j = steps[order[k]!]!;
    const outward = x[i]! > 0;
    const before = levels[outward ? j : j + 1]!;
    const after = levels[outward ? j + 1 : j]!;
    const weight = weightOf(i);
    product += weight * x[i]! * (after - before);
    square += weight * (after - before) * (after + before);
    note(k + 1);
  }
  return { products, squares, gains };
}
