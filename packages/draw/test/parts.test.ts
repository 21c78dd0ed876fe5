import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATEGORIES, rampColour, textOn, tint } from '../src/colour.ts';
import { overlap, placeLabels } from '../src/place-labels.ts';
import { linearScale, logScale, shown, ticks } from '../src/scale.ts';
import { coordinate, escapeText } from '../src/svg.ts';
import { shorten, textWidth } from '../src/text-width.ts';

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

describe('colours', () => {
  const steps = Array.from({ length: 101 }, (_, i) => rampColour(i / 100));
  it('the ramp darkens at every step and carries readable text', () => {
    for (let i = 1; i < steps.length; i++)
      expect(luminance(steps[i]!)).toBeLessThan(luminance(steps[i - 1]!));
    for (const colour of steps) expect(contrast(colour, textOn(colour))).toBeGreaterThan(4.5);
    expect(rampColour(-1)).toBe(steps[0]);
    expect(rampColour(2)).toBe(steps[100]);
  });

  it('tints carry dark text', () => {
    for (const colour of CATEGORIES) expect(contrast(tint(colour, 0.62), '#1f2328')).toBeGreaterThan(7);
    expect(tint('#123456', 1)).toBe('#ffffff');
    expect(tint('#123456', 0)).toBe('#123456');
  });
});

describe('scales', () => {
  it.each([
    [linearScale(0, 10, 0, 100), 5, [0, 2, 4, 6, 8, 10]],
    [linearScale(-0.31, 0.29, 0, 1), 6, [-0.3, -0.2, -0.1, 0, 0.1, 0.2]],
    [linearScale(0.1, 0.7, 0, 1), 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    [logScale(0.004, 0.6, 0, 1), 6, [0.01, 0.03, 0.1, 0.3]],
    [logScale(1, 1e12, 0, 1), 4, [1, 1e4, 1e8, 1e12]],
    [logScale(0.09, 0.11, 0, 1), 4, [0.09, 0.095, 0.1, 0.105, 0.11]],
  ])('ticks of %o', (scale, count, expected) => {
    expect(ticks(scale, count)).toEqual(expected);
  });

  it('ticks rise inside the domain, at least two and never a crowd', () => {
    const value = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        value,
        value,
        fc.integer({ min: 3, max: 9 }),
        fc.constantFrom(linearScale, logScale),
        (a, b, count, make) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          fc.pre(high > low * 1.001);
          const list = ticks(make(low, high, 0, 1), count);
          expect(list.length).toBeGreaterThanOrEqual(2);
          expect(list.length).toBeLessThanOrEqual(2.5 * count + 4);
          list.forEach((tick, i) => {
            expect(tick).toBeGreaterThanOrEqual(low - (high - low) * 1e-6);
            expect(tick).toBeLessThanOrEqual(high + (high - low) * 1e-6);
            if (i > 0) expect(tick).toBeGreaterThan(list[i - 1]!);
          });
        },
      ),
      { seed: 4, numRuns: 500 },
    );
  });

  it('map ends to ends, and widen an empty domain', () => {
    expect([linearScale(2, 4, 10, 20).at(2), linearScale(2, 4, 10, 20).at(4)]).toEqual([10, 20]);
    expect(logScale(1, 100, 0, 2).at(10)).toBeCloseTo(1, 12);
    expect(linearScale(0, 0, 0, 2).at(0)).toBe(1);
    expect(logScale(3, 3, 0, 2).at(3)).toBeCloseTo(1, 12);
    expect(ticks(linearScale(1e300, 1e300 * (1 + 2 ** -50), 0, 1)).length).toBeLessThan(12);
    expect(() => logScale(0, 1, 0, 1)).toThrow(/positive ends/);
  });

  it('numbers as people write them', () => {
    expect([0, -0, 1, -2.5, 0.1 + 0.2, 1e-4, 123456, 1.5e-7, 1e6, -1e-9].map((v) => shown(v))).toEqual([
      '0',
      '0',
      '1',
      '−2.5',
      '0.3',
      '0.0001',
      '1.235e5',
      '1.5e−7',
      '1e6',
      '−1e−9',
    ]);
  });
});

describe('text', () => {
  it('is never shortened beyond need, and fits when it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 30, max: 300 }),
        (text, width) => {
          const short = shorten(text, 12, width);
          expect(textWidth(short, 12)).toBeLessThanOrEqual(width);
          if (textWidth(text, 12) <= width) expect(short).toBe(text);
        },
      ),
      { seed: 5, numRuns: 200 },
    );
    expect(shorten('model.layers.0.self_attn.q_proj.weight', 12, 150)).toMatch(/^model.*….*weight$/);
  });

  it('escapes what XML reads, and replaces what it forbids', () => {
    expect(escapeText(`<a b="c" d='e'>&amp;\u0000\ud800😀`)).toBe(
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;\ufffd\ufffd😀',
    );
  });

  it('coordinates', () => {
    expect([1, 0.1 + 0.2, -0.001, 100, 1.005, -2.5].map(coordinate)).toEqual([
      '1',
      '0.3',
      '0',
      '100',
      '1',
      '-2.5',
    ]);
    expect(() => coordinate(Number.NaN)).toThrow(RangeError);
  });
});

describe('placeLabels', () => {
  const area = { x: 0, y: 0, width: 600, height: 400 };
  const spot = fc.record({
    x: fc.integer({ min: 10, max: 590 }),
    y: fc.integer({ min: 10, max: 390 }),
    width: fc.integer({ min: 20, max: 150 }),
    height: fc.constant(13),
  });

  it('no name covers a name or a mark, and all lie inside', () => {
    fc.assert(
      fc.property(fc.array(spot, { maxLength: 30 }), (points) => {
        const boxes = placeLabels(points, area, [], 5).flatMap((place) => (place ? [place.box] : []));
        boxes.forEach((box, i) => {
          expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 600 && box.y + box.height <= 400).toBe(
            true,
          );
          for (const other of boxes.slice(i + 1)) expect(overlap(box, other)).toBe(false);
          for (const { x, y } of points)
            expect(overlap(box, { x: x - 5, y: y - 5, width: 10, height: 10 })).toBe(false);
        });
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  it('a point alone has its name next to it, off the line through it', () => {
    const point = { x: 300, y: 200, width: 60, height: 13 };
    const [free] = placeLabels([point], area, [], 5);
    expect(free).toMatchObject({ leader: null, box: { x: 309, y: 193.5 } });
    const [beside] = placeLabels([point], area, [{ from: [0, 200], to: [600, 200] }], 5);
    expect(Math.abs(beside!.box.y + 6.5 - 200)).toBeGreaterThan(6.5);
  });

  it('no room, no name', () => {
    const tall = { x: 300, y: 200, width: 700, height: 13 };
    expect(placeLabels([tall], area, [], 5)).toEqual([null]);
  });
});
