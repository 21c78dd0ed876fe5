import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addValues,
  fitDistribution,
  fitStudentT,
  magnitudesOf,
  mergeStatistics,
  quantile,
  shapeHistogram,
  statistics,
  summary,
} from '../src/index.ts';

function statisticsOf(x: Float32Array | Float64Array) {
  const s = statistics();
  addValues(s, x);
  return s;
}

const wave = Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i) ** 3 + 0.2);

describe('summary', () => {
  it('by hand', () => {
    const s = summary(statisticsOf(Float32Array.of(-1, 0, 0, 1, Number.NaN, -Infinity)));
    expect(s).toMatchObject({
      count: 4,
      nonFinite: 2,
      mean: 0,
      rms: Math.SQRT1_2,
      absmax: 1,
      zeroFraction: 0.5,
    });
    expect(s.crest).toBeCloseTo(Math.SQRT2, 14);
    expect(s.kurtosis).toBe(2);
  });

  it('equals two passes over the whole', () => {
    const n = wave.length;
    const mean = wave.reduce((a, b) => a + b) / n;
    const moment = (k: number) => wave.reduce((sum, v) => sum + (v - mean) ** k, 0) / n;
    const s = summary(statisticsOf(wave));
    expect(s.mean).toBeCloseTo(mean, 12);
    expect(s.rms).toBeCloseTo(Math.sqrt(moment(2) + mean ** 2), 12);
    expect(s.kurtosis).toBeCloseTo(moment(4) / moment(2) ** 2, 10);
  });

  it('does not cancel far from zero', () => {
    const far = wave.map((v) => v + 1e6);
    expect(summary(statisticsOf(far)).kurtosis).toBeCloseTo(summary(statisticsOf(wave)).kurtosis, 6);
  });

  it('parts merge to the whole, cut anywhere', () => {
    const whole = statisticsOf(wave);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: wave.length }), (cut) => {
        const s = statisticsOf(wave.subarray(0, cut));
        mergeStatistics(s, statisticsOf(wave.subarray(cut)));
        expect(s.positive).toEqual(whole.positive);
        expect(s.negative).toEqual(whole.negative);
        expect(s.mean).toBeCloseTo(whole.mean, 13);
        for (const key of ['m2', 'm3', 'm4'] as const)
          expect(Math.abs(s[key] / whole[key] - 1)).toBeLessThan(1e-10);
      }),
      { seed: 8, numRuns: 20 },
    );
  });

  it('of nothing, of zeros, of a constant', () => {
    expect(summary(statistics())).toEqual({
      count: 0,
      nonFinite: 0,
      mean: 0,
      rms: 0,
      absmax: 0,
      crest: 0,
      kurtosis: 0,
      zeroFraction: 0,
    });
    expect(summary(statisticsOf(new Float32Array(5)))).toMatchObject({
      rms: 0,
      crest: 0,
      kurtosis: 0,
      zeroFraction: 1,
    });
    expect(summary(statisticsOf(new Float32Array(5).fill(-3)))).toMatchObject({
      rms: 3,
      crest: 1,
      kurtosis: 0,
      mean: -3,
    });
  });

  it('fourth powers beyond binary64 are an error', () => {
    expect(() => summary(statisticsOf(Float64Array.of(1e100, -1e100)))).toThrow(/scale x/);
  });
});

describe('shape', () => {
  it('holds every value once', () => {
    const shape = shapeHistogram(statisticsOf(wave), { bins: 12, limit: 1.5 });
    const inside = shape.counts.reduce((a, b) => a + b);
    expect(inside + shape.below + shape.above).toBeCloseTo(wave.length, 6);
    expect(shape.edges).toHaveLength(13);
    expect([shape.edges[0], shape.edges[12]]).toEqual([-1.5, 1.5]);
    expect(shape.above).toBeGreaterThan(0);
  });

  it('is close to counts of the values themselves', () => {
    const s = statisticsOf(wave);
    const { rms } = summary(s);
    const shape = shapeHistogram(s, { bins: 10, limit: 2 });
    const exact = new Array(10).fill(0);
    for (const v of wave) exact[Math.floor((v / rms + 2) / 0.4)]++;
    shape.counts.forEach((count, i) => {
      expect(Math.abs(count - exact[i]), `bin ${i}`).toBeLessThan(wave.length * 0.02);
    });
  });

  it('zeros stand in the middle bin', () => {
    expect(shapeHistogram(statisticsOf(Float32Array.of(0, 0, 0, 1)), { bins: 3, limit: 7 }).counts).toEqual([
      0, 4, 0,
    ]);
  });

  it('refuses what has no shape', () => {
    expect(() => shapeHistogram(statisticsOf(new Float32Array(3)))).toThrow(/all zero/);
    expect(() => shapeHistogram(statisticsOf(wave), { bins: 0 })).toThrow(/bins/);
    expect(() => shapeHistogram(statisticsOf(wave), { limit: Number.NaN })).toThrow(/limit/);
  });
});

describe('from one pass', () => {
  it('quantiles and fits read the same magnitudes', () => {
    const h = magnitudesOf(statisticsOf(wave));
    expect(h.total).toBe(wave.length);
    const sorted = [...wave].map(Math.abs).sort((a, b) => a - b);
    expect(Math.abs(quantile(h, 0.5) / sorted[wave.length / 2 - 1]! - 1)).toBeLessThan(0.01);
    expect(fitDistribution(h).laplace.scale).toBeCloseTo(sorted.reduce((a, b) => a + b) / wave.length, 3);
  });
});

describe('fits', () => {
  it('refuse data without a scale, and say where NaN is', () => {
    expect(() => fitDistribution(new Float32Array(9))).toThrow(/no nonzero/);
    expect(() => fitDistribution(Float32Array.of(1, Number.NaN))).toThrow(/data\[1\] is NaN/);
    expect(() => fitStudentT(wave, { grid: [] })).toThrow(/grid/);
    expect(() => fitStudentT(wave, { grid: [3, 2] })).toThrow(/ascend/);
    expect(() => fitStudentT(wave, { tolerance: 0 })).toThrow(/tolerance/);
  });

  it('are stretched with the data', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (factor) => {
        const some = wave.subarray(0, 500);
        const a = fitDistribution(some);
        const b = fitDistribution(some.map((v) => v * factor));
        for (const kind of ['normal', 'laplace', 'studentT'] as const) {
          expect(b[kind].scale / a[kind].scale / factor).toBeCloseTo(1, 6);
          expect(b[kind].meanLogLikelihood).toBeCloseTo(a[kind].meanLogLikelihood - Math.log(factor), 8);
        }
      }),
      { seed: 9, numRuns: 5 },
    );
  });

  it('data that are mostly zeros: no t has a likeliest scale, and another law is best', () => {
    const mostlyZero = Float64Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const fits = fitDistribution(mostlyZero);
    expect(Number.isFinite(fits.best.meanLogLikelihood)).toBe(true);
    expect(fits.best.law.name).toBe('laplace');
  });
});
