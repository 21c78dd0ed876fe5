/** The exact search for a scale against a dense scan, against every storable scale, and at its edges. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanSquareScale } from '../src/trained/mean-square-scale.ts';

const SEED = { seed: 2026, numRuns: 100 };
const value = fc.integer({ min: -4000, max: 4000 }).map((v) => v / 500);
const worth = fc.integer({ min: 0, max: 100 }).map((v) => v / 10);
const problems = fc.array(fc.tuple(value, worth), { minLength: 1, maxLength: 24 });
const lists = fc
  .uniqueArray(fc.integer({ min: -40, max: 40 }), { minLength: 2, maxLength: 9 })
  .map((list) => Float64Array.from(list, (v) => v / 20).sort());

/** Σ w (x − s · nearest)² over the nearest level, tried one by one. */
function errorAt(x: number[], w: number[], levels: Float64Array, scale: number): number {
  return x.reduce(
    (sum, v, i) => sum + w[i]! * Math.min(...Array.from(levels, (q) => (v - scale * q) ** 2)),
    0,
  );
}

const energy = (x: number[], w: number[]): number => x.reduce((sum, v, i) => sum + w[i]! * v * v, 0);

describe('meanSquareScale', () => {
  it('is no worse than any of a dense scan of scales', () => {
    fc.assert(
      fc.property(problems, lists, (pairs, levels) => {
        const [x, w] = [pairs.map(([v]) => v), pairs.map(([, u]) => u)];
        const found = meanSquareScale(x, w, levels, (ideal) => [ideal]);
        const slack = 1e-9 * energy(x, w) + 1e-15;
        const least = found === null ? energy(x, w) : errorAt(x, w, levels, found.scale);
        if (found !== null) expect(energy(x, w) - found.gain).toBeGreaterThanOrEqual(least - slack);
        for (let k = 1; k <= 400; k++) {
          expect(least).toBeLessThanOrEqual(errorAt(x, w, levels, 1.03 ** (k - 200)) + slack);
        }
      }),
      SEED,
    );
  });

  it('is the best of all storable scales, not the neighbour of the best ideal one', () => {
    const coarse = [0.125, 0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4, 8];
    const storable = (ideal: number) => {
      const at = coarse.findIndex((scale) => scale >= ideal);
      return at < 0 ? coarse.slice(-1) : coarse.slice(Math.max(0, at - 1), at + 1);
    };
    fc.assert(
      fc.property(problems, lists, (pairs, levels) => {
        const [x, w] = [pairs.map(([v]) => v), pairs.map(([, u]) => u)];
        const found = meanSquareScale(x, w, levels, storable);
        const reached = found === null ? energy(x, w) : errorAt(x, w, levels, found.scale);
        const least = Math.min(energy(x, w), ...coarse.map((scale) => errorAt(x, w, levels, scale)));
        expect(reached).toBeLessThanOrEqual(least + 1e-9 * energy(x, w) + 1e-15);
      }),
      SEED,
    );
  });

  const integers = Float64Array.from({ length: 15 }, (_, k) => k - 7);
  const any = (ideal: number) => [ideal];

  it('meets what can be met exactly', () => {
    expect(meanSquareScale([0.5, -1, 3.5, 0], null, integers, any)!.scale).toBeCloseTo(0.5, 12);
    const single = meanSquareScale([-3], null, integers, any)!;
    expect(single.gain).toBeCloseTo(9, 12);
    expect(meanSquareScale([2, 2, 2], null, integers, any)!.gain).toBeCloseTo(12, 12);
  });

  it('has nothing to find in zeros, no values, no weight and what is not finite', () => {
    expect(meanSquareScale([0, 0], null, integers, any)).toBeNull();
    expect(meanSquareScale([], null, integers, any)).toBeNull();
    expect(meanSquareScale([1, 2], [0, 0], integers, any)).toBeNull();
    expect(meanSquareScale([Number.NaN, Number.POSITIVE_INFINITY], null, integers, any)).toBeNull();
    expect(meanSquareScale([Number.NaN, 2], null, integers, any)!.gain).toBeCloseTo(4, 12);
  });

  it('counts what zeros cost where no level is 0', () => {
    const signs = Float64Array.of(-1, 1);
    expect(meanSquareScale([1, 0, 0, 0], null, signs, any)!.scale).toBeCloseTo(0.25, 12);
    expect(meanSquareScale([1, 0, 0, 0], [3, 1, 0, 0], signs, any)!.scale).toBeCloseTo(0.75, 12);
  });
});
