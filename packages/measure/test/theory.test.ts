import { densityLevels, laplace, normal, studentT, uniform } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockError,
  differentialEntropy,
  entropyCodedGrid,
  gridEntropy,
  gridError,
  panterDite,
  secondMoment,
  shannonLowerBound,
  sparseError,
  tensorError,
} from '../src/index.ts';
import { integrate, integrateOutward } from '../src/quadrature.ts';
import { densityLaw, floats, integers, lawOf, type Row, reference } from './reference.ts';

const times = (levels: Float64Array, factor: number) => levels.map((level) => level * factor);

function relative(actual: number, expected: number, tolerance: number, what: unknown): void {
  const error = Math.abs(actual - expected) / expected;
  expect(error, `${actual} for ${JSON.stringify(what)}`).toBeLessThan(tolerance);
}

/** Codebook of a row of R_tensor_rms, in units of its step or scale, with the pairs (factor, R) that the row has. */
function tensorCase(row: Row): { levels: Float64Array; pairs: [factor: number, error: number][] } {
  const n = 2 ** row.bits;
  const density = (power: number, mode: 'symmetric' | 'asymmetric') =>
    densityLevels({ law: densityLaw(row.curve), power, count: n, mode, scaled: { by: 'rms' } });
  switch (row.quantiser) {
    case 'crd':
      return { levels: density(1 / 3, row.mode), pairs: [[1, row.R]] };
    case 'crd_mismatched':
      return {
        levels: density(1 / 3, row.mode),
        pairs: [
          [1, row.R],
          [row.best_scale, row.R_best_scale],
        ],
      };
    case 'quantile_density_alpha1':
      return { levels: density(1, row.mode), pairs: [[1, row.R]] };
    case 'lloyd_max': {
      const book = reference!.lloyd_max_codebooks_tensor_rms[`${row.data}_b${row.bits}`];
      return { levels: Float64Array.from(book ?? []), pairs: [[1, row.R]] };
    }
    case 'int':
      return {
        levels: integers(row.bits, row.mode),
        pairs: [
          [row.best_step, row.R],
          [row.step_search17, row.R_search17],
          [row.step_moments, row.R_moments],
        ],
      };
    default: {
      const [, e, m] = /^E(\d)M(\d)$/.exec(row.quantiser)!;
      return {
        levels: floats(Number(e), Number(m)),
        pairs: [
          [row.best_scale, row.R],
          [row.scale_search17, row.R_search17],
          [1, row.R_moments],
        ],
      };
    }
  }
}

function blockLevels(row: Row): Float64Array {
  switch (row.quantiser) {
    case 'crd': {
      const scaled = { by: row.scaling, block: row.block } as const;
      return densityLevels({
        law: densityLaw(row.curve),
        power: 1 / 3,
        count: 2 ** row.bits,
        mode: row.mode,
        scaled,
      });
    }
    case 'int':
      return times(integers(row.bits, row.mode), 2 / (2 ** row.bits - 1));
    case 'NF4':
      return Float64Array.from(reference!.fixed_codebooks.NF4);
    case 'E2M1':
      return times(floats(2, 1), 1 / 3);
    default:
      throw new Error(`unknown quantiser ${row.quantiser}`);
  }
}

