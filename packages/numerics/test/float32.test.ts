import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ceilPow2,
  exponentOf,
  floorPow2,
  fromFloat32Bits,
  nextUp,
  pow2,
  roundHalfEven,
  roundMantissa,
  toFloat32Bits,
} from '../src/index.ts';

describe('exponents', () => {
  it('are exact for every power of two and its neighbours', () => {
    let power = Number.MIN_VALUE;
    for (let e = -1074; e <= 1023; e++, power *= 2) {
      expect(pow2(e)).toBe(power);
      expect(exponentOf(power)).toBe(e);
      expect(exponentOf(-nextUp(power))).toBe(e === -1074 ? -1073 : e);
      if (e > -1074) expect(exponentOf(-nextUp(-power))).toBe(e - 1);
      expect(floorPow2(power)).toBe(power);
      expect(ceilPow2(power)).toBe(power);
      if (e > -1073) expect(ceilPow2(nextUp(power))).toBe(e === 1023 ? Infinity : power * 2);
      if (e > -1073) expect(floorPow2(nextUp(power))).toBe(power);
    }
  });

  it('have limits', () => {
    expect([0, -0, Infinity, -Infinity, NaN].map(exponentOf)).toEqual([
      -Infinity,
      -Infinity,
      Infinity,
      Infinity,
      NaN,
    ]);
    expect([1024, -1075].map(pow2)).toEqual([Infinity, 0]);
    expect([0, -1, -Infinity, Infinity, NaN].map(floorPow2)).toEqual([0, 0, 0, Infinity, NaN]);
    expect([0, -1, -Infinity, Infinity, NaN].map(ceilPow2)).toEqual([0, 0, 0, Infinity, NaN]);
    expect([3, 5, 0.3, 6e-40].map(floorPow2)).toEqual([2, 4, 0.25, 2 ** -131]);
    expect([3, 5, 0.3].map(ceilPow2)).toEqual([4, 8, 0.5]);
  });
});

describe('roundMantissa', () => {
  it('rounds half away from zero', () => {
    expect([1.25, 1.5, 1.75, 2.5, -2.5, 7.9, 0.75].map((x) => roundMantissa(x, 1))).toEqual([
      1.5, 1.5, 2, 3, -3, 8, 0.75,
    ]);
    expect([1.4, 1.5, -1.5, 3.1].map((x) => roundMantissa(x, 0))).toEqual([1, 2, -2, 4]);
    expect([0, -0, Infinity, -Infinity, NaN].map((x) => roundMantissa(x, 3))).toEqual([
      0,
      -0,
      Infinity,
      -Infinity,
      NaN,
    ]);
    expect(roundMantissa(Number.MIN_VALUE * 5, 1)).toBe(Number.MIN_VALUE * 6);
  });

  it('gives the nearest of at most m bits, and leaves those as they are', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
        fc.integer({ min: 0, max: 60 }),
        (x, m) => {
          const rounded = roundMantissa(x, m);
          expect(roundMantissa(rounded, m)).toBe(rounded);
          if (x !== 0) expect(Math.abs(rounded - x)).toBeLessThanOrEqual(pow2(exponentOf(x) - m - 1));
        },
      ),
      { seed: 1, numRuns: 500 },
    );
    expect(() => roundMantissa(1, -1)).toThrow(RangeError);
    expect(() => roundMantissa(1, 0.5)).toThrow(RangeError);
  });
});

describe('roundHalfEven', () => {
  it('rounds ties to even and never gives -0', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, -0, 0.49999999999999994].map(roundHalfEven)).toEqual([
      0, 2, 2, 0, -2, -2, 0, 0,
    ]);
    expect([2 ** 51 + 0.5, 2 ** 51 + 1.5, 2 ** 52 + 1, -(2 ** 53), 1e300].map(roundHalfEven)).toEqual([
      2 ** 51,
      2 ** 51 + 2,
      2 ** 52 + 1,
      -(2 ** 53),
      1e300,
    ]);
    expect([Infinity, -Infinity, NaN].map(roundHalfEven)).toEqual([Infinity, -Infinity, NaN]);
  });
});

describe('bits', () => {
  it('nextUp is the next bit pattern', () => {
    expect(nextUp(0)).toBe(Number.MIN_VALUE);
    expect(nextUp(-Number.MIN_VALUE) + 0).toBe(0);
    expect(nextUp(1)).toBe(1 + Number.EPSILON);
    expect(nextUp(-1)).toBe(-1 + Number.EPSILON / 2);
    expect(nextUp(Number.MAX_VALUE)).toBe(Infinity);
    expect(nextUp(-Infinity)).toBe(-Number.MAX_VALUE);
    expect(nextUp(1 + (2 ** 32 - 1) * Number.EPSILON)).toBe(1 + 2 ** -20);
    expect(nextUp(-1 - 2 ** -20)).toBe(-1 - (2 ** 32 - 1) * Number.EPSILON);
  });

  it('binary32 bits go both ways, NaN being one', () => {
    fc.assert(
      fc.property(fc.float(), (x) => {
        expect(fromFloat32Bits(toFloat32Bits(x))).toBe(x);
      }),
      { seed: 1 },
    );
    expect([1, -2, NaN, 1e39, -0].map(toFloat32Bits)).toEqual([
      0x3f800000, 0xc0000000, 0x7fc00000, 0x7f800000, 0x80000000,
    ]);
  });
});
