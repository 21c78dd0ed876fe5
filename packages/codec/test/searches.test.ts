/**
 * The searches of the k-quants where the bytes of the golden vectors do not look: against the same search said plainly in
 * binary64, over values inside a tile (`of:`), and under named fits that replace lets.
 */
import {
  block,
  buildFormat,
  div,
  type Expr,
  each,
  type Format,
  field,
  fit,
  let_,
  letRef,
  mul,
  ref,
  x,
} from '@fewerbits/format';
import { resolveNumber, uint } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FitResult } from '../src/fits/fit.ts';
import { levelSearch } from '../src/fits/level-search.ts';
import { positiveSearch } from '../src/fits/positive-search.ts';
import { signedSearch } from '../src/fits/signed-search.ts';
import { encodeFields } from '../src/index.ts';

const SEED = { seed: 2026, numRuns: 300 };

function positive(values: readonly number[], weight: readonly number[], levels: number): FitResult {
  return positiveSearch.run({
    x: Float32Array.from(values),
    weights: { weight: Float32Array.from(weight) },
    constants: { levels, tries: 4, step: 0.1, passes: 5 },
    words: {},
    numbers: {},
  });
}

/** Σ w (x - scale · code)², in binary64. */
function errorOf(
  values: readonly number[],
  weight: readonly number[],
  scale: number,
  codes: Iterable<number>,
): number {
  return [...codes].reduce((sum, code, i) => sum + weight[i]! * (values[i]! - scale * code) ** 2, 0);
}

/** The least error of any codes 0..levels under the scale that is best for them. */
function leastError(values: readonly number[], weight: readonly number[], levels: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < (levels + 1) ** values.length; index++) {
    const codes = values.map((_, i) => Math.floor(index / (levels + 1) ** i) % (levels + 1));
    const { xl, l2 } = sums(codes, values, weight);
    least = Math.min(least, errorOf(values, weight, l2 > 0 ? xl / l2 : 0, codes));
  }
  return least;
}

/** Σ w x l, Σ w l², and what is to be as large as can be: the square of the first over the second. */
function sums(
  codes: readonly number[],
  values: readonly number[],
  weight: readonly number[],
): { xl: number; l2: number; gain: number } {
  const xl = codes.reduce((sum, code, i) => sum + weight[i]! * values[i]! * code, 0);
  const l2 = codes.reduce((sum, code, i) => sum + weight[i]! * code * code, 0);
  return { xl, l2, gain: l2 > 0 ? (xl * xl) / l2 : 0 };
}

/** The search step by step: the best of nine scales, then one code at a time while that helps. */
function plainSearch(values: readonly number[], weight: readonly number[], levels: number): number[] {
  const max = Math.max(...values);
  if (max === 0) return values.map(() => 0);
  const codesUnder = (scale: number): number[] => values.map((v) => Math.min(levels, Math.round(v / scale)));
  const scales = [0, -4, -3, -2, -1, 1, 2, 3, 4].map((k) => max / (levels + 0.1 * k));
  const errors = scales.map((scale) => errorOf(values, weight, scale, codesUnder(scale)));
  const codes = codesUnder(scales[errors.indexOf(Math.min(...errors))]!);
  for (let pass = 0; pass < 5; pass++) {
    for (const i of codes.keys()) {
      const others = sums(codes.with(i, 0), values, weight);
      if (!(others.xl > 1e-9)) continue;
      const moved = codes.with(i, Math.min(levels, Math.round((values[i]! * others.l2) / others.xl)));
      if (sums(moved, values, weight).gain > sums(codes, values, weight).gain) codes[i] = moved[i]!;
    }
  }
  return codes;
}

/** Evenly spread: `fc.double` draws exponents, and then one value of a list is all that counts. */
const value = fc.integer({ min: 0, max: 1_000_000 }).map((v) => Math.fround(v / 125_000));
const worth = fc.integer({ min: 1, max: 1_000_000 }).map((v) => Math.fround(v / 250_000));
const problem = (most: number): fc.Arbitrary<[number[], number[]]> =>
  fc
    .array(fc.tuple(value, worth), { minLength: 1, maxLength: most, size: 'max' })
    .map((pairs) => [pairs.map(([v]) => v), pairs.map(([, w]) => w)]);

