/** The fit `half_quadratic`: against the peer's procedure said over whole matrices in binary64, and against plain min/max. */
import { block, buildFormat, each, field, fit, let_, letRef, mul, ref, sub } from '@fewerbits/format';
import { uint } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FitInput } from '../src/fits/fit.ts';
import { halfQuadratic } from '../src/fits/half-quadratic.ts';
import { interpreter } from '../src/index.ts';

const SEED = { seed: 2026, numRuns: 200 };

interface Options {
  readonly bits: number;
  readonly steps: number;
  readonly kappa: number;
}

function inputs(groups: readonly (readonly number[])[], { bits, steps, kappa }: Options): FitInput[] {
  return groups.map((x) => ({
    x: Float32Array.from(x),
    weights: {},
    constants: { levels: 2 ** bits, steps, p: 0.7, beta: 10, kappa },
    words: {},
    numbers: {},
  }));
}

function roundEven(v: number): number {
  const low = Math.floor(v);
  if (v - low !== 0.5) return Math.round(v);
  return low % 2 === 0 ? low : low + 1;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Whole matrices at each step, as the peer's Python reads: groups are rows. */
function plain(
  groups: readonly (readonly number[])[],
  { bits, steps, kappa }: Options,
): { scale: number; zero: number }[] {
  const top = 2 ** bits - 1;
  const inverse = groups.map((row) => {
    const range = Math.max(...row) - Math.min(...row);
    return range <= 1e-4 ? 1 : Math.min(top / range, 2e4);
  });
  let zero = groups.map((row, g) => -Math.min(...row) * inverse[g]!);
  let beta = 10;
  let best = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    const q = groups.map((row, g) =>
      row.map((v) => Math.max(0, Math.min(top, roundEven(v * inverse[g]! + zero[g]!)))),
    );
    const back = q.map((row, g) => row.map((v) => (v - zero[g]!) / inverse[g]!));
    const e = groups.map((row, g) => row.map((v, i) => v - back[g]![i]!));
    const shrunk = e.map((row) =>
      row.map((v) => Math.sign(v) * Math.max(0, Math.abs(v) - (1 / beta) * Math.abs(v) ** (0.7 - 1))),
    );
    zero = groups.map((row, g) => mean(row.map((v, i) => q[g]![i]! - (v - shrunk[g]![i]!) * inverse[g]!)));
    const error = mean(e.flat().map(Math.abs));
    if (!(error < best)) break;
    best = error;
    beta *= kappa;
  }
  return groups.map((_, g) => ({ scale: 1 / inverse[g]!, zero: zero[g]! }));
}

/** Weights like those of a layer: nearly normal, with a few that are far out. */
function heavyTailed(count: number, seed: number): number[] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
    return Math.fround(0.05 * normal * (next() < 0.03 ? 4 : 1));
  });
}

function groupsOf(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, g) => values.slice(g * size, (g + 1) * size));
}

/** Σ |x - value|^p with the codes that the fit gives. */
function errorOf(groups: readonly (readonly number[])[], options: Options, p: number): number {
  const found = halfQuadratic.runTogether!(inputs(groups, options));
  return groups
    .flatMap((row, g) => {
      const [scale, zero] = found[g]!.reals as [number, number];
      return row.map((v, i) => Math.abs(v - (found[g]!.codes![i]! - zero) * scale) ** p);
    })
    .reduce((a, b) => a + b, 0);
}

describe('half_quadratic', () => {
  it('gives what the same procedure gives in binary64', () => {
    for (const bits of [1, 2, 3, 4, 8]) {
      for (const kappa of [1, 1.01]) {
        // Few steps: where the error of a whole tensor is nearly still, binary32 and binary64 may stop a step apart.
        const options = { bits, steps: 3, kappa };
        const groups = groupsOf(heavyTailed(64 * 40, 7 * bits), 64);
        const found = halfQuadratic.runTogether!(inputs(groups, options));
        for (const [g, { scale, zero }] of plain(groups, options).entries()) {
          expect(found[g]!.reals[0]).toBeCloseTo(scale, 6);
          expect(Math.abs(found[g]!.reals[1]! - zero)).toBeLessThan(bits < 8 ? 1e-4 : 1e-2);
        }
      }
    }
  });

  it.each([
    [1, 0.7],
    [2, 0.99],
    [3, 0.995],
    [4, 0.995],
  ])('lowers the L_p error of plain min/max at %i bits', (bits, most) => {
    const groups = groupsOf(heavyTailed(64 * 64, 1), 64);
    const ratio = (p: number): number =>
      errorOf(groups, { bits, steps: 20, kappa: 1.01 }, p) /
      errorOf(groups, { bits, steps: 0, kappa: 1.01 }, p);
    expect(ratio(0.7)).toBeLessThan(most);
    expect(ratio(1)).toBeLessThan(ratio(0.7));
  });

  it('stops all tiles together', () => {
    const options = { bits: 4, steps: 20, kappa: 1.01 };
    const groups = groupsOf(heavyTailed(64 * 32, 3), 64);
    const together = halfQuadratic.runTogether!(inputs(groups, options)).map(({ reals }) => reals[1]!);
    const alone = inputs(groups, options).map((input) => halfQuadratic.run(input).reals[1]!);
    expect(together).not.toEqual(alone);
  });

  it('keeps codes in range and everything finite, whatever the weights', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 100), max: 2 ** 100 }),
            fc.constant(0),
          ),
          { minLength: 1, maxLength: 40 },
        ),
        fc.integer({ min: 1, max: 8 }),
        (x, bits) => {
          const { reals, codes } = halfQuadratic.run(inputs([x], { bits, steps: 20, kappa: 1.01 })[0]!);
          return (
            reals.every(Number.isFinite) &&
            codes!.every((code) => Number.isInteger(code) && code >= 0 && code < 2 ** bits)
          );
        },
      ),
      SEED,
    );
  });

  it('a tile of equal weights, and no weights at all', () => {
    const constantTile = halfQuadratic.run(
      inputs([[0.25, 0.25, 0.25]], { bits: 4, steps: 20, kappa: 1 })[0]!,
    );
    expect(constantTile.reals[0]).toBe(1);
    for (const code of constantTile.codes!) expect(code - constantTile.reals[1]!).toBeCloseTo(0.25, 6);
    expect(halfQuadratic.runTogether!([])).toEqual([]);
  });

  it('runs in a format, over several blocks of a matrix', () => {
    const format = buildFormat('half_quadratic_test', {
      body: [
        block('block', 16, [
          let_(
            ['s', 'z', 'q'],
            fit('half_quadratic', { levels: { arg: 'expr', expr: { op: 'const', value: 16 } } }),
          ),
          field('scale', 'f32', letRef('s')),
          field('zero', 'f32', letRef('z')),
          each([field('code', uint(4), letRef('q'))]),
        ]),
      ],
      value: mul(sub(ref('code'), ref('zero')), ref('scale')),
    });
    const weights = Float32Array.from(heavyTailed(4 * 64, 11));
    const codec = interpreter(format);
    const packed = codec.encode(weights, { shape: [4, 64] });
    const found = halfQuadratic.runTogether!(
      inputs(groupsOf([...weights], 16), { bits: 4, steps: 20, kappa: 1.01 }),
    );
    const expected = found.flatMap(({ reals, codes }) =>
      Array.from(codes!, (code) => Math.fround(Math.fround(code - reals[1]!) * reals[0]!)),
    );
    expect([...codec.decode(packed)]).toEqual(expected);
  });
});
