/**
 * The relative error R that a scalar codebook has on ideal data: independent draws from a law, exact scales, no sampling.
 *
 * Follows docs/design/numerics.md §3.1–3.4: tensor scaling by closed-form partial moments, block scaling by an integral over the block's
 * maximum, uniform grids by sums over their cells. Codebooks are lists of levels; formats, and scales stored in few
 * bits, are beyond this file.
 */
import { type Law, partialMoments } from '@fewerbits/numerics';
import { secondMoment } from './asymptotics.ts';
import { integrate, integrateOutward } from './quadrature.ts';

/** How a block is scaled: by the largest magnitude, or by the element of largest magnitude with its sign. */
export interface BlockScaling {
  /** Elements in a block. */
  readonly block: number;
  readonly scaling: 'absmax' | 'signmax';
}

/** A level with the values that it is nearest to. */
interface Cell {
  readonly level: number;
  readonly from: number;
  readonly to: number;
}

/** Cells of a grid summed one by one on each side of 0; those beyond go into an integral (its error falls with their square). */
const GRID_CELLS = 2000;

/**
 * R of rounding draws from `law` to the nearest of `levels`, both in one unit: with a law of unit RMS, tensor scaling by the exact RMS.
 * @throws RangeError for no levels, one that is not finite, or a law without a finite second moment.
 */
export function tensorError(levels: ArrayLike<number>, law: Law): number {
  const square = secondMoment(law);
  let sum = 0;
  for (const { level, from, to } of cells(levels)) sum += squaredError(law, level, 1, from, to);
  return Math.sqrt(sum / square);
}

/** How sparse outliers are taken out, and how the rest is scaled. */
export interface SparseScaling {
  /** Share of the weights that are stored apart: the largest magnitudes, in 0..1 (1 excluded). */
  readonly ratio: number;
  /** Times the RMS of the rest; 1 by default. */
  readonly scale?: number;
}

/**
 * R of storing the share `ratio` of largest magnitudes exactly and rounding the rest to the nearest level times their own RMS, zeros in
 * place of the outliers counted (docs/design/numerics.md §1.6, §3.6). Levels are in units of that RMS; R does not depend on the law's
 * own scale.
 * @throws RangeError as `tensorError`, and for a ratio that is not in 0..1 or a scale that is not positive.
 */
export function sparseError(
  levels: ArrayLike<number>,
  law: Law,
  { ratio, scale = 1 }: SparseScaling,
): number {
  if (!(ratio >= 0 && ratio < 1)) throw new RangeError(`ratio: a share from 0 to below 1, not ${ratio}`);
  if (!(scale > 0 && scale < Infinity)) throw new RangeError(`scale: a positive number, not ${scale}`);
  const square = secondMoment(law);
  const threshold = ratio === 0 ? Infinity : -law.quantile(ratio / 2);
  const unit = scale * Math.sqrt(partialMoments(law, -threshold, threshold).m2);
  const edge = threshold / unit;
  let sum = 0;
  for (const { level, from, to } of cells(levels)) {
    const [low, high] = [Math.max(from, -edge), Math.min(to, edge)];
    if (low < high) sum += squaredError(law, level, unit, low, high);
  }
  return Math.sqrt(sum / square);
}

/**
 * R of rounding to the nearest level times the scale of a block, which is its absmax or signmax: levels are in units of the scale, so an
 * integer codebook −8..7 comes as q/7 (absmax) or q/−8 (signmax). R does not depend on the law's own scale.
 * @throws RangeError as `tensorError`, and for a block that is not a positive whole number.
 */
