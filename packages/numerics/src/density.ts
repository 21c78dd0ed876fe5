/**
 * Codebooks of a density: quantiles of a law proportional to p^power on an evenly spaced grid of probabilities.
 *
 * Binary64 throughout; rounding to binary32 belongs to who stores the levels. Specification: docs/design/numerics.md, section 1.2
 * (Orr, Ribar, Luschi, "Optimal Formats for Weight Quantisation", arXiv 2505.12988; the cube root: Panter and Dite 1951).
 */
import { requireInteger } from './base.ts';
import { type DensityMode, densityGrid, type GridPoint } from './density-grid.ts';
import { type Law, laplace, normal, studentT } from './distributions.ts';
import { integrateDensity } from './integrate.ts';
import { MOST_LEVELS } from './listed.ts';

/** A law that weights are modelled by; `custom` need not be normalised. */
export type DensityLaw =
  | TailedLaw
  | { readonly name: 'uniform' }
  | {
      readonly name: 'custom';
      readonly pdf: (u: number) => number;
      readonly from: number;
      readonly to: number;
    };

/**
 * What the data are divided by. `rms`: levels for data of unit rms. `absmax`, `signmax`: levels in -1..1 for blocks of `block`
 * weights divided by their (signed) largest; `block` null: of any length, the levels for unit rms divided by the largest of them.
 */
export type DensityScaling =
  | { readonly by: 'rms' }
  | { readonly by: 'absmax' | 'signmax'; readonly block: number | null };

/** What `densityLevels` needs. */
export interface DensityOptions {
  readonly law: DensityLaw;
  /** The exponent of p: 1/3 is best for squared error, 1 gives equal probabilities, 0 (truncated laws) even spacing. */
  readonly power: number;
  readonly count: number;
  readonly mode: DensityMode;
  readonly scaled: DensityScaling;
}

/**
 * The levels, increasing; under `repeat_zero` 0 stands twice. 0 and the ends ±1 are exact where the grid holds them.
 *
 * A custom law lives on from..to: its levels are in units of u, and under absmax and signmax run to those ends, `block` without meaning.
 *
 * @throws RangeError for a count the grid cannot have, a power without a law (negative; 0 or a too heavy tail under rms), df <= 2,
 * a block of 3 or fewer, symmetric or repeat_zero under signmax, or a custom law without mass.
 */
export function densityLevels({ law, power, count, mode, scaled }: DensityOptions): Float64Array {
  requireInteger('density: the count', count, 1, MOST_LEVELS);
  if (!(power >= 0 && power < Infinity))
    throw new RangeError(`density: power ${power} must be at least 0 and finite`);
  if (law.name === 'student_t' && !(law.df > 2 && law.df < Infinity)) {
    throw new RangeError(
      `density: student_t(${law.df}) has no finite variance; use df > 2 (normal is its limit)`,
    );
  }
  const grid = densityGrid(scaled.by, mode, count);
  if (law.name === 'custom') return customLevels(law, power, grid);
  if (law.name === 'uniform') return uniformLevels(scaled, grid);
  if (scaled.by === 'rms') return rmsLevels(law, power, grid);
  if (scaled.block === null) return unitRange(rmsLevels(law, power, densityGrid('rms', mode, count)));
  return truncatedLevels(law, power, scaled.block, grid);
}

/** The laws on the whole line. */
type TailedLaw =
  | { readonly name: 'normal' | 'laplace' }
  | { readonly name: 'student_t'; readonly df: number };

/** Quantiles of p^power, itself a law of the family, for data of unit rms. */
function rmsLevels(law: TailedLaw, power: number, grid: readonly GridPoint[]): Float64Array {
  if (power === 0)
    throw new RangeError(
      'density: power 0 has no law on the whole line; use a power above 0 or scaled absmax(size)',
    );
  const curve = powerLaw(law, power, law.name === 'normal' ? 1 : 1 / unscaledRms(law));
  return Float64Array.from(grid, ({ tail, side }) => (side === 0 ? 0 : -side * curve.quantile(tail)));
}

