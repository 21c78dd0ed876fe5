import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSource } from '../src/format-source.ts';
import { makeSource, type Source } from '../src/source.ts';
import { tokenize } from '../src/tokens.ts';
import { designSources, everyConstruct, hasDesign } from './syntax-corpus.ts';

function format(text: string): string {
  const { text: formatted, diagnostics } = formatSource(makeSource('t.qf', text));
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  return formatted!;
}

/** Words and comments in order; blanks in strings of several lines do not count. */
function content(text: string): string[] {
  const { words, comments } = tokenize(text);
  return [...words, ...comments]
    .sort((a, b) => a.startOffset - b.startOffset)
    .map(({ image }) =>
      image.startsWith('"') ? image.replace(/\s+/g, ' ').replace(/^" | "$/g, '"') : image.trimEnd(),
    );
}

describe('a text that is set out already', () => {
  it('stays as it is: every construct', () => {
    expect(format(everyConstruct.text)).toBe(everyConstruct.text);
  });

  it.skipIf(!hasDesign).each(designSources.map((source) => [source.name, source] as const))(
    'stays as it is: %s',
    (_, source) => {
      expect(formatSource(source).text).toBe(source.text);
    },
  );
});

describe('rules', () => {
  it.each([
    [
      'members go one level in',
      'format f{\nblock 3{\na:u4\n}\n}',
      'format f {\n  block 3 {\n    a: u4\n  }\n}\n',
    ],
    ['braces on one line stay there', 'format  f{a :u4 ,b: u2}', 'format f { a: u4, b: u2 }\n'],
    [
      'braces with a line end inside open up',
      'format f { a: u4\n b: u4 }',
      'format f {\n  a: u4\n  b: u4\n}\n',
    ],
    ['empty braces close up', 'format f {\n a 3 { } }', 'format f {\n  a 3 {}\n}\n'],
    [
      'two members of a line keep it, with a gap',
      'format f {\na:u1 b:u2 ,c:u3\n}',
      'format f {\n  a: u1  b: u2, c: u3\n}\n',
    ],
    ['declarations begin lines', 'number a=1 number b=2', 'number a = 1\nnumber b = 2\n'],
    [
      'blank lines come down to one',
      '\n\nnumber a = 1\n\n\n\nnumber b = 2\n\n',
      'number a = 1\n\nnumber b = 2\n',
    ],
    ['no blank lines at braces', 'format f {\n\n a: u4\n\n}', 'format f {\n  a: u4\n}\n'],
    ['signs are close, operators are not', 'number a=-b+c- -d*(-e)', 'number a = -b + c - -d * (-e)\n'],
    [
      'fractions are close',
      'number a = 1 / 64 * b + -1 / 2 - c / 2',
      'number a = 1 / 64 * b + -1/2 - c / 2\n',
    ],
    ['calls and indices are close', 'number a = f ( x ) [ 1 , 2 ] . max', 'number a = f(x)[1, 2].max\n'],
    [
      'numbers and brackets stay as written',
      'number a = ((0x0F)) + 1.50e+0',
      'number a = ((0x0F)) + 1.50e+0\n',
    ],
    [
      'patterns',
      'format f { permute t(a : 2 b:( c ))->( b - a ) }',
      'format f { permute t (a:2 b:(c)) -> (b -a) }\n',
    ],
    ['a brace does not begin a line', 'format f\n{\n a: u4 }', 'format f {\n  a: u4\n}\n'],
    ['broken expressions go one level in', 'number a = b\n+ c', 'number a = b\n  + c\n'],
    ['or where the author put them', 'number a = b\n      + c', 'number a = b\n      + c\n'],
    [
      'lists keep their lines',
      'number a = codebook [1,\n2,\n\n      3\n]',
      'number a = codebook [1,\n  2,\n\n  3\n]\n',
    ],
    [
      'digits keep their lines',
      'number a = codebook of 2 over [1] "00\n      01  10\n"',
      'number a = codebook of 2 over [1] "00\n  01 10\n"\n',
    ],
    ['nothing is aligned', 'format f {\n a   : u4\n bbbb: u4\n}', 'format f {\n  a: u4\n  bbbb: u4\n}\n'],
    ['tabs', '\tnumber a = 1\n\t\t+ 2', 'number a = 1\n  + 2\n'],
    ['line ends', 'number a = 1\r\nnumber b = 2\r\n', 'number a = 1\nnumber b = 2\n'],
    ['nothing', '  \n ', ''],
  ])('%s', (_, text, expected) => {
    expect(format(text)).toBe(expected);
    expect(format(expected)).toBe(expected);
  });

  it.each([
    [
      'at the end of a line',
      'format f { // c\na: u4 // d   \n} // e',
      'format f {  // c\n  a: u4  // d\n}  // e\n',
    ],
    ['on lines of their own', '// a\n\n\n  // b\nnumber a = 1\n // c', '// a\n\n// b\nnumber a = 1\n// c\n'],
    [
      'in a list',
      'number a = codebook [1, // one\n// two\n2]',
      'number a = codebook [1,  // one\n  // two\n  2]\n',
    ],
    ['in an expression', 'number a = 1 // one\n+ 2', 'number a = 1  // one\n  + 2\n'],
    ['before a comma', 'format f {\na: u4 // c\n, b: u4 }', 'format f {\n  a: u4  // c\n    , b: u4\n}\n'],
    ['before a closing brace', 'format f {\na: u4\n// c\n}', 'format f {\n  a: u4\n  // c\n}\n'],
    ['alone', '// c', '// c\n'],
    ['documentation', 'format f {\n///d\n a: u4 }', 'format f {\n  ///d\n  a: u4\n}\n'],
  ])('comments %s', (_, text, expected) => {
    expect(format(text)).toBe(expected);
    expect(format(expected)).toBe(expected);
  });

  it('leave a text with mistakes alone', () => {
    const { text, diagnostics } = formatSource(makeSource('t.qf', 'number a = '));
    expect(text).toBeNull();
    expect(diagnostics).toHaveLength(1);
  });
});