export function blockError(levels: ArrayLike<number>, law: Law, { block, scaling }: BlockScaling): number {
  if (!(Number.isSafeInteger(block) && block > 0)) {
    throw new RangeError(`block: a positive whole number of elements, not ${block}`);
  }
  const square = secondMoment(law);
  // The others of a block lie within ±1 scale; what a level is nearest to beyond that never occurs.
  const within = cells(levels)
    .map(({ level, from, to }) => ({ level, from: Math.max(-1, from), to: Math.min(1, to) }))
    .filter(({ from, to }) => from < to);
  const atOne = (1 - nearest(levels, 1)) ** 2;
  const atMinusOne = (-1 - nearest(levels, -1)) ** 2;
  const largest = scaling === 'signmax' ? atOne : (atOne + atMinusOne) / 2;
  // §3.1 with F(m) = P(|x| ≤ m): the maximum has density B F^(B−1) f, of which one B-th is each element's.
  const density = (m: number): number => {
    const others = 1 - 2 * law.cdf(-m);
    const f = 2 * law.pdf(m);
    let sum = m * m * largest * others ** (block - 1);
    if (block > 1 && others > 0) {
      let rest = 0;
      for (const { level, from, to } of within) rest += squaredError(law, level, m, from, to);
      sum += (block - 1) * others ** (block - 2) * rest;
    }
    return f * sum;
  };
  const median = -law.quantile((1 - 0.5 ** (1 / block)) / 2);
  return Math.sqrt(integrateOutward(density, median) / square);
}

/**
 * R of an unbounded uniform grid with a level at 0 and at every multiple of `step` (in the unit of the law).
 * @throws RangeError for a step that is not positive, or a law without a finite second moment.
 */
export function gridError(step: number, law: Law): number {
  const square = secondMoment(law);
  let sum = 0;
  const beyond = overGrid(step, law, (k, from, to) => {
    const error = (x: number): number => (x - k * step) ** 2 * law.pdf(x);
    sum += 2 * integrate(error, from, to, 1e-12 * square);
  });
  // Far cells are narrow beside their distance: the error is uniform in them.
  if (beyond < Infinity) sum += (step * step * law.cdf(-beyond)) / 6;
  return Math.sqrt(sum / square);
}

/**
 * Entropy of the codes of that grid, in bits per code: what an ideal order-0 coder spends.
 * @throws RangeError for a step that is not positive.
 */
export function gridEntropy(step: number, law: Law): number {
  let bits = 0;
  const beyond = overGrid(step, law, (k, from, to) => {
    const half = integrate((x) => law.pdf(x), from, to, 1e-12);
    if (half > 0) bits -= 2 * half * Math.log2(k === 0 ? 2 * half : half);
  });
  if (beyond < Infinity) {
    const rate = (x: number): number => {
      const p = law.pdf(x);
      return p > 0 ? -2 * p * Math.log2(p * step) : 0;
    };
    bits += integrateOutward(rate, beyond, beyond);
  }
  return Math.max(0, bits);
}

/**
 * Visits the right half of cell 0 (twice it is the whole, and a density may have a corner at 0), then the cells of 1, 2, 3 … steps, until
 * nothing is left or `GRID_CELLS` are done. Returns where the visits ended, `Infinity` where nothing is left.
 */
function overGrid(step: number, law: Law, visit: (k: number, from: number, to: number) => void): number {
  if (!(step > 0 && step < Infinity)) throw new RangeError(`step: a positive number, not ${step}`);
  visit(0, 0, step / 2);
  for (let k = 1; k <= GRID_CELLS; k++) {
    const from = (k - 0.5) * step;
    if (law.cdf(-from) < 1e-20) return Infinity;
    visit(k, from, from + step);
  }
  return (GRID_CELLS + 0.5) * step;
}

/** ∫ (x − m·level)² p(x) dx over m·from..m·to. */
function squaredError(law: Law, level: number, m: number, from: number, to: number): number {
  const { m0, m1, m2 } = partialMoments(law, m * from, m * to);
  const q = m * level;
  return Math.max(0, m2 - 2 * q * m1 + q * q * m0);
}

/** Levels ascending, equal ones once, each with the interval between the midpoints to its neighbours. */
function cells(levels: ArrayLike<number>): readonly Cell[] {
  const ascending = Float64Array.from(new Set(Array.from(levels))).sort();
  if (ascending.length === 0) throw new RangeError('levels: a codebook has at least one level');
  ascending.forEach((level) => {
    if (!Number.isFinite(level))
      throw new RangeError(`levels: ${level} is no level; leave codes without a value out`);
  });
  return Array.from(ascending, (level, i) => ({
    level,
    from: i === 0 ? -Infinity : (ascending[i - 1]! + level) / 2,
    to: i === ascending.length - 1 ? Infinity : (level + ascending[i + 1]!) / 2,
  }));
}

function nearest(levels: ArrayLike<number>, x: number): number {
  return Array.from(levels).reduce((best, level) =>
    Math.abs(level - x) < Math.abs(best - x) ? level : best,
  );
}
