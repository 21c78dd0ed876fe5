/** Lloyd–Max on laws and blocks against the reference, its laws as properties, and the edges of its input. */
import type { Law } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lloydMax } from '../src/trained/lloyd-max.ts';
import { draws, lawBins, lawOf, reference, squareError, type Weighted } from './trained-reference.ts';

const SEED = 20250519;

describe('Lloyd–Max on ideal data', () => {
  // Max (1960), table I: mean square error for a Normal of unit variance.
  it.each([
    [2, 0.11748],
    [3, 0.034548],
    [4, 0.009501],
    [5, 0.0025047],
  ])('has the textbook error for a Normal at %i bits', (bits, error) => {
    const { values, weights } = lawBins(lawOf('normal'), 100_001);
    const levels = lloydMax(values, 2 ** bits, { weights });
    expect(Math.abs(squareError(values, levels, weights) / error - 1)).toBeLessThan(1e-4);
  });

  describe.skipIf(reference === null)('reproduces the reference codebooks', () => {
    const books = Object.entries(reference?.lloyd_max_codebooks_tensor_rms ?? {});
    it.each(books)('%s, to 3e-4 of the RMS or of a level above it', (name, codebook) => {
      const { values, weights } = lawBins(lawOf(name.slice(0, name.lastIndexOf('_'))), 100_001);
      const levels = lloydMax(values, codebook.length, { weights });
      codebook.forEach((level, k) => {
        expect(Math.abs(levels[k] - level)).toBeLessThan(3e-4 * Math.max(1, Math.abs(level)));
      });
    });
  });

  it('comes within sampling error of them on 2^18 unweighted draws', () => {
    const values = draws(lawOf('normal'), 2 ** 18, 7);
    const error = squareError(values, lloydMax(values, 8)) / values.length;
    // The error's own standard deviation is about 0.045 / √(2^18) = 9e-5.
    expect(Math.abs(error - 0.034548)).toBeLessThan(3e-4);
  });
});

interface BlockData extends Weighted {
  /** Weights that count the square error in the scale of the data. */
  readonly bySquareScale: Float64Array;
}

/**
 * What a block scaled by its absmax m holds: one element at ±1, the others with the density m p(m z) / F(m) on −1..1
 * (numerics.md §3.1), on a grid of z, integrated over ln m by the trapezoid rule.
 */
function blockData(law: Law, block: number): BlockData {
  const half = 3000;
  const scales = 400;
  const values = Float64Array.from({ length: 2 * half + 2 }, (_, i) =>
    i < 2 * half ? (i - half + 0.5) / half : i === 2 * half ? -1 : 1,
  );
  const weights = new Float64Array(values.length);
  const bySquareScale = new Float64Array(values.length);
  const low = Math.log(0.2);
  const step = (Math.log(400) - low) / scales;
  for (let s = 0; s < scales; s++) {
    const m = Math.exp(low + (s + 0.5) * step);
    const inside = 1 - 2 * law.cdf(-m);
    const probability = block * inside ** (block - 1) * 2 * law.pdf(m) * m * step;
    if (probability < 1e-12) continue;
    for (let i = 0; i < values.length; i++) {
      const others = ((block - 1) * law.pdf(m * values[i]) * m) / inside / half;
      const mass = probability * (i < 2 * half ? others : 0.5);
      weights[i] += mass;
      bySquareScale[i] += mass * m * m;
    }
  }
  return { values, weights, bySquareScale };
}

