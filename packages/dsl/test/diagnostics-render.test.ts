import { describe, expect, it } from 'vitest';
import { DIAGNOSTICS, diagnose } from '../src/diagnostics/catalogue.ts';
import { SYNTAX_DIAGNOSTICS } from '../src/diagnostics/catalogue-syntax.ts';
import { renderDiagnostic, renderDiagnostics } from '../src/diagnostics/render.ts';
import { parse } from '../src/parse.ts';
import { makeSource } from '../src/source.ts';

const plain = { color: false };

function lines(text: string, marked: string, help: string | null = null): string[] {
  const source = makeSource('a.qf', text);
  const start = text.indexOf(marked);
  const diagnostic = diagnose('QF001', source, { start, end: start + marked.length }, 'Message.', help);
  return renderDiagnostic(diagnostic, plain).split('\n');
}

/** The source line and the mark below it, without the gutter. */
const drawing = (text: string, marked: string): string[] =>
  lines(text, marked)
    .slice(2, 4)
    .map((line) => line.replace(/^[ \d]+\| ?/, ''));

describe('a diagnostic', () => {
  it('shows place, code, message, line, mark, reason and help', () => {
    expect(lines('one\ntwo three\n', 'three', 'Do this.')).toEqual([
      'a.qf:2:5: error[QF001]: Message.',
      '  |',
      '2 | two three',
      '  |     ^^^^^',
      '  |',
      `  = why: ${DIAGNOSTICS.QF001!.reason}`,
      '  = help: Do this.',
    ]);
  });

  it('widens the gutter for long line numbers and shows related places', () => {
    const source = makeSource('a.qf', `open\n${'\n'.repeat(98)}close`);
    const related = [{ message: 'opened here', source, span: { start: 0, end: 4 } }];
    const rendered = renderDiagnostic(
      diagnose('QF004', source, { start: 103, end: 108 }, 'M.', null, related),
      plain,
    );
    expect(rendered.split('\n').slice(0, 8)).toEqual([
      'a.qf:100:1: error[QF004]: M.',
      '    |',
      '100 | close',
      '    | ^^^^^',
      '    |',
      '    - a.qf:1:1: opened here',
      '  1 | open',
      '    | ^^^^',
    ]);
  });

  it('counts tabs, wide, combining and astral characters as a terminal draws them', () => {
    expect(drawing('\tab', 'b')).toEqual(['    ab', '     ^']);
    expect(drawing('a\tb', 'b')).toEqual(['a   b', '    ^']);
    expect(drawing('漢字 x', 'x')).toEqual(['漢字 x', '     ^']);
    expect(drawing('漢字 x', '字')).toEqual(['漢字 x', '  ^^']);
    expect(drawing('e\u0301 x', 'x')).toEqual(['e\u0301 x', '  ^']);
    expect(drawing('😀 x', 'x')).toEqual(['😀 x', '   ^']);
    expect(drawing('\u0007x', 'x')).toEqual(['\ufffdx', ' ^']);
  });

  it('marks at least one cell, and a span of several lines to the end of the first', () => {
    const source = makeSource('a.qf', 'ab\ncd');
    const mark = (start: number, end: number): string =>
      renderDiagnostic(diagnose('QF001', source, { start, end }, 'M.'), plain).split('\n')[3]!;
    expect(mark(1, 5)).toBe('  |  ^');
    expect(mark(5, 5)).toBe('  |   ^');
    expect(mark(0, 0)).toBe('  | ^');
  });

  it('cuts long lines around the mark', () => {
    const [line, mark] = drawing(`${'a'.repeat(1000)}X${'b'.repeat(1000)}`, 'X') as [string, string];
    expect(line.length).toBeLessThan(130);
    expect(line[mark.indexOf('^')]).toBe('X');
    expect(line).toMatch(/^…a+Xb+…$/);
  });

  it('has colours only if asked', () => {
    const diagnostic = diagnose('QF001', makeSource('a.qf', 'x'), { start: 0, end: 1 }, 'M.', 'H.');
    const coloured = renderDiagnostic(diagnostic, { color: true });
    expect(coloured).toContain('\u001b[31m^\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes are what is removed
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderDiagnostic(diagnostic, plain));
  });

  it('stands in the order given, with an empty line between two', () => {
    const source = makeSource('a.qf', 'x');
    const [one, two] = ['One.', 'Two.'].map((message) =>
      diagnose('QF001', source, { start: 0, end: 1 }, message),
    );
    expect(renderDiagnostics([one!, two!], plain)).toBe(
      `${renderDiagnostic(one!, plain)}\n\n${renderDiagnostic(two!, plain)}\n`,
    );
    expect(renderDiagnostics([], plain)).toBe('');
  });
});

describe('the catalogue', () => {
  it('derives the page and the severity', () => {
    expect(DIAGNOSTICS.QF001).toMatchObject({ severity: 'error', page: 'docs/diagnostics.md#qf001' });
    for (const code of Object.keys(DIAGNOSTICS)) expect(code).toMatch(/^QF[0-7]\d\d$/);
  });

  it('refuses an unknown code', () => {
    const source = makeSource('a.qf', '');
    expect(() => diagnose('QF999', source, { start: 0, end: 0 }, 'M.')).toThrow(RangeError);
    expect(() => diagnose('toString', source, { start: 0, end: 0 }, 'M.')).toThrow(RangeError);
  });

  // The example of QF006 only says what it would be: a page should not carry a mebibyte.
  it.each(Object.entries(SYNTAX_DIAGNOSTICS).filter(([code]) => code !== 'QF006'))(
    '%s has an example that is reported with it',
    (code, { example, reason, title }) => {
      expect(parse(makeSource('a.qf', example)).diagnostics.map((diagnostic) => diagnostic.code)).toEqual([
        code,
      ]);
      expect(title).not.toMatch(/\.$/);
      expect(reason).toMatch(/\.$/);
    },
  );
});
