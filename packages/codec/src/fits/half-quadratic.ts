/**
 * HQQ: a real zero point for each tile by half-quadratic splitting, under the scale that the tile's range gives.
 *
 * The error x - value is held to be sparse: it is shrunk in the L_p norm (p < 1), and the zero point moves to the mean of what
 * then remains, code - (x - shrunk) / scale. The tiles of a tensor step together and stop together, when the mean |x - value|
 * of the whole tensor no longer falls, as in the peer: so a tile's result depends on the others by the number of its steps.
 * Arithmetic in binary32, one rounding for each operation; sums in binary64 in index order, rounded once.
 * Follows mobiusml/hqq e0b1d00, hqq/core/optimize.py `optimize_weights_proximal_legacy` and quantize.py; that code names
 * kappa 1.01 and leaves beta as it is (`kappa: 1`), the paper and `_v2` multiply. docs/design/language.md, "Fit".
 */
import { roundHalfEven } from '@fewerbits/numerics';
import type { Reals } from '../values.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';

const f = Math.fround;

/** A range below this is no range: the scale is then 1. */
const LEAST_RANGE = 1e-4;

/** The most steps of a code to a unit of weight: the scale, its inverse, must be a number of f16. */
const MOST_CODES = 2e4;

export const halfQuadratic: TileFit = {
  results: ['scale', 'zero', 'codes'],
  hasCodes: true,
  perWeight: [],
  perTile: [],
  constants: { levels: null, steps: 20, p: 0.7, beta: 10, kappa: 1.01 },
  words: {},
  numbers: [],
  run: (input) => runTogether([input])[0]!,
  runTogether,
};

/** One tile on its way: `perUnit` codes to a unit of weight (the inverse of the scale) and the zero point. */
interface Tile {
  readonly x: Reals;
  readonly perUnit: number;
  zero: number;
}

function runTogether(inputs: readonly FitInput[]): FitResult[] {
  const { levels, steps, p, beta, kappa } = (inputs[0]?.constants ?? {}) as Record<string, number>;
  const top = levels! - 1;
  const tiles = inputs.map(({ x }) => startOf(x, top));
  const count = tiles.reduce((sum, { x }) => sum + x.length, 0);
  let least = Number.POSITIVE_INFINITY;
  let strength = beta!;
  for (let step = 0; step < steps!; step++) {
    const error = f(tiles.reduce((sum, tile) => sum + improve(tile, top, p!, strength), 0) / count);
    // The peer looks at the error after it has moved the zero points, and keeps the last move.
    if (!(error < least)) break;
    least = error;
    strength *= kappa!;
  }
  return tiles.map(({ x, perUnit, zero }) => ({
    reals: [f(1 / perUnit), zero],
    codes: Float32Array.from(x, (value) => codeOf(value, perUnit, zero, top)),
  }));
}

/** What the range of a tile gives: plain min/max quantisation. */
function startOf(x: Reals, top: number): Tile {
  let min = x[0] ?? 0;
  let max = min;
  for (const value of x) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const range = f(max - min);
  const perUnit = range <= f(LEAST_RANGE) ? 1 : Math.min(f(top / range), MOST_CODES);
  return { x, perUnit, zero: f(-min * perUnit) };
}

function codeOf(value: number, perUnit: number, zero: number, top: number): number {
  return Math.max(0, Math.min(top, roundHalfEven(f(f(value * perUnit) + zero))));
}

/** Moves the zero point of a tile one step; the sum of |x - value| before it moved. */
function improve(tile: Tile, top: number, p: number, strength: number): number {
  const { x, perUnit, zero } = tile;
  let errors = 0;
  let zeros = 0;
  for (const value of x) {
    const code = codeOf(value, perUnit, zero, top);
    const error = f(value - f(f(code - zero) / perUnit));
    errors += Math.abs(error);
    zeros += f(code - f(f(value - shrink(error, p, strength)) * perUnit));
  }
  if (x.length > 0) tile.zero = f(zeros / x.length);
  return errors;
}

/** The error of least |e|^p + strength / 2 · (e - error)², nearly: smaller by |error|^(p-1) / strength, but not beyond 0. */
function shrink(error: number, p: number, strength: number): number {
  const size = Math.abs(error);
  const shrunk = f(size - f(f(1 / strength) * f(size ** (p - 1))));
  return shrunk > 0 ? Math.sign(error) * shrunk : 0;
}