describe.skipIf(reference === null)('Lloyd–Max on blocks scaled by their absmax', () => {
  const rows = (reference?.R_block_lloyd_max ?? []).filter(
    ({ block, data }) => block === 64 && data !== 't7',
  );
  // numerics.md §3.5, footnote 3: trained for the true error, that of the normalised one times scale².
  const trueError: Readonly<Record<string, number>> = {
    normal_3: 0.17756,
    normal_4: 0.0873,
    laplace_3: 0.20595,
    laplace_4: 0.09937,
    t5_3: 0.20851,
    t5_4: 0.10031,
  };
  const laws = new Map(
    ['normal', 'laplace', 't5'].map((data) => [data, reference && blockData(lawOf(data), 64)]),
  );
  it.each(rows)('$data, $bits bits: codebook and R, plain and weighted by scale²', (row) => {
    const data = laws.get(row.data)!;
    const rOf = (levels: Float64Array): number =>
      Math.sqrt(squareError(data.values, levels, data.bySquareScale) / 64);
    const plain = lloydMax(data.values, 2 ** row.bits, { weights: data.weights });
    row.codebook.forEach((level, k) => {
      expect(Math.abs(plain[k] - level)).toBeLessThan(1e-3);
    });
    expect(Math.abs(rOf(plain) / row.R - 1)).toBeLessThan(1e-4);
    const weighted = lloydMax(data.values, 2 ** row.bits, { weights: data.bySquareScale });
    expect(Math.abs(rOf(weighted) - trueError[`${row.data}_${row.bits}`])).toBeLessThan(3e-5);
  });
});

const data = fc
  .array(
    fc.double({ noNaN: true, min: -1000, max: 1000 }).map((x) => Math.round(x * 16) / 16),
    {
      minLength: 1,
      maxLength: 80,
    },
  )
  .map((values) => Float32Array.from(values));
const count = fc.integer({ min: 1, max: 9 });
const checked = { seed: SEED, numRuns: 300 };
const near = (a: Float64Array, b: Float64Array): boolean =>
  a.every((level, k) => Math.abs(level - b[k]) <= 1e-9 * Math.max(1, Math.abs(level)));

describe('the laws of Lloyd–Max', () => {
  it('never raises the error from one round to the next', () => {
    fc.assert(
      fc.property(data, count, (values, n) => {
        let before = Infinity;
        for (let iterations = 0; iterations < 8; iterations++) {
          const levels = lloydMax(values, n, {
            iterations,
            initial: Array.from({ length: n }, (_, k) => 7 * k - 20),
          });
          const error = squareError(values, levels);
          if (error > before * (1 + 1e-12) + 1e-9) return false;
          before = error;
        }
        return true;
      }),
      checked,
    );
  });

  it('ends at a fixed point: levels are the means of what is nearest, and ascend', () => {
    fc.assert(
      fc.property(data, count, (values, n) => {
        const levels = lloydMax(values, n);
        if (new Set(values).size <= n) return squareError(values, levels) === 0;
        return levels.every((level, k) => {
          if (k > 0 && !(level > levels[k - 1])) return false;
          const from = k === 0 ? -Infinity : (levels[k - 1] + level) / 2;
          const to = k === n - 1 ? Infinity : (level + levels[k + 1]) / 2;
          const cell = Array.from(values).filter((x) => x > from && x <= to);
          if (cell.length === 0) return false;
          const mean = cell.reduce((sum, x) => sum + x, 0) / cell.length;
          return Math.abs(mean - level) <= 1e-9 * Math.max(1, Math.abs(level));
        });
      }),
      checked,
    );
  });

  it('does not depend on the order of the data', () => {
    fc.assert(
      fc.property(data, count, (values, n) => {
        const turned = values.slice().reverse();
        return lloydMax(values, n).every((level, k) => level === lloydMax(turned, n)[k]);
      }),
      checked,
    );
  });

  it('takes equal weights for none, bit for bit', () => {
    fc.assert(
      fc.property(data, count, fc.constantFrom(0, 1, 3.7), (values, n, weight) => {
        const weighted = lloydMax(values, n, { weights: new Float64Array(values.length).fill(weight) });
        return lloydMax(values, n).every((level, k) => level === weighted[k]);
      }),
      checked,
    );
  });

  it('takes a whole weight for that many values, from the same start', () => {
    fc.assert(
      fc.property(data, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), (values, stream) => {
        const weights = Array.from(values, () => stream.next().value as number);
        if (weights.every((weight) => weight === 0)) return true;
        const repeated = Float32Array.from(
          weights.flatMap((weight, i) => new Array<number>(weight).fill(values[i])),
        );
        const initial = [-600, -20, 3, 500];
        return near(lloydMax(values, 4, { weights, initial }), lloydMax(repeated, 4, { initial }));
      }),
      checked,
    );
  });
});

