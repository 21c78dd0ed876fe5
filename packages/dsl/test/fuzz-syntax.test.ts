/** No text, however broken, makes the parser or the formatter throw, and a broken one never makes a tree. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../src/diagnostics/render.ts';
import { formatSource } from '../src/format-source.ts';
import { MAX_LENGTH } from '../src/limits.ts';
import { parse } from '../src/parse.ts';
import { makeSource } from '../src/source.ts';
import { MARKS, RESERVED, SOFT, tokenize } from '../src/tokens.ts';
import { designSources, everyConstruct } from './syntax-corpus.ts';

/** What must hold of every text. */
function survives(text: string): void {
  const source = makeSource('t.qf', text);
  const { ast, diagnostics } = parse(source);
  expect(ast === null).toBe(diagnostics.length > 0);
  expect(diagnostics.length).toBeLessThanOrEqual(20);
  for (const { span } of diagnostics) {
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.end).toBeLessThanOrEqual(source.text.length);
  }
  expect(typeof renderDiagnostics(diagnostics, { color: false })).toBe('string');
  // The formatter gives up where the parser does; reading a huge text twice would say nothing more.
  if (ast === null && text.length > 100_000) return;
  const formatted = formatSource(source);
  expect(formatted.text === null).toBe(ast === null);
  if (formatted.text !== null && formatted.text.length <= MAX_LENGTH)
    expect(formatSource(makeSource('t.qf', formatted.text)).text).toBe(formatted.text);
}

const texts = [everyConstruct, ...designSources].map(({ text }) => text).filter((text) => text.length < 5000);
const words = [
  ...RESERVED,
  ...SOFT,
  ...MARKS,
  '"',
  '///',
  '//',
  '0',
  '1e9',
  '"a"',
  'x',
  '\n',
  '\u0000',
  '\ud800',
  '%',
];

type Mutation = (text: string, at: number, other: number, word: string) => string;

/** `at` and `other` are places in the text. */
const MUTATIONS: readonly Mutation[] = [
  (text, at, other) =>
    text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (other % 8))) + text.slice(at + 1),
  (text, at, other) => text.slice(0, Math.min(at, other)) + text.slice(Math.max(at, other)),
  (text, at) => text.slice(0, at),
  (text, at) => text.slice(at),
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at, _, word) => `${text.slice(0, at)} ${word} ${text.slice(at)}`,
  (text, at, _, word) => text.slice(0, at) + word + text.slice(at),
  (text, at) => onWord(text, at, (image) => `${image} ${image}`),
  (text, at) => onWord(text, at, () => ''),
  (text, at, _, word) => onWord(text, at, () => word),
  (text, at, other) => text.slice(0, at) + text.slice(other) + text.slice(at, other),
];

function onWord(text: string, at: number, change: (image: string) => string): string {
  const token = tokenize(text).words.find(({ startOffset }) => startOffset >= at);
  if (!token) return text;
  return (
    text.slice(0, token.startOffset) +
    change(token.image) +
    text.slice(token.startOffset + token.image.length)
  );
}

describe('no text is too broken', () => {
  it('3000 mutations of good texts', () => {
    const step = fc.tuple(
      fc.constantFrom(...MUTATIONS),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(...words),
    );
    const mutated = fc
      .tuple(fc.constantFrom(...texts), fc.array(step, { minLength: 1, maxLength: 4 }))
      .map(([text, steps]) =>
        steps.reduce(
          (now, [mutate, a, b, word]) =>
            mutate(now, Math.floor(a * now.length), Math.floor(b * now.length), word),
          text,
        ),
      );
    fc.assert(fc.property(mutated, survives), { seed: 1, numRuns: 3000 });
  });

  it('words of the language in any order', () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((list) => list.join(' '));
    fc.assert(fc.property(soup, survives), { seed: 2, numRuns: 500 });
    fc.assert(
      fc.property(
        soup.map((text) => `format f { ${text} }`),
        survives,
      ),
      { seed: 3, numRuns: 500 },
    );
  });

  it('any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), survives), { seed: 4, numRuns: 300 });
  });
});

describe('a mebibyte of one thing', () => {
  const things = [
    ...[
      '(',
      '[',
      '{',
      '}',
      '-',
      'a.',
      'a[',
      'a+',
      'a ',
      '1,',
      '"',
      '\n"',
      '"\n0\n',
      '\u0000',
      '\ud800',
      '\ufffd',
      '@ ',
      '%1',
    ],
    ...[
      '// x\n',
      '/// x\n',
      '\n',
      '\r',
      '漢',
      'a-',
      '0x',
      '1e',
      '0.0',
      'curve u => ',
      'table u => u where a = ',
      'let ',
      '..',
      '!',
    ],
    ...[
      'format a { b: c } } ',
      'format f { a',
      'number a = codebook [1 2]\n',
      'number a = f(,)\n',
      'f { let } ',
      'number format ',
    ],
  ];

  it.each(things)('%j', (thing) => {
    survives(thing.repeat(Math.floor(MAX_LENGTH / thing.length)));
    // Below the limit of words too, where the parser itself has to cope.
    survives(thing.repeat(Math.floor(20_000 / thing.length)));
    survives(`format f {\n${thing.repeat(Math.floor(20_000 / thing.length))}`);
    survives(`number a = codebook [${thing.repeat(Math.floor(20_000 / thing.length))}`);
  });

  it('one string, one name, one number, one comment', () => {
    for (const head of ['"', '"a', 'a', '1', '0x', '//', '///', '0.']) {
      survives(`${head}${'0'.repeat(MAX_LENGTH - head.length)}`);
      survives(`number a = codebook of 1 over [1] ${head}${'0\n'.repeat(100_000)}"`);
    }
  });
});
