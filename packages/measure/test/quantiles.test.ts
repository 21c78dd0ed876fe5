import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMagnitudes,
  magnitudeHistogram,
  mergeMagnitudes,
  QUANTILE_RELATIVE_ERROR,
  quantile,
  withoutLargest,
} from '../src/index.ts';
import { binEdge, binMiddle } from '../src/quantiles.ts';

function histogramOf(values: Float32Array | Float64Array) {
  const h = magnitudeHistogram();
  addMagnitudes(h, values);
  return h;
}

const finite32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('bins', () => {
  it('64 to an octave from the smallest subnormal to the top of binary32', () => {
    const h = magnitudeHistogram();
    expect(binEdge(0)).toBe(2 ** -149);
    expect(binEdge(64)).toBe(2 ** -148);
    expect(binEdge(h.counts.length)).toBe(2 ** 128);
  });

  it('every binary32 lies in its bin', () => {
    fc.assert(
      fc.property(
        finite32.filter((x) => x !== 0),
        (x) => {
          const bin = histogramOf(Float32Array.of(x)).counts.indexOf(1);
          expect(Math.abs(x)).toBeGreaterThanOrEqual(binEdge(bin));
          expect(Math.abs(x)).toBeLessThan(binEdge(bin + 1));
          expect(Math.abs(binMiddle(bin) / Math.abs(x) - 1)).toBeLessThanOrEqual(QUANTILE_RELATIVE_ERROR);
        },
      ),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('edges of every octave fall upward', () => {
    for (let e = -149; e < 128; e++) {
      expect(histogramOf(Float32Array.of(2 ** e)).counts.indexOf(1)).toBe((e + 149) * 64);
    }
  });
});

describe('quantiles', () => {
  it('are those of the sorted magnitudes, within the stated error', () => {
    const values = fc.array(finite32, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, p) => {
        const sorted = list.map(Math.abs).sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(p * sorted.length)) - 1]!;
        const h = histogramOf(Float32Array.from(list));
        expect(Math.abs(quantile(h, p) - exact)).toBeLessThanOrEqual(exact * QUANTILE_RELATIVE_ERROR);
        expect(quantile(h, 0)).toBe(sorted[0]);
        expect(quantile(h, 1)).toBe(sorted.at(-1));
      }),
      { seed: 5, numRuns: 400 },
    );
  });

  it('binary64 beyond binary32 keeps exact extremes', () => {
    const h = histogramOf(Float64Array.of(1e-300, 1, -1e300));
    expect([quantile(h, 0), quantile(h, 1)]).toEqual([1e-300, 1e300]);
    expect(Math.abs(quantile(h, 0.5) - 1)).toBeLessThanOrEqual(QUANTILE_RELATIVE_ERROR);
    expect(h.total).toBe(3);
  });

  it('NaN, Inf and both zeros are counted apart', () => {
    const h = histogramOf(Float32Array.of(0, -0, Number.NaN, Infinity, -Infinity, -2));
    expect(h).toMatchObject({ total: 3, zeros: 2, nonFinite: 3, min: 0, max: 2 });
    expect(quantile(h, 0.6)).toBe(0);
    expect(quantile(h, 0.7)).toBe(2);
  });

  it('parts merge to the whole', () => {
    const whole = Float64Array.from({ length: 10_000 }, (_, i) => Math.tan(i));
    const h = histogramOf(whole.subarray(0, 1234));
    mergeMagnitudes(h, histogramOf(whole.subarray(1234)));
    expect(h).toEqual(histogramOf(whole));
  });

  it('refuses nonsense', () => {
    expect(() => quantile(magnitudeHistogram(), 0.5)).toThrow(/without finite values/);
    expect(() => quantile(histogramOf(Float32Array.of(1)), 1.5)).toThrow(/p: /);
    expect(() => quantile(histogramOf(Float32Array.of(1)), Number.NaN)).toThrow(/p: /);
  });
});

describe('withoutLargest', () => {
  it('is the histogram of the others, up to which of a bin they are', () => {
    fc.assert(
      fc.property(fc.array(finite32, { minLength: 1, maxLength: 60 }), fc.nat(60), (values, drawn) => {
        const count = Math.min(drawn, values.length);
        const all = Float32Array.from(values);
        const ascending = all.slice().sort((a, b) => Math.abs(a) - Math.abs(b));
        const wanted = histogramOf(ascending.subarray(0, all.length - count));
        const rest = withoutLargest(histogramOf(all), count);
        expect(rest.counts.findIndex((n, i) => n !== wanted.counts[i])).toBe(-1);
        expect([rest.total, rest.zeros]).toEqual([wanted.total, wanted.zeros]);
        expect(rest.max).toBeGreaterThanOrEqual(wanted.max);
        expect(rest.max).toBeLessThanOrEqual(Math.max(...all.map(Math.abs)));
        if (wanted.max > 0) expect(rest.max).toBeLessThanOrEqual(wanted.max * (1 + 1 / 64) + 2 ** -149);
      }),
      { seed: 8, numRuns: 500 },
    );
  });

  it('refuses more than there are', () => {
    expect(() => withoutLargest(histogramOf(Float32Array.of(1, 2)), 3)).toThrow(
      'a whole number of the 2 values',
    );
  });
});
