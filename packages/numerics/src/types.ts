/**
 * A number: a finite set of values with codes, a rounding rule and an overflow rule, as plain data.
 *
 * Every stored field of a format (a code, a scale, a zero point) is declared as one of these, so anything can be
 * stored as anything. This file holds data types only; `number.ts` gives them behaviour.
 * Specification: docs/design/language.md, "Numbers".
 */

/** How two's complement, offset binary or sign and magnitude place an integer in its bits. */
export type IntCoding = 'twos' | 'offset' | 'sign_magnitude';

/** Integers `low..high`. With `offset`, code 0 is `low`. Codes beyond the range decode as the coding says and are never written. */
export interface IntBase {
  readonly kind: 'int';
  readonly low: number;
  readonly high: number;
  readonly coding: IntCoding;
}

/**
 * Which codes of a float are not finite numbers. `none`: no code; `nan`: all ones (both signs); `ieee`: Inf and NaN
 * in the top exponent; `nan_zero`: NaN in place of -0 (unsigned: in the top code); `nan_zero_inf`: that, and Inf next to the top.
 */
export type Specials = 'none' | 'nan' | 'ieee' | 'nan_zero' | 'nan_zero_inf';

/** A binary float of 1 to 32 bits: sign (if `signed`), `exponent` bits, `mantissa` bits; value 2^(e-bias) * 1.m. */
export interface FloatBase {
  readonly kind: 'float';
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  readonly signed: boolean;
  /** With subnormals the lowest exponent field holds m * 2^(1-bias-mantissa); without, it is a normal exponent (and there is no zero). */
  readonly subnormals: boolean;
  readonly specials: Specials;
}

/**
 * Listed values, scalar (`dimension` 1) or vectors: `codebook`, `curve`, `table` and `density` of the language all end here.
 * The levels are bits; `source` says where they came from and is never evaluated by a decoder.
 */
export interface LevelsBase {
  readonly kind: 'levels';
  /** Components of a level; 1 for scalars. */
  readonly dimension: number;
  /** `increasing`: scalar levels rise strictly with the code. `any`: in any order, repeats allowed. */
  readonly order: 'increasing' | 'any';
  /** Under `any` with this set (an `unordered` codebook, `repeat_zero`) equal levels keep their places, the boundary at their value. */
  readonly keepEqual: boolean;
  /** Base64 of little-endian binary32 levels, code-major then component; binary64 where `precision` says so. */
  readonly levels: string;
  /** `f64` only under `arithmetic f64` (analysis and reference tables). */
  readonly precision: 'f32' | 'f64';
  /** The type expression in `.qf` that these levels were resolved from, constants filled in: `density normal power 1/3 in 16`. */
  readonly source: string;
}

/** Vectors of +1 and -1: bit j set is -1. `even`: `dimension - 1` bits, the last sign makes the number of minus signs even. */
export interface SignsBase {
  readonly kind: 'signs';
  readonly dimension: number;
  readonly even: boolean;
}

/** Every integer; has no width of its own and needs an entropy coder. */
export interface GridBase {
  readonly kind: 'grid';
}

export type NumberBase = IntBase | FloatBase | LevelsBase | SignsBase | GridBase;

/** `number ± × ÷ constant`: moves the levels and keeps the codes. `swapped`: the constant stands on the left (`1 - n`, `1 / n`). */
export interface Move {
  readonly op: '+' | '-' | '*' | '/';
  readonly constant: number;
  readonly swapped: boolean;
}

/**
 * Which of two neighbouring levels a value between them takes. `even`: the nearest, ties to the even code of a float, the
 * even integer of an `int` before shifts; `half_down half_up half_away half_zero`: the nearest, ties down, up, away from zero,
 * toward zero; `first`: ties to the lowest code; `up down in out`: directed (in = toward zero); `odd`: the exact value or
 * the neighbour with the odd code; `stochastic`: up with probability equal to the distance, drawn from the seed and the element's index.
 */
export type Rounding = (typeof ROUNDINGS)[number] | { readonly stochastic: number };

/** The rounding rules that take no argument. */
export const ROUNDINGS = [
  'even',
  'half_down',
  'half_up',
  'half_away',
  'half_zero',
  'first',
  'up',
  'down',
  'in',
  'out',
  'odd',
] as const;

/** What a value beyond the largest level becomes. `error` is the default of anything that is not a code. */
export type Overflow = 'error' | 'saturate' | 'nan' | 'inf';

export interface NumberType {
  readonly base: NumberBase;
  /** Applied to the base's levels in order, in binary64; the result is rounded to binary32 once. */
  readonly moves: readonly Move[];
  /** Single levels changed after the moves: [code, level]. */
  readonly except: readonly (readonly [code: number, level: number])[];
  /** `null`: the default, `even` for integers and floats, `half_down` for listed levels. */
  readonly round: Rounding | null;
  /** `null`: not said; a code then saturates, any other field reports an error. */
  readonly overflow: Overflow | null;
}
