/**
 * A number with its behaviour: levels of codes and codes of values, for any NumberType.
 *
 * Puts the parts together (base, moves, exceptions, rounding, overflow) and chooses the fastest coder that fits; knows nothing of
 * fields, formats or bytes. Specification: docs/design/language.md, "Numbers".
 */
import { type Base, type OutsideLevel, requireInteger } from './base.ts';
import { type Ends, limits } from './coder.ts';
import { floatCodes } from './float.ts';
import { exponentOf } from './float32.ts';
import { gridNumber } from './grid.ts';
import { intCodes } from './int.ts';
import { computedLadder, type Ladder, listedLadder } from './ladder.ts';
import { listLevels } from './level-list.ts';
import { listedCodes, signCodes } from './listed.ts';
import { moved, orderAfter } from './moves.ts';
import type { ResolvedNumber } from './resolved.ts';
import { scalarBehaviour } from './scalar.ts';
import type { NumberBase, NumberType, Rounding } from './types.ts';
import { vectorBehaviour } from './vector.ts';

const resolved = new WeakMap<NumberType, ResolvedNumber>();

/** Integers and floats that were met last, by their text: every Format brings its own f16, and listing 65,536 levels takes long. */
const common = new Map<string, ResolvedNumber>();
const MOST_COMMON = 16;

/**
 * The behaviour of a number; resolving the same object again, or an integer or a float equal to one of late, is free.
 * @throws RangeError for a number that is not well formed: a width, range, level, move, exception or overflow rule that cannot be.
 */
export function resolveNumber(type: NumberType): ResolvedNumber {
  const known = resolved.get(type);
  if (known !== undefined) return known;
  const number = isCommon(type) ? resolveCommon(type) : resolveNew(type);
  resolved.set(type, number);
  return number;
}

function resolveNew(type: NumberType): ResolvedNumber {
  return type.base.kind === 'grid' ? gridNumber(type) : resolve(type, baseCodes(type.base));
}

/** A number whose text is short and says everything: no constants, which JSON cannot always hold. */
function isCommon({ base, moves, except, round }: NumberType): boolean {
  if (typeof round === 'object' && round !== null) return false;
  return (base.kind === 'int' || base.kind === 'float') && moves.length === 0 && except.length === 0;
}

function resolveCommon(type: NumberType): ResolvedNumber {
  const text = JSON.stringify(type);
  const known = common.get(text);
  if (known !== undefined) return known;
  const number = resolveNew(type);
  common.set(text, number);
  if (common.size > MOST_COMMON) common.delete(common.keys().next().value!);
  return number;
}

function baseCodes(base: Exclude<NumberBase, { kind: 'grid' }>): Base {
  switch (base.kind) {
    case 'int':
      return intCodes(base);
    case 'float':
      return floatCodes(base);
    case 'levels':
      return listedCodes(base);
    case 'signs':
      return signCodes(base);
  }
}

/** Codes up to this width have their levels listed. */
const LISTED_BITS = 16;

