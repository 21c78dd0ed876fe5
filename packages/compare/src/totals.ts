/**
 * A format over all tensors, and which formats are worth having: totals and the Pareto front.
 *
 * Sums of rows only, so rows from any number of threads and files add up to the same totals as long as they come in the same order.
 */
import { isMeasured, type MeasuredRow, type Row, relativeErrorOf, sqnrOf } from './rows.ts';

/** A format over the tensors that it could take. */
export interface Total {
  readonly format: string;
  /** Tensors measured, and those that the format could not take. */
  readonly tensors: number;
  readonly failed: number;
  readonly weights: number;
  readonly bytes: number;
  readonly tableBytes: number;
  /** Means over weights; `null` where nothing was measured. */
  readonly bitsPerParam: number | null;
  readonly codeEntropy: number | null;
  readonly idealBits: number | null;
  /** R over all weights: sqrt(ΣΣ(y−x)² / ΣΣx²). */
  readonly relativeError: number | null;
  readonly sqnr: number | null;
  /** R · 2^bitsPerParam of the totals. */
  readonly scaledError: number | null;
  /** The greatest |y−x| of any tensor, in units of that tensor's rms. */
  readonly maxError: number | null;
  /** Measured on every tensor, so that its totals may be set beside others. */
  readonly complete: boolean;
  /** No complete format has at most these bits and at most this error, and less of one. Only complete formats are on the front. */
  readonly onFront: boolean;
}

/** Totals of each format, in the order of first appearance. */
export function totals(rows: readonly Row[]): Total[] {
  const formats = new Map<string, Row[]>();
  for (const row of rows) {
    const known = formats.get(row.format);
    if (known === undefined) formats.set(row.format, [row]);
    else known.push(row);
  }
  const tensors = new Set(rows.map((row) => row.tensor)).size;
  const sums = [...formats].map(([format, own]) => totalOf(format, own, tensors));
  const front = paretoFront(sums.flatMap(placeOf));
  return sums.map((sum) => ({ ...sum, onFront: front.has(sum.format) }));
}

function placeOf(total: Omit<Total, 'onFront'>): Place[] {
  if (!total.complete || total.bitsPerParam === null || total.relativeError === null) return [];
  return [{ label: total.format, bits: total.bitsPerParam, error: total.relativeError }];
}

function totalOf(format: string, rows: readonly Row[], tensors: number): Omit<Total, 'onFront'> {
  const measured = rows.filter(isMeasured);
  const sum = (of: (row: MeasuredRow) => number): number => measured.reduce((all, row) => all + of(row), 0);
  const weights = sum((row) => row.weights);
  const mean = (of: (row: MeasuredRow) => number): number | null =>
    weights === 0 ? null : sum(of) / weights;
  const relativeError =
    weights === 0
      ? null
      : relativeErrorOf(
          sum((row) => row.squaredError),
          sum((row) => row.squaredData),
        );
  const bitsPerParam = mean((row) => 8 * row.bytes);
  return {
    format,
    tensors: measured.length,
    failed: rows.length - measured.length,
    weights,
    bytes: sum((row) => row.bytes),
    tableBytes: sum((row) => row.tableBytes),
    bitsPerParam,
    codeEntropy: mean((row) => row.codeEntropy * row.weights),
    idealBits: mean((row) => row.idealBits * row.weights),
    relativeError,
    sqnr: sqnrOf(relativeError),
    scaledError: relativeError === null || bitsPerParam === null ? null : relativeError * 2 ** bitsPerParam,
    maxError: weights === 0 ? null : measured.reduce((most, row) => Math.max(most, row.maxError), 0),
    complete: measured.length === tensors,
  };
}

/** A format as a point: size and error, both better when smaller. */
export interface Place {
  readonly label: string;
  readonly bits: number;
  readonly error: number;
}

/** Labels of the points that no other point beats: at most as large in both and smaller in one. Equal points are all on the front. */
export function paretoFront(places: readonly Place[]): ReadonlySet<string> {
  const beaten = (a: Place): boolean =>
    places.some((b) => b.bits <= a.bits && b.error <= a.error && (b.bits < a.bits || b.error < a.error));
  return new Set(places.filter((place) => !beaten(place)).map((place) => place.label));
}
