/** The code of a vector against the definition: every code tried, in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NumberType, nearestVector, resolveNumber, signs, uint, vectors } from '../src/index.ts';

const SEED = { seed: 2026, numRuns: 300 };

function tried(type: NumberType, values: readonly number[]): number {
  const number = resolveNumber(type);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < number.codes; code++) {
    let distance = 0;
    values.forEach((value, i) => {
      if (!Number.isNaN(value)) distance += (number.levelOf(code, i) - value) ** 2;
    });
    if (distance < least) {
      least = distance;
      best = code;
    }
  }
  return best;
}

/** Halves and quarters: sums of squares are exact, and ties are frequent. */
const component = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -8, max: 8 }).map((v) => v / 4) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -0) },
);
const vector = (dimension: number): fc.Arbitrary<number[]> =>
  fc.array(component, { minLength: dimension, maxLength: dimension });

describe('nearestVector', () => {
  const list = vectors([
    [0, 0],
    [1, 0],
    [0, 1],
    [-1, 1],
    [1, 0],
    [2, -2],
  ]);
  it.each([
    ['a list with a level twice', list],
    ['signs', signs(3)],
    ['signs of even number', signs(4, true)],
  ])('%s: the least distance, the lowest code among equals', (_, type) => {
    fc.assert(
      fc.property(vector(resolveNumber(type).dimension), (values) => {
        expect(nearestVector(resolveNumber(type), values)).toBe(tried(type, values));
      }),
      SEED,
    );
  });

  it('finds every level again, also in the middle of an array', () => {
    for (const type of [list, signs(5), signs(8, true)]) {
      const number = resolveNumber(type);
      for (let code = 0; code < number.codes; code++) {
        const level = Array.from({ length: number.dimension }, (_, i) => number.levelOf(code, i));
        const found = nearestVector(number, [9, ...level], 1);
        expect(Array.from(level, (_, i) => number.levelOf(found, i))).toEqual(level);
      }
    }
  });

  it('decides signs of values whose squares would swallow them', () => {
    expect(nearestVector(resolveNumber(signs(2)), [-1e200, 1e200])).toBe(1);
    expect(nearestVector(resolveNumber(signs(32)), new Array(32).fill(-1))).toBe(2 ** 32 - 1);
  });

  it('refuses a number of one component', () => {
    expect(() => nearestVector(resolveNumber(uint(4)), [1])).toThrow(/use codeOf/);
  });
});
