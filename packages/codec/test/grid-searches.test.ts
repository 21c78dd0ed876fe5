/**
 * The searches of the grid types where the golden bytes do not look: against their definitions in binary64, at their edges, and as
 * fits of vectors in small formats.
 */
import {
  aggregate,
  block,
  buildFormat,
  each,
  field,
  fit,
  let_,
  letRef,
  mul,
  ref,
  x,
} from '@fewerbits/format';
import { resolveNumber, signs, uint, vectors } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenSigns } from '../src/fits/even-signs.ts';
import type { FitInput, FitResult } from '../src/fits/fit.ts';
import { gridOf } from '../src/fits/grid.ts';
import { gridSearch } from '../src/fits/grid-search.ts';
import { positiveSearch } from '../src/fits/positive-search.ts';
import { ternarySearch } from '../src/fits/ternary-search.ts';
import { encodeFields, interpreter } from '../src/index.ts';

const SEED = { seed: 2026, numRuns: 200 };

/** Twelve of the 27 vectors over three levels that are not evenly spaced; and six of the nine over -1, 0, 1. */
const grid = resolveNumber(
  vectors([
    [8, 8, 8],
    [25, 8, 8],
    [8, 25, 8],
    [8, 8, 25],
    [43, 43, 43],
    [43, 8, 8],
    [8, 43, 8],
    [25, 25, 8],
    [8, 25, 43],
    [43, 25, 25],
    [25, 43, 43],
    [25, 25, 25],
  ]),
);
const ternary = resolveNumber(
  vectors([
    [-1, -1],
    [-1, 1],
    [0, 0],
    [1, -1],
    [1, 1],
    [0, 1],
  ]),
);

const input = (given: Partial<FitInput> & { readonly x: Float32Array }): FitInput => ({
  weights: { weight: new Float32Array(given.x.length).fill(1) },
  tile: {},
  constants: {},
  words: {},
  numbers: {},
  ...given,
});

const spread = fc.integer({ min: -1000, max: 1000 }).map((v) => Math.fround(v / 250));
const worth = fc.integer({ min: 1, max: 1000 }).map((v) => Math.fround(v / 250));
const problem = (length: number): fc.Arbitrary<[Float32Array, Float32Array]> =>
  fc
    .array(fc.tuple(spread, worth), { minLength: length, maxLength: length })
    .map((pairs) => [Float32Array.from(pairs, ([v]) => v), Float32Array.from(pairs, ([, w]) => w)]);

/** The least Σ w (x - s q)² under the best s, and that s. */
function leastSquares(
  x: Float32Array,
  w: Float32Array,
  q: ArrayLike<number>,
): { error: number; scale: number } {
  let [xq, qq] = [0, 0];
  x.forEach((v, i) => {
    xq += w[i]! * v * q[i]!;
    qq += w[i]! * q[i]! ** 2;
  });
  const scale = qq > 0 ? xq / qq : 0;
  return { error: x.reduce((sum, v, i) => sum + w[i]! * (v - scale * q[i]!) ** 2, 0), scale };
}

describe('even_signs', () => {
  const run = (x: Float32Array, w: Float32Array): number[] => [
    ...evenSigns.run(input({ x, weights: { weight: w } })).codes!,
  ];

  it('has an even number of minus signs at the least cost', () => {
    fc.assert(
      fc.property(problem(8), ([x, w]) => {
        const found = run(x, w);
        expect(found.every((s) => s === 1 || s === -1)).toBe(true);
        expect(found.filter((s) => s < 0).length % 2).toBe(0);
        const costs = x.map((v, i) => w[i]! * v * v);
        const cost = costs.reduce((sum, c, i) => sum + (found[i]! * x[i]! < 0 ? c : 0), 0);
        const odd = x.filter((v) => v < 0).length % 2 === 1;
        expect(cost).toBeCloseTo(odd ? Math.min(...costs) : 0, 4);
      }),
      SEED,
    );
  });

  it('turns the first among equals, and what is worth nothing before all', () => {
    expect(run(Float32Array.of(1, -1, 1), Float32Array.of(1, 1, 1))).toEqual([-1, -1, 1]);
    expect(run(Float32Array.of(1, -1, 5), Float32Array.of(1, 1, 0))).toEqual([1, -1, -1]);
    expect(run(Float32Array.of(-0, 0, -2), Float32Array.of(1, 1, 1))).toEqual([-1, 1, -1]);
  });
});

