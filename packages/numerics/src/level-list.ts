/**
 * The levels of a number of up to 16 bits, listed by code: what a decoder looks up and an encoder's ladder is made from.
 *
 * Moves run in binary64 and round once; exceptions come after them. Specification: docs/design/language.md, "Numbers".
 */
import { type Base, requireInteger } from './base.ts';
import { moved } from './moves.ts';
import type { NumberType } from './types.ts';

/** The levels of all codes. */
export interface LevelList {
  /** Code-major, then component. */
  readonly levels: Float64Array;
  /** Whether every level is the base's own value. */
  readonly unchanged: boolean;
}

/**
 * Lists the levels of a number after moves and exceptions.
 * @param round to binary32, or not at all
 * @throws RangeError for a level that is not finite where the base's value is, or an exception that cannot be.
 */
export function listLevels(type: NumberType, base: Base, round: (value: number) => number): LevelList {
  const { codes, dimension } = base;
  let unchanged = type.except.length === 0;
  const levels = new Float64Array(codes * dimension);
  for (let code = 0; code < codes; code++) {
    for (let component = 0; component < dimension; component++) {
      const value = base.valueAt(code, component);
      const level = round(moved(type.moves, value));
      if (Number.isFinite(value) && !Number.isFinite(level)) {
        throw new RangeError(
          `code ${code}: its level ${level} does not fit binary32; change the bias or the constant that moves it`,
        );
      }
      levels[code * dimension + component] = level;
      unchanged &&= Object.is(level, value);
    }
  }
  if (type.except.length > 0 && dimension > 1) {
    throw new RangeError('except: a vector cannot have single levels changed; list its components instead');
  }
  const seen = new Set<number>();
  for (const [code, level] of type.except) {
    requireInteger('except: a code', code, 0, codes - 1);
    if (seen.has(code)) throw new RangeError(`except: code ${code} is given twice`);
    seen.add(code);
    if (!Number.isFinite(round(level)))
      throw new RangeError(`except ${code}: the level ${level} is not finite in binary32`);
    levels[code] = round(level);
  }
  return { levels, unchanged };
}
