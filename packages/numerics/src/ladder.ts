/**
 * The ladder of a number: the levels that an encoder may write, in increasing order, each with its code.
 *
 * Two forms of one thing: listed (codes of up to 16 bits) and computed rank by rank (wider ones, far too many to list).
 * Specification: docs/design/language.md, "Numbers": equal levels, the sign of zero.
 */
import type { Base } from './base.ts';
import { moved } from './moves.ts';
import type { Neighbour } from './rounding.ts';
import type { Move } from './types.ts';

export interface Ladder {
  readonly count: number;
  /** The level at a rank 0 .. count - 1. */
  readonly at: (rank: number) => Neighbour;
  /** The code written for a negative input (or -0) that takes the level zero; `null` where -0 has no code. */
  readonly negativeZero: number | null;
}

/**
 * The ladder of a number whose levels are listed by code.
 *
 * @param levels by code, after moves and exceptions
 * @param writable the codes that may be written, each once
 */
export function listedLadder(base: Base, levels: Float64Array, writable: readonly number[]): Ladder {
  const isMinusZero = (code: number) => Object.is(levels[code], -0);
  const codes = writable
    .filter((code) => Number.isFinite(levels[code]))
    .sort((a, b) => levels[a]! - levels[b]! || Number(isMinusZero(b)) - Number(isMinusZero(a)) || a - b);
  const rungs: Neighbour[] = [];
  let negativeZero: number | null = null;
  for (const code of codes) {
    const value = levels[code]!;
    const last = rungs.at(-1);
    if (last === undefined || last.value !== value || base.keepEqual) {
      rungs.push({ value, code, parity: base.parityOf(code) });
    } else if (Object.is(last.value, -0) && Object.is(value, 0)) {
      negativeZero = last.code;
      rungs[rungs.length - 1] = { value, code, parity: base.parityOf(code) };
    }
    // Otherwise a further code of an equal level: the lowest, which came first, is the one that is written.
  }
  return { count: rungs.length, at: (rank) => rungs[rank]!, negativeZero };
}

/**
 * The ladder of a number too wide to list. Its levels are compared in binary64, before they are rounded to binary32,
 * so integers above 2^24 stay apart.
 *
 * @param order 1 if the moves keep the order of the base, -1 if they reverse it
 */
export function computedLadder(base: Base, moves: readonly Move[], order: 1 | -1): Ladder {
  const { negativeZero } = base;
  const zero = (code: number) => moved(moves, base.valueAt(code, 0));
  const at = (rank: number): Neighbour => {
    const code = base.codeAt(order === 1 ? rank : base.ranks - 1 - rank);
    return { value: moved(moves, base.valueAt(code, 0)), code, parity: base.parityOf(code) };
  };
  // Additive moves merge the two zeros; a negative factor exchanges them, and then no code is left that means -0 alone.
  const keepsSign = negativeZero !== null && Object.is(zero(negativeZero), -0);
  return { count: base.ranks, at, negativeZero: keepsSign ? negativeZero : null };
}