describe('the points of a grid', () => {
  const { pointAt, codeAt, near, alphabet, places, odds } = gridOf(grid);

  it('know their codes, and are made once', () => {
    expect(gridOf(grid)).toBe(gridOf(grid));
    expect([...alphabet]).toEqual([8, 25, 43]);
    expect([...odds]).toEqual([...places].map((place) => 2 * place + 1));
    for (let code = 0; code < grid.codes; code++) expect(codeAt(pointAt(places, 3 * code))).toBe(code);
  });

  it('have neighbours by distance and then by code, all at the distances asked for', () => {
    for (let point = 0; point < 27; point++) {
      const own = [point % 3, Math.floor(point / 3) % 3, Math.floor(point / 9)];
      expect(pointAt(Uint8Array.from(own), 0)).toBe(point);
      const all = Array.from({ length: grid.codes }, (_, code) => ({
        code,
        square: own.reduce((sum, place, i) => sum + (places[3 * code + i]! - place) ** 2, 0),
      })).sort((a, b) => a.square - b.square || a.code - b.code);
      const squares = [...new Set(all.map(({ square }) => square))];
      for (const distances of [1, 2, 3, 99]) {
        const wanted = all.filter(({ square }) => squares.indexOf(square) < distances);
        expect([...near(point, distances)]).toEqual(wanted.map(({ code }) => code));
      }
    }
  });

  it('are refused where they are too many', () => {
    const wide = resolveNumber(vectors(Array.from({ length: 64 }, (_, i) => new Array<number>(8).fill(i))));
    expect(() => gridOf(wide)).toThrow(/64 levels in 8 components .* too many for a grid/);
    expect(() => gridOf(resolveNumber(signs(32)))).toThrow(/too many to list/);
  });
});

describe('grid_search', () => {
  const CONSTANTS = { tries: 9, step: 0.1, neighbours: 2, tiny: 1e-8 };
  const run = (x: Float32Array, w: Float32Array, more: Partial<FitInput> = {}): FitResult =>
    gridSearch.run(
      input({
        x,
        weights: { weight: w },
        constants: CONSTANTS,
        words: { again: 'moved' },
        numbers: { levels: grid },
        ...more,
      }),
    );
  const oddsOf = (codes: ArrayLike<number>): number[] =>
    Array.from(codes, (level) => [8, 25, 43].indexOf(level) * 2 + 1);

  it.each(['moved', 'if_moved', 'all'])(
    'again: %s gives grid points under their least-squares scale',
    (again) => {
      fc.assert(
        fc.property(problem(12), ([signed, w]) => {
          const x = signed.map(Math.abs);
          const { reals, codes } = run(x, w, { words: { again } });
          const q = oddsOf(codes!);
          for (let start = 0; start < 12; start += 3)
            expect(
              gridOf(grid).codeAt(
                gridOf(grid).pointAt(
                  Uint8Array.from(q, (v) => (v - 1) / 2),
                  start,
                ),
              ),
            ).toBeGreaterThanOrEqual(0);
          if (x.every((v) => v === 0)) return;
          const best = leastSquares(x, w, q);
          expect(reals[0]).toBeCloseTo(best.scale, 4);
          // No single point for all groups, which a search may always fall back to, is better.
          expect(best.error).toBeLessThan(
            leastSquares(
              x,
              w,
              x.map(() => 1),
            ).error *
              1.01 +
              1e-6,
          );
        }),
        SEED,
      );
    },
  );

  it('finds points of the grid exactly', () => {
    const x = Float32Array.of(0.5, 1.5, 2.5, 2.5, 2.5, 2.5);
    const { reals, codes } = run(x, new Float32Array(6).fill(1));
    expect(reals).toEqual([0.5]);
    expect([...codes!]).toEqual([8, 25, 43, 43, 43, 43]);
  });

  it('gives scale 0 and code 0 for zeros, for less than `tiny` and for a span of nothing', () => {
    const nothing = { reals: [0], codes: new Float32Array(3).fill(8) };
    const w = new Float32Array(3).fill(1);
    expect(run(new Float32Array(3), w)).toEqual(nothing);
    expect(run(new Float32Array(3).fill(9e-9), w)).toEqual(nothing);
    expect(run(Float32Array.of(1, 2, 3), w, { tile: { span: 0 } })).toEqual(nothing);
    expect(run(Float32Array.of(1, 2, 3), w, { tile: { span: 3 } })).toEqual(run(Float32Array.of(1, 2, 3), w));
  });

  it('keeps the scale to begin with where no weight counts', () => {
    const none = new Float32Array(3);
    expect(run(Float32Array.of(1, 2, 5), none).reals).toEqual([1]);
    expect(run(Float32Array.of(1, 2, 5), none, { tile: { start: 0.25 } }).reals).toEqual([0.25]);
  });

  it('refuses values that are no whole number of vectors', () => {
    expect(() => run(new Float32Array(4), new Float32Array(4))).toThrow(
      /4 values are no whole number of vectors of 3/,
    );
  });
});

