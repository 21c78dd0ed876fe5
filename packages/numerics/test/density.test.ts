import { describe, expect, it } from 'vitest';
import {
  type DensityLaw,
  type DensityMode,
  type DensityScaling,
  densityLevels,
  laplace,
  normal,
  partialMoments,
  studentT,
  unitRms,
} from '../src/index.ts';
import { numericsReference } from './vectors.ts';

const reference = numericsReference();
const LAWS: Record<string, DensityLaw> = {
  normal: { name: 'normal' },
  laplace: { name: 'laplace' },
  t5: { name: 'student_t', df: 5 },
  t7: { name: 'student_t', df: 7 },
};
const POWERS: Record<string, number> = { '1/3': 1 / 3, '1': 1 };

function build(
  law: DensityLaw,
  scaled: DensityScaling,
  mode: DensityMode,
  count: number,
  power = 1 / 3,
): number[] {
  return Array.from(densityLevels({ law, power, count, mode, scaled }));
}

function scaling(by: 'rms' | 'absmax' | 'signmax', block: number | null): DensityScaling {
  return by === 'rms' ? { by } : { by, block };
}

describe.skipIf(reference === null)('codebooks of numerics-reference.json, to 1e-12', () => {
  const entries = (reference?.codebooks ?? []).map((entry) => {
    const { curve, alpha, levels, mode, block } = entry;
    return [`${curve} ${alpha} in ${levels} ${mode} ${entry.scaling}(${block})`, entry] as const;
  });

  it.each(entries)('%s', (_, entry) => {
    const levels = build(
      LAWS[entry.curve]!,
      scaling(entry.scaling, entry.block),
      entry.mode,
      entry.levels,
      POWERS[entry.alpha],
    );
    expect(levels.length).toBe(entry.values.length);
    entry.values.forEach((value, i) => {
      expect(Math.abs(levels[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
    });
  });

  // The codebook and the closed-form moments together: R of numerics.md, section 3.2.
  const errors = (reference?.R_tensor_rms ?? []).filter(({ quantiser }) => quantiser === 'crd');
  it.each(
    errors.map(
      (entry) => [`R of ${entry.data}, ${entry.curve} in 2^${entry.bits} ${entry.mode}`, entry] as const,
    ),
  )('%s', (_, entry) => {
    const levels = build(LAWS[entry.curve]!, { by: 'rms' }, entry.mode, 2 ** entry.bits);
    const laws = { normal: normal(), laplace: laplace(), t5: studentT(5), t7: studentT(7) };
    const law = unitRms(laws[entry.data as 'normal']);
    const error = levels.reduce((sum, q, i) => {
      const from = i === 0 ? -Infinity : (levels[i - 1]! + q) / 2;
      const to = i === levels.length - 1 ? Infinity : (q + levels[i + 1]!) / 2;
      const { m0, m1, m2 } = partialMoments(law, from, to);
      return sum + m2 - 2 * q * m1 + q * q * m0;
    }, 0);
    expect(Math.abs(Math.sqrt(error) - entry.R)).toBeLessThan(1e-11);
  });
});

const MODES = {
  rms: ['symmetric', 'asymmetric', 'repeat_zero'],
  absmax: ['symmetric', 'asymmetric', 'repeat_zero'],
  signmax: ['asymmetric'],
} as const;
const GRIDS = (['rms', 'absmax', 'signmax'] as const).flatMap((by) =>
  MODES[by].map((mode) => [by, mode] as const),
);

describe.each(GRIDS)('scaled %s, %s', (by, mode) => {
  const laws: DensityLaw[] = [...Object.values(LAWS), { name: 'uniform' }];

  it('has exactly n rising levels for every n, odd ones too, with 0 and ±1 where the grid has them', () => {
    for (const law of laws) {
      for (let n = 4; n <= 33; n++) {
        const levels = build(law, scaling(by, 64), mode, n);
        expect(levels.length).toBe(n);
        const zeros = mode === 'symmetric' ? n % 2 : mode === 'repeat_zero' ? 2 : 1;
        expect(levels.filter((level) => Object.is(level, 0)).length).toBe(zeros);
        for (let i = 1; i < n; i++) {
          const isRepeat = levels[i] === 0 && levels[i - 1] === 0;
          expect(levels[i]! > levels[i - 1]! || isRepeat).toBe(true);
        }
        // Of two equal sides the upper holds one level more, but for signmax with odd n and the symmetric grids.
        const balance =
          levels.filter((level) => level > 0).length - levels.filter((level) => level < 0).length;
        const isBalanced =
          mode === 'symmetric' ||
          (mode === 'asymmetric' && n % 2 === 1) ||
          (mode === 'repeat_zero' && n % 2 === 0);
        expect(balance).toBe(isBalanced ? 0 : 1);
        if (by === 'absmax') expect([levels[0], levels[n - 1]]).toEqual([-1, 1]);
        if (by === 'signmax') {
          expect(levels[n - 1]).toBe(1);
          expect(levels[0]).toBeGreaterThan(-1);
        }
      }
    }
  });

  it('is the mirror image where the grid is symmetric', () => {
    for (const law of laws) {
      for (const n of [4, 9, 16]) {
        if (mode !== 'symmetric' && !(mode === 'asymmetric' && n % 2 === 1 && by !== 'signmax')) continue;
        const levels = build(law, scaling(by, 64), mode, n);
        expect(levels.map((level) => 0 - level).reverse()).toEqual(levels.map((level) => level + 0));
      }
    }
  });
});

describe('densities', () => {
  it('of power 0 are evenly spaced where the law is cut', () => {
    const even = [-1, -1 / 3, 1 / 3, 1];
    for (const law of Object.values(LAWS)) {
      build(law, { by: 'absmax', block: 64 }, 'symmetric', 4, 0).forEach((level, i) => {
        expect(level).toBeCloseTo(even[i]!, 15);
      });
    }
  });

  it('of a uniform law are evenly spaced: on -1..1, or at unit rms', () => {
    expect(build({ name: 'uniform' }, { by: 'absmax', block: 64 }, 'symmetric', 5)).toEqual([
      -1, -0.5, 0, 0.5, 1,
    ]);
    const width = build({ name: 'uniform' }, { by: 'rms' }, 'symmetric', 3)[2]!;
    expect(width).toBeCloseTo(Math.sqrt(3) / 2, 15);
  });

  it('without a block are those of unit rms, divided by the largest', () => {
    const rms = build(LAWS.t5!, { by: 'rms' }, 'asymmetric', 16);
    const absmax = build(LAWS.t5!, { by: 'absmax', block: null }, 'asymmetric', 16);
    expect(absmax).toEqual(rms.map((level) => level / rms[15]!));
    expect(absmax[15]).toBe(1);
  });

  it('that an author writes down agree with the closed forms', () => {
    const sigma = 1 / Math.sqrt(2 * Math.log(64 / Math.PI));
    const gauss: DensityLaw = {
      name: 'custom',
      pdf: (u) => 7 * Math.exp(-0.5 * (u / sigma) ** 2),
      from: -1,
      to: 1,
    };
    for (const mode of ['symmetric', 'asymmetric', 'repeat_zero'] as const) {
      const scaled = { by: 'absmax', block: 64 } as const;
      const closed = build(LAWS.normal!, scaled, mode, 16);
      build(gauss, scaled, mode, 16).forEach((level, i) => {
        expect(Math.abs(level - closed[i]!)).toBeLessThan(1e-12);
      });
    }
  });

  it('that an author writes down may be skewed, peaked or zero in places', () => {
    const absmax = { by: 'absmax', block: null } as const;
    const ramp = build({ name: 'custom', pdf: (u) => u, from: 0, to: 1 }, absmax, 'symmetric', 5, 1);
    ramp.forEach((level, i) => {
      expect(Math.abs(level - Math.sqrt(i / 4))).toBeLessThan(1e-12);
    });
    const peak = build(
      { name: 'custom', pdf: (u) => Math.exp(-Math.abs(u) * 2000), from: -1, to: 1 },
      absmax,
      'symmetric',
      5,
      1,
    );
    expect(Math.abs(peak[1]! + Math.log(2) / 2000)).toBeLessThan(1e-12);
    expect(peak[2]).toBe(0);
    const gap = build(
      { name: 'custom', pdf: (u) => (Math.abs(u) < 0.5 ? 0 : 1), from: -1, to: 1 },
      absmax,
      'symmetric',
      5,
      1,
    );
    expect(Math.abs(gap[1]! + 0.75)).toBeLessThan(1e-12);
  });

  it.each([
    [{ law: LAWS.normal!, scaled: { by: 'absmax', block: 3 } }, /block above 3/],
    [{ law: LAWS.normal!, scaled: { by: 'absmax', block: NaN } }, /block above 3/],
    [{ law: { name: 'student_t', df: 2 } }, /df > 2/],
    [{ law: LAWS.t5!, power: 1 / 6 }, /power above 0\.1666/],
    [{ power: 0 }, /power above 0/],
    [{ power: -1 }, /power -1/],
    [{ power: NaN }, /power NaN/],
    [{ count: 0 }, /count/],
    [{ count: 2.5 }, /count/],
    [{ scaled: { by: 'signmax', block: 64 }, mode: 'symmetric' }, /leave symmetric out/],
    [{ scaled: { by: 'absmax', block: 64 }, mode: 'repeat_zero', count: 3 }, /at least 4/],
    [{ law: { name: 'custom', pdf: () => -1, from: -1, to: 1 } }, /not negative/],
    [{ law: { name: 'custom', pdf: () => 0, from: -1, to: 1 } }, /no mass/],
    [{ law: { name: 'custom', pdf: () => 1, from: 1, to: -1 } }, /must be finite and rise/],
  ] as const)('refuses %o', (change, message) => {
    const options = {
      law: LAWS.normal!,
      power: 1 / 3,
      count: 16,
      mode: 'asymmetric',
      scaled: { by: 'rms' },
      ...change,
    } as const;
    expect(() => densityLevels(options)).toThrow(RangeError);
    expect(() => densityLevels(options)).toThrow(message);
  });
});
