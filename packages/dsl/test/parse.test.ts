import { describe, expect, it } from 'vitest';
import type { Expression, FormatDeclaration, Member, NumberDeclaration, SourceFile } from '../src/ast.ts';
import { MAX_LENGTH, MAX_NESTING, MAX_OPERATORS, MAX_WORDS } from '../src/limits.ts';
import { numberValue } from '../src/number-value.ts';
import { parse } from '../src/parse.ts';
import { lineText, makeSource, positionOf } from '../src/source.ts';
import { SOFT } from '../src/tokens.ts';
import { designSources, everyConstruct, hasDesign } from './syntax-corpus.ts';

const codes = (text: string): string[] => parse(makeSource('t.qf', text)).diagnostics.map(({ code }) => code);

function tree(text: string): SourceFile {
  const { ast, diagnostics } = parse(makeSource('t.qf', text));
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  return ast!;
}

const members = (body: string): readonly Member[] =>
  (tree(`format f {\n${body}\n}`).declarations[0] as FormatDeclaration).members;
const number = (text: string): NumberDeclaration =>
  tree(`number n = ${text}`).declarations[0] as NumberDeclaration;

/** An expression as a fully bracketed text: shape without places. */
function shape(expr: Expression): string {
  switch (expr.kind) {
    case 'number':
      return expr.text;
    case 'name':
      return expr.name.text;
    case 'call':
      return `${expr.name.text}(${expr.args.map((arg) => `${arg.name ? `${arg.name.text}:` : ''}${shape(arg.value)}${arg.to ? `..${shape(arg.to)}` : ''}`).join(',')})`;
    case 'negate':
      return `(-${shape(expr.of)})`;
    case 'binary':
      return `(${shape(expr.left)}${expr.operator}${shape(expr.right)})`;
    case 'group':
      return `<${shape(expr.of)}>`;
    case 'index':
      return `${shape(expr.of)}[${expr.indices.map(shape).join(',')}]`;
    case 'fact':
      return `${shape(expr.of)}.${expr.name.text}`;
    case 'list':
      return `[${expr.items.map(shape).join(',')}]`;
    default:
      return expr.kind;
  }
}