describe('positive_search', () => {
  it('finds multiples of a step exactly', () => {
    const { reals, codes } = positive([0.5, 1, 1.5, 0, 7.5], [1, 2, 3, 4, 5], 15);
    expect(reals).toEqual([0.5]);
    expect([...codes!]).toEqual([1, 2, 3, 0, 15]);
  });

  it('follows the weights: what is worth most is met best', () => {
    const values = [1, 0.6, 0.45];
    expect(positive(values, [1, 1000, 1], 2).reals[0]).toBeCloseTo(0.6, 2);
    expect(positive(values, [1000, 1, 1], 2).reals[0]).toBeCloseTo(0.5, 2);
  });

  it('gives zeros for nothing, for less than nothing and for what is worth nothing', () => {
    expect(positive([0, -0, 1e-16], [1, 1, 1], 15)).toEqual({ reals: [0], codes: new Float32Array(3) });
    expect(positive([-1, -2], [1, 1], 15)).toEqual({ reals: [0], codes: new Float32Array(2) });
    expect(positive([1, 2], [0, 0], 15).reals).toEqual([0]);
    expect([...positive([-1, 3], [1, 1], 15).codes!]).toEqual([0, 15]);
  });

  it('is no better than all codes tried, and no worse than any scale that it starts from', () => {
    fc.assert(
      fc.property(problem(4), ([values, weight]) => {
        const { reals, codes } = positive(values, weight, 3);
        expect([...codes!].every((code) => Number.isInteger(code) && code >= 0 && code <= 3)).toBe(true);
        const found = errorOf(values, weight, reals[0]!, codes!);
        const slack = 1e-4 * errorOf(values, weight, 0, codes!) + 1e-12;
        expect(found).toBeGreaterThanOrEqual(leastError(values, weight, 3) - slack);
        const max = Math.max(...values);
        for (let k = -4; k <= 4 && max > 1e-15; k++) {
          const scale = max / (3 + 0.1 * k);
          const rounded = values.map((v) => Math.min(3, Math.round(v / scale)));
          expect(found).toBeLessThanOrEqual(errorOf(values, weight, scale, rounded) + slack);
        }
      }),
      SEED,
    );
  });

  it('is as good as the same search in binary64', () => {
    fc.assert(
      fc.property(problem(16), fc.constantFrom(1, 3, 15), ([values, weight], levels) => {
        const { reals, codes } = positive(values, weight, levels);
        const plain = plainSearch(values, weight, levels);
        const { xl, l2 } = sums(plain, values, weight);
        const wanted = errorOf(values, weight, l2 > 0 ? xl / l2 : 0, plain);
        const slack = 1e-5 * errorOf(values, weight, 0, plain) + 1e-12;
        expect(errorOf(values, weight, reals[0]!, codes!)).toBeLessThanOrEqual(wanted + slack);
      }),
      SEED,
    );
  });
});

it('level_search gives 0 where all weights are worth nothing', () => {
  const levels = resolveNumber(uint(2));
  const weights = { weight: new Float32Array(2) };
  const { reals } = levelSearch.run({
    x: Float32Array.from([1, 2]),
    weights,
    constants: { tries: 3 },
    words: {},
    numbers: { levels },
  });
  expect(reals).toEqual([0]);
});

// ------------------------------------------------------------------------------------------------ in formats

const arg = (expr: Expr | number) => ({
  arg: 'expr' as const,
  expr: typeof expr === 'number' ? ({ op: 'const', value: expr } as const) : expr,
});
const SIGNED = { levels: arg(8), tries: arg(9), step: arg(0.1) };

/** Blocks of 4 under one step for 16, the scales of the blocks searched as codes -8..7 of that step. */
function twoLevels(searched: Readonly<Record<string, ReturnType<typeof arg>>>): Format {
  return buildFormat('two_levels', {
    body: [
      block('superblock', 16, [
        let_(['ds', 'ls'], fit('signed_search', { ...SIGNED, ...searched })),
        field('d', 'f32', letRef('ds')),
        block('block', 4, [
          let_('s', div({ op: 'aggregate', name: 'signmax', of: x }, 7)),
          let_('worth', { op: 'aggregate', name: 'running_sum', of: mul(x, x) }),
          field('scale', 'i8', letRef('ls')),
          each([let_('w', mul(x, x)), field('code', 'i4')]),
        ]),
      ]),
    ],
    value: mul(mul(ref('d'), ref('scale')), ref('code')),
  });
}

