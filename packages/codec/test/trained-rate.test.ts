/** Steps for a rate, entropy-constrained Lloyd and rate–distortion-optimised rounding against the reference and their own laws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecsq } from '../src/trained/ecsq.ts';
import { gridRate } from '../src/trained/grid-rate.ts';
import { stepForRate } from '../src/trained/step-for-rate.ts';
import { type CodeLengths, urqCodes } from '../src/trained/urq.ts';
import { dataset, draws, entropy, lawOf, quantiles, reference, squareError } from './trained-reference.ts';

const checked = { seed: 20250519, numRuns: 200 };
const SIZE = 2 ** 18;
const LAWS = ['normal', 'laplace', 't5', 't7'];
const ideal = new Map(LAWS.map((name) => [name, quantiles(lawOf(name), SIZE)]));

const power = (x: ArrayLike<number>): number => squareError(x, [0]);
const gridError = (x: ArrayLike<number>, codes: ArrayLike<number>, step: number): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - codes[i] * step) ** 2;
  return Math.sqrt(sum / power(x));
};

describe.skipIf(reference === null)('against the reference', () => {
  const rows = (reference?.entropy_coded_uniform_grid ?? []).filter((row) => row.target_entropy_bits <= 6);

  it.each(rows)('stepForRate: $data at $target_entropy_bits bits, on 2^18 quantiles', (row) => {
    const x = ideal.get(row.data)!;
    const step = stepForRate(x, row.target_entropy_bits);
    // The quantiles of t5 lack 6e-4 of its square.
    expect(Math.abs(step / row.delta - 1)).toBeLessThan(1e-3);
    const codes = urqCodes(x, step, 0);
    expect(Math.abs(entropy(codes) - row.target_entropy_bits)).toBeLessThan(3e-5);
    expect(Math.abs(gridError(x, codes, step) / row.R - 1)).toBeLessThan(1e-3);
  });

  const grids = (reference?.deterministic_dataset.tests ?? []).filter(({ test }) =>
    test.includes('linspace'),
  );
  it.each(grids)('gridRate and stepForRate: $data, $test', (row) => {
    const x = dataset(row.data);
    const rms = Math.sqrt(power(x) / x.length);
    const scaled = x.map((value) => value / rms);
    const points = Number(/,(\d+)\)/.exec(row.test)![1]);
    const absmax = scaled.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const step = (2 * absmax) / (points - 1);
    expect(gridRate(scaled, step)).toBeCloseTo(row.empirical_entropy, 10);
    expect(gridError(scaled, urqCodes(scaled, step, 0), step)).toBeCloseTo(row.R_float64, 10);
    const found = stepForRate(scaled, row.empirical_entropy);
    expect(Math.abs(gridRate(scaled, found) - row.empirical_entropy)).toBeLessThan(1e-6);
    expect(Math.abs(found / step - 1)).toBeLessThan(1e-3);
  });

  // No worse than as many bits in a grid with its cells' means as levels (but for the error of 2^18 quantiles), worse than Shannon's bound.
  it.each(rows.filter((row) => row.target_entropy_bits <= 4))(
    'ecsq: $data at $target_entropy_bits bits',
    (row) => {
      const { rate, error } = ecsq(ideal.get(row.data)!, { rate: row.target_entropy_bits });
      expect(Math.abs(rate - row.target_entropy_bits)).toBeLessThan(1e-3);
      const bits = 2 ** (row.target_entropy_bits - rate);
      expect(error).toBeLessThan(row.R_centroid_reconstruction * bits * 1.001);
      expect(error * 2 ** rate).toBeGreaterThan(
        { normal: 1, laplace: 0.93, t5: 0.954, t7: 0.979 }[row.data]!,
      );
    },
  );
});

describe('rate–distortion-optimised rounding of t ν = 5', () => {
  // numerics.md §1.10: R·2^b = 1.140 at b = 1.93…2.2, against 1.198 for the plain grid at 2 bits.
  it('has the R·2^b of the reference', () => {
    const x = ideal.get('t5')!;
    const plain = stepForRate(x, 2);
    expect(gridError(x, urqCodes(x, plain, 0), plain) * 4).toBeCloseTo(1.198, 3);
    for (const step of [plain * 0.97, plain * 0.82]) {
      const codes = urqCodes(x, step, 'heuristic');
      const bits = entropy(codes);
      expect(bits).toBeGreaterThan(1.9);
      expect(bits).toBeLessThan(2.25);
      expect(Math.abs(gridError(x, codes, step) * 2 ** bits - 1.14)).toBeLessThan(0.002);
    }
  });
});

describe('the laws of stepForRate', () => {
  it('scales with the data, and does not know its order', () => {
    const x = draws(lawOf('laplace'), 4000, 5);
    const step = stepForRate(x, 3);
    expect(
      stepForRate(
        x.map((value) => 8 * value),
        3,
      ),
    ).toBe(8 * step);
    expect(stepForRate(x.slice().reverse(), 3)).toBe(step);
  });

  it('meets every rate within a tread of the staircase', () => {
    const x = draws(lawOf('normal'), 4096, 9);
    fc.assert(
      fc.property(fc.double({ min: 0.3, max: 9, noNaN: true }), (rate) => {
        return Math.abs(gridRate(x, stepForRate(x, rate)) - rate) < 2e-2;
      }),
      { ...checked, numRuns: 60 },
    );
  });

  it('counts as a dense count does', () => {
    const data = fc.array(fc.integer({ min: -400, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(data, fc.double({ min: 0.01, max: 300, noNaN: true }), (values, step) => {
        const x = Float64Array.from(values, (value) => value / 8);
        return Math.abs(gridRate(x, step) - entropy(urqCodes(x, step, 0))) < 1e-12;
      }),
      checked,
    );
  });

  it('gives the nearest rate where few different values leave no choice', () => {
    const x = Float32Array.of(-1, 1, 1, -1);
    expect(gridRate(x, stepForRate(x, 0.9))).toBe(1);
    expect(gridRate(x, stepForRate(x, 0.1))).toBe(0);
    expect(gridRate(x, stepForRate(x, 1))).toBe(1);
  });
});

describe('the laws of urqCodes', () => {
  const x = draws(lawOf('t5'), 20_000, 11);
  const step = 0.6;
  const lambda = 0.05;
  const cost = (codes: ArrayLike<number>): number =>
    (gridError(x, codes, step) ** 2 * power(x)) / x.length + lambda * entropy(codes);

  it('lowers error + λ · rate round by round', () => {
    let before = cost(urqCodes(x, step, 0));
    const plain = before;
    for (let iterations = 1; iterations < 12; iterations++) {
      const now = cost(urqCodes(x, step, lambda, { iterations }));
      expect(now).toBeLessThanOrEqual(before + 1e-12);
      before = now;
    }
    expect(before).toBeLessThan(plain * 0.995);
  });

  it('is consistent: each code is the best under the lengths that all of them have', () => {
    const codes = urqCodes(x, step, lambda);
    const counts = new Map<number, number>();
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    const price = (value: number, code: number): number =>
      (value - code * step) ** 2 + lambda * Math.log2(codes.length / counts.get(code)!);
    for (let i = 0; i < x.length; i++) {
      for (const code of counts.keys()) {
        if (price(x[i], code) < price(x[i], codes[i]) - 1e-9)
          expect.fail(`${x[i]}: ${codes[i]}, not ${code}`);
      }
    }
  });

  it('does the same for equal weights, and spares bits where weights are small', () => {
    const codes = urqCodes(x, step, lambda);
    expect(urqCodes(x, step, lambda, { weights: new Float32Array(x.length).fill(5) })).toEqual(codes);
    const weights = Float64Array.from(x, (_, i) => (i % 2 === 0 ? 0.2 : 1.8));
    const weighted = urqCodes(x, step, lambda, { weights });
    const size = (parity: number): number =>
      weighted.reduce((sum, code, i) => sum + (i % 2 === parity ? Math.abs(code) : 0), 0);
    expect(size(0)).toBeLessThan(0.8 * size(1));
  });

  it('rounds for given lengths as trying every code would, with and without weights', () => {
    const lengths = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: Infinity }), {
      minLength: 1,
      maxLength: 9,
    });
    const values = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: -6, max: 3 }),
        values,
        fc.boolean(),
        (bits, lowest, raw, equal) => {
          fc.pre(bits.some((length) => length < Infinity));
          const data = Float64Array.from(raw, (value) => value / 7);
          const weights = raw.map((value) => (equal ? 1 : (value & 3) + 0.5));
          const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
          const model: CodeLengths = { lowest, bits };
          const codes = urqCodes(data, 1.5, 0.3, { lengths: model, weights });
          const price = (i: number, code: number): number =>
            (weights[i] / mean) * (data[i] - 1.5 * code) ** 2 + 0.3 * bits[code - lowest];
          return codes.every((code, i) => {
            const least = Math.min(...bits.map((_, k) => price(i, lowest + k)));
            return price(i, code) <= least + 1e-9;
          });
        },
      ),
      checked,
    );
  });
});

describe('the laws of ecsq', () => {
  const x = draws(lawOf('laplace'), 20_000, 13);

  it('lowers error + λ · rate round by round', () => {
    const square = power(x) / x.length;
    let before = Infinity;
    for (let iterations = 1; iterations < 12; iterations++) {
      const { rate, error, lambda } = ecsq(x, { lambda: 0.1 }, { iterations });
      // The result assigns once more under its lengths, which only helps; the rate is the one before.
      const now = error ** 2 * square + lambda * rate;
      expect(now).toBeLessThanOrEqual(before * 1.001);
      before = now;
    }
  });

  it('ends at a fixed point: levels are means, lengths those of their shares', () => {
    const { levels, lengths, lambda, rate } = ecsq(x, { lambda: 0.05 });
    const sums = new Float64Array(levels.length);
    const counts = new Float64Array(levels.length);
    for (const value of x) {
      let best = 0;
      for (let k = 1; k < levels.length; k++) {
        const price = (c: number): number => (value - levels[c]) ** 2 + lambda * lengths[c];
        if (price(k) < price(best)) best = k;
      }
      sums[best] += value;
      counts[best]++;
    }
    levels.forEach((level, k) => {
      expect(sums[k] / counts[k]).toBeCloseTo(level, 9);
      expect(Math.log2(x.length / counts[k])).toBeCloseTo(lengths[k], 9);
      if (k > 0) expect(level).toBeGreaterThan(levels[k - 1]);
    });
    expect(rate).toBeCloseTo(
      lengths.reduce((sum, bits, k) => sum + (bits * counts[k]) / x.length, 0),
      9,
    );
  });

  it('gives the levels of a rate again for the λ of that rate', () => {
    const byRate = ecsq(x, { rate: 1.5 });
    expect(ecsq(x, { lambda: byRate.lambda })).toEqual(byRate);
  });

  it('does the same for equal weights, another order and scaled data', () => {
    const plain = ecsq(x, { rate: 2 });
    expect(ecsq(x, { rate: 2 }, { weights: new Float32Array(x.length).fill(0.3) })).toEqual(plain);
    expect(ecsq(x.slice().reverse(), { rate: 2 }).levels).toEqual(plain.levels);
    const scaled = ecsq(
      x.map((value) => 4 * value),
      { rate: 2 },
    );
    expect(scaled.levels).toEqual(plain.levels.map((level) => 4 * level));
    expect(scaled.error).toBeCloseTo(plain.error, 12);
  });

  it('makes the weighted error smaller with weights than without', () => {
    const weights = Float64Array.from(x, (value, i) => (value > 0 && i % 3 === 0 ? 20 : 1));
    const weighted = ecsq(x, { rate: 2 }, { weights });
    const plain = ecsq(x, { rate: 2 });
    expect(Math.abs(weighted.rate - 2)).toBeLessThan(5e-3);
    let sum = 0;
    let square = 0;
    for (let i = 0; i < x.length; i++) {
      sum += weights[i] * squareError([x[i]], plain.levels);
      square += weights[i] * x[i] ** 2;
    }
    expect(weighted.error).toBeLessThan(0.98 * Math.sqrt(sum / square));
  });
});

describe('the edges', () => {
  const two = Float32Array.of(1, 2);
  it.each([
    ['a rate beyond the values', () => stepForRate(two, 1.5), /entropy of these 2 values is 1.000000 bits/],
    ['equal values', () => stepForRate(Float32Array.of(3, 3), 0.5), /is 0.000000 bits/],
    ['zeros', () => stepForRate(new Float32Array(8), 2), /all are 0, so every step has rate 0/],
    ['rate 0', () => stepForRate(two, 0), /rate: a positive number/],
    ['a rate NaN', () => stepForRate(two, Number.NaN), /rate: a positive number/],
    ['NaN', () => stepForRate(Float32Array.of(Number.NaN), 2), /values\[0\] is NaN/],
    ['nothing', () => stepForRate(new Float32Array(0), 2), /nothing to train on/],
    [
      'an outlier that takes codes beyond 32 bits',
      () => stepForRate(Float64Array.of(1e30, 1, 2, 3, 4, 5, 6, 7), 2.9),
      /keep outliers apart/,
    ],
    ['gridRate: a step of 0', () => gridRate(two, 0), /step: a positive number/],
    ['gridRate: codes beyond 2^53', () => gridRate(two, 1e-300), /beyond 2\^53/],
    ['urqCodes: codes beyond 32 bits', () => urqCodes(two, 1e-12, 0), /beyond 32 bits/],
    ['urqCodes: a negative λ', () => urqCodes(two, 1, -1), /lambda: a number from 0/],
    [
      'urqCodes: a length NaN',
      () => urqCodes(two, 1, 1, { lengths: { lowest: 0, bits: [Number.NaN] } }),
      /lengths\.bits\[0\] is NaN/,
    ],
    [
      'urqCodes: no usable code',
      () => urqCodes(two, 1, 1, { lengths: { lowest: 0, bits: [Infinity] } }),
      /no code has a finite length/,
    ],
    ['ecsq: zeros', () => ecsq(new Float32Array(4), { rate: 1 }), /all are 0/],
    ['ecsq: λ 0', () => ecsq(two, { lambda: 0 }), /lambda: a positive number/],
    ['ecsq: a rate beyond the values', () => ecsq(two, { rate: 3 }), /lower the rate/],
  ])('refuses %s', (_, train, message) => {
    expect(train).toThrow(RangeError);
    expect(train).toThrow(message);
  });

  it('codes equal values and one value', () => {
    expect([...urqCodes(Float32Array.of(2, 2, 2), 1, 'heuristic')]).toEqual([2, 2, 2]);
    const constant = ecsq(Float32Array.of(2, 2), { lambda: 0.1 });
    expect([...constant.levels]).toEqual([2]);
    expect([constant.rate, constant.error]).toEqual([0, 0]);
  });

  it('rounds half to even without a λ', () => {
    expect([...urqCodes(Float32Array.of(-2.5, -1.5, 0.5, 1.5, 2.5), 1, 0)]).toEqual([-2, -2, 0, 2, 2]);
  });
});
