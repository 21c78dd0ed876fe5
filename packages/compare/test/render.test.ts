import { describe, expect, it } from 'vitest';
import {
  type Comparison,
  codeHistogramOf,
  compareTensor,
  comparisonCsv,
  comparisonHtml,
  comparisonJson,
  comparisonMarkdown,
  comparisonText,
  csvTable,
  makeComparison,
  markdownTable,
  textTable,
} from '../src/index.ts';
import { contender, INT4, INT8, tensor } from './formats.ts';

const HOSTILE = `</title><script>alert(1)</script><img src=x onerror=alert(1)> " ' & ]]> | \u001b[31m \u202E`;

function comparison(name = 'layer.0/w'): Comparison {
  const formats = [contender('int8', INT8), contender('int4', INT4)];
  const rows = [
    ...compareTensor(tensor('ragged', 2, 24), formats),
    ...compareTensor(tensor(name, 8, 64), formats),
    ...compareTensor(tensor('v', 4, 64, 5), formats),
  ];
  const about = (label: string, shape: number[]) => ({
    name: label,
    file: name,
    shape,
    axis: 1,
    axisKnown: true,
    axisReason: `because ${name}`,
    weights: shape[0]! * shape[1]!,
    rms: 1,
    crest: 4,
    kurtosis: 3,
    studentDf: null,
  });
  return makeComparison({
    files: [{ path: name, container: 'npy' }],
    versions: { fewerbits: '1.2.3' },
    formats: formats.map(({ label }) => ({
      label,
      instances: [label],
      fit: null,
      doc: name,
      kind: 'integers',
    })),
    tensors: [about(name, [8, 64]), about('v', [4, 64]), about('ragged', [2, 24])],
    kept: [{ name, file: name, shape: [3], dtype: 'F32', bytes: 12, reason: 'fewer than two axes' }],
    rows: [...rows].reverse(),
  });
}

describe('order and totals', () => {
  it('rows come in the order of tensors and formats, however they were measured', () => {
    expect(comparison().rows.map(({ tensor, format }) => `${tensor} ${format}`)).toEqual([
      'layer.0/w int8',
      'layer.0/w int4',
      'v int8',
      'v int4',
      'ragged int8',
      'ragged int4',
    ]);
  });

  it('text: few bits first, with what was left out and why', () => {
    const lines = comparisonText(comparison()).split('\n');
    expect(lines[0]).toMatch(/^format +bits\/param +R +SQNR dB/);
    expect(lines[1]).toMatch(/^int4 +5\.00 /);
    expect(lines[2]).toMatch(/^int8 +10\.00 /);
    expect(lines.join('\n')).toContain('int4: not on 1 of 3 tensors');
    expect(lines.join('\n')).toContain('Weight error is not model quality');
  });

  it('JSON carries everything and a version', () => {
    const parsed = JSON.parse(comparisonJson(comparison()));
    expect(parsed.version).toBe(1);
    expect(parsed.rows).toHaveLength(6);
    expect(parsed.tensors[0]).toMatchObject({ axis: 1, axisKnown: true });
    expect(parsed.totals[0]).toHaveProperty('onFront');
  });

  it('CSV has a line for each tensor and format, a failure with its reason', () => {
    const lines = comparisonCsv(comparison()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(7);
    const columns = lines[0]!.split(',').length;
    expect(lines[1]!.split(',')).toHaveLength(columns);
    expect(lines[5]).toMatch(/^ragged,int8,48,,,,,,,,,,,,/);
  });

  it('the page plots formats that took every tensor, and says so where there is none', () => {
    const whole = comparison();
    const complete = makeComparison({
      ...whole,
      rows: whole.rows.filter(({ tensor }) => tensor !== 'ragged'),
    });
    expect(comparisonHtml(complete)).toContain('Error against size');
    expect(comparisonHtml(whole)).toContain('nothing to plot');
  });

  it('the same measurements give the same page', () => {
    expect(comparisonHtml(comparison())).toBe(comparisonHtml(comparison()));
  });
});

describe('hostile names', () => {
  const bad = comparison(HOSTILE);
  const histogram = codeHistogramOf(tensor(HOSTILE, 8, 64), contender('int4', INT4))!;
  const html = comparisonHtml(bad, [histogram]);

  it('stay names in the page', () => {
    expect(html).not.toMatch(/<script|<img|javascript:/i);
    // The title of the page is closed once, by the page itself; pictures have titles of their own.
    expect(html.match(/<\/head>/g)).toHaveLength(1);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('\u001b');
    expect(html).not.toContain('\u202E');
    for (const attribute of html.matchAll(/<[a-zA-Z][^>]*?\son[a-z]+=/g)) expect.fail(attribute[0]);
  });

  it('every element that opens closes, in order', () => {
    const open: string[] = [];
    for (const [, slash, name, , own] of html.matchAll(
      /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s[^<>]*?)?)(\/?)>/g,
    )) {
      if (own === '/' || ['meta', 'br', 'wbr'].includes(name!)) continue;
      if (slash === '') open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('the page forbids scripts and loads nothing', () => {
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    );
    expect(html).not.toMatch(/<[^>]*\s(?:src|href)=/);
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:/);
  });

  it('says under its figures what they are not', () => {
    expect(html).toContain('Weight error is not model quality.');
    expect(html.match(/<figcaption>/g)!.length).toBe(html.match(/<figure>/g)!.length);
  });

  it('break no table and obey no terminal', () => {
    const markdown = comparisonMarkdown(bad);
    const table = markdown.split('\n').filter((line) => line.startsWith('| 1 |') && line.includes('script'));
    expect(table).toHaveLength(1);
    expect(table[0]!.replaceAll('\\|', '').match(/\|/g)).toHaveLength(8);
    expect(markdown).not.toMatch(/(?<!\\)<script/);
    expect(comparisonText(bad)).not.toContain('\u001b');
  });
});

describe('tables', () => {
  const columns = [{ title: 'a' }, { title: 'n', align: 'right' as const }];

  it('text aligns by characters', () => {
    expect(
      textTable(columns, [
        ['ä×', '1'],
        ['b', '22'],
      ]),
    ).toBe('a    n\nä×   1\nb   22\n');
  });

  it('CSV quotes what needs it and keeps formulas text', () => {
    expect(
      csvTable(columns, [
        ['x,"y"\n', '-1.5'],
        ['=1+1', '2'],
      ]),
    ).toBe('a,n\r\n"x,""y""\n",-1.5\r\n\'=1+1,2\r\n');
  });

  it('Markdown escapes pipes, markup and line ends', () => {
    expect(markdownTable(columns, [['a|b*c\nq4_0', '1']])).toBe(
      '| a | n |\n| --- | ---: |\n| a\\|b\\*c\uFFFDq4_0 | 1 |\n',
    );
  });
});
