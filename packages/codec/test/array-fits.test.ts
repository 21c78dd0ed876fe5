/** Fits that write or train all entries of an array: `list` and `low_rank`. */
import {
  block,
  buildFormat,
  column,
  each,
  type FitArgument,
  field,
  fit,
  mul,
  ref,
  rms,
  row,
  tensor,
  x,
} from '@fewerbits/format';
import { stochasticDraw } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFields, interpreter } from '../src/index.ts';
import { lowRank } from '../src/trained/low-rank.ts';

const draws = (count: number, seed = 1): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => stochasticDraw(seed, i) - 0.5);

function product(left: Float64Array, right: Float64Array, rank: number): Float64Array {
  const [rows, cols] = [left.length / rank, right.length / rank];
  return Float64Array.from({ length: rows * cols }, (_, at) => {
    const [i, j] = [Math.floor(at / cols), at % cols];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += left[i * rank + k]! * right[j * rank + k]!;
    return sum;
  });
}

const energy = (a: Float64Array, b = new Float64Array(a.length)): number =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

describe('lowRank', () => {
  it('gives a matrix of low rank back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer(),
        (rows, cols, rank, more, seed) => {
          const matrix = product(draws(rows * rank, seed), draws(cols * rank, seed + 1), rank);
          const { left, right } = lowRank(matrix, rows, cols, rank + more);
          expect(energy(matrix, product(left, right, rank + more))).toBeLessThan(1e-9 * energy(matrix));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  it('has the singular values of a matrix, largest first, shared by both sides, with a stated sign', () => {
    const matrix = new Float64Array(5 * 4);
    for (const [k, sigma] of [3, -7, 0.5, 2].entries()) matrix[k * 4 + k] = sigma;
    const { left, right } = lowRank(matrix, 5, 4, 3);
    for (const [k, sigma] of [7, 3, 2].entries()) {
      const of = (side: Float64Array) => energy(side.filter((_, i) => i % 3 === k));
      expect(of(left)).toBeCloseTo(sigma, 4);
      expect(of(right)).toBeCloseTo(sigma, 4);
      const column = right.filter((_, i) => i % 3 === k);
      expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
    }
    expect(energy(matrix, product(left, right, 3))).toBeCloseTo(0.25, 4);
  });

  it('leaves less with every rank, and all noise but what it can take', () => {
    const matrix = draws(40 * 30);
    const left = [1, 2, 4, 8, 16, 30].map((rank) => {
      const factors = lowRank(matrix, 40, 30, rank);
      return energy(matrix, product(factors.left, factors.right, rank));
    });
    for (let i = 1; i < left.length; i++) expect(left[i]!).toBeLessThan(left[i - 1]!);
    expect(left.at(-1)).toBeLessThan(1e-9);
  });

  it('is 0 for a matrix of zeros and beyond the rank there is; refuses what is no matrix', () => {
    expect(lowRank(new Float64Array(6), 2, 3, 2)).toEqual({
      left: new Float64Array(4),
      right: new Float64Array(6),
    });
    expect(lowRank(new Float64Array(0), 0, 3, 2).right).toEqual(new Float64Array(6));
    expect(lowRank(Float64Array.of(2), 1, 1, 3).left.slice(1)).toEqual(new Float64Array(2));
    expect(() => lowRank(Float64Array.of(1, 2, 3), 2, 2, 1)).toThrow('3 values are not 2 × 2');
    expect(() => lowRank(Float64Array.of(1, Number.NaN), 1, 2, 1)).toThrow('values[1] is NaN');
    expect(() => lowRank(Float64Array.of(1), 1, 1, 0)).toThrow('rank');
  });
});

const formula = (expr: FitArgument & { arg: 'expr' }) => expr;
const of = (expr: Parameters<typeof mul>[0]) => formula({ arg: 'expr', expr: mul(expr, 1) });

describe('low_rank in a format', () => {
  const format = buildFormat('outer', {
    body: [
      row([field('left', 'f32', fit('low_rank', { of: of(x) }), [2])]),
      column([field('right', 'f32', fit('low_rank', { of: of(x) }), [2])]),
      each([field('code', 'i4')]),
    ],
    value: mul({ op: 'dot', left: 'left', right: 'right' }, ref('code')),
  });

  it('gives rows and columns the two sides of one matrix', () => {
    const weights = Float32Array.from(product(draws(6 * 2, 3), draws(10 * 2, 4), 2));
    const packed = interpreter(format).encode(weights, { shape: [6, 10] });
    const decoded = interpreter(format).decode(packed);
    expect(energy(Float64Array.from(decoded), Float64Array.from(weights))).toBeLessThan(1e-9);
  });

  it('is refused for an array of blocks', () => {
    const wrong = buildFormat('wrong', {
      body: [
        block('block', 4, [
          field('left', 'f32', fit('low_rank', { of: of(x) }), [2]),
          each([field('code', 'i4')]),
        ]),
      ],
      value: mul(ref('left', 0), ref('code')),
    });
    expect(() => interpreter(wrong).encode(new Float32Array(8))).toThrow(
      'array of one dimension in row or column',
    );
  });
});

describe('list', () => {
  const listed = (...entries: number[]) =>
    buildFormat('listed', {
      body: [
        tensor([field('unit', 'f32', rms())]),
        block('block', 4, [
          field(
            'table',
            'f16',
            fit(
              'list',
              Object.fromEntries([...entries.keys()].map((k) => [k, of(mul(ref('unit'), entries[k]!))])),
            ),
            [3],
          ),
          each([field('code', 'u2')]),
        ]),
      ],
      value: ref('table', ref('code')),
    });

  it('has a formula for each entry, rounded once', () => {
    const weights = Float32Array.of(-1, 0, 1, 1, 3, -3, 1, 0);
    const { codes } = encodeFields(listed(-1, 0, 1.5), weights);
    const unit = Math.fround(Math.sqrt(22 / 8));
    const decoded = interpreter(listed(-1, 0, 1.5)).decode(interpreter(listed(-1, 0, 1.5)).encode(weights));
    expect(codes.table).toHaveLength(6);
    expect(codes.table!.slice(0, 3)).toEqual(codes.table!.slice(3));
    for (const value of decoded)
      expect([-unit, 0, 1.5 * unit].some((level) => Math.abs(level - value) < 2e-3)).toBe(true);
  });

  it('of another length is refused', () => {
    expect(() => encodeFields(listed(1, 2), new Float32Array(4))).toThrow(
      'table holds 3 values a tile, 2 are listed',
    );
  });
});