describe('laws', () => {
  const sources: Source[] = [everyConstruct, ...designSources.filter(({ text }) => text.length < 5000)];

  /** The words of a text with other blanks and more comments between them. */
  const scattered = fc
    .tuple(fc.constantFrom(...sources), fc.infiniteStream(fc.integer({ min: 0, max: 99 })))
    .map(([source, dice]) => {
      const { words, comments } = tokenize(source.text);
      const pieces = [...words, ...comments].sort((a, b) => a.startOffset - b.startOffset);
      let text = '';
      for (const { image, startOffset } of pieces) {
        const [roll, size] = [dice.next().value!, dice.next().value!];
        const fresh = text === '' || text.endsWith('\n');
        // A documentation comment has a line of its own, and documents what it did.
        if (image.startsWith('///')) text += `${fresh ? '' : '\n'}${' '.repeat(size % 9)}${image}\n`;
        else if (image.startsWith('//')) text += `${' '.repeat(size % 3)}${image}\n`;
        else {
          const blank = /\s/.test(source.text[startOffset - 1] ?? ' ') || roll < 30;
          if (roll >= 90) text += '\n'.repeat(1 + (size % 4)) + ' '.repeat(size % 13);
          else if (roll >= 86) text += ` // ${size}\n`;
          else if (roll >= 84) text += '\t';
          else if (blank) text += ' '.repeat(1 + (size % 3));
          text += image;
        }
      }
      return text;
    });

  it('words and comments are kept, and a second time changes nothing', () => {
    fc.assert(
      fc.property(scattered, (text) => {
        const once = format(text);
        expect(content(once)).toEqual(content(text));
        expect(format(once)).toBe(once);
        expect(once).not.toMatch(/[ \t]\n|\n\n\n|^\n|\r|\t/);
      }),
      { seed: 20240607, numRuns: 400 },
    );
  });
});
