/**
 * What a resolved number can do: the interface that everything else codes against. `resolveNumber` (number.ts) makes one.
 *
 * Specification: docs/design/language.md, "Numbers".
 */
import type { CodeArray } from './coder.ts';
import type { NumberType, Overflow, Rounding } from './types.ts';

/** What `expect`s and expressions may ask of a number. */
export interface NumberFacts {
  /** The largest and the smallest finite level that can be written (of any component). */
  readonly max: number;
  readonly min: number;
  /** Count of distinct finite levels; of codes for vectors. */
  readonly levels: number;
  readonly bits: number;
  /** Stored mantissa bits of a float; 0 for the others. */
  readonly mantissa: number;
  /** floor(log2 max); of the largest magnitude where no level is positive, -Infinity where all are 0. */
  readonly emax: number;
}

/** A NumberType resolved: pure functions between codes and values. */
export interface ResolvedNumber {
  readonly type: NumberType;
  /** Width of a code: ceil(log2 n), at least 1; 0 for `grid`. */
  readonly bits: number;
  /** Codes with a level of their own: 2^bits for integers, floats and signs; the level count for listed levels; Infinity for `grid`. */
  readonly codes: number;
  /** Number of levels as radix packing counts them: the integers of the range, the listed levels, else 2^bits. */
  readonly radix: number;
  /** Components of a level; 1 for scalars. */
  readonly dimension: number;
  /** codes x dimension, code-major, after moves and exceptions; `null` for codes wider than 16 bits and for `grid`. */
  readonly levels: Float64Array | null;
  readonly rounding: Rounding;
  readonly overflow: Overflow | null;
  /** The code that NaN takes, and the one of +Infinity; `null` where there is none. */
  readonly nanCode: number | null;
  readonly infCode: number | null;
  readonly facts: NumberFacts;
  /**
   * The level of a code: a binary32 value (binary64 if so listed), NaN or infinite for special codes. Codes beyond a list give its last level.
   * @throws RangeError for a code or component out of range.
   */
  levelOf(code: number, component?: number): number;
  /**
   * The code of a value by the rounding rule. Beyond the ends: clamps if overflow is not said or `saturate` (which clamps infinities
   * too; otherwise they take their own code where there is one), the NaN or Inf code under `nan` or `inf`, OVERFLOW under `error`.
   * NaN gives the NaN code, or 0. A number without negative levels takes its lowest level for all finite values below it.
   * @param index the element's index, which stochastic rounding draws by
   * @throws RangeError for a vector, whose code is not chosen one component at a time.
   */
  codeOf(x: number, index?: number): number;
  /** Whether a value would be changed by clamping: rounding with more levels would leave the range. NaN never does; ±Infinity does unless it has a code. */
  overflows(x: number): boolean;
  /**
   * levelOf for each code; dimension 1 only.
   * @throws RangeError for a vector, arrays of different lengths, or a code out of range, naming its index.
   */
  decodeInto(codes: CodeArray, out: Float32Array | Float64Array): void;
  /**
   * codeOf for each value, `first` being the index of the first. Only a `grid` needs an Int32Array.
   * @throws RangeError for a vector, arrays of different lengths, codes too wide for `out`, or, under `overflow error`, a value
   * that overflows, naming its index.
   */
  encodeInto(x: Float32Array | Float64Array, out: CodeArray, first?: number): void;
}

/** The facts of a number. */
export function numberFacts(number: ResolvedNumber): NumberFacts {
  return number.facts;
}
