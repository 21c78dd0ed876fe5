/**
 * A whole comparison as plain data: what was compared, how, and the rows.
 *
 * The caller fills it in (it alone knows files and versions); renderers read nothing else.
 */
import type { Row } from './rows.ts';
import { type Total, totals } from './totals.ts';

/** A tensor that was measured. */
export interface ComparedTensor {
  readonly name: string;
  readonly file: string;
  readonly shape: readonly number[];
  /** Blocks run along this axis of `shape`, 0-based; `null`: the last one. */
  readonly axis: number | null;
  /** Whether the file (or the user) says so. */
  readonly axisKnown: boolean;
  readonly axisReason: string;
  readonly weights: number;
  /** Facts of its values; `null` where they have none (all zero, not finite). */
  readonly rms: number | null;
  /** absmax / rms. */
  readonly crest: number | null;
  /** Fourth moment over squared variance: 3 for Normal data. */
  readonly kurtosis: number | null;
  /** Degrees of freedom of the fitted Student-t; `null` where none fits better than a Normal. */
  readonly studentDf: number | null;
}

/** A tensor that stays as it is. */
export interface KeptTensor {
  readonly name: string;
  readonly file: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly bytes: number;
  /** Why it was not encoded. */
  readonly reason: string;
}

/** A format that took part. */
export interface ComparedFormat {
  /** As in the rows. */
  readonly label: string;
  /** The Format with every parameter; several where a parameter was fitted to each tensor. */
  readonly instances: readonly string[];
  readonly fit: string | null;
  readonly doc: string;
  /** Kind of the weights' levels, for the picture's groups. */
  readonly kind: string;
}

/** Everything that a report says. */
export interface Comparison {
  readonly files: readonly { readonly path: string; readonly container: string }[];
  /** Programs and their versions, for whoever wants to measure again. */
  readonly versions: Readonly<Record<string, string>>;
  readonly formats: readonly ComparedFormat[];
  readonly tensors: readonly ComparedTensor[];
  readonly kept: readonly KeptTensor[];
  /** In the order of tensors, then formats. */
  readonly rows: readonly Row[];
  readonly totals: readonly Total[];
}

/** Puts rows in the order of tensors and formats and adds them up. */
export function makeComparison(parts: Omit<Comparison, 'totals'>): Comparison {
  const tensorPlace = new Map(parts.tensors.map((tensor, i) => [tensor.name, i]));
  const formatPlace = new Map(parts.formats.map((format, i) => [format.label, i]));
  const place = (row: Row): readonly [number, number] => [
    tensorPlace.get(row.tensor) ?? Infinity,
    formatPlace.get(row.format) ?? Infinity,
  ];
  const rows = [...parts.rows].sort((a, b) => {
    const [p, q] = [place(a), place(b)];
    return p[0] === q[0] ? p[1] - q[1] : p[0] - q[0];
  });
  return { ...parts, rows, totals: totals(rows) };
}
