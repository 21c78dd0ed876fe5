/**
 * `grid`: every integer. It has no width and its codes are the integers themselves, negative ones included, for an entropy coder.
 *
 * Specification: docs/design/language.md, "Numbers".
 */
import type { CodeArray } from './coder.ts';
import type { ResolvedNumber } from './resolved.ts';
import { roundToInteger, stochasticDraw } from './rounding.ts';
import type { NumberType } from './types.ts';

/** Integers from here up are no longer all binary64. */
const MOST = 2 ** 53;

/** @throws RangeError if the type moves, excepts or says an overflow: a grid has no ends, and its step belongs into `value`. */
export function gridNumber(type: NumberType): ResolvedNumber {
  if (type.moves.length > 0 || type.except.length > 0 || type.overflow !== null) {
    throw new RangeError(
      'grid: it cannot be moved, excepted or overflow; put its step and offset into value',
    );
  }
  const rounding = type.round ?? 'even';
  const codeOf = (x: number, index = 0) => {
    if (Number.isNaN(x)) return 0;
    if (!(Math.abs(x) < MOST))
      throw new RangeError(`grid: ${x} has no integer of its own; at most 2^53 in magnitude`);
    // From 2^52 up every binary64 is an integer.
    if (Math.abs(x) >= MOST / 2) return x;
    return roundToInteger(
      x,
      rounding,
      typeof rounding === 'object' ? stochasticDraw(rounding.stochastic, index) : 0,
    );
  };
  return {
    type,
    bits: 0,
    codes: Infinity,
    radix: Infinity,
    dimension: 1,
    levels: null,
    rounding,
    overflow: null,
    nanCode: null,
    infCode: null,
    facts: { max: Infinity, min: -Infinity, levels: Infinity, bits: 0, mantissa: 0, emax: Infinity },
    levelOf: (code) => {
      if (!Number.isInteger(code)) throw new RangeError(`grid: code ${code} is not an integer`);
      return Math.fround(code);
    },
    codeOf,
    overflows: (x) => !Number.isNaN(x) && !(Math.abs(x) < MOST),
    decodeInto: (codes: CodeArray, out) => {
      if (codes.length !== out.length)
        throw new RangeError(
          `codes has ${codes.length} elements and out ${out.length}; they must be as many`,
        );
      out.set(codes);
    },
    encodeInto: (x, out, first = 0) => {
      if (x.length !== out.length)
        throw new RangeError(`x has ${x.length} elements and out ${out.length}; they must be as many`);
      if (!(out instanceof Int32Array))
        throw new RangeError('grid: out must be an Int32Array; its codes are signed integers');
      for (let i = 0; i < x.length; i++) {
        const code = codeOf(x[i]!, first + i);
        if ((code | 0) !== code) throw new RangeError(`grid: x[${i}] = ${x[i]} does not fit a 32-bit code`);
        out[i] = code;
      }
    },
  };
}
