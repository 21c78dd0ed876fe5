/**
 * A `}` too many, which closes a format before its end: found from what the parser says, so that the rest of the
 * format can be read as what it is.
 *
 * Knows how declarations begin and that braces come in pairs, and no more of the grammar.
 */

import type { IRecognitionException, IToken } from 'chevrotain';
import { MARK, WORD } from './tokens.ts';

/** A closing brace to leave out, and the error that it led to. */
export interface StrayBrace {
  /** Its index among the words. */
  readonly at: number;
  /** Names the word after it, where the parser looked for another declaration. */
  readonly error: IRecognitionException;
}

/**
 * The first stray brace that an error gives away: after a format another declaration should begin, does not, and the
 * words up to the next declaration have more closing than opening braces. Null if there is none.
 */
export function findStrayBrace(
  words: readonly IToken[],
  errors: readonly IRecognitionException[],
): StrayBrace | null {
  for (const error of errors) {
    if (error.context.ruleStack.length > 1) continue;
    const at = words.indexOf(error.token) - 1;
    if (words[at]?.tokenType === MARK['}'] && closesTooOften(words, at)) return { at, error };
  }
  return null;
}

/** Whether the declaration around the word at `at` is a format with more closing than opening braces. */
function closesTooOften(words: readonly IToken[], at: number): boolean {
  let start = at;
  while (start >= 0 && !beginsDeclaration(words, start)) start--;
  if (words[start]?.tokenType !== WORD.format) return false;
  let open = 0;
  for (let i = start; i < words.length && (i === start || !beginsDeclaration(words, i)); i++) {
    if (words[i]!.tokenType === MARK['{']) open++;
    if (words[i]!.tokenType === MARK['}']) open--;
  }
  return open < 0;
}

/** After a colon, `format` and `number` say what a field or parameter is. */
function beginsDeclaration(words: readonly IToken[], i: number): boolean {
  const { tokenType } = words[i]!;
  const head = tokenType === WORD.format || tokenType === WORD.number || tokenType === WORD.import;
  return head && words[i - 1]?.tokenType !== MARK[':'];
}
