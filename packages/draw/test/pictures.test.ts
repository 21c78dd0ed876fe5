import { describe, expect, it } from 'vitest';
import { bitMap, heatMap, histogram, levelsPlot, type ParetoPoint, paretoPlot } from '../src/index.ts';
import { all, parse, texts, tooltips } from './xml.ts';

const EVIL = `<script>alert('1')</script> & "x" \u0007\ud800`;
const SAFE = `<script>alert('1')</script> & "x" \ufffd\ufffd`;

const point = (label: string, x: number, y: number, dominated = false, group?: string): ParetoPoint => ({
  label,
  x,
  y,
  dominated,
  ...(group === undefined ? {} : { group }),
});

const word = [...Array(16).keys()].map((bit) => ({ field: EVIL, entry: 0, bit }));

const pictures: Record<string, () => string> = {
  paretoPlot: () =>
    paretoPlot({
      points: [point(EVIL, 4, 0.1, false, EVIL), point('b', 5, 0.2, true)],
      title: EVIL,
      xLabel: EVIL,
      yLabel: EVIL,
    }),
  heatMap: () =>
    heatMap({
      rows: [EVIL],
      columns: [EVIL, 'b'],
      value: (_, c) => (c === 0 ? 1 : null),
      text: () => EVIL,
      title: EVIL,
      valueLabel: EVIL,
    }),
  histogram: () =>
    histogram({ bins: [0, 1, 2], counts: [1, 3], levels: [0.5, 9], title: EVIL, xLabel: EVIL, yLabel: EVIL }),
  levelsPlot: () => levelsPlot([-1, 0, 1], { title: EVIL }),
  bitMap: () => bitMap({ title: EVIL, bits: [...word, ...Array(8).fill(null)] }),
};

describe.each(Object.entries(pictures))('%s', (_, draw) => {
  const svg = draw();
  const root = parse(svg);

  it('is an accessible picture', () => {
    expect(root.name).toBe('svg');
    expect(root.attributes).toMatchObject({
      role: 'img',
      'aria-label': SAFE,
      xmlns: 'http://www.w3.org/2000/svg',
    });
    expect(root.children.slice(0, 2).map(({ name }) => name)).toEqual(['title', 'desc']);
    expect(root.children[0]!.text).toBe(SAFE);
    expect(root.children[1]!.text.length).toBeGreaterThan(10);
  });

  it('has no script, no id, no style sheet, whatever the names are', () => {
    for (const { name, attributes } of all(root)) {
      expect(['svg', 'title', 'desc', 'rect', 'text', 'line', 'path', 'circle', 'polygon']).toContain(name);
      expect(Object.keys(attributes).filter((key) => /^(on|id$|href|style$|class$)/.test(key))).toEqual([]);
    }
    expect(texts(root)).toContain(SAFE);
  });

  it('is the same each time, with two decimals at most', () => {
    expect(draw()).toBe(svg);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|\d\.\d{3,}|="-0"/);
  });

  it('keeps every mark and word inside the picture', () => {
    const { width, height } = root.attributes;
    for (const { attributes } of all(root)) {
      for (const [key, limit] of [
        ['x', width],
        ['x1', width],
        ['x2', width],
        ['cx', width],
        ['y', height],
        ['y1', height],
        ['y2', height],
        ['cy', height],
      ] as const) {
        if (attributes[key] === undefined) continue;
        expect(Number(attributes[key])).toBeGreaterThanOrEqual(0);
        expect(Number(attributes[key])).toBeLessThanOrEqual(Number(limit));
      }
    }
  });

  it('is readable: no text below 9 pixels', () => {
    for (const { attributes } of all(root))
      expect(Number(attributes['font-size'] ?? 13)).toBeGreaterThanOrEqual(9);
  });
});

describe('paretoPlot', () => {
  const points = [point('a', 2, 0.3), point('b', 4, 0.1), point('c', 4.5, 0.2, true), point('d', 8, 0.01)];
  const root = parse(paretoPlot({ points }));

  it('marks every point, the dominated ones hollow, and joins the front', () => {
    const marks = all(root).filter(({ name }) => name === 'circle');
    expect(marks).toHaveLength(4);
    expect(marks.filter(({ attributes }) => attributes.fill === '#ffffff')).toHaveLength(1);
    expect(tooltips(root)).toContain('c: x 4.5, y 0.2, dominated');
    expect(all(root).filter(({ attributes }) => attributes['stroke-dasharray'] === '6 4')).toHaveLength(2);
    expect(root.children[1]!.text).toBe(
      '4 formats; on the Pareto front: a (2, 0.3); b (4, 0.1); d (8, 0.01).',
    );
  });

  it('has a logarithmic y axis: equal factors, equal steps', () => {
    const y = (label: string) => {
      const mark = all(root).find(
        ({ name, children }) => name === 'circle' && children[0]!.text.startsWith(`${label}:`),
      );
      return Number(mark!.attributes.cy);
    };
    expect((y('d') - y('b')) / (y('b') - y('a'))).toBeCloseTo(Math.log(10) / Math.log(3), 2);
  });

  it('says how many names found no room', () => {
    const crowd = Array.from({ length: 300 }, (_, i) =>
      point(`a rather long name ${i}`, 4 + (i % 20) / 50, 0.1 + i / 3000, true),
    );
    const words = texts(parse(paretoPlot({ points: crowd })));
    const left = words.map((text) => /(\d+) names left out/.exec(text)?.[1]).find(Boolean);
    expect(words.filter((text) => text.startsWith('a rather')).length + Number(left)).toBe(300);
  });

  it('names the point that cannot be drawn', () => {
    expect(() => paretoPlot({ points: [] })).toThrow(/at least one/);
    expect(() => paretoPlot({ points: [point('exact', 32, 0)] })).toThrow(/points\[0\] \(exact\) has y = 0/);
    expect(() => paretoPlot({ points: [point('n', Number.NaN, 1)] })).toThrow(/x = NaN/);
  });

  it('a single point is in the middle', () => {
    const mark = all(parse(paretoPlot({ points: [point('a', 4, 0.1)] }))).find(
      ({ name }) => name === 'circle',
    )!;
    expect(Number(mark.attributes.cx)).toBeCloseTo(84 + (880 - 84 - 28) / 2, 0);
  });
});