function resolve(type: NumberType, base: Base): ResolvedNumber {
  const order = orderAfter(type.moves);
  const round = base.wide ? (value: number) => value : Math.fround;
  const isListed = base.bits <= LISTED_BITS;
  if (!isListed && type.except.length > 0) {
    throw new RangeError(
      `except: a number of ${base.bits} bits is too wide for single levels; at most ${LISTED_BITS} bits`,
    );
  }
  if (!isListed && order === 0) {
    throw new RangeError(
      `moves: a constant divided by a number of ${base.bits} bits; at most ${LISTED_BITS} bits`,
    );
  }
  const list = isListed ? listLevels(type, base, round) : null;
  const levels = list?.levels ?? null;
  const computed = (code: number, component: number) =>
    round(moved(type.moves, base.valueAt(code, component)));
  const { dimension, codes } = base;
  const codeEnd = 2 ** base.bits;
  const levelOf = (code: number, component = 0) => {
    if (!(Number.isInteger(code) && code >= 0 && code < codeEnd)) {
      throw new RangeError(`code ${code} is not an integer in 0..${codeEnd - 1}`);
    }
    if (!(Number.isInteger(component) && component >= 0 && component < dimension)) {
      throw new RangeError(`component ${component} is not an integer in 0..${dimension - 1}`);
    }
    return levels === null
      ? computed(code, component)
      : levels[Math.min(code, codes - 1) * dimension + component]!;
  };
  const special = (code: number | null, level: number) =>
    code !== null && Object.is(levels === null ? computed(code, 0) : levels[code], level) ? code : null;
  const nanCode = special(base.nanCode, NaN);
  const infCode = special(base.infCode, Infinity) ?? special(base.negativeInfCode, Infinity);
  const negativeInfCode = special(base.negativeInfCode, -Infinity) ?? special(base.infCode, -Infinity);
  if (type.overflow === 'nan' && nanCode === null) {
    throw new RangeError('overflow nan: the number has no code for NaN; give it specials or say saturate');
  }
  if (type.overflow === 'inf' && infCode === null && negativeInfCode === null) {
    throw new RangeError(
      'overflow inf: the number has no code for Inf; give it specials: ieee or say saturate',
    );
  }
  const rounding = type.round ?? (base.listed ? 'half_down' : 'even');
  requireRounding(rounding);
  const shared = { type, bits: base.bits, codes, radix: base.radix, dimension, levels, rounding };
  const alike = { ...shared, overflow: type.overflow, nanCode, infCode, levelOf };
  if (dimension > 1) return { ...alike, ...vectorBehaviour(base, levels, levelOf) };

  // The codes of an integer or a float as they stand are in order already; moves may merge levels and exceptions displace them.
  const ladder =
    levels === null
      ? computedLadder(base, type.moves, order as 1 | -1)
      : !base.listed && list?.unchanged
        ? computedLadder(base, [], 1)
        : listedLadder(base, levels, writableCodes(type, base));
  const bottom = round(ladder.at(0).value);
  const top = round(ladder.at(ladder.count - 1).value);
  if (!Number.isFinite(bottom) || !Number.isFinite(top)) {
    throw new RangeError(
      `the levels ${bottom}..${top} do not fit binary32; change the bias or the constant that moves them`,
    );
  }
  const ends: Ends = {
    ...limits(ladder, outsideLevels(type, base), rounding),
    lowest: ladder.at(0).code,
    highest: ladder.at(ladder.count - 1).code,
    overflow: type.overflow,
    nanCode,
    infCode,
    negativeInfCode,
  };
  return {
    ...alike,
    facts: {
      max: top,
      min: bottom,
      levels: base.keepEqual ? distinctLevels(ladder) : ladder.count,
      bits: base.bits,
      mantissa: base.mantissa,
      emax: exponentOf(top > 0 ? top : bottom),
    },
    ...scalarBehaviour(type, base, levels, ladder, ends, rounding, levelOf),
  };
}

/** Codes that may be written: those in range, the one of -0, and special codes that an exception made finite. */
function writableCodes(type: NumberType, base: Base): number[] {
  const codes = Array.from({ length: base.ranks }, (_, rank) => base.codeAt(rank));
  if (base.negativeZero !== null) codes.push(base.negativeZero);
  for (const [code] of type.except) if (!Number.isFinite(base.valueAt(code, 0))) codes.push(code);
  return codes;
}

/** Levels that the number lacks but its range would go on with: beyond the base's ends, and where exceptions stood. */
function outsideLevels(type: NumberType, base: Base): OutsideLevel[] {
  const replaced = type.except.map(([code]) => ({
    value: base.valueAt(code, 0),
    parity: base.parityOf(code),
  }));
  return [...base.outside, ...replaced].map(({ value, parity }) => ({
    value: moved(type.moves, value),
    parity,
  }));
}

function distinctLevels(ladder: Ladder): number {
  return new Set(Array.from({ length: ladder.count }, (_, rank) => ladder.at(rank).value + 0)).size;
}

function requireRounding(rule: Rounding): void {
  if (typeof rule === 'object') requireInteger('round stochastic: the seed', rule.stochastic, 0, 2 ** 32 - 1);
}
