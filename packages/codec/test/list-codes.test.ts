/** Codes of a list of levels by error and length, trained lists of fixed length, and steps for the rate of optimised rounding. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecsq } from '../src/trained/ecsq.ts';
import { ecsqLevels } from '../src/trained/ecsq-levels.ts';
import { listCodes } from '../src/trained/list-codes.ts';
import { stepForRate } from '../src/trained/step-for-rate.ts';
import { urqCodes } from '../src/trained/urq.ts';
import { draws, entropy, lawOf, quantiles, reference, squareError } from './trained-reference.ts';

const relative = (x: ArrayLike<number>, decoded: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - decoded(i)) ** 2;
  return Math.sqrt(sum / squareError(x, [0]));
};
const decodedError = (x: Float32Array | Float64Array, levels: Float64Array, codes: Int32Array): number =>
  relative(x, (i) => levels[codes[i]!]!);

describe('listCodes', () => {
  const x = draws(lawOf('laplace'), 3000, 7);
  const levels = Float64Array.from({ length: 15 }, (_, k) => (k - 7) / 2);

  it('without a price is the nearest level', () => {
    const codes = listCodes(x, levels, { lambda: 0 });
    for (let i = 0; i < 200; i++) {
      const least = Math.min(...Array.from(levels, (level) => Math.abs(x[i]! - level)));
      expect(Math.abs(x[i]! - levels[codes[i]!]!)).toBe(least);
    }
    expect(listCodes(x, levels, { rate: 9 })).toEqual(codes);
  });

  it('agrees with urqCodes on an even list that is wide enough', () => {
    const even = Float64Array.from({ length: 101 }, (_, k) => (k - 50) / 2);
    const codes = listCodes(x, even, { lambda: 0.1 * 0.25 });
    const grid = urqCodes(x, 0.5, 'heuristic');
    let same = 0;
    for (let i = 0; i < x.length; i++) if (codes[i]! - 50 === grid[i]!) same++;
    expect(same).toBeGreaterThan(x.length * 0.999);
  });

  it('keeps to a rate, and to the nearest levels where that has it already', () => {
    for (const rate of [0.3, 1, 1.7, 2.3]) {
      const codes = listCodes(x, levels, { rate });
      expect(entropy(codes)).toBeLessThan(rate + 0.01);
      expect(entropy(codes)).toBeGreaterThan(rate - 0.15); // the settled codes jump as λ rises
    }
  });

  it('each code costs least under the lengths of all', () => {
    const lambda = 0.05;
    const codes = listCodes(x, levels, { lambda });
    const counts = new Float64Array(levels.length);
    for (const code of codes) counts[code]!++;
    const lengths = Array.from(counts, (n) => (n > 0 ? -Math.log2(n / x.length) : 1e9));
    let off = 0;
    for (let i = 0; i < x.length; i++) {
      const cost = (k: number): number => (x[i]! - levels[k]!) ** 2 + lambda * lengths[k]!;
      const least = Math.min(...Array.from(levels.keys(), cost));
      if (cost(codes[i]!) > least + 1e-9) off++;
    }
    // The last round may leave a few values whose lengths moved.
    expect(off).toBeLessThan(x.length * 1e-3);
  });

  it('importance keeps the error of what matters down', () => {
    const weights = Float64Array.from(x, (_, i) => (i % 2 === 0 ? 20 : 1));
    const codes = listCodes(x, levels, { lambda: 0.2 }, weights);
    let [even, odd] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      const error = (x[i]! - levels[codes[i]!]!) ** 2;
      if (i % 2 === 0) even += error;
      else odd += error;
    }
    expect(even).toBeLessThan(odd);
  });
});

describe('ecsqLevels', () => {
  it('pads with the largest, and joins down to the count', () => {
    const x = draws(lawOf('t5'), 20000, 3);
    const trained = ecsq(x, { rate: 3 });
    const wide = ecsqLevels(x, 256, 3);
    expect([...wide.subarray(0, trained.levels.length)]).toEqual([...trained.levels]);
    expect(new Set(wide.subarray(trained.levels.length - 1)).size).toBe(1);
    const narrow = ecsqLevels(x, 16, 3);
    expect(narrow).toHaveLength(16);
    expect([...narrow]).toEqual([...narrow].sort((a, b) => a - b));
    const codes = listCodes(x, narrow, { rate: 3 });
    expect(entropy(codes)).toBeLessThan(3.001);
    expect(decodedError(x, narrow, codes)).toBeLessThan(1.2 * trained.error);
  });

  it('gives few values as they are', () => {
    expect([...ecsqLevels(Float32Array.of(2, 1, 2, 1), 4, 3)]).toEqual([1, 2, 2, 2]);
    expect([...ecsqLevels(new Float32Array(5), 3, 2)]).toEqual([0, 0, 0]);
    expect([...ecsqLevels(Float32Array.of(-3), 2, 1)]).toEqual([-3, -3]);
  });

  it('has levels for any data and any rate', () => {
    const data = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        data,
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.1, max: 6, noNaN: true }),
        (list, n, rate) => {
          const levels = ecsqLevels(
            Float64Array.from(list, (v) => v / 8),
            n,
            rate,
          );
          return (
            levels.length === n &&
            levels.every((v, k) => Number.isFinite(v) && (k === 0 || v >= levels[k - 1]!))
          );
        },
      ),
      { seed: 2026, numRuns: 300 },
    );
  });

  // No worse than the uniform grid with its cells' means at as many bits.
  const rows = (reference?.entropy_coded_uniform_grid ?? []).filter((row) => row.target_entropy_bits <= 4);
  it.each(rows)('trained and coded reach the reference: $data at $target_entropy_bits bits', (row) => {
    const x = quantiles(lawOf(row.data), 2 ** 16);
    const levels = ecsqLevels(x, 256, row.target_entropy_bits);
    const distinct = levels.filter((level, k) => k === 0 || level !== levels[k - 1]);
    const codes = listCodes(x, distinct, { rate: row.target_entropy_bits });
    const bits = entropy(codes);
    expect(Math.abs(bits - row.target_entropy_bits)).toBeLessThan(5e-3);
    const error = decodedError(x, distinct, codes);
    expect(error * 2 ** (bits - row.target_entropy_bits)).toBeLessThan(row.R_centroid_reconstruction * 1.004);
  });
});

describe('a step for the rate of optimised rounding', () => {
  it.each(['normal', 'laplace', 't5'])(
    '%s: meets the rate, with less error than plain rounding at it',
    (name) => {
      const x = quantiles(lawOf(name), 2 ** 16);
      for (const rate of [1, 2, 3]) {
        const step = stepForRate(x, rate, 0.1);
        const codes = urqCodes(x, step, 0.1 * step * step);
        expect(Math.abs(entropy(codes) - rate)).toBeLessThan(2e-3);
        const plain = stepForRate(x, rate);
        const rounded = urqCodes(x, plain, 0);
        expect(relative(x, (i) => codes[i]! * step)).toBeLessThan(relative(x, (i) => rounded[i]! * plain));
      }
    },
  );
});