describe('heatMap', () => {
  const draw = (value: (r: number, c: number) => number | null, scale: 'linear' | 'log' = 'linear') =>
    parse(heatMap({ rows: ['r0', 'r1'], columns: ['c0', 'c1'], value, title: 't', scale }));

  it('writes every value and hatches what has none', () => {
    const root = draw((r, c) => (r === 1 && c === 1 ? null : r + c / 2));
    expect(tooltips(root)).toEqual(['r0, c0: 0', 'r0, c1: 0.5', 'r1, c0: 1', 'r1, c1: no value']);
    // One in the cell, one in the key.
    expect(all(root).filter(({ name }) => name === 'path')).toHaveLength(2);
    expect(texts(root)).toContain('no value');
  });

  it('goes from light to dark with the value', () => {
    const fills = all(draw((r, c) => 10 ** (r + c), 'log'))
      .filter(({ children }) => children.length > 0)
      .map(({ attributes }) => attributes.fill);
    expect(fills.slice(-4)).toEqual(['#ffffe0', '#45b4c2', '#45b4c2', '#162a6b']);
  });

  it('refuses NaN and what a logarithm does not show', () => {
    expect(() => draw(() => Number.NaN)).toThrow(/row 0 \(r0\), column 0 \(c0\) is not finite/);
    expect(() => draw(() => 0, 'log')).toThrow(/not positive/);
    expect(() => heatMap({ rows: [], columns: ['c'], value: () => 1, title: 't' })).toThrow(RangeError);
  });

  it('a map without any value', () => {
    expect(draw(() => null).children[1]!.text).toContain('none measured');
  });
});

describe('histogram', () => {
  it('one bar for each filled bin, height by count', () => {
    const root = parse(histogram({ bins: [0, 1, 2, 4], counts: [2, 0, 4], title: 't' }));
    const bars = all(root).filter(({ name, children }) => name === 'rect' && children.length > 0);
    expect(bars.map(({ children }) => children[0]!.text)).toEqual(['0 to 1: 2', '2 to 4: 4']);
    expect(Number(bars[1]!.attributes.height) / Number(bars[0]!.attributes.height)).toBeCloseTo(2, 2);
    expect(Number(bars[1]!.attributes.width) / Number(bars[0]!.attributes.width)).toBeCloseTo(2, 1);
  });

  it('logarithmic counts: equal factors, equal steps', () => {
    const root = parse(histogram({ bins: [0, 1, 2, 3], counts: [1, 10, 100], log: true, title: 't' }));
    const tops = all(root)
      .filter(({ children }) => children.length > 0 && children[0]!.name === 'title')
      .slice(1)
      .map(({ attributes }) => Number(attributes.y));
    expect((tops[0]! - tops[1]!) / (tops[1]! - tops[2]!)).toBeCloseTo(1, 2);
  });

  it('marks the levels inside and counts those outside', () => {
    const root = parse(histogram({ bins: [0, 1], counts: [1], levels: [0.25, 0.5, 7], title: 't' }));
    expect(tooltips(root).filter((text) => text.startsWith('level'))).toEqual(['level 0.25', 'level 0.5']);
    expect(texts(root).at(-1)).toBe('▲ 2 levels; 1 more beyond the edges');
  });

  it('empty data, and data that do not fit their bins', () => {
    expect(() => parse(histogram({ bins: [0, 1], counts: [0], title: 't' }))).not.toThrow();
    expect(() => parse(histogram({ bins: [0, 1], counts: [0], log: true, title: 't' }))).not.toThrow();
    expect(() => histogram({ bins: [0, 1], counts: [1, 2], title: 't' })).toThrow(/3 edges, not 2/);
    expect(() => histogram({ bins: [0, 0], counts: [1], title: 't' })).toThrow(/bins\[1\]/);
    expect(() => histogram({ bins: [0, 1], counts: [-1], title: 't' })).toThrow(/counts\[0\]/);
  });
});

describe('levelsPlot', () => {
  it('a mark for every level by its code, in any order', () => {
    const root = parse(levelsPlot([0.5, -1, 0, 1], { title: 't' }));
    expect(tooltips(root)).toEqual(['code 0: 0.5', 'code 1: −1', 'code 2: 0', 'code 3: 1']);
    expect(texts(root)).toContain('4 levels');
    expect(root.children[1]!.text).toBe('4 levels from −1 to 1; zero is a level.');
  });

  it('says what it could not write, and never writes over other numbers', () => {
    const root = parse(
      levelsPlot(
        Array.from({ length: 400 }, (_, i) => i),
        { title: 't' },
      ),
    );
    expect(texts(root).some((text) => /^400 levels; \d+ not written/.test(text))).toBe(true);
  });

  it('one level; none; NaN', () => {
    expect(() => parse(levelsPlot([3], { title: 't' }))).not.toThrow();
    expect(() => levelsPlot([], { title: 't' })).toThrow(/at least one/);
    expect(() => levelsPlot([0, Number.NaN], { title: 't' })).toThrow(/levels\[1\]/);
  });
});
