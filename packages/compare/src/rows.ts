/**
 * What a comparison is made of: contenders, and one row for each format on each tensor.
 *
 * Plain data that `JSON.stringify` and `structuredClone` carry, so rows measured in different threads are one comparison once they are
 * put together. Nothing here measures, reads files or chooses a target.
 */
import type { Codec } from '@fewerbits/format';

/** A format to measure, with the codec that runs it. */
export interface Contender {
  /** What reports call it, as the user asked for it: `student(bits=3)`. */
  readonly label: string;
  readonly codec: Codec;
  /** A named fit of the format instead of its default. */
  readonly fit?: string;
  /** Bytes of models that tensors share, for each weight that they code; 0 by default. */
  readonly sharedBytesPerWeight?: number;
  /**
   * Rows `first..end`, in order and together all, that give the same bytes when they are encoded apart; all rows at once by default.
   * Measurements are the same to the last bit, and memory is that of a band.
   */
  readonly bands?: (
    rows: number,
    cols: number,
  ) => readonly { readonly first: number; readonly end: number }[];
}

/** A tensor as rows along its contraction axis: `data.length` is `rows × cols`. */
export interface TensorRows {
  readonly name: string;
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

/** One format on one tensor. Errors marked "of rms" are in units of the tensor's root mean square. */
export interface MeasuredRow {
  readonly tensor: string;
  readonly format: string;
  readonly weights: number;
  /** Bytes of every stream, tables among them, and the tensor's part (by weights) of models that it shares: then no whole number. */
  readonly bytes: number;
  /** 8 × bytes ÷ weights: everything that is stored counts. */
  readonly bitsPerParam: number;
  /** Bytes of arrays that belong to the whole tensor (stored levels, codebooks); part of `bytes`, and what grows dear on small tensors. */
  readonly tableBytes: number;
  /** R = sqrt(Σ(y−x)² / Σx²). `null`: the weights are all zero and did not come back so. */
  readonly relativeError: number | null;
  /** −20 log10 R in dB; `null` where R is 0 (no error) or `null`. */
  readonly sqnr: number | null;
  /** Median, 95th percentile and greatest |y−x|, of rms; 0 for a tensor of zeros. Percentiles within 0.8 %. */
  readonly medianError: number;
  readonly p95Error: number;
  readonly maxError: number;
  /** Order-0 entropy of the weights' codes, in bits per weight. */
  readonly codeEntropy: number;
  /** Bits per parameter if the codes were coded at their entropy (no model, no chunk index) and the rest stored as it is. */
  readonly idealBits: number;
  /** R · 2^bitsPerParam: what an error costs, with the size taken out. Lower is better. */
  readonly scaledError: number | null;
  /** Σ(y−x)² and Σx², for the error over all tensors. */
  readonly squaredError: number;
  readonly squaredData: number;
}

/** A format that could not take a tensor, with the reason. */
export interface FailedRow {
  readonly tensor: string;
  readonly format: string;
  readonly weights: number;
  readonly failure: string;
}

export type Row = MeasuredRow | FailedRow;

/** Whether the row holds measurements. */
export function isMeasured(row: Row): row is MeasuredRow {
  return !('failure' in row);
}

/** R from its sums: 0 without error; `null` where there is error but no data. */
export function relativeErrorOf(squaredError: number, squaredData: number): number | null {
  if (squaredError === 0) return 0;
  return squaredData === 0 ? null : Math.sqrt(squaredError / squaredData);
}

/** −20 log10 R in dB; `null` where R is 0 or unknown. */
export function sqnrOf(relativeError: number | null): number | null {
  return relativeError === null || relativeError === 0 ? null : -20 * Math.log10(relativeError);
}
