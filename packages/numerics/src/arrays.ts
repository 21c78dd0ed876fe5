/**
 * Whole arrays of binary32 values to codes by arithmetic, where a number is plain enough to need no search: integers, floats,
 * and binary32 itself.
 *
 * Each equals `codeOf` for every value (test/rounding.test.ts); values that overflow are left to the caller's `beyond`.
 */
import { hasBinary32Codes } from './arithmetic.ts';
import type { Base } from './base.ts';
import type { CodeArray, Ends } from './coder.ts';
import { pow2 } from './float32.ts';
import type { FloatBase, IntBase, NumberType, Rounding } from './types.ts';

/** Writes codes of all values; `beyond` gives the code of one outside low..high, with its place in the array. */
export type EncodeArray = (
  x: Float32Array,
  out: CodeArray,
  ends: Ends,
  beyond: (x: number, i: number) => number,
) => void;

/** The arithmetic that a number without moves and exceptions is encoded by, or `null` if it needs a search. */
export function arithmeticFor(type: NumberType, base: Base, rounding: Rounding): EncodeArray | null {
  if (type.moves.length > 0 || type.except.length > 0) return null;
  if (hasBinary32Codes(type) && type.overflow !== 'saturate') return copyBits;
  if (rounding !== 'even') return null;
  if (type.base.kind === 'int' && type.base.coding !== 'sign_magnitude')
    return integersToCodes(type.base, base.bits);
  return type.base.kind === 'float' ? floatsToCodes(type.base, base) : null;
}

/** binary32 to itself: the bits, with every NaN made the one quiet NaN, so that no target's own NaN shows. */
function copyBits(x: Float32Array, out: CodeArray): void {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  for (let i = 0; i < x.length; i++) {
    const word = bits[i]!;
    out[i] = (word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word;
  }
}

/** 1.5 * 2^52: adding and subtracting it rounds a value below 2^51 to the nearest integer, a half to even. */
const ROUNDER = 6755399441055744;

function integersToCodes({ low: first, high: last, coding }: IntBase, bits: number): EncodeArray {
  const offset = coding === 'offset' ? first : 0;
  // Two's complement is the integer's low bits; for offsets the mask changes nothing.
  const mask = bits === 32 ? -1 : 2 ** bits - 1;
  return (x, out, { low, high }, beyond) => {
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      if (value >= low && value < high) {
        const integer = value + ROUNDER - ROUNDER;
        out[i] = (Math.min(last, Math.max(first, integer)) - offset) & mask;
      } else out[i] = beyond(value, i);
    }
  };
}

/**
 * A float out of a binary32: the exponent is rebiased and the mantissa rounded in the bits, where a carry runs into the exponent as it
 * should; below the smallest normal level the code is the value in units of the smallest subnormal. `null` for floats whose
 * normal range binary32's does not hold, without subnormals, or without mantissa bits (whose even codes are not even significands).
 */
function floatsToCodes({ mantissa, bias, subnormals, signed }: FloatBase, base: Base): EncodeArray | null {
  if (!subnormals || mantissa === 0 || mantissa > 22 || bias > 127 || base.bits > 31) return null;
  const shift = 23 - mantissa;
  const rebias = (127 - bias) * 2 ** mantissa;
  const almostHalf = 2 ** (shift - 1) - 1;
  const smallestNormal = pow2(1 - bias);
  const perUnit = 1 / pow2(1 - bias - mantissa);
  const sign = signed ? 2 ** (base.bits - 1) : 0;
  const minusZero = base.negativeZero ?? 0;
  return (x, out, { low, high }, beyond) => {
    const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      if (!(value >= low && value < high)) {
        out[i] = beyond(value, i);
        continue;
      }
      const word = bits[i]!;
      const size = Math.abs(value);
      const magnitude = word & 0x7fffffff;
      const code =
        size >= smallestNormal
          ? ((magnitude + almostHalf + ((magnitude >>> shift) & 1)) >>> shift) - rebias
          : size * perUnit + ROUNDER - ROUNDER;
      // Without a sign bit everything below zero takes the lowest level.
      out[i] = word >= 0 ? code : code === 0 ? minusZero : signed ? sign + code : 0;
    }
  };
}