describe('the edges of Lloyd–Max', () => {
  it('gives fewer different values as they are, the last repeated', () => {
    expect([...lloydMax(Float32Array.of(2, 2, 2), 3)]).toEqual([2, 2, 2]);
    expect([...lloydMax(Float32Array.of(5, -1, 5, 0), 4)]).toEqual([-1, 0, 5, 5]);
    expect([...lloydMax(Float32Array.of(9, 1, 2), 2, { weights: [0, 1, 2] })]).toEqual([1, 2]);
  });

  it('keeps the level of an empty cell', () => {
    const values = Float64Array.of(0, 1, 2, 3);
    expect([...lloydMax(values, 3, { initial: [-1, 2, 50] })]).toEqual([0.5, 2.5, 50]);
  });

  it('holds small values beside a huge one', () => {
    const values = Float64Array.from({ length: 4097 }, (_, i) => (i === 0 ? -1e80 : 1 + (i % 4) / 8));
    const levels = lloydMax(values, 4, { initial: [-1e80, 1, 1.125, 1.3] });
    expect([...levels]).toEqual([-1e80, 1, 1.125, 1.3125]);
  });

  it('stops early when told', () => {
    const values = draws(lawOf('normal'), 5000, 3);
    const initial = Array.from({ length: 16 }, (_, k) => (k - 7.5) / 3);
    const once = lloydMax(values, 16, { initial, iterations: 1 });
    expect(lloydMax(values, 16, { initial, tolerance: 0.2 })).toEqual(once);
    expect(lloydMax(values, 16, { initial })).not.toEqual(once);
    expect([...lloydMax(values, 16, { initial, iterations: 0 })]).toEqual(initial);
  });

  it('leaves no level in the gap before an outlier', () => {
    expect([...lloydMax(Float32Array.of(0, 1, 2, 3, -1, 78), 5)].slice(-1)).toEqual([78]);
    const values = draws(lawOf('normal'), 4096, 3);
    values[17] = 200;
    const levels = lloydMax(values, 16);
    expect(levels[15]).toBe(200);
    expect(levels[14]).toBeLessThan(4);
    expect(squareError(values, levels) / 4096).toBeLessThan(0.0115);
  });

  it.each([
    ['NaN', () => lloydMax(Float32Array.of(1, Number.NaN), 2), /values\[1\] is NaN/],
    ['infinity', () => lloydMax(Float32Array.of(-Infinity), 2), /values\[0\] is -Infinity/],
    ['no values', () => lloydMax(new Float32Array(0), 2), /nothing to train on/],
    ['too large', () => lloydMax(Float64Array.of(1e200), 2), /scale the data down/],
    ['no levels', () => lloydMax(Float32Array.of(1), 0), /count: a whole number from 1/],
    [
      'weights of another number',
      () => lloydMax(Float32Array.of(1, 2), 1, { weights: [1] }),
      /1 weights for 2/,
    ],
    [
      'a negative weight',
      () => lloydMax(Float32Array.of(1, 2), 1, { weights: [1, -1] }),
      /weights\[1\] is -1/,
    ],
    ['a weight NaN', () => lloydMax(Float32Array.of(1), 1, { weights: [Number.NaN] }), /weights\[0\] is NaN/],
    [
      'initial levels that fall',
      () => lloydMax(Float32Array.of(1), 2, { initial: [1, 0] }),
      /sort the levels/,
    ],
    [
      'too few initial levels',
      () => lloydMax(Float32Array.of(1), 2, { initial: [1] }),
      /1 levels, 2 are asked/,
    ],
    ['a negative tolerance', () => lloydMax(Float32Array.of(1), 1, { tolerance: -1 }), /tolerance/],
  ])('refuses %s', (_, train, message) => {
    expect(train).toThrow(RangeError);
    expect(train).toThrow(message);
  });

  it('refuses plain arrays', () => {
    expect(() => lloydMax([1, 2] as unknown as Float32Array, 1)).toThrow(TypeError);
  });
});
