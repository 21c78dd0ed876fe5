/**
 * Codes of integers and floats by arithmetic on the value, where a number is plain enough to need no search.
 *
 * Each equals the search through the number's ladder (test/rounding.test.ts). Whole arrays: arrays.ts.
 */
import type { Base } from './base.ts';
import type { InRange } from './coder.ts';
import { exponentOf, pow2, roundHalfEven, toFloat32Bits } from './float32.ts';
import { roundToInteger, stochasticDraw } from './rounding.ts';
import type { FloatBase, IntBase, NumberType, Rounding } from './types.ts';

/** The rule for values in range of a number without moves and exceptions, or `null` if it needs a search. */
export function arithmeticCoder(type: NumberType, base: Base, rounding: Rounding): InRange | null {
  if (type.moves.length > 0 || type.except.length > 0) return null;
  if (type.base.kind === 'int') return integerCoder(type.base, base, rounding);
  if (type.base.kind !== 'float' || rounding !== 'even') return null;
  return hasBinary32Codes(type) ? toFloat32Bits : floatCoder(type.base, base);
}

/** Whether the codes of a number are the bits of its binary32 values. */
export function hasBinary32Codes({ base, moves }: NumberType): boolean {
  if (base.kind !== 'float' || moves.length > 0) return false;
  const { exponent, mantissa, bias, signed, subnormals, specials } = base;
  return exponent === 8 && mantissa === 23 && bias === 127 && signed && subnormals && specials === 'ieee';
}

/** The value is rounded, clamped and coded. */
function integerCoder({ low, high, coding }: IntBase, base: Base, rounding: Rounding): InRange | null {
  // `first` asks for the lowest code, which is the lower integer only where codes rise with them.
  if (rounding === 'first' && coding !== 'offset') return null;
  const codeOf = (value: number) => base.codeAt(Math.min(high, Math.max(low, value)) - low);
  if (rounding === 'even') return (x) => codeOf(roundHalfEven(x));
  if (typeof rounding !== 'object') return (x) => codeOf(roundToInteger(x, rounding, 0));
  return (x, index) => codeOf(roundToInteger(x, rounding, stochasticDraw(rounding.stochastic, index)));
}

/**
 * The significand rounded to an integer of mantissa + 1 bits, under the exponent field: a carry runs into the exponent as it should.
 * `null` for floats without subnormals, without mantissa bits (whose even codes are not even significands), or finer than binary32,
 * whose lowest levels are equal once rounded.
 */
function floatCoder({ mantissa, bias, subnormals, signed }: FloatBase, base: Base): InRange | null {
  if (!subnormals || mantissa === 0 || bias + mantissa > 150) return null;
  const lowestExponent = 1 - bias;
  const fraction = 2 ** mantissa;
  const sign = signed ? 2 ** (base.bits - 1) : 0;
  const minusZero = base.negativeZero ?? 0;
  return (x) => {
    const size = Math.abs(x);
    const exponent = Math.max(exponentOf(size), lowestExponent);
    const significand = roundHalfEven(size * pow2(mantissa - exponent));
    const code = (exponent - lowestExponent) * fraction + significand;
    if (x > 0) return code;
    // Without a sign bit everything below zero takes the lowest level.
    if (code !== 0) return signed ? sign + code : 0;
    return 1 / x < 0 ? minusZero : 0;
  };
}