/** Levels divided by the largest magnitude among them, which becomes exactly ±1. */
function unitRange(levels: Float64Array): Float64Array {
  const largest = levels.reduce((max, level) => Math.max(max, Math.abs(level)), 0);
  if (largest === 0)
    throw new RangeError('density: a single level 0 cannot be scaled by absmax; use a higher count');
  return levels.map((level) => level / largest);
}

/** Quantiles of p^power cut to -1..1, p being the law divided by its expected block maximum. */
function truncatedLevels(
  law: TailedLaw,
  power: number,
  block: number,
  grid: readonly GridPoint[],
): Float64Array {
  // The extreme-value approximations need ln(B / pi) > 0.
  if (!(Number.isFinite(block) && block > 3)) {
    throw new RangeError(
      `density: a block of ${block} has no expected maximum by this rule; use a block above 3, or scaled rms`,
    );
  }
  const end = ({ side }: GridPoint) => side;
  if (power === 0) return Float64Array.from(grid, (p) => (p.tail === 0 ? end(p) : p.side * (1 - 2 * p.tail)));
  const curve = powerLaw(law, power, 1 / expectedMaximum(law, block));
  const outside = curve.cdf(-1);
  return Float64Array.from(grid, (p) => {
    if (p.side === 0 || p.tail === 0) return end(p);
    return -p.side * Math.max(-1, curve.quantile(outside + p.tail * (1 - 2 * outside)));
  });
}

/** The law proportional to the power of one of unit scale times `scale`. */
function powerLaw(law: TailedLaw, power: number, scale: number): Law {
  switch (law.name) {
    case 'normal':
      return normal(scale / Math.sqrt(power));
    case 'laplace':
      return laplace(scale / power);
    case 'student_t': {
      const df = power * (law.df + 1) - 1;
      if (!(df > 0)) {
        throw new RangeError(
          `density: student_t(${law.df}) to the power ${power} is no law (df' = power * (df + 1) - 1 = ${df}); use a power above ${1 / (law.df + 1)}`,
        );
      }
      return studentT(df, scale * Math.sqrt(law.df / df));
    }
  }
}

function unscaledRms(law: TailedLaw): number {
  switch (law.name) {
    case 'normal':
      return 1;
    case 'laplace':
      return Math.SQRT2;
    case 'student_t':
      return Math.sqrt(law.df / (law.df - 2));
  }
}

/** Euler's constant, to the digits that the definition has: more would be another codebook. */
const EULER = 0.57721566;

/** The approximate E[max |x|] over a block, for the law of unit scale (numerics.md, section 1.2). */
function expectedMaximum(law: TailedLaw, block: number): number {
  const spread = 2 * Math.log(block / Math.PI);
  switch (law.name) {
    case 'normal':
      return Math.sqrt(spread);
    case 'laplace':
      return EULER + Math.log(block);
    case 'student_t': {
      const { df } = law;
      return Math.sqrt(df / (df - 2)) * spread ** ((df - 3) / (2 * df)) * block ** (1 / df);
    }
  }
}

/** A uniform law is every power of itself. */
function uniformLevels(scaled: DensityScaling, grid: readonly GridPoint[]): Float64Array {
  const halfWidth = scaled.by === 'rms' ? Math.sqrt(3) : 1;
  return Float64Array.from(grid, ({ tail, side }) => (side === 0 ? 0 : side * halfWidth * (1 - 2 * tail)));
}

function customLevels(
  law: DensityLaw & { name: 'custom' },
  power: number,
  grid: readonly GridPoint[],
): Float64Array {
  const { pdf, from, to } = law;
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw new RangeError(`density: the interval ${from}..${to} must be finite and rise`);
  }
  const mass = integrateDensity((u) => pdf(u) ** power, from, to);
  return Float64Array.from(grid, ({ tail, side }) => {
    if (tail === 0) return side < 0 ? from : to;
    const level = mass.quantile(tail, side > 0);
    // The median of an even density is 0; what integration leaves of it is noise.
    return side === 0 && Math.abs(level) < 1e-12 * (to - from) ? 0 : level;
  });
}