const DATA = Float32Array.from({ length: 64 }, (_, i) => Math.fround(Math.sin(i * i) * (1 + (i % 7))));

describe('a search with `of:`', () => {
  it('runs over the values of the inner tiles, with a weight and a code for each', () => {
    const format = twoLevels({ of: arg(letRef('s')), weight: arg(letRef('worth')) });
    const { codes } = encodeFields(format, DATA, { shape: [2, 32] });
    const steps = new Float32Array(Uint32Array.from(codes.d!).buffer);
    for (let tile = 0; tile < 4; tile++) {
      const blocks = Array.from({ length: 4 }, (_, b) =>
        DATA.subarray(16 * tile + 4 * b, 16 * tile + 4 * b + 4),
      );
      const largest = blocks.map((w) => w.reduce((a, v) => (Math.abs(v) > Math.abs(a) ? v : a), 0));
      const sums = blocks.map((w) => w.reduce((a, v) => Math.fround(a + Math.fround(v * v)), 0));
      const alone = signedSearch.run({
        x: Float32Array.from(largest, (v) => v / 7),
        weights: { weight: Float32Array.from(sums) },
        constants: { levels: 8, tries: 9, step: 0.1 },
        words: {},
        numbers: {},
      });
      expect(steps[tile]).toBe(alone.reals[0]);
      const stored = Int8Array.from(codes.scale!).subarray(4 * tile, 4 * tile + 4);
      expect([...stored]).toEqual([...alone.codes!]);
    }
  });

  it('refuses a weight that has more values than it searches', () => {
    const format = twoLevels({ of: arg(letRef('s')), weight: arg(letRef('w')) });
    expect(() => encodeFields(format, DATA)).toThrow(
      /signed_search has one `weight:` for each `block`, and this has more/,
    );
  });

  it('over its own codes is a circle', () => {
    const format = twoLevels({ of: arg(letRef('ls')) });
    expect(() => encodeFields(format, DATA)).toThrow(/the fits go in a circle: .*ls/);
  });
});

describe('a named fit that sets a let', () => {
  const searched = (levels: number): Expr => fit('signed_search', { ...SIGNED, levels: arg(levels) });
  const single = (search: Expr, fits: Format['fits'] = []): Format => ({
    ...buildFormat('single', {
      body: [
        block('block', 16, [
          let_(['s', 'q'], search),
          field('scale', 'f32', letRef('s')),
          each([field('code', 'i8', letRef('q'))]),
        ]),
      ],
      value: mul(ref('scale'), ref('code')),
    }),
    fits,
  });

  it('gives what the let would give with that expression, and the default without it', () => {
    const fits = [{ name: 'fine', sets: [{ names: ['s', 'q'], expr: searched(64) }] }];
    const format = single(searched(8), fits);
    expect(encodeFields(format, DATA, { fit: 'fine' }).codes).toEqual(
      encodeFields(single(searched(64)), DATA).codes,
    );
    expect(encodeFields(format, DATA).codes).toEqual(encodeFields(single(searched(8)), DATA).codes);
  });

  it('that has several results sets all of them', () => {
    const fits = [{ name: 'half', sets: [{ names: ['s'], expr: searched(64) }] }];
    expect(() => encodeFields(single(searched(8), fits), DATA, { fit: 'half' })).toThrow(
      /a named fit sets s; the let that it replaces gives s, q/,
    );
  });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('an importance of %s is refused by its column', (bad) => {
  const importance = Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? bad : 1));
  const format = twoLevels({ of: arg(letRef('s')) });
  expect(() => encodeFields(format, DATA, { shape: [4, 16], importance })).toThrow(
    /importance of column 3 is .*; it is a finite number, not below 0/,
  );
});
