/**
 * How the values of a tensor are distributed, found in one pass over the file in pieces.
 */
import { countText } from '@fewerbits/compare';
import {
  addValues,
  fitStudentT,
  type MagnitudeHistogram,
  magnitudesOf,
  type Statistics,
  statistics,
  summary,
  withoutLargest,
} from '@fewerbits/measure';
import type { TensorFile, TensorInfo } from '@fewerbits/tensorfile';

/** Facts of the values of a tensor; `null` where it has none (all zero, or nothing finite). */
export interface TensorShape {
  readonly nonFinite: number;
  readonly rms: number | null;
  readonly kurtosis: number | null;
  /** absmax / rms. */
  readonly crest: number | null;
  /** Degrees of freedom of the Student-t that fits best; 100 is as good as a Normal. */
  readonly studentDf: number | null;
  readonly zeroFraction: number;
}

/** Values read at a time. */
const PIECE = 1 << 20;

/** Whether a tensor holds real numbers that can be read: floats, or what a TF.js converter stored as small integers. */
export function isFloatTensor(file: TensorFile, info: TensorInfo): boolean {
  if (info.unreadable !== undefined) return false;
  return /^(F|BF)\d/.test(info.dtype) || (file.container === 'tfjs' && /^U(8|16)$/.test(info.dtype));
}

/** The statistics of a tensor, with memory for one piece of it. */
export async function tensorStatistics(file: TensorFile, { name, shape }: TensorInfo): Promise<Statistics> {
  const count = shape.reduce((product, size) => product * size, 1);
  const seen = statistics();
  for (let start = 0; start < count; start += PIECE) {
    addValues(seen, await file.readFloats(name, start, Math.min(count, start + PIECE)));
  }
  return seen;
}

/** A count of values that are not finite, in words. */
export function nonFiniteText(count: number): string {
  return count === 1 ? 'one value is NaN or infinite' : `${countText(count)} values are NaN or infinite`;
}

/** The facts of a tensor. */
export async function tensorShape(file: TensorFile, info: TensorInfo): Promise<TensorShape> {
  return shapeOf(await tensorStatistics(file, info));
}

/**
 * Degrees of freedom of the Student-t that fits best to all but the share `ratio` of largest magnitudes, which a format with outliers
 * stores apart: floor(ratio · N) of them. `null` where no scale is the likeliest.
 */
export function dfWithout(all: MagnitudeHistogram, ratio: number): number | null {
  const dense = withoutLargest(all, Math.floor(ratio * all.total));
  // Half of zeros or more have no likeliest scale.
  return dense.total > 0 && dense.zeros < dense.total / 2 ? fitStudentT(dense).df : null;
}

/** The facts in statistics. */
export function shapeOf(seen: Statistics): TensorShape {
  const { nonFinite, rms, kurtosis, crest, zeroFraction } = summary(seen);
  if (rms === 0) return { nonFinite, rms: null, kurtosis: null, crest: null, studentDf: null, zeroFraction };
  const studentDf = dfWithout(magnitudesOf(seen), 0);
  return { nonFinite, rms, kurtosis: kurtosis === 0 ? null : kurtosis, crest, studentDf, zeroFraction };
}
