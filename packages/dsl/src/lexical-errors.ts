/**
 * What is wrong with the words of a text before any grammar looks at them: damaged text, unknown characters, strings
 * without an end, numbers that cannot be read, reserved words as names, and texts beyond the limits.
 */

import type { IToken } from 'chevrotain';
import { type Diagnostic, diagnose } from './diagnostics/catalogue.ts';
import { type Excess, MAX_DIGITS, MAX_LENGTH, MAX_NESTING, MAX_OPERATORS, MAX_WORDS } from './limits.ts';
import { numberValue } from './number-value.ts';
import type { Source } from './source.ts';
import { endOf, isReserved, NAME, NUMBER, type Tokens, UNTERMINATED } from './tokens.ts';

/** All of them, in no order. `words` are those of `tokens` after {@link asIntended}. */
export function lexicalErrors(source: Source, tokens: Tokens, words: readonly IToken[]): Diagnostic[] {
  return [
    ...damage(source),
    ...reservedNames(source, tokens.words, words),
    ...unknownCharacters(source, tokens),
    ...spoiltWords(source, words),
  ];
}

const MAX_DAMAGE = 20;

/** Half surrogate pairs and replacement signs: the text was not Unicode when it was read. */
function damage(source: Source): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const match of source.text.matchAll(/\p{Surrogate}|\ufffd/gu)) {
    const span = { start: match.index, end: match.index + 1 };
    found.push(diagnose('QF008', source, span, 'This is not Unicode text.', 'Save the file as UTF-8.'));
    if (found.length === MAX_DAMAGE) break;
  }
  return found;
}

/** Cures for characters that other languages would have here. */
const CHARACTER_HELP: Readonly<Record<string, string>> = {
  ';': 'Members need no sign between them; a comma may stand there.',
  '#': 'A comment begins with `//`.',
  "'": 'A string stands between double quotation marks.',
  '“': 'A string stands between straight quotation marks, `"`.',
  '”': 'A string stands between straight quotation marks, `"`.',
  '−': 'Write the ASCII minus, `-`.',
  '–': 'Write the ASCII minus, `-`.',
  '×': 'Write `*`.',
  '·': 'Write `*`.',
  '÷': 'Write `/`.',
  '≤': 'Write `<=`.',
  '≥': 'Write `>=`.',
  '≠': 'Write `!=`.',
  '→': 'Write `->`.',
  '^': 'Powers are `pow(a, b)` or `exp2(a)`; the bits of integers are `xor(a, b)`.',
  '&': 'The bits of integers are `and(a, b)`.',
  '|': 'The bits of integers are `or(a, b)`.',
  '~': 'The bits of integers are `xor(a, b)`.',
  '%': 'A ratio is written `0.1%`, a remainder `mod(a, b)`.',
  '!': 'Only `!=` begins so; write `a == 0` for "not a".',
  '\u00a0': 'Write an ordinary space.',
};

const CONTROL = /(?![\t\n])\p{Cc}/u;

function unknownCharacters(source: Source, tokens: Tokens): Diagnostic[] {
  const at = (start: number, end: number, help: string | null): Diagnostic => {
    const character = String.fromCodePoint(source.text.codePointAt(start)!);
    const cure = CHARACTER_HELP[character] ?? help;
    return diagnose('QF001', source, { start, end }, `Unexpected ${describeCharacter(character)}.`, cure);
  };
  // Strings and comments hold any character, but no control characters.
  const quoted = [...tokens.comments, ...tokens.words.filter(({ image }) => image.startsWith('"'))].flatMap(
    (token) => {
      const first = token.image.search(CONTROL);
      return first < 0 ? [] : [at(token.startOffset + first, token.startOffset + first + 1, 'Remove it.')];
    },
  );
  // One of a line is told in any case; a file of nothing else must not cost more than that.
  const unknown = tokens.unknown.filter(({ startLine }, i) => startLine !== tokens.unknown[i - 1]?.startLine);
  return [...unknown.map((token) => at(token.startOffset, endOf(token), null)), ...quoted];
}

