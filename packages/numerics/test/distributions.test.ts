import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Law, laplace, normal, partialMoments, studentT, uniform, unitRms } from '../src/index.ts';

const golden = JSON.parse(readFileSync(new URL('golden/laws.json', import.meta.url), 'utf8'));

function expectRelative(actual: number, expected: number, tolerance: number, what: string): void {
  const error = expected === 0 ? Math.abs(actual) : Math.abs(actual / expected - 1);
  expect(error, `${what}: ${actual}, not ${expected}`).toBeLessThanOrEqual(tolerance);
}

describe('golden values at 60 digits', () => {
  it('normal density and distribution', () => {
    for (const [x, pdf, cdf] of golden.normal_x_pdf_cdf) {
      expectRelative(normal().pdf(x), pdf, 1e-15, `pdf(${x})`);
      expectRelative(normal().cdf(x), cdf, 2e-15, `cdf(${x})`);
    }
  });

  it('normal quantile, far tails included', () => {
    for (const [p, x] of golden.normal_p_quantile)
      expectRelative(normal().quantile(p), x, 1e-15, `quantile(${p})`);
  });

  it('Student-t density and distribution', () => {
    for (const [df, x, pdf, cdf] of golden.student_df_x_pdf_cdf) {
      expectRelative(studentT(df).pdf(x), pdf, 2e-14, `t(${df}).pdf(${x})`);
      expectRelative(studentT(df).cdf(x), cdf, 2e-14, `t(${df}).cdf(${x})`);
    }
  });

  it('Student-t quantile, also for a third of a degree of freedom', () => {
    for (const [df, p, x] of golden.student_df_p_quantile) {
      expectRelative(studentT(df).quantile(p), x, 1e-14, `t(${df}).quantile(${p})`);
    }
  });
});

const LAWS: [string, Law][] = [
  ['normal', normal(1.7)],
  ['laplace', laplace(0.4)],
  ['student_t(0.4)', studentT(0.4, 3)],
  ['student_t(2.5)', studentT(2.5)],
  ['student_t(5)', studentT(5, 0.3)],
  ['student_t(120)', studentT(120)],
  ['uniform', uniform(2)],
];

describe.each(LAWS)('%s', (name, law) => {
  it('has a quantile that undoes its distribution function, from 1e-300 up', () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: Math.log10(0.5), noNaN: true }), (exponent) => {
        const p = 10 ** exponent;
        const x = law.quantile(p);
        if (name === 'uniform' || !Number.isFinite(x)) return;
        expectRelative(law.cdf(x), p, 3e-13, `cdf(quantile(${p}))`);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is symmetric and rises', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 0.5, noNaN: true }), (p) => {
        const x = law.quantile(p);
        expect(Math.abs(law.cdf(-x) - (1 - law.cdf(x)))).toBeLessThan(1e-15);
        expect(law.pdf(-x)).toBe(law.pdf(x));
        expect(law.quantile(p * 0.99)).toBeLessThan(x);
      }),
      { seed: 2, numRuns: 200 },
    );
    expect(law.quantile(0.5) + 0).toBe(0);
    expect(law.cdf(0)).toBe(0.5);
  });

  it('has a density that is the slope of its distribution function', () => {
    for (const p of [0.001, 0.05, 0.2, 0.3, 0.45]) {
      const x = law.quantile(p);
      const h = Math.abs(x) * 1e-4;
      const slope =
        (law.cdf(x - 2 * h) - 8 * law.cdf(x - h) + 8 * law.cdf(x + h) - law.cdf(x + 2 * h)) / (12 * h);
      expectRelative(law.pdf(x), slope, 1e-9, `pdf at ${p}`);
    }
  });

  it('has quantiles at the ends, and refuses what is no probability', () => {
    expect(law.quantile(0)).toBe(name === 'uniform' ? -2 : -Infinity);
    expect(law.quantile(1)).toBe(name === 'uniform' ? 2 : Infinity);
    for (const p of [-0.1, 1.1, NaN]) expect(() => law.quantile(p)).toThrow(RangeError);
  });
});

/** Simpson's rule: slow, obvious. */
function integrate(f: (x: number) => number, a: number, b: number): number {
  const n = 4000;
  const h = (b - a) / n;
  let sum = f(a) + f(b);
  for (let i = 1; i < n; i++) sum += f(a + i * h) * (i % 2 === 0 ? 2 : 4);
  return (sum * h) / 3;
}

const MOMENT_LAWS = LAWS.filter(([name]) => name !== 'student_t(0.4)');

describe.each(MOMENT_LAWS)('partial moments of %s', (_, law) => {
  it.each([
    [-3, -1],
    [-1, 0],
    [-2, 0.7],
    [0.2, 0.3],
    [0, 1.9],
    [1.5, 2],
  ])('over %d..%d are the integrals', (a, b) => {
    const { m0, m1, m2 } = partialMoments(law, a, b);
    // Cut at the uniform law's end and the Laplace law's peak, which Simpson's rule would smear.
    const [from, to] = law.name === 'uniform' ? [Math.max(a, -2), b] : [a, b];
    const over = (f: (x: number) => number) =>
      from < 0 && to > 0 ? integrate(f, from, 0) + integrate(f, 0, to) : integrate(f, from, to);
    expect(m0).toBeCloseTo(over(law.pdf), 10);
    expect(m1).toBeCloseTo(
      over((x) => x * law.pdf(x)),
      10,
    );
    expect(m2).toBeCloseTo(
      over((x) => x * x * law.pdf(x)),
      10,
    );
  });

  it('over the whole line are 1, 0 and the square of the rms', () => {
    const { m0, m1, m2 } = partialMoments(law, -Infinity, Infinity);
    expectRelative(m0, 1, 1e-15, 'm0');
    expect(m1).toBe(0);
    expectRelative(m2, law.rms ** 2, 1e-14, 'm2');
    expectRelative(partialMoments(unitRms(law), -Infinity, Infinity).m2, 1, 1e-14, 'unit rms');
  });

  it('add up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (points) => {
          const [a, b, c] = points.sort((x, y) => x - y) as [number, number, number];
          const left = partialMoments(law, a, b);
          const right = partialMoments(law, b, c);
          const both = partialMoments(law, a, c);
          for (const k of ['m0', 'm1', 'm2'] as const) expect(left[k] + right[k]).toBeCloseTo(both[k], 13);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });
});

describe('laws refuse', () => {
  it.each([
    () => normal(0),
    () => laplace(-1),
    () => studentT(0),
    () => studentT(Infinity),
    () => studentT(3, NaN),
    () => uniform(Infinity),
    () => unitRms(studentT(2)),
    () => partialMoments(studentT(2), 0, 1),
    () => partialMoments(normal(), 1, 0),
    () => partialMoments(normal(), NaN, 0),
  ])('%s', (make) => {
    expect(make).toThrow(RangeError);
  });
});
