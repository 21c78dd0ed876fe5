/**
 * What the constructors of numbers have in common: the codes of one base, before moves, exceptions and rounding.
 *
 * Each base answers for itself (`int.ts`, `float.ts`, `listed.ts`); nothing that uses one asks which it is.
 * Specification: docs/design/language.md, "Numbers".
 */

/** A value that would stand just outside the range, were there a code for it: where overflow begins is rounded against it. */
export interface OutsideLevel {
  readonly value: number;
  /** 1 if its code (an integer: its value) is odd, as tie rules read it. */
  readonly parity: number;
}

/** The codes of a base and the values they stand for. */
export interface Base {
  /** Width of a code. */
  readonly bits: number;
  /** Codes 0 .. codes - 1 that have a value of their own. */
  readonly codes: number;
  /** Number of levels as radix packing counts them. */
  readonly radix: number;
  /** Components of a level. */
  readonly dimension: number;
  /** Stored mantissa bits of a float; 0 for the others. */
  readonly mantissa: number;
  /** Listed levels: boundaries are binary32 midpoints and a tie goes down unless the number says otherwise. */
  readonly listed: boolean;
  /** Equal levels keep their places, the boundary at their value. */
  readonly keepEqual: boolean;
  /** Levels are binary64 and never rounded to binary32. */
  readonly wide: boolean;
  /** Value of a code in binary64, before moves; may be NaN or infinite for the special codes of a float. */
  readonly valueAt: (code: number, component: number) => number;
  /** How many codes an encoder may write, one for each value, and the one at each rank in increasing order of value. */
  readonly ranks: number;
  readonly codeAt: (rank: number) => number;
  /** 1 where a tie rule sees an odd level: an odd integer of an `int`, an odd code of anything else. */
  readonly parityOf: (code: number) => number;
  /** A second code for zero that decodes to -0; `null` if there is none. */
  readonly negativeZero: number | null;
  readonly nanCode: number | null;
  readonly infCode: number | null;
  readonly negativeInfCode: number | null;
  readonly outside: readonly OutsideLevel[];
}

/** @throws RangeError naming `what` unless `value` is an integer in low..high. */
export function requireInteger(what: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${what} must be an integer in ${low}..${high}, got ${value}`);
  }
}

/** ceil(log2 n), at least 1: the width of a code with n values. */
export function widthOf(n: number): number {
  let bits = 1;
  while (2 ** bits < n) bits++;
  return bits;
}
