/**
 * Integers `low..high` as two's complement, offset binary, or sign and magnitude.
 *
 * Codes beyond the range decode as the coding says and are never written. An integer has no -0: the second zero of
 * sign and magnitude decodes to 0 and is never written either. Specification: docs/design/language.md, "Numbers".
 */
import { type Base, requireInteger, widthOf } from './base.ts';
import type { IntBase, IntCoding } from './types.ts';

/** @throws RangeError unless low <= high are integers whose codes fit in 32 bits under the coding. */
export function intCodes({ low, high, coding }: IntBase): Base {
  requireInteger('int: low', low, -(2 ** 32), 2 ** 32);
  requireInteger('int: high', high, -(2 ** 32), 2 ** 32);
  if (low > high) throw new RangeError(`int(${low}..${high}): low is above high`);
  const bits = intWidth(low, high, coding);
  if (bits > 32)
    throw new RangeError(`int(${low}..${high}, ${coding}) needs ${bits} bits; at most 32 are allowed`);
  if (coding === 'sign_magnitude' && low > 0) {
    throw new RangeError(`int(${low}..${high}, sign_magnitude): the range must reach 0; use offset`);
  }
  const valueAt = decoder(low, bits, coding);
  const codeOf = encoder(low, bits, coding);
  const parity = (value: number) => Math.abs(value % 2);
  return {
    bits,
    codes: 2 ** bits,
    radix: high - low + 1,
    dimension: 1,
    mantissa: 0,
    listed: false,
    keepEqual: false,
    wide: false,
    valueAt,
    ranks: high - low + 1,
    codeAt: (rank) => codeOf(low + rank),
    parityOf: (code) => parity(valueAt(code)),
    negativeZero: null,
    nanCode: null,
    infCode: null,
    negativeInfCode: null,
    outside: [
      { value: low - 1, parity: parity(low - 1) },
      { value: high + 1, parity: parity(high + 1) },
    ],
  };
}

function intWidth(low: number, high: number, coding: IntCoding): number {
  if (coding === 'offset') return widthOf(high - low + 1);
  const magnitude = coding === 'twos' ? Math.max(high + 1, -low) : Math.max(high, -low) + 1;
  return magnitude <= 1 ? 1 : 1 + widthOf(magnitude);
}

/** The integer of a code; with `offset`, code 0 is `low`. */
function decoder(low: number, bits: number, coding: IntCoding): (code: number) => number {
  const half = 2 ** (bits - 1);
  if (coding === 'offset') return (code) => low + code;
  if (coding === 'twos') return (code) => (code >= half ? code - 2 * half : code);
  return (code) => (code > half ? half - code : code === half ? 0 : code);
}

/** The code of an integer in the range; the other way round of `decoder`. */
export function encoder(low: number, bits: number, coding: IntCoding): (value: number) => number {
  const half = 2 ** (bits - 1);
  if (coding === 'offset') return (value) => value - low;
  if (coding === 'twos') return (value) => (value < 0 ? value + 2 * half : value);
  return (value) => (value < 0 ? half - value : value);
}
