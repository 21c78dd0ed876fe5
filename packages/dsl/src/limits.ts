/**
 * What a text may not exceed, counted over its words before anything recurses over them.
 *
 * The parser recurses once for each bracket and each constructor (`curve`, `table`, `density`: their bodies are
 * expressions again), and every later pass recurses over expressions; both are bounded here, in one linear walk.
 */

import type { IToken } from 'chevrotain';
import type { Span } from './ast.ts';
import { endOf } from './tokens.ts';

/** Longest text, in UTF-16 units. */
export const MAX_LENGTH: number = 1 << 20;
/** Most words in a text. */
export const MAX_WORDS: number = 1 << 18;
/** Deepest nesting of brackets and constructors. */
export const MAX_NESTING = 64;
/** Highest expression, in operators, over all the brackets that are open. */
export const MAX_OPERATORS = 256;
/** Longest number, in characters. */
export const MAX_DIGITS = 64;

/** Where a limit is passed, and which. */
export interface Excess {
  readonly limit: 'nesting' | 'operators';
  readonly span: Span;
}

interface Level {
  constructors: number;
  operators: number;
}

/** Brackets that are open at the end of the words, outermost first; and the first excess, if any. */
export interface Nesting {
  readonly open: readonly IToken[];
  readonly excess: Excess | null;
}

const CLOSER: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const CONSTRUCTORS: ReadonlySet<string> = new Set(['curve', 'table', 'density']);
const OPERATORS: ReadonlySet<string> = new Set(['+', '-', '*', '/', '.', '==', '!=', '<', '<=', '>', '>=']);
/** After these no expression that began before them goes on at the same level of brackets. */
const SEPARATORS: ReadonlySet<string> = new Set([':', 'let', 'number', 'format', 'expect', 'fit', 'layout']);

const isWord = (name: string): boolean => /^\w/.test(name);
const endsOperand = (name: string): boolean => /^[\w)\]}]/.test(name);

/** Measures the nesting of brackets, constructors and operators. Stray closing brackets are left to the parser. */
export function measureNesting(words: readonly IToken[]): Nesting {
  const open: IToken[] = [];
  const levels: Level[] = [{ constructors: 0, operators: 0 }];
  let depth = 0;
  let operators = 0;
  let previous = '';
  for (const token of words) {
    const name = token.tokenType.name;
    const level = levels[levels.length - 1]!;
    if (name in CLOSER) {
      open.push(token);
      levels.push({ constructors: 0, operators: 0 });
      depth++;
      // An index is an operator, a call is not; counting both costs little.
      level.operators++;
      operators++;
    } else if (open.length > 0 && name === CLOSER[open[open.length - 1]!.tokenType.name]) {
      open.pop();
      levels.pop();
      depth -= 1 + level.constructors;
      operators -= level.operators;
    } else if (CONSTRUCTORS.has(name)) {
      level.constructors++;
      depth++;
    } else if (OPERATORS.has(name)) {
      level.operators++;
      operators++;
    } else if (SEPARATORS.has(name)) {
      depth -= level.constructors;
      operators -= level.operators;
      level.constructors = 0;
      level.operators = 0;
    } else if (
      level.constructors === 0 &&
      (name === ',' || name === '=' || (isWord(name) && endsOperand(previous)))
    ) {
      // Two operands side by side, or a comma: another expression. In a constructor it may be the same one going on.
      operators -= level.operators;
      level.operators = 0;
    }
    const limit = depth > MAX_NESTING ? 'nesting' : operators > MAX_OPERATORS ? 'operators' : null;
    if (limit) return { open, excess: { limit, span: { start: token.startOffset, end: endOf(token) } } };
    previous = name;
  }
  return { open, excess: null };
}
