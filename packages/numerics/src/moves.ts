/**
 * Moves: `number ± × ÷ constant`, applied to the levels of a base in binary64, in order.
 *
 * Codes stay where they are, so a move may turn the order of the levels round. Specification: docs/design/language.md, "Numbers".
 */
import type { Move } from './types.ts';

/** The value that a base's value has after the moves. */
export function moved(moves: readonly Move[], value: number): number {
  let v = value;
  for (const { op, constant: k, swapped } of moves) {
    if (op === '+') v += k;
    else if (op === '*') v *= k;
    else if (op === '-') v = swapped ? k - v : v - k;
    else v = swapped ? k / v : v / k;
  }
  return v;
}

/**
 * Whether values keep their order (1), reverse it (-1), or neither is sure (0: a constant divided by a number).
 * @throws RangeError for a constant that is not finite, or one that makes all levels equal or infinite.
 */
export function orderAfter(moves: readonly Move[]): 1 | -1 | 0 {
  let order: 1 | -1 | 0 = 1;
  moves.forEach(({ op, constant, swapped }, i) => {
    if (!Number.isFinite(constant)) {
      throw new RangeError(`moves[${i}]: the constant ${constant} is not finite`);
    }
    if (constant === 0 && (op === '*' || op === '/')) {
      throw new RangeError(`moves[${i}]: ${op} by zero leaves no levels apart; use a constant other than 0`);
    }
    if (op === '/' && swapped) order = 0;
    else if (op === '-' ? swapped : op !== '+' && constant < 0)
      order = order === 1 ? -1 : order === -1 ? 1 : 0;
  });
  return order;
}
