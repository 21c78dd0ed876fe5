/**
 * Text of expressions with the parentheses that they need and no others. Knows ranks, not what is printed.
 * Specification: docs/design/language.md, "Grammar" (`expr`, `sum`, `term`, `unary`, `postfix`).
 */
import type { BinaryOperator } from '../ast.ts';

/** How tightly a piece of text binds: comparison, sum, term, unary minus, postfix and primary. */
export const RANK = { comparison: 0, sum: 1, term: 2, unary: 3, primary: 4 } as const;

/** A printed expression and how tightly it binds. */
export interface Piece {
  readonly text: string;
  readonly rank: number;
}

/** Something that needs no parentheses anywhere. */
export function primary(text: string): Piece {
  return { text, rank: RANK.primary };
}

/** A finite number: the shortest decimal that reads back as the same binary64. */
export function literal(value: number): Piece {
  const text = String(Math.abs(value));
  return value < 0 ? { text: `-${text}`, rank: RANK.unary } : primary(text);
}

/** Text of a piece where at least `rank` is needed. */
export function within(piece: Piece, rank: number): string {
  return piece.rank >= rank ? piece.text : `(${piece.text})`;
}

const NUMBER = /^-?[0-9][0-9a-z.+-]*$/;
const FRACTION = /^(-?[0-9][0-9a-z.+-]*)\/([0-9][0-9a-z.+-]*)$/;

/** An operation; what stands on the right keeps the parentheses that decide how it was grouped. `1/4` is drawn tight, as the formatter has it. */
export function binaryPiece(operator: BinaryOperator, left: Piece, right: Piece): Piece {
  const rank = rankOf(operator);
  const leftText = within(left, rank === RANK.comparison ? RANK.sum : rank);
  const rightText = within(right, rank + 1);
  if (operator === '/' && NUMBER.test(leftText) && NUMBER.test(rightText) && right.rank === RANK.primary) {
    return { text: `${leftText}/${rightText}`, rank };
  }
  // A fraction at the head of a longer product is a division like the others.
  const head = rank === RANK.term ? leftText.replace(FRACTION, '$1 / $2') : leftText;
  return { text: `${head} ${operator} ${rightText}`, rank };
}

function rankOf(operator: BinaryOperator): number {
  if (operator === '*' || operator === '/') return RANK.term;
  return operator === '+' || operator === '-' ? RANK.sum : RANK.comparison;
}

/** Minus in front. */
export function negatePiece(of: Piece): Piece {
  return { text: `-${within(of, RANK.primary)}`, rank: RANK.unary };
}

/** `name(a, b)`. */
export function callPiece(name: string, args: readonly string[]): Piece {
  return primary(`${name}(${args.join(', ')})`);
}

/** `of[a, b]`. */
export function indexPiece(of: Piece, indices: readonly string[]): Piece {
  return primary(`${within(of, RANK.primary)}[${indices.join(', ')}]`);
}
