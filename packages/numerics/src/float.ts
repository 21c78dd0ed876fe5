/**
 * Binary floats of up to 32 bits: sign, exponent and mantissa fields, any bias, with or without subnormals and specials.
 *
 * Finite magnitudes are the codes 0 .. finite - 1 in order under every choice of specials, which is what ranks rest on.
 * Specification: docs/design/language.md, "Numbers"; OCP 8-bit floats, OCP MX 1.0, ml_dtypes and IEEE P3109 are instances
 * (docs/design/bit-layouts.md, section 6).
 */
import { type Base, requireInteger } from './base.ts';
import { pow2 } from './float32.ts';
import type { FloatBase } from './types.ts';

/** @throws RangeError for a width outside 1..32, a field out of range, or specials that leave no finite code. */
export function floatCodes(base: FloatBase): Base {
  const { exponent, mantissa, bias, signed, subnormals, specials } = base;
  requireInteger('float: exponent', exponent, 1, 31);
  requireInteger('float: mantissa', mantissa, 0, 31);
  requireInteger('float: bias', bias, -1024, 1024);
  const magnitudeBits = exponent + mantissa;
  const bits = magnitudeBits + (signed ? 1 : 0);
  requireInteger('float: exponent + mantissa + sign, the width,', bits, 1, 32);
  if (specials === 'ieee' && mantissa === 0) {
    throw new RangeError('float: specials ieee needs a mantissa bit to tell NaN from Inf; use specials: nan');
  }
  const sign = 2 ** magnitudeBits;
  const finite = finiteMagnitudes(base);
  if (finite < 1) throw new RangeError(`float: specials ${specials} leave no finite code`);

  const fraction = 2 ** mantissa;
  const magnitude = (code: number) => {
    const field = Math.floor(code / fraction);
    const rest = code % fraction;
    if (field === 0 && subnormals) return rest * pow2(1 - bias - mantissa);
    return (fraction + rest) * pow2(field - bias - mantissa);
  };
  // NaN takes the place of -0 in signed floats, and the top code in unsigned ones.
  const nanForZero = signed && (specials === 'nan_zero' || specials === 'nan_zero_inf');
  const infMagnitude = specials === 'ieee' || specials === 'nan_zero_inf' ? finite : null;
  const valueAt = (code: number) => {
    const negative = signed && code >= sign;
    const rest = negative ? code - sign : code;
    if (negative && rest === 0 && nanForZero) return NaN;
    if (rest >= finite) return rest !== infMagnitude ? NaN : negative ? -Infinity : Infinity;
    return negative ? -magnitude(rest) : magnitude(rest);
  };
  // Negative magnitudes start above the one that zero, or the NaN in its place, takes.
  const firstNegative = subnormals || nanForZero ? 1 : 0;
  const negatives = signed ? finite - firstNegative : 0;
  const beyond = { value: magnitude(finite), parity: finite % 2 };
  return {
    bits,
    codes: 2 ** bits,
    radix: 2 ** bits,
    dimension: 1,
    mantissa,
    listed: false,
    keepEqual: false,
    wide: false,
    valueAt,
    ranks: negatives + finite,
    codeAt: (rank) => (rank < negatives ? sign + finite - 1 - rank : rank - negatives),
    parityOf: (code) => code % 2,
    negativeZero: signed && subnormals && !nanForZero ? sign : null,
    nanCode: nanCode(base),
    infCode: infMagnitude,
    negativeInfCode: signed && infMagnitude !== null ? sign + infMagnitude : null,
    outside: signed ? [{ value: -beyond.value, parity: beyond.parity }, beyond] : [beyond],
  };
}

/** How many magnitudes, from code 0 up, are finite. */
function finiteMagnitudes({ exponent, mantissa, signed, specials }: FloatBase): number {
  const all = 2 ** (exponent + mantissa);
  switch (specials) {
    case 'none':
      return all;
    case 'nan':
      return all - 1;
    case 'ieee':
      return all - 2 ** mantissa;
    case 'nan_zero':
      return signed ? all : all - 1;
    case 'nan_zero_inf':
      return signed ? all - 1 : all - 2;
  }
}

/** The code that NaN is written as: quiet and positive, or the only one. */
function nanCode({ exponent, mantissa, signed, specials }: FloatBase): number | null {
  const all = 2 ** (exponent + mantissa);
  switch (specials) {
    case 'none':
      return null;
    case 'nan':
      return all - 1;
    case 'ieee':
      return all - 2 ** mantissa + 2 ** (mantissa - 1);
    case 'nan_zero':
    case 'nan_zero_inf':
      return signed ? all : all - 1;
  }
}
