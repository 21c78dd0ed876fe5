/**
 * Ideal data for the tests of training: laws as bins of mass (no sampling error) and as quantiles, the deterministic dataset, and the
 * reference numbers.
 *
 * Origin of the numbers: numerics-reference.json of the design documents, computed by an independent numpy/scipy/mpmath program.
 */
import { existsSync, readFileSync } from 'node:fs';
import {
  type Law,
  laplace,
  normal,
  partialMoments,
  stochasticDraw,
  studentT,
  unitRms,
} from '@fewerbits/numerics';

export interface GridRow {
  readonly data: string;
  readonly target_entropy_bits: number;
  readonly delta: number;
  readonly R: number;
  readonly R_centroid_reconstruction: number;
}

export interface BlockRow {
  readonly data: string;
  readonly bits: number;
  readonly block: number;
  readonly R: number;
  readonly codebook: readonly number[];
}

export interface DatasetRow {
  readonly data: string;
  readonly test: string;
  readonly R_float64: number;
  readonly empirical_entropy: number;
}

interface Reference {
  readonly lloyd_max_codebooks_tensor_rms: Readonly<Record<string, readonly number[]>>;
  readonly entropy_coded_uniform_grid: readonly GridRow[];
  readonly R_block_lloyd_max: readonly BlockRow[];
  readonly deterministic_dataset: { readonly tests: readonly DatasetRow[] };
}

const file = new URL('../../../../shared/design/numerics-reference.json', import.meta.url);

/** The reference, or `null` with a warning that says what is skipped. */
export const reference: Reference | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;

if (reference === null) {
  console.warn(`SKIPPED: trained levels, steps and rates against ${file.pathname}, which is absent`);
}

/** A law of unit RMS by the reference's name for it. */
export function lawOf(data: string): Law {
  if (data === 'normal') return unitRms(normal());
  if (data === 'laplace') return unitRms(laplace());
  return unitRms(studentT(Number(data.slice(1))));
}

export interface Weighted {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** The law in `size` bins, fine at 0 and wider outward: each bin's mean, weighted by its mass. Exact but for the bins that a cell cuts. */
export function lawBins(law: Law, size: number): Weighted {
  const edge = (i: number): number => {
    if (i === 0) return -Infinity;
    if (i === size) return Infinity;
    return 0.5 * Math.sinh(((2 * i) / size - 1) * 4.5);
  };
  const bins: { mean: number; mass: number }[] = [];
  for (let i = 0; i < size; i++) {
    const { m0, m1 } = partialMoments(law, edge(i), edge(i + 1));
    if (m0 > 0) bins.push({ mean: m1 / m0, mass: m0 });
  }
  return {
    values: Float64Array.from(bins, ({ mean }) => mean),
    weights: Float64Array.from(bins, ({ mass }) => mass),
  };
}

/** The law's quantiles at (i + ½) / n, ascending. */
export function quantiles(law: Law, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) =>
    i < n / 2 ? law.quantile((i + 0.5) / n) : -law.quantile((n - i - 0.5) / n),
  );
}

/** 65,536 values: quantiles of the law of unit RMS in a hashed order, rounded to binary32 (numerics-reference.json, `definition`). */
export function dataset(data: string): Float64Array {
  const law = lawOf(data);
  return Float64Array.from({ length: 65536 }, (_, i) => {
    let j = i;
    j ^= j >> 8;
    j = (j * 0x88b5) & 0xffff;
    j ^= j >> 7;
    j = Math.imul(j, 0xdb2d) & 0xffff;
    j ^= j >> 9;
    const p = (j + 0.5) / 65536;
    return Math.fround(p < 0.5 ? law.quantile(p) : -law.quantile(1 - p));
  });
}

/** `n` draws of a law, in binary32. */
export function draws(law: Law, n: number, seed: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => {
    const p = stochasticDraw(seed, i) + 2 ** -33;
    return p < 0.5 ? law.quantile(p) : -law.quantile(1 - p);
  });
}

/** Σ weight · (value − nearest level)². */
export function squareError(
  values: ArrayLike<number>,
  levels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    let least = Infinity;
    for (let k = 0; k < levels.length; k++) least = Math.min(least, (values[i] - levels[k]) ** 2);
    sum += (weights?.[i] ?? 1) * least;
  }
  return sum;
}

/** Order-0 entropy of integers, in bits each, the textbook way. */
export function entropy(codes: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) counts.set(codes[i], (counts.get(codes[i]) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / codes.length) * Math.log2(count / codes.length);
  return bits;
}