function describeCharacter(character: string): string {
  const point = character.codePointAt(0)!;
  const name = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  const shows = /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character);
  return shows ? `character \`${character}\`${point > 0x7e ? ` (${name})` : ''}` : `character ${name}`;
}

/** Strings without an end, numbers that cannot be read. */
function spoiltWords(source: Source, words: readonly IToken[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  words.forEach((token, i) => {
    const span = { start: token.startOffset, end: endOf(token) };
    if (token.tokenType === UNTERMINATED) {
      const lineEnd = source.text.indexOf('\n', span.start);
      const shown = { start: span.start, end: lineEnd < 0 ? span.end : Math.min(span.end, lineEnd) };
      found.push(diagnose('QF002', source, shown, 'This string does not end.', 'Close it with `"`.'));
    }
    if (token.tokenType !== NUMBER) return;
    const next = words[i + 1];
    const runsOn = next !== undefined && next.startOffset === span.end && /^\w/.test(next.image);
    const problem = numberProblem(token.image);
    if (runsOn) {
      const message = `\`${token.image}${next.image}\` is neither a number nor a name.`;
      const help = /^0$/.test(token.image) ? null : `Write \`${token.image} ${next.image}\`.`;
      found.push(diagnose('QF007', source, { start: span.start, end: endOf(next) }, message, help));
    } else if (problem) found.push(diagnose('QF007', source, span, problem));
  });
  return found;
}

function numberProblem(text: string): string | null {
  if (text.length > MAX_DIGITS)
    return `This number has ${text.length} characters; ${MAX_DIGITS} are allowed.`;
  const value = numberValue(text);
  if (!Number.isFinite(value)) return 'This number is too large for binary64.';
  if (text.startsWith('0x') && !Number.isSafeInteger(value))
    return 'This hexadecimal integer is 2^53 or more.';
  return null;
}

const MEETS_NAME: ReadonlySet<string> = new Set(['let', 'number', 'format', 'stream']);

/** Use with `map`: a reserved word where only a name can be meant becomes a name, so that the parser stays on its feet. */
export function asIntended(token: IToken, i: number, words: readonly IToken[]): IToken {
  if (!isReserved(token.image)) return token;
  const colon = words[i + 1]?.image === ':' && token.image !== 'value';
  const named = MEETS_NAME.has(words[i - 1]?.image ?? '') && words[i - 2]?.image !== '.';
  if (!colon && !named) return token;
  return { ...token, tokenType: NAME, tokenTypeIdx: NAME.tokenTypeIdx! };
}

function reservedNames(
  source: Source,
  written: readonly IToken[],
  intended: readonly IToken[],
): Diagnostic[] {
  return written.flatMap((token, i) => {
    if (intended[i] === token) return [];
    const message = `\`${token.image}\` is a reserved word and cannot be a name.`;
    const span = { start: token.startOffset, end: endOf(token) };
    return [diagnose('QF003', source, span, message, 'Choose another name.')];
  });
}

/** QF006 at the place where the limit is passed. */
export function tooLarge(source: Source, start: number): Diagnostic {
  const message = `The file is larger than ${MAX_LENGTH} characters or ${MAX_WORDS} words.`;
  return diagnose(
    'QF006',
    source,
    { start, end: start + 1 },
    message,
    'Move numbers to a file of their own.',
  );
}

/** QF005 at the word that goes too deep. */
export function tooDeep(source: Source, { limit, span }: Excess): Diagnostic {
  const [message, help] =
    limit === 'nesting'
      ? [`Brackets and constructors are nested more than ${MAX_NESTING} deep here.`, null]
      : [
          `This expression is more than ${MAX_OPERATORS} operators deep.`,
          'Name a part of it with `let` or `where`.',
        ];
  return diagnose('QF005', source, span, message, help);
}