describe('the tree', () => {
  it.skipIf(!hasDesign)('exists for every draft and example of the design', () => {
    expect(designSources.length).toBeGreaterThan(60);
    for (const source of designSources) {
      expect(parse(source).diagnostics, source.name).toEqual([]);
      expect(parse(source).ast, source.name).not.toBeNull();
    }
  });

  it('of a file with every construct', async () => {
    await expect(`${JSON.stringify(parse(everyConstruct).ast, null, 1)}\n`).toMatchFileSnapshot(
      './golden/every-construct.ast.json',
    );
  });

  it.each([
    ['1 + 2 * 3', '(1+(2*3))'],
    ['1 - 2 - 3', '((1-2)-3)'],
    ['1 / 2 * 3', '((1/2)*3)'],
    ['-a * b', '((-a)*b)'],
    ['-a[1].max', '(-a[1].max)'],
    ['(a + b)[c, 2]', '<(a+b)>[c,2]'],
    ['f(a, b: 1..2 - 1)', 'f(a,b:1..(2-1))'],
    ['f(a == b, -c..-d)', 'f((a==b),(-c)..(-d))'],
    ['a.b.c[1][2]', 'a.b.c[1][2]'],
    ['f[[1, 2], 3]', 'f[[1,2],3]'],
    ['value * each', '(value*each)'],
  ])('binds %s as %s', (text, expected) => {
    expect(shape(number(text).type.expr)).toBe(expected);
  });

  it('gives spans that cut the words out of the text', () => {
    const text = 'number n = (a + bb) * 3 round half_up';
    const { type, name, span } = tree(text).declarations[0] as NumberDeclaration;
    const cut = ({ start, end }: { start: number; end: number }): string => text.slice(start, end);
    expect(cut(span)).toBe(text);
    expect(cut(name.span)).toBe('n');
    expect(cut(type.span)).toBe('(a + bb) * 3 round half_up');
    expect(cut(type.expr.span)).toBe('(a + bb) * 3');
    expect(cut(type.modifiers[0]!.span)).toBe('round half_up');
  });

  it('lets a comma go on with an open list before it separates members', () => {
    const [outliers, entropy, expects] = members(
      'outliers top 1 { index: u8 except 0: 1, 2: 3 value: f16 }\nentropy a, b with rans\nexpect x = 1, y = 2',
    );
    expect(outliers).toBeDefined();
    expect(entropy).toMatchObject({ names: [{ text: 'a' }, { text: 'b' }] });
    expect(expects).toMatchObject({ facts: [{ name: { text: 'x' } }, { name: { text: 'y' } }] });
  });

  it.each(['error', 'pad', 'short', 'keep'])('takes tail %s', (value) => {
    expect(members(`tail ${value}`)[0]).toMatchObject({
      kind: 'setting',
      name: { text: 'tail' },
      value: { text: value },
    });
  });

  it.each(SOFT)('takes %s as an ordinary name', (word) => {
    expect(
      members(
        `block 32 { ${word}: f16 = ${word} + 1 }\nvalue = ${word} * code\nlayout { ${word} { ${word} } }`,
      ),
    ).toHaveLength(3);
    expect(tree(`number ${word} = ${word}(3)`).declarations[0]!.name.text).toBe(word);
  });

  it('keeps every line of documentation, with what is indented in it', () => {
    const { declarations } = parse(everyConstruct).ast!;
    expect(declarations[0]!.doc).toEqual(['First line.', '  Indented second line.']);
    const row = (declarations.at(-1) as FormatDeclaration).members.find(
      (member) => member.kind === 'scope' && member.name.text === 'row',
    );
    expect(row).toMatchObject({
      doc: ['Inside.'],
      members: [{ doc: ['Deeper.'] }, { doc: [] }, { doc: [] }, { doc: [] }],
    });
  });

  it('is the same whatever the line ends', () => {
    const text = 'number a = codebook [1,\n 2]\n/// d\nnumber b = a\n';
    expect(tree(`\ufeff${text.replaceAll('\n', '\r\n')}`)).toEqual(tree(text));
  });

  it('of an empty file is empty', () => {
    expect(tree('')).toEqual({ imports: [], declarations: [], span: { start: 0, end: 0 } });
    expect(tree('// nothing\n').declarations).toEqual([]);
  });
});

describe('numbers', () => {
  it.each([
    ['0.1%', 0.001],
    ['0.45%', 0.0045],
    ['1e-3%', 0.00001],
    ['0x1F', 31],
    ['1e-3', 0.001],
    ['2E+2', 200],
    ['5.5000004e-7', 5.5000004e-7],
  ])('%s is %d, rounded once', (text, value) => {
    expect(numberValue(text)).toBe(value);
    expect(number(text).type.expr).toMatchObject({ kind: 'number', value, text });
  });

  it.each(['1e999', '0x20000000000000', `0.${'1'.repeat(63)}`, '3x', '0b1'])('%s cannot be read', (text) => {
    expect(codes(`number a = ${text}`)).toEqual(['QF007']);
  });

  it('are read up to their limits', () => {
    expect(codes(`number a = f(0x1fffffffffffff, 0.${'1'.repeat(62)}, 1e308)`)).toEqual([]);
  });
});