describe('ternary_search', () => {
  const run = (x: Float32Array, w: Float32Array, parts: number, sums: string, neighbours = 1): FitResult =>
    ternarySearch.run(
      input({
        x,
        weights: { weight: w },
        constants: { shift: 1 / 8, parts, neighbours, tiny: 0 },
        words: { sums },
        numbers: { levels: parts === 0 ? grid : ternary },
      }),
    );

  /** All nine vectors of two, so that nothing has to move to the grid. */
  const full = resolveNumber(vectors([-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) => [a, b]))));

  it.each([
    ['running', 1],
    ['differences', 1],
    ['running', 2],
  ] as const)('%s sums, %d parts: no levels and shifts are better', (sums, parts) => {
    fc.assert(
      fc.property(problem(4), ([x, w]) => {
        const { reals, codes } = ternarySearch.run(
          input({
            x,
            weights: { weight: w },
            constants: { shift: 1 / 8, parts, neighbours: 1, tiny: 0 },
            words: { sums },
            numbers: { levels: full },
          }),
        );
        expect(reals[0]).toBeGreaterThanOrEqual(0);
        let least = Number.POSITIVE_INFINITY;
        for (let index = 0; index < 81 * 4; index++) {
          const q = Float32Array.from(x, (_, i) => {
            const level = (Math.floor(index / 3 ** i) % 3) - 1;
            const choice = Math.floor(index / 81);
            const down = parts === 1 ? choice % 2 : (choice >> (i < 2 ? 0 : 1)) & 1;
            return level + (down === 1 ? -1 / 8 : 1 / 8);
          });
          least = Math.min(least, leastSquares(x, w, q).error);
        }
        const found = leastSquares(x, w, codes!);
        expect(found.error).toBeLessThanOrEqual(least + 1e-4 * (1 + least));
        if (x.some((v) => v !== 0)) expect(reals[0]).toBeCloseTo(found.scale, 3);
      }),
      SEED,
    );
  });

  it('moves to the nearest point of the grid where it has none', () => {
    fc.assert(
      fc.property(problem(8), ([x, w]) => {
        const { codes } = run(x, w, 2, 'running', 9);
        const places = Uint8Array.from(codes!, (level) => Math.round(level) + 1);
        for (let start = 0; start < 8; start += 2)
          expect(gridOf(ternary).codeAt(gridOf(ternary).pointAt(places, start))).toBeGreaterThanOrEqual(0);
        const shifts = Array.from(codes!, (level) => level - Math.round(level));
        expect(new Set(shifts.slice(0, 4)).size).toBe(1);
        expect(new Set(shifts.slice(4)).size).toBe(1);
      }),
      SEED,
    );
  });

  it('gives scale 0, code 0 and the shift up where nothing is or counts', () => {
    const nothing = { reals: [0], codes: new Float32Array(4).fill(-0.875) };
    expect(run(new Float32Array(4), new Float32Array(4), 1, 'differences')).toEqual(nothing);
    expect(run(Float32Array.of(1, 2, 3, 4), new Float32Array(4), 2, 'running')).toEqual(nothing);
  });

  it('refuses parts that are no whole vectors, levels that are not three, and differences for several parts', () => {
    const x = new Float32Array(6).fill(1);
    expect(() => run(x, x, 2, 'running')).toThrow(/6 values in 2 parts/);
    const four = new Float32Array(4).fill(1);
    expect(() => run(four, four, 2, 'differences')).toThrow(/for one part/);
  });
});

describe('positive_search of values below zero', () => {
  const run = (x: readonly number[], below: string): FitResult =>
    positiveSearch.run(
      input({
        x: Float32Array.from(x),
        constants: { levels: 4, tries: 4, step: 0.1, passes: 5 },
        words: { below },
      }),
    );

  it('gives them no code, or the byte that the peer keeps', () => {
    expect([...run([4, 3, -2, 1], 'none').codes!]).toEqual([4, 3, 0, 1]);
    expect([...run([4, 3, -2, 1], 'bytes').codes!]).toEqual([4, 3, 254, 1]);
    expect(run([4, 3, 2, 1], 'bytes')).toEqual(run([4, 3, 2, 1], 'none'));
  });
});

// ------------------------------------------------------------------------------------------------ in formats

describe('the fit of a vector', () => {
  const pairs = vectors([
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
    [0, 0],
  ]);
  const format = buildFormat('pairs', {
    tail: 'short',
    body: [
      block('block', 4, [
        field('scale', 'f32', aggregate('absmax')),
        block('pair', 2, [field('index', pairs, mul(x, letRef('inverse')))]),
        let_('inverse', { op: 'div', left: { op: 'const', value: 1 }, right: aggregate('absmax') }),
      ]),
    ],
    value: mul(ref('scale'), ref('index')),
  });

  it('is evaluated at each weight, and the nearest vector is written', () => {
    const { codes } = encodeFields(format, Float32Array.of(2, -2, 0.1, 0.3, -4, 4, 4, 3), { shape: [2, 4] });
    expect([...codes.index!]).toEqual([2, 4, 1, 3]);
  });

  it('counts only the weights that a short tile has', () => {
    const codec = interpreter(format);
    const weights = Float32Array.of(1, 1, 1, 1, -3);
    const packed = codec.encode(weights, { shape: [1, 5] });
    expect([...codec.unpack(packed).codes.index!]).toEqual([3, 3, 0]);
    expect([...codec.decode(packed)]).toEqual([1, 1, 1, 1, -3]);
  });

  it('may be a fit with one value for each weight', () => {
    const signed = buildFormat('signed', {
      body: [
        block('four', 4, [field('sign', signs(4, true), fit('even_signs')), each([field('code', uint(2))])]),
      ],
      value: mul(ref('sign'), ref('code')),
    });
    const { codes } = encodeFields(signed, Float32Array.of(-1, 2, 3, 2), { shape: [1, 4] });
    expect([...codes.sign!]).toEqual([0]);
  });
});
