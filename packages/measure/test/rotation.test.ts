import { normal, stochasticDraw, studentT, unitRms } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addValues, orthogonalRotation, statistics, summary } from '../src/index.ts';

/** Q, row by row: column j is what it makes of the j-th axis. */
function matrixOf(size: number, seed: number): number[][] {
  const axes = new Float32Array(size * size);
  for (let i = 0; i < size; i++) axes[i * size + i] = 1;
  const images = orthogonalRotation(size, seed).apply(axes);
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => images[j * size + i]!),
  );
}

const kurtosisOf = (values: Float32Array): number => {
  const seen = statistics();
  addValues(seen, values);
  return summary(seen).kurtosis;
};

describe('orthogonalRotation', () => {
  it('is orthogonal, and invert undoes apply', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (size, seed) => {
        const q = matrixOf(size, seed);
        for (let i = 0; i < size; i++) {
          for (let j = 0; j <= i; j++) {
            const dot = q[i]!.reduce((sum, value, k) => sum + value * q[j]![k]!, 0);
            expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-6);
          }
        }
        const data = Float32Array.from({ length: 3 * size }, (_, i) => stochasticDraw(7, i) - 0.5);
        const rotation = orthogonalRotation(size, seed);
        const back = rotation.invert(rotation.apply(data));
        for (let i = 0; i < data.length; i++) expect(Math.abs(back[i]! - data[i]!)).toBeLessThan(1e-6);
        expect(rotation.apply(data)).toEqual(orthogonalRotation(size, seed).apply(data));
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('has the moments of the Haar measure: every entry alike, independent of the axes', () => {
    const [size, count] = [4, 4000];
    const sums = Array.from({ length: size * size }, () => ({ mean: 0, square: 0, fourth: 0 }));
    let determinants = 0;
    for (let seed = 0; seed < count; seed++) {
      const q = matrixOf(size, seed);
      q.flat().forEach((value, at) => {
        sums[at]!.mean += value / count;
        sums[at]!.square += value ** 2 / count;
        sums[at]!.fourth += value ** 4 / count;
      });
      determinants += Math.sign(determinant(q));
    }
    for (const { mean, square, fourth } of sums) {
      expect(Math.abs(mean)).toBeLessThan(0.04);
      // E q² = 1/n and E q⁴ = 3 / (n (n + 2)).
      expect(Math.abs(square - 1 / size)).toBeLessThan(0.02);
      expect(Math.abs(fourth - 3 / (size * (size + 2)))).toBeLessThan(0.02);
    }
    // Reflections and rotations are equally likely.
    expect(Math.abs(determinants / count)).toBeLessThan(0.06);
  });

  it('makes heavy tails Normal and leaves a Normal as it is', () => {
    const [rows, size] = [64, 256];
    for (const [law, before] of [
      [unitRms(studentT(3)), 8],
      [unitRms(normal()), 2.9],
    ] as const) {
      const data = Float32Array.from({ length: rows * size }, (_, i) =>
        law.quantile(Math.min(1 - 1e-6, Math.max(1e-6, stochasticDraw(11, i)))),
      );
      expect(kurtosisOf(data)).toBeGreaterThan(before);
      const after = kurtosisOf(orthogonalRotation(size, 1).apply(data));
      expect(Math.abs(after - 3)).toBeLessThan(before > 3 ? 0.6 : 0.15);
    }
  });

  it('says what it cannot rotate', () => {
    expect(() => orthogonalRotation(4, 1).apply(new Float32Array(6))).toThrow(
      '6 values are no whole number of rows of 4',
    );
    expect(() => orthogonalRotation(0, 1)).toThrow('size is 0');
    expect(() => orthogonalRotation(8193, 1)).toThrow('1 to 8192');
    expect(() => orthogonalRotation(4, 0.5)).toThrow('seed is 0.5');
  });
});

function determinant(matrix: readonly (readonly number[])[]): number {
  if (matrix.length === 1) return matrix[0]![0]!;
  return matrix[0]!.reduce((sum, value, j) => {
    const minor = matrix.slice(1).map((row) => row.filter((_, k) => k !== j));
    return sum + (j % 2 === 0 ? 1 : -1) * value * determinant(minor);
  }, 0);
}
