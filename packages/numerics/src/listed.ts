/**
 * Numbers whose levels are listed: codebooks, curves, tables and densities (scalars or vectors), and vectors of signs.
 *
 * Codes beyond the list decode as its last level. Specification: docs/design/language.md, "Numbers".
 */
import { type Base, requireInteger, widthOf } from './base.ts';
import { unpackLevels } from './levels-text.ts';
import type { LevelsBase, SignsBase } from './types.ts';

/** The most levels that a list may hold: codes of 16 bits. */
export const MOST_LEVELS = 65536;

const NOTHING_SPECIAL = {
  mantissa: 0,
  negativeZero: null,
  nanCode: null,
  infCode: null,
  negativeInfCode: null,
  outside: [],
} as const;

/** @throws RangeError for a bad length, more than 65,536 levels, levels that are not finite, or `increasing` ones that do not rise. */
export function listedCodes(base: LevelsBase): Base {
  const { dimension, order, keepEqual, precision } = base;
  requireInteger('levels: dimension', dimension, 1, 256);
  const levels = unpackLevels(base.levels, precision);
  const count = levels.length / dimension;
  if (!Number.isInteger(count)) {
    throw new RangeError(
      `levels: ${levels.length} components are no whole number of vectors of ${dimension}`,
    );
  }
  if (count < 1 || count > MOST_LEVELS) {
    throw new RangeError(`levels: a list holds 1 to ${MOST_LEVELS} levels, got ${count}`);
  }
  levels.forEach((level, i) => {
    if (!Number.isFinite(level)) throw new RangeError(`levels[${i}] = ${level} is not finite`);
    if (order === 'increasing' && dimension === 1 && i > 0 && !(levels[i - 1]! < level)) {
      throw new RangeError(
        `levels[${i}] = ${level} is not above levels[${i - 1}] = ${levels[i - 1]}; sort the list or use order 'any'`,
      );
    }
  });
  return {
    ...NOTHING_SPECIAL,
    bits: widthOf(count),
    codes: count,
    radix: count,
    dimension,
    listed: true,
    keepEqual,
    wide: precision === 'f64',
    valueAt: (code, component) => levels[Math.min(code, count - 1) * dimension + component]!,
    ranks: count,
    codeAt: (rank) => rank,
    parityOf: (code) => code % 2,
  };
}

/** Bit j set: component j is -1; `even`: the last sign makes the number of minus signs even. @throws RangeError for a dimension outside 1..32. */
export function signCodes({ dimension, even }: SignsBase): Base {
  requireInteger('signs: dimension', dimension, even ? 2 : 1, even ? 33 : 32);
  const bits = even ? dimension - 1 : dimension;
  return {
    ...NOTHING_SPECIAL,
    bits,
    codes: 2 ** bits,
    radix: 2 ** bits,
    dimension,
    listed: true,
    keepEqual: false,
    wide: false,
    valueAt: (code, component) => {
      const isMinus = component < bits ? Math.floor(code / 2 ** component) % 2 : parity32(code);
      return isMinus === 1 ? -1 : 1;
    },
    ranks: 2 ** bits,
    codeAt: (rank) => rank,
    parityOf: (code) => code % 2,
  };
}

/** 1 if an odd number of the low 32 bits is set. */
function parity32(code: number): number {
  let x = code | 0;
  for (let shift = 16; shift > 0; shift >>= 1) x ^= x >>> shift;
  return x & 1;
}
