import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorAccumulator, quantile, RUN } from '../src/index.ts';

const measure = (x: number[], y: number[], w?: number[]) => {
  const errors = errorAccumulator({ bins: true });
  errors.add(Float64Array.from(x), Float64Array.from(y), w && Float64Array.from(w));
  return errors.result();
};

/** The same data for all: values of very different sizes, so that the order of a sum shows in its last bits. */
function awkward(length: number): { x: Float32Array; y: Float32Array; w: Float32Array } {
  const x = Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 10 ** ((i * 7) % 9));
  const y = x.map((value, i) => value * (1 + Math.cos(i) * 0.1));
  return { x, y, w: x.map((_, i) => 1 + (i % 5)) };
}

describe('by hand', () => {
  it('R, SNR, largest and mean error', () => {
    const result = measure([3, 4, 0], [3, 3, 0.5]);
    expect(result.relativeError).toBe(Math.sqrt(1.25 / 25));
    expect(result.sqnr).toBeCloseTo(10 * Math.log10(25 / 1.25), 12);
    expect(result).toMatchObject({
      count: 3,
      nonFinite: 0,
      maxError: 1,
      meanSquare: 1.25 / 3,
      rms: Math.sqrt(1.25 / 3),
    });
    expect(result.dataRms).toBe(Math.sqrt(25 / 3));
    expect(quantile(result.bins!, 0.3)).toBe(0);
    expect(quantile(result.bins!, 1)).toBe(1);
  });

  it('weights', () => {
    const result = measure([3, 4], [2, 6], [4, 0]);
    expect(result.relativeError).toBe(1 / 3);
    expect(result.meanSquare).toBe(1);
    expect(result.maxError).toBe(1);
  });

  it('no error, no data, data of zeros', () => {
    expect(measure([1, 2], [1, 2])).toMatchObject({ relativeError: 0, sqnr: Infinity, maxError: 0 });
    expect(measure([], [])).toMatchObject({ count: 0, relativeError: 0, rms: 0, dataRms: 0 });
    expect(measure([0, 0], [0, 0]).relativeError).toBe(0);
    expect(measure([0, 0], [0, 1])).toMatchObject({ relativeError: Infinity, sqnr: -Infinity });
  });

  it('NaN and Inf are counted and enter nothing', () => {
    const result = measure([1, Number.NaN, Infinity, 2, 5], [2, 1, Infinity, 2, Number.NaN]);
    expect(result).toMatchObject({ count: 2, nonFinite: 3, maxError: 1, relativeError: Math.sqrt(1 / 5) });
    expect(result.bins!.total).toBe(2);
  });
});

describe('one order of summation', () => {
  const { x, y, w } = awkward(5 * RUN + 77);
  const whole = errorAccumulator({ bins: true });
  whole.add(x, y, w);

  it('is runs of 4096, then the runs', () => {
    const runs: number[] = [];
    for (let start = 0; start < x.length; start += RUN) {
      let sum = 0;
      for (let i = start; i < Math.min(x.length, start + RUN); i++) sum += w[i]! * (y[i]! - x[i]!) ** 2;
      runs.push(sum);
    }
    expect(whole.result().meanSquare).toBe(runs.reduce((a, b) => a + b) / w.reduce((a, b) => a + b));
    const naive = x.reduce((sum, value, i) => sum + w[i]! * (y[i]! - value) ** 2, 0);
    expect(naive, 'data on which the order matters').not.toBe(runs.reduce((a, b) => a + b));
  });

  it('does not depend on how the data come', () => {
    const edge = fc.constantFrom(RUN - 1, RUN, RUN + 1, 2 * RUN - 1);
    const cut = fc.oneof(edge, fc.integer({ min: 0, max: x.length }));
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 6 }), (cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), x.length];
        const parts = errorAccumulator({ bins: true });
        for (let i = 1; i < ends.length; i++) {
          const [from, to] = [ends[i - 1]!, ends[i]!];
          parts.add(x.subarray(from, to), y.subarray(from, to), w.subarray(from, to));
        }
        expect(parts.state).toEqual(whole.state);
      }),
      { seed: 3, numRuns: 15 },
    );
  });

  it('does not depend on workers that start at multiples of 4096', () => {
    const merged = errorAccumulator({ bins: true });
    for (const [from, to] of [
      [0, 2 * RUN],
      [2 * RUN, 3 * RUN],
      [3 * RUN, x.length],
    ] as const) {
      const worker = errorAccumulator({ bins: true });
      worker.add(x.subarray(from, to), y.subarray(from, to), w.subarray(from, to));
      merged.merge({ state: structuredClone(worker.state) });
    }
    expect(merged.state).toEqual(whole.state);
    expect(merged.result()).toEqual(whole.result());
  });

  it('goes on after a merge, and merges parts of any length to rounding', () => {
    const merged = errorAccumulator();
    merged.add(x.subarray(0, 100), y.subarray(0, 100), w.subarray(0, 100));
    const other = errorAccumulator();
    other.add(x.subarray(100, 5000), y.subarray(100, 5000), w.subarray(100, 5000));
    merged.merge(other);
    merged.add(x.subarray(5000), y.subarray(5000), w.subarray(5000));
    expect(merged.result().relativeError).toBeCloseTo(whole.result().relativeError, 14);
    expect(merged.result().count).toBe(x.length);
  });
});

describe('arguments', () => {
  const f = (...values: number[]) => Float64Array.from(values);
  it('names what is wrong and leaves the sums alone', () => {
    const errors = errorAccumulator();
    expect(() => errors.add(f(1, 2), f(1))).toThrow(/y: has 1 elements and x has 2/);
    expect(() => errors.add(f(1), f(1), f(1, 1))).toThrow(/w: has 2/);
    expect(() => errors.add(f(1, 2), f(1, 2), f(1, -1))).toThrow(/w\[1\] is -1/);
    expect(() => errors.add(f(1), f(1), f(Number.NaN))).toThrow(/w\[0\] is NaN/);
    expect(errors.result().count).toBe(0);
    expect(() => errors.merge(errors)).toThrow(TypeError);
    expect(() => errors.merge(errorAccumulator({ bins: true }))).toThrow(/bins/);
  });

  it('squares beyond binary64 are an error, not NaN or 0', () => {
    expect(() => measure([1e200], [0])).toThrow(/range of binary64/);
    expect(() => measure([1e-200], [0])).toThrow(/range of binary64/);
    expect(() => measure([1.7e308], [-1.7e308])).toThrow(/range of binary64/);
  });
});
