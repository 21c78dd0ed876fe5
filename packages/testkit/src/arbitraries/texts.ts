/**
 * `.qf` texts: valid ones, as formats print, and broken ones, as a few edits of valid texts. A compiler must report on all and
 * crash on none.
 */
import { printFormat } from '@fewerbits/dsl';
import * as fc from 'fast-check';
import { formats } from './formats.ts';

/** What is drawn. */
export interface TextOptions {
  /** Texts to mutate beside printed formats: those of your own formats. */
  readonly texts?: readonly string[];
  /** The most edits of one text, 4 by default; 0 leaves all texts valid. */
  readonly edits?: number;
}

/** Words and signs of the language, and characters that stand nowhere in it. */
const PIECES: readonly string[] = [
  ...[
    'format',
    'number',
    'import',
    'extends',
    'tensor',
    'row',
    'each',
    'block',
    'let',
    'value',
    'layout',
    'stream',
    'expect',
  ],
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '=',
    '->',
    '=>',
    '..',
    ',',
    ':',
    '.',
    '-',
    '+',
    '*',
    '/',
    '"',
    '///',
    '//',
    '\n',
  ],
  ...['0', '1e999', '0x', '0.1%', '9007199254740993', 'x', '_', 'é', '\u0000', '\ud800', '\u2028', '\r\n'],
];

/** Texts of the language, valid and mutated; shrinks towards fewer edits. */
export function qfTexts(options: TextOptions = {}): fc.Arbitrary<string> {
  const { texts = [], edits = 4 } = options;
  const printed = formats().map(printFormat);
  const valid = texts.length === 0 ? printed : fc.oneof(printed, fc.constantFrom(...texts));
  const edit = fc.record({
    kind: fc.constantFrom(
      'delete' as const,
      'insert' as const,
      'double' as const,
      'swap' as const,
      'cut' as const,
    ),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 12 }),
    piece: fc.constantFrom(...PIECES),
  });
  return fc
    .tuple(valid, fc.array(edit, { maxLength: edits }))
    .map(([text, changes]) => changes.reduce((current, change) => edited(current, change), text));
}

interface Edit {
  readonly kind: 'delete' | 'insert' | 'double' | 'swap' | 'cut';
  readonly at: number;
  readonly length: number;
  readonly piece: string;
}

function edited(text: string, { kind, at, length, piece }: Edit): string {
  const start = Math.floor(at * text.length);
  const end = Math.min(text.length, start + length);
  const [before, middle, after] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  switch (kind) {
    case 'delete':
      return before + after;
    case 'insert':
      return before + piece + middle + after;
    case 'double':
      return before + middle + middle + after;
    case 'swap':
      return before + after.slice(0, length) + middle + after.slice(length);
    case 'cut':
      return before;
  }
}
