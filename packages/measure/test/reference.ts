/**
 * The reference numbers that these tests check against, and the deterministic dataset that some of them are about.
 *
 * Origin: numerics-reference.json of the design documents, computed by an independent numpy/scipy/mpmath program.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type Law, laplace, normal, studentT, unitRms } from '@fewerbits/numerics';

/** A row of any of the reference's tables; each has some of these. */
export interface Row {
  readonly data: string;
  readonly test: string;
  readonly quantiser: string;
  readonly mode: 'symmetric' | 'asymmetric';
  readonly curve: string;
  readonly scaling: 'absmax' | 'signmax';
  readonly codebook: number[];
  readonly first8: number[];
  readonly R_float64?: number;
  readonly bits: number;
  readonly block: number;
  readonly value: number;
  readonly absmax: number;
  readonly R: number;
  readonly R_best_scale: number;
  readonly R_search17: number;
  readonly R_moments: number;
  readonly best_step: number;
  readonly best_scale: number;
  readonly sparse_fraction: number;
  readonly threshold: number;
  readonly step_search17: number;
  readonly scale_search17: number;
  readonly step_moments: number;
  readonly delta: number;
  readonly target_entropy_bits: number;
  readonly bits_per_element_model: number;
  readonly empirical_entropy: number;
  readonly best_df: number;
  readonly best_mean_loglik: number;
  readonly df5_scale: number;
  readonly df5_mean_loglik: number;
  readonly normal_mean_loglik: number;
  readonly laplace_mean_loglik: number;
  readonly differential_entropy_bits_unit_rms: number;
  readonly shannon_lower_bound_R2b: number;
  readonly entropy_coded_uniform_R2b: number;
  readonly panter_dite_fixed_length_R2b: number;
}

interface Reference {
  readonly fixed_codebooks: Readonly<Record<string, number[]>>;
  readonly lloyd_max_codebooks_tensor_rms: Readonly<Record<string, number[]>>;
  readonly R_tensor_rms: readonly Row[];
  readonly R_block: readonly Row[];
  readonly R_block_lloyd_max: readonly Row[];
  readonly R_sparse_outliers_tensor_rms: readonly Row[];
  readonly entropy_coded_uniform_grid: readonly Row[];
  readonly asymptotic_constants: Readonly<Record<string, Row>>;
  readonly deterministic_dataset: { readonly tests: readonly Row[] };
  readonly student_t_ml_fit: { readonly df_grid: number[]; readonly fits: readonly Row[] };
}

const file = new URL('../../../../shared/design/numerics-reference.json', import.meta.url);

/** The reference, or `null` with a warning that says what is skipped. */
export const reference: Reference | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;

if (!reference) {
  console.warn(
    `SKIPPED: every test against ${file.pathname}, which is absent (theory, fits, deterministic dataset)`,
  );
}

/** A law of unit RMS by the reference's name for it. */
export function lawOf(data: string): Law {
  if (data === 'normal') return unitRms(normal());
  if (data === 'laplace') return unitRms(laplace());
  return unitRms(studentT(Number(data.slice(1))));
}

/** 65,536 values: quantiles of the law of unit RMS in a hashed order, rounded to binary32. */
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

/** Integers of an even count n: −n/2 … n/2−1, or shifted by a half to be symmetric. */
export function integers(bits: number, mode: string): Float64Array {
  const n = 2 ** bits;
  return Float64Array.from({ length: n }, (_, i) => i - n / 2 + (mode === 'symmetric' ? 0.5 : 0));
}

/** E_xM_y of numerics.md §1.1: no specials, bias 2^(E−1). */
export function floats(exponent: number, mantissa: number): Float64Array {
  const bias = 2 ** (exponent - 1);
  const magnitudes: number[] = [];
  for (let e = 0; e < 2 ** exponent; e++) {
    for (let m = 0; m < 2 ** mantissa; m++) {
      const part = m / 2 ** mantissa;
      magnitudes.push(e === 0 ? 2 ** (1 - bias) * part : 2 ** (e - bias) * (1 + part));
    }
  }
  return Float64Array.from([...magnitudes.slice(1).map((x) => -x), ...magnitudes]).sort();
}

/** The name of a law in `densityLevels`. */
export function densityLaw(curve: string) {
  return curve === 'normal' || curve === 'laplace'
    ? ({ name: curve } as const)
    : ({ name: 'student_t', df: Number(curve.slice(1)) } as const);
}