describe('limits', () => {
  it('allow the deepest nesting and refuse one more', () => {
    const nested = (depth: number): string => `number a = ${'('.repeat(depth)}1${')'.repeat(depth)}`;
    expect(codes(nested(MAX_NESTING))).toEqual([]);
    expect(codes(nested(MAX_NESTING + 1))).toEqual(['QF005']);
  });

  it('count each kind of bracket and constructors together', () => {
    const mixed = (depth: number): string => `number a = ${'f(g[table c => '.repeat(depth)}`;
    expect(codes(mixed(22))).toEqual(['QF005']);
    expect(codes(mixed(21))).toEqual(['QF004']);
    expect(codes(`format f { ${'a { '.repeat(64)}`)).toEqual(['QF005']);
  });

  it('do not add up what stands side by side', () => {
    const many = 300;
    expect(codes('number a = table c => c in 4\n'.repeat(many))).toEqual([]);
    expect(codes(`format f { ${'each code: density normal power 1/3 in 16 '.repeat(many)} }`)).toEqual([]);
    expect(
      codes(
        `format f { layout { ${'zip(a.b, c) d.e[0..1] bits 1 + 1..4 stream s { x.y } '.repeat(many)} } }`,
      ),
    ).toEqual([]);
    expect(codes(`number a = codebook [${'1/2, -3 + 1, '.repeat(many)}0]`)).toEqual([]);
    expect(codes(`format f { ${'fit { a = b + 1 c = -d } '.repeat(many)} }`)).toEqual([]);
  });

  it('bound the height of expressions', () => {
    const chain = (links: number, link: string): string => `number a = b${link.repeat(links)}`;
    for (const link of [' + 1', ' * 1', '.x', '[1]']) {
      expect(codes(chain(MAX_OPERATORS, link)), link).toEqual([]);
      expect(codes(chain(MAX_OPERATORS + 1, link)), link).toEqual(['QF005']);
    }
    expect(codes(`number a = ${'1 + 1 + 1 + 1 + 1 + ('.repeat(60)}`)).toEqual(['QF005']);
    expect(codes(`number a = ${'1 + 1 + 1 + 1 + 1 + density normal power '.repeat(60)}`)).toEqual(['QF005']);
  });

  it('bound the file', () => {
    expect(codes(`//${'x'.repeat(MAX_LENGTH - 2)}`)).toEqual([]);
    expect(codes(`//${'x'.repeat(MAX_LENGTH - 1)}`)).toEqual(['QF006']);
    expect(codes(', '.repeat(MAX_WORDS + 1))).toEqual(['QF006']);
  });
});

describe('mistakes', () => {
  it('give no tree, however small', () => {
    const { ast, diagnostics } = parse(makeSource('t.qf', 'number a = int(0..3) number b ='));
    expect(ast).toBeNull();
    expect(diagnostics).toHaveLength(1);
  });

  it('at the end of the file stand at its end', () => {
    const text = 'format f {\n  block 32 {';
    const [diagnostic] = parse(makeSource('t.qf', text)).diagnostics;
    expect(diagnostic).toMatchObject({ code: 'QF004', span: { start: text.length, end: text.length } });
    expect(diagnostic!.related.map(({ span }) => span)).toEqual([
      { start: text.length - 1, end: text.length },
    ]);
  });

  it('are told once for a line and at most twenty times', () => {
    const text = 'number a = ; ^ * / ] number\n'.repeat(100);
    const { diagnostics } = parse(makeSource('t.qf', text));
    const lines = diagnostics.map(({ source, span }) => positionOf(source, span.start).line);
    expect(diagnostics).toHaveLength(20);
    expect(new Set(lines).size).toBe(20);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('name control characters wherever they stand, and text that is not Unicode', () => {
    expect(codes('number a = \u0000 1')).toEqual(['QF001']);
    expect(codes('number a = 1 // \u0007')).toEqual(['QF001']);
    expect(codes('import a from "\u001b"')).toEqual(['QF001']);
    expect(codes('number a = 1 // \ud800')).toEqual(['QF008']);
    expect(codes('/// \ufffd\nnumber a = 1')).toEqual(['QF008']);
    expect(codes('/// \u{1f600} and tabs\t\nnumber a = 1')).toEqual([]);
  });

  it('do not disturb the next file', () => {
    expect(codes('format f { '.repeat(50))).not.toEqual([]);
    expect(codes('number a = int(0..3)')).toEqual([]);
  });
});

describe('places', () => {
  const source = makeSource('t.qf', '\ufeffab\r\n\rc\n');

  it('count lines and columns from one in the normalised text', () => {
    expect(source.text).toBe('ab\n\nc\n');
    expect([0, 1, 2, 3, 4, 5, 6, 99].map((offset) => positionOf(source, offset))).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 2 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 3, column: 2 },
      { line: 4, column: 1 },
      { line: 4, column: 1 },
    ]);
    expect([1, 2, 3, 4].map((line) => lineText(source, line))).toEqual(['ab', '', 'c', '']);
  });

  it('refuse what is no place', () => {
    expect(() => positionOf(source, Number.NaN)).toThrow(RangeError);
    expect(() => positionOf(source, -1)).toThrow(RangeError);
    expect(() => lineText(source, 5)).toThrow(RangeError);
  });
});