describe.skipIf(!reference)('against the reference program', () => {
  it('tensor scaling: every codebook of R_tensor_rms', () => {
    let checked = 0;
    for (const row of reference!.R_tensor_rms) {
      const { levels, pairs } = tensorCase(row);
      if (levels.length === 0) continue;
      for (const [factor, error] of pairs) {
        relative(tensorError(times(levels, factor), lawOf(row.data)), error, 1e-9, row);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(150);
  });

  it('block scaling: all of R_block', () => {
    for (const row of reference!.R_block) {
      const options = { block: row.block, scaling: row.scaling };
      relative(blockError(blockLevels(row), lawOf(row.data), options), row.R, 1e-8, row);
    }
  });

  it('block scaling: codebooks that have no level at the ends', () => {
    for (const row of reference!.R_block_lloyd_max) {
      const levels = Float64Array.from(row.codebook);
      relative(
        blockError(levels, lawOf(row.data), { block: row.block, scaling: row.scaling }),
        row.R,
        1e-8,
        row,
      );
    }
  });

  it('sparse outliers beside tensor scaling: all of R_sparse_outliers_tensor_rms', () => {
    for (const row of reference!.R_sparse_outliers_tensor_rms) {
      const law = lawOf(row.data);
      const levels = densityLevels({
        law: densityLaw(row.curve),
        power: 1 / 3,
        count: 2 ** row.bits,
        mode: row.mode,
        scaled: { by: 'rms' },
      });
      const ratio = row.sparse_fraction;
      relative(-law.quantile(ratio / 2), row.threshold, 1e-9, row);
      relative(sparseError(levels, law, { ratio }), row.R_moments, 1e-9, row);
      relative(sparseError(levels, law, { ratio, scale: row.best_scale }), row.R_best_scale, 1e-9, row);
    }
    expect(reference!.R_sparse_outliers_tensor_rms).toHaveLength(32);
  });

  it('asymptotic constants', () => {
    for (const [data, row] of Object.entries<Row>(reference!.asymptotic_constants)) {
      const law = lawOf(data);
      relative(differentialEntropy(law), row.differential_entropy_bits_unit_rms, 1e-10, data);
      relative(shannonLowerBound(law), row.shannon_lower_bound_R2b, 1e-10, data);
      relative(entropyCodedGrid(law), row.entropy_coded_uniform_R2b, 1e-10, data);
      relative(panterDite(law), row.panter_dite_fixed_length_R2b, 1e-10, data);
    }
  });

  it('uniform grids: error and entropy at the reference steps', () => {
    for (const row of reference!.entropy_coded_uniform_grid) {
      const law = lawOf(row.data);
      // The reference takes differences of moments, which cancel in the far cells of heavy tails: good to 3e-8 there.
      relative(gridError(row.delta, law), row.R, row.data.startsWith('t') ? 1e-7 : 1e-9, row);
      relative(gridEntropy(row.delta, law), row.target_entropy_bits, 1e-9, row);
    }
  });
});

describe('tables of numerics.md §3.5, five digits', () => {
  const int4 = integers(4, 'asymmetric');
  it.each([
    ['normal', 0.1076, 0.09489],
    ['laplace', 0.14078, 0.12396],
    ['t5', 0.14603, 0.12829],
    ['t7', 0.13187, 0.11588],
  ])('INT4 in blocks of 64, %s', (data, absmax, signmax) => {
    const law = lawOf(data);
    expect(blockError(times(int4, 1 / 7), law, { block: 64, scaling: 'absmax' })).toBeCloseTo(absmax, 5);
    expect(blockError(times(int4, -1 / 8), law, { block: 64, scaling: 'signmax' })).toBeCloseTo(signmax, 5);
  });
});

describe('table of numerics.md §3.6, five digits', () => {
  it.each([
    [3, 'normal', 0.24604],
    [3, 'laplace', 0.22058],
    [3, 't5', 0.24793],
    [3, 't7', 0.22102],
    [4, 'normal', 0.14895],
    [4, 'laplace', 0.11549],
    [4, 't5', 0.13178],
    [4, 't7', 0.1205],
  ])('%d bits of a %s curve, one weight in 1024 apart, on t ν = 5', (bits, curve, error) => {
    const options = { power: 1 / 3, count: 2 ** bits, mode: 'symmetric', scaled: { by: 'rms' } } as const;
    const levels = densityLevels({ law: densityLaw(curve), ...options });
    expect(sparseError(levels, lawOf('t5'), { ratio: 2 ** -10 })).toBeCloseTo(error, 5);
    expect(sparseError(levels, lawOf('t5'), { ratio: 0 })).toBeCloseTo(tensorError(levels, lawOf('t5')), 12);
  });
});

describe('laws', () => {
  const anyLaw = fc.oneof(
    fc.constant(normal()),
    fc.constant(laplace()),
    fc.double({ min: 2.5, max: 60, noNaN: true }).map((df) => studentT(df)),
  );
  const anyLevels = fc.uniqueArray(fc.double({ min: -4, max: 4, noNaN: true }), {
    minLength: 1,
    maxLength: 9,
  });
  const scale = fc.double({ min: 0.01, max: 100, noNaN: true });

  it('R keeps when data and levels are stretched alike', () => {
    fc.assert(
      fc.property(anyLaw, anyLevels, scale, (law, levels, factor) => {
        const stretched = {
          normal,
          laplace: laplace,
          uniform,
          student_t: (s: number) => studentT(law.df!, s),
        }[law.name](law.scale * factor);
        const expected = tensorError(levels, law);
        expect(
          tensorError(
            levels.map((level) => level * factor),
            stretched,
          ),
        ).toBeCloseTo(expected, 10);
        expect(secondMoment(stretched)).toBeCloseTo(secondMoment(law) * factor ** 2, 6);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('another level never hurts, and the order and copies of levels do not matter', () => {
    fc.assert(
      fc.property(anyLaw, anyLevels, fc.double({ min: -4, max: 4, noNaN: true }), (law, levels, more) => {
        expect(tensorError([...levels, more], law)).toBeLessThanOrEqual(tensorError(levels, law) + 1e-12);
        expect(tensorError([...levels].reverse().concat(levels), law)).toBe(tensorError(levels, law));
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  it('a block of one element is its own scale: only the ends count', () => {
    expect(blockError([-1, 0, 1], normal(), { block: 1, scaling: 'absmax' })).toBe(0);
    // Half of the elements meet 1, half −0.9: R² = (0 + 0.01) / 2.
    expect(blockError([-0.9, 1], normal(3), { block: 1, scaling: 'absmax' })).toBeCloseTo(
      Math.sqrt(0.005),
      10,
    );
    expect(blockError([-0.9, 1], normal(3), { block: 1, scaling: 'signmax' })).toBe(0);
  });

  it('a uniform law: step / sqrt(12) over its rms, whatever the block', () => {
    const step = 1 / 8;
    const middles = Array.from({ length: 16 }, (_, i) => -1 + (i + 0.5) * step);
    expect(tensorError(middles, uniform())).toBeCloseTo(step / 2, 12);
    expect(gridError(0.125, uniform(1 + 0.0625))).toBeCloseTo(0.125 / 2 / 1.0625, 9);
    expect(gridEntropy(0.125, uniform(1 + 0.0625))).toBeCloseTo(Math.log2(17), 9);
    expect(panterDite(uniform())).toBeCloseTo(1, 12);
    expect(entropyCodedGrid(uniform(7))).toBeCloseTo(1, 12);
  });

  it('fine grids approach the constants, coarse ones spend no bits', () => {
    for (const law of [normal(), laplace(2), studentT(5)]) {
      for (const step of [1e-2, 1e-4]) {
        const efficiency = gridError(step * law.rms, law) * 2 ** gridEntropy(step * law.rms, law);
        expect(efficiency / entropyCodedGrid(law)).toBeCloseTo(1, step === 1e-2 ? 4 : 6);
      }
    }
    // Smooth densities leave Δ²/12 but for a term that falls like exp(−1/Δ).
    expect(gridError(0.05, studentT(5))).toBeCloseTo(Math.sqrt(0.05 ** 2 / 12 / (5 / 3)), 13);
    expect(gridEntropy(100, normal())).toBe(0);
    expect(gridError(100, normal())).toBeCloseTo(1, 12);
  });

  it('heavy tails, where integrals reach far out', () => {
    const levels = [-1, -0.4, 0, 0.4, 1];
    const errors = [2.01, 2.1, 2.5, 3].map((df) =>
      blockError(levels, studentT(df), { block: 64, scaling: 'absmax' }),
    );
    // The heavier the tail, the more of the squared norm stands exactly at the maximum of its block.
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(errors[0]).toBeGreaterThan(0);
    expect(errors[3]).toBeLessThan(1);
  });
});

describe('quadrature', () => {
  it('corners, jumps and half lines', () => {
    expect(integrate((x) => Math.abs(x - 0.3), 0, 1, 1e-14)).toBeCloseTo(0.29, 12);
    expect(integrate((x) => (x < 1 / 3 ? 1 : 0), 0, 1, 1e-11)).toBeCloseTo(1 / 3, 10);
    expect(integrateOutward((x) => Math.exp(-x), 1)).toBeCloseTo(1, 13);
    expect(integrateOutward((x) => 1 / (1 + x) ** 2, 1)).toBeCloseTo(1, 12);
    expect(integrateOutward((x) => Math.exp(-x), 2, 2)).toBeCloseTo(Math.exp(-2), 13);
  });
});

describe('arguments', () => {
  it('names what is wrong', () => {
    expect(() => tensorError([], normal())).toThrow(/levels/);
    expect(() => tensorError([0, Number.NaN], normal())).toThrow(/NaN is no level/);
    expect(() => tensorError([0], studentT(2))).toThrow(/df 2/);
    expect(() => blockError([0, 1], normal(), { block: 0, scaling: 'absmax' })).toThrow(/block/);
    expect(() => sparseError([0], normal(), { ratio: 1 })).toThrow(/ratio/);
    expect(() => sparseError([0], normal(), { ratio: 0.1, scale: 0 })).toThrow(/scale/);
    expect(() => gridError(0, normal())).toThrow(/step/);
    expect(() => gridEntropy(Number.NaN, normal())).toThrow(/step/);
    expect(() => panterDite(studentT(1))).toThrow(RangeError);
  });
});
