/**
 * The words of the language and the lexer that finds them. No grammar here, and no diagnostics.
 *
 * Specification: docs/design/language.md, "Grammar" (first paragraph). Comments and documentation comments leave the
 * stream of words: they may stand anywhere, and comments.ts says which of them document what.
 */

import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';

/** Words that are never names. */
export const RESERVED = [
  ...[
    'import',
    'number',
    'format',
    'extends',
    'tensor',
    'row',
    'column',
    'each',
    'let',
    'value',
    'fit',
    'layout',
  ],
  ...[
    'stream',
    'expect',
    'outliers',
    'entropy',
    'rotate',
    'permute',
    'zip',
    'pad',
    'align',
    'words',
    'view',
    'tail',
  ],
  ...['nonfinite', 'arithmetic', 'codebook', 'curve', 'table', 'density', 'csr', 'bitmap'],
] as const;

/** Words with a meaning in one place only; everywhere else they are ordinary names. */
export const SOFT = [
  ...[
    'from',
    'of',
    'in',
    'over',
    'power',
    'scaled',
    'where',
    'as',
    'by',
    'bits',
    'radix',
    'msb',
    'whole',
    'round',
  ],
  ...[
    'saturate',
    'overflow',
    'except',
    'unordered',
    'top',
    'with',
    'add',
    'index',
    'fraction',
    'high',
    'symmetric',
  ],
  ...['asymmetric', 'repeat_zero'],
] as const;

/** Punctuation; a longer mark stands before its beginnings. */
export const MARKS = [
  ...['=>', '->', '..', '==', '!=', '<=', '>=', '{', '}', '[', ']', '(', ')'],
  ...[',', ':', '<', '>', '=', '+', '-', '*', '/', '.'],
] as const;

type Word = (typeof RESERVED)[number] | (typeof SOFT)[number];
type Mark = (typeof MARKS)[number];

const WHITESPACE: TokenType = createToken({ name: 'WHITESPACE', pattern: /[ \t\n]+/, group: Lexer.SKIPPED });

/** `///` to the end of the line. */
export const DOC: TokenType = createToken({ name: 'DOC', pattern: /\/\/\/[^\n]*/, group: 'comments' });

/** `//` to the end of the line. */
export const COMMENT: TokenType = createToken({ name: 'COMMENT', pattern: /\/\/[^\n]*/, group: 'comments' });

/** `[A-Za-z_][A-Za-z0-9_]*`, and every soft word. */
export const NAME: TokenType = createToken({
  name: 'NAME',
  label: 'a name',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
});

/** Decimal, with exponent, per cent, or hexadecimal. Never signed. */
export const NUMBER: TokenType = createToken({
  name: 'NUMBER',
  label: 'a number',
  pattern: /0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?%?/,
});

/**
 * `"…"`, without escapes. It spans lines only as the digits of a codebook do, without the signs of other text: a lost
 * quotation mark then spoils its own line, not everything up to the next one.
 */
export const STRING: TokenType = createToken({
  name: 'STRING',
  label: 'a string',
  pattern: /"(?:[^"\n]*|[^"{}=/]*)"/,
  line_breaks: true,
});

/** A string without an end: the rest of its line, and lines of digits below. The grammar takes it for a string. */
export const UNTERMINATED: TokenType = createToken({
  name: 'UNTERMINATED',
  pattern: /"[^"\n]*(?:\n[ \t]*[0-9][0-9a-z \t]*(?![^\n]))*/,
  line_breaks: true,
  categories: [STRING],
});

/** A run of characters that begin no word. With it every text has tokens, and a broken one costs no more than a good one. */
export const UNKNOWN: TokenType = createToken({
  name: 'UNKNOWN',
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among those looked for
  pattern: /[\u0000-\u0008\u000b-\u001f#$%&';?@\\^`|~\u007f-\uffff]+|(?:!(?!=))+/,
  group: 'unknown',
});

const words = (list: readonly Word[], categories: TokenType[]): [Word, TokenType][] =>
  list.map((text) => [
    text,
    createToken({
      name: text,
      label: `\`${text}\``,
      pattern: new RegExp(text),
      longer_alt: NAME,
      categories,
    }),
  ]);

/** The token type of each reserved and soft word, under the word itself. */
export const WORD: Readonly<Record<Word, TokenType>> = Object.fromEntries([
  ...words(RESERVED, []),
  ...words(SOFT, [NAME]),
]) as Record<Word, TokenType>;

/** The token type of each mark, under the mark itself. */
export const MARK: Readonly<Record<Mark, TokenType>> = Object.fromEntries(
  MARKS.map((text) => [text, createToken({ name: text, label: `\`${text}\``, pattern: text })]),
) as Record<Mark, TokenType>;

/** All token types, in the order in which the lexer tries them. */
export const TOKEN_TYPES: readonly TokenType[] = [
  ...[WHITESPACE, DOC, COMMENT, STRING, UNTERMINATED, NUMBER],
  ...Object.values(WORD).sort((a, b) => b.name.length - a.name.length),
  ...[NAME, ...Object.values(MARK), UNKNOWN],
];

const LEXER = new Lexer([...TOKEN_TYPES], { ensureOptimizations: true });

/** What the lexer finds: words, comments of both kinds, and runs of unknown characters, each in order. */
export interface Tokens {
  readonly words: readonly IToken[];
  readonly comments: readonly IToken[];
  readonly unknown: readonly IToken[];
}

/** Cuts a normalised text into words. Total and linear: every character is in a token or a blank. */
export function tokenize(text: string): Tokens {
  const { tokens, groups, errors } = LEXER.tokenize(text);
  if (errors.length > 0) throw new Error(`the lexer has no token for offset ${errors[0]!.offset}`);
  return { words: tokens, comments: groups.comments ?? [], unknown: groups.unknown ?? [] };
}

/** The offset just after a token. */
export const endOf = (token: IToken): number => token.startOffset + token.image.length;

const RESERVED_WORDS: ReadonlySet<string> = new Set(RESERVED);

/** Whether `text` may not be a name. */
export const isReserved = (text: string): boolean => RESERVED_WORDS.has(text);
