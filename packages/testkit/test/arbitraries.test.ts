/**
 * What the arbitraries promise: the cases that break codecs do come up, and numbers and weights are what they say.
 */
import { type Expr, some } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expressions,
  float32ByBits,
  float32sByBits,
  lawNumberRounds,
  lawNumberRoundTrip,
  numberTypes,
  weights,
} from '../src/index.ts';

const runs = { seed: 2026, numRuns: 300 };

describe('float32ByBits', () => {
  const values = fc.sample(float32ByBits(), { seed: 2026, numRuns: 2000 });

  it('draws every kind of binary32', () => {
    const kinds: Record<string, (x: number) => boolean> = {
      zero: (x) => Object.is(x, 0),
      'minus zero': (x) => Object.is(x, -0),
      subnormal: (x) => x !== 0 && Math.abs(x) < 2 ** -126,
      infinity: (x) => x === Number.POSITIVE_INFINITY,
      'minus infinity': (x) => x === Number.NEGATIVE_INFINITY,
      NaN: Number.isNaN,
      huge: (x) => Number.isFinite(x) && Math.abs(x) > 2 ** 120,
      tiny: (x) => x !== 0 && Math.abs(x) < 2 ** -120,
    };
    for (const [kind, test] of Object.entries(kinds))
      expect(values.filter(test).length, kind).toBeGreaterThan(3);
    expect(values.every((x) => Number.isNaN(x) || Math.fround(x) === x)).toBe(true);
  });

  it('finite leaves out NaN and infinities', () => {
    fc.assert(fc.property(float32ByBits({ finite: true }), Number.isFinite), runs);
  });

  it('arrays keep the payloads of NaN', () => {
    const drawn = fc.sample(float32sByBits({ minLength: 20, maxLength: 20 }), { seed: 2026, numRuns: 200 });
    const payloads = new Set(
      drawn.flatMap((array) =>
        Array.from(new Uint32Array(array.buffer)).filter((bits) => (bits & 0x7fffffff) > 0x7f800000),
      ),
    );
    expect(payloads.size).toBeGreaterThan(20);
    expect([...payloads].some((bits) => (bits & 0x00400000) === 0)).toBe(true);
  });
});

describe('weights', () => {
  it('fill the shape and are finite', () => {
    fc.assert(
      fc.property(
        weights({ shape: [3, 40], magnitudes: 'any' }),
        (drawn) => drawn.length === 120 && drawn.every(Number.isFinite),
      ),
      runs,
    );
  });

  it('moderate ones fit binary16 scales, any reach the ends of binary32', () => {
    const moderate = fc.sample(weights({ shape: [64] }), runs);
    const wide = fc.sample(weights({ shape: [64], magnitudes: 'any' }), runs);
    const largest = (array: Float32Array): number =>
      array.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(Math.max(...moderate.map(largest))).toBeLessThan(65504);
    expect(wide.some((array) => largest(array) > 2 ** 100)).toBe(true);
    expect(wide.some((array) => largest(array) > 0 && largest(array) < 2 ** -126)).toBe(true);
    expect(moderate.some((array) => array.subarray(0, 16).every((x) => x === 0) && largest(array) > 0)).toBe(
      true,
    );
  });
});

describe('numberTypes', () => {
  it('are well formed, and of every kind', () => {
    const drawn = fc.sample(numberTypes({ kinds: 'any' }), { seed: 2026, numRuns: 600 });
    for (const type of drawn) resolveNumber(type);
    const kinds = new Set(drawn.map(({ base }) => base.kind));
    expect([...kinds].sort()).toEqual(['float', 'grid', 'int', 'levels', 'signs']);
    for (const part of ['moves', 'except'] as const)
      expect(drawn.some((type) => type[part].length > 0)).toBe(true);
    expect(new Set(drawn.map(({ overflow }) => overflow)).size).toBe(5);
    const rules = new Set(
      drawn.map(({ round }) => (typeof round === 'object' && round !== null ? 'stochastic' : round)),
    );
    expect(rules.size).toBe(13);
  });

  it('decode and encode to themselves', () => {
    fc.assert(
      fc.property(numberTypes({ kinds: 'any' }), (type) => lawNumberRoundTrip(type)),
      runs,
    );
  });

  it('round to the neighbour that their rule says', () => {
    const values = fc.array(
      fc.oneof(
        float32ByBits({ finite: true }),
        fc.integer({ min: -4096, max: 4096 }).map((k) => k / 128),
      ),
      {
        minLength: 30,
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(numberTypes({ maxBits: 10 }), values, (type, x) => lawNumberRounds(type, x)),
      runs,
    );
  });
});

describe('expressions', () => {
  it('hold what they are given, and nothing that is not exact unless asked', () => {
    const leaf: Expr = { op: 'field', name: 'scale', index: [] };
    const drawn = fc.sample(expressions({ leaves: [leaf], depth: 4 }), { seed: 2026, numRuns: 400 });
    expect(drawn.some((expr) => some(expr, (e) => e.op === 'field'))).toBe(true);
    expect(drawn.some((expr) => some(expr, (e) => e.op === 'call' && e.name === 'clamp'))).toBe(true);
    expect(drawn.some((expr) => some(expr, (e) => e.op === 'call' && e.name === 'exp'))).toBe(false);
    const any = fc.sample(expressions({ depth: 4, functions: 'any' }), { seed: 2026, numRuns: 400 });
    expect(any.some((expr) => some(expr, (e) => e.op === 'call' && e.name === 'exp'))).toBe(true);
  });
});
