/**
 * The grids of probabilities that a density's levels are quantiles of, for any number of levels.
 *
 * Specification: docs/design/numerics.md, section 1.2, which gives them for even n. For odd n the same formulas hold with the lower
 * part (which ends at 1/2, the level 0) of ceil(n/2) points and the upper part of floor(n/2); `asymmetric` is then the symmetric grid,
 * and exactly n levels result in every mode. `repeat_zero` gives the odd level to the upper part, as `asymmetric` does for even n.
 */

/** `symmetric`: mirrored, 0 only for odd counts; `asymmetric`: with 0; `repeat_zero`: two halves that both hold 0. */
export type DensityMode = 'symmetric' | 'asymmetric' | 'repeat_zero';

/** A probability, as the distance from the nearer end, so that both tails keep their digits: p = tail below 1/2, 1 - tail above. */
export interface GridPoint {
  /** 0..1/2. */
  readonly tail: number;
  /** -1 below the median, 1 above, 0 on it. */
  readonly side: -1 | 0 | 1;
}

/** @throws RangeError for a count too small for the grid, or a mode that the scaling does not have. */
export function densityGrid(by: 'rms' | 'absmax' | 'signmax', mode: DensityMode, n: number): GridPoint[] {
  if (by === 'signmax' && mode !== 'asymmetric') {
    throw new RangeError(`density: signmax has one grid, asymmetric (0 and +1, no -1); leave ${mode} out`);
  }
  const least =
    by === 'absmax' ? { symmetric: 2, asymmetric: 3, repeat_zero: 4 }[mode] : mode === 'symmetric' ? 1 : 2;
  if (n < least)
    throw new RangeError(`density: ${mode} scaled ${by} needs at least ${least} levels, got ${n}`);
  if (mode === 'symmetric') {
    return by === 'rms' ? points(n, (i) => [i + 1, n + 1]) : points(n, (i) => [i, n - 1]);
  }
  const below = mode === 'repeat_zero' ? Math.floor(n / 2) : Math.ceil(n / 2);
  const above = n - below;
  // Each part as fractions of the whole; the lower one ends at 1/2.
  const lower =
    by === 'absmax' ? points(below, (i) => [i, 2 * (below - 1)]) : points(below, (i) => [i + 1, 2 * below]);
  return [...lower, ...upperPart(by, mode, above)];
}

function upperPart(by: 'rms' | 'absmax' | 'signmax', mode: DensityMode, n: number): GridPoint[] {
  if (mode === 'repeat_zero') {
    const steps = by === 'rms' ? n : n - 1;
    return points(n, (i) => [steps + i, 2 * steps]);
  }
  const steps = by === 'rms' ? n + 1 : n;
  return points(n, (i) => [steps + i + 1, 2 * steps]);
}

/** Points at top / bottom, told apart at the median in integers. */
function points(n: number, fraction: (i: number) => readonly [top: number, bottom: number]): GridPoint[] {
  return Array.from({ length: n }, (_, i) => {
    const [top, bottom] = fraction(i);
    const side = Math.sign(2 * top - bottom) as -1 | 0 | 1;
    return { tail: (side > 0 ? bottom - top : top) / bottom, side };
  });
}
