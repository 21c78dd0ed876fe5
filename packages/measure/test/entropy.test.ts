import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCodes, codeCounts, codeHistogram, entropy, idealBits, mergeCodes } from '../src/index.ts';

function histogramOf(codes: number[], alphabet: number | null = null) {
  const h = codeHistogram(alphabet);
  addCodes(h, codes);
  return h;
}

describe('entropy', () => {
  it('by hand', () => {
    expect(entropy(histogramOf([0, 1, 2, 3], 4))).toBe(2);
    expect(entropy(histogramOf([7, 7, 7], 8))).toBe(0);
    expect(entropy(histogramOf([0, 0, 1, 2], 4))).toBe(1.5);
    expect(idealBits(histogramOf([0, 0, 1, 2], 4))).toBe(6);
    // Counts 2, 1, 1, 0 and one more each: 3/8, 2/8, 2/8.
    expect(idealBits(histogramOf([0, 0, 1, 2], 4), 1)).toBeCloseTo(2 * Math.log2(8 / 3) + 4, 12);
    expect(entropy(codeHistogram(16))).toBe(0);
  });

  const codes = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 200 });

  it('array and map agree, any order of parts agrees to the last bit', () => {
    fc.assert(
      fc.property(codes, codes, (a, b) => {
        const dense = histogramOf(a, 100);
        mergeCodes(dense, histogramOf(b, 100));
        const sparse = histogramOf(b);
        mergeCodes(sparse, histogramOf(a));
        expect(codeCounts(sparse)).toEqual(codeCounts(dense));
        expect(entropy(sparse)).toBe(entropy(dense));
        expect(entropy(histogramOf([...b, ...a], 70_000))).toBe(entropy(dense));
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it('lies between 0 and log2 of the codes that occur; smoothing only costs', () => {
    fc.assert(
      fc.property(codes, (list) => {
        const h = histogramOf(list, 100);
        expect(entropy(h)).toBeGreaterThanOrEqual(0);
        expect(entropy(h)).toBeLessThanOrEqual(Math.log2(new Set(list).size) + 1e-12);
        expect(idealBits(h, 1)).toBeGreaterThanOrEqual(idealBits(h));
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('negative codes of a grid', () => {
    expect(codeCounts(histogramOf([-3, 5, -3]))).toEqual([
      { code: -3, count: 2 },
      { code: 5, count: 1 },
    ]);
  });
});

describe('arguments', () => {
  it('names the code that is out of place', () => {
    expect(() => histogramOf([0, 4], 4)).toThrow(/codes\[1\] is 4, the alphabet is 0\.\.3/);
    expect(() => histogramOf([-1], 4)).toThrow(RangeError);
    expect(() => histogramOf([0.5], 4)).toThrow(RangeError);
    expect(() => histogramOf([Number.NaN])).toThrow(/integers/);
    expect(() => codeHistogram(0)).toThrow(/positive whole/);
    expect(() => mergeCodes(codeHistogram(4), codeHistogram(5))).toThrow(TypeError);
    expect(() => idealBits(codeHistogram(), 1)).toThrow(/alphabet/);
    expect(() => idealBits(codeHistogram(4), -1)).toThrow(/smoothing/);
  });
});
