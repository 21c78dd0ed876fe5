import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codebook,
  describeNumber,
  float,
  grid,
  int,
  move,
  type NumberType,
  PRELUDE,
  packLevels,
  preludeNumber,
  sameNumber,
  signs,
  twos,
  uint,
  unpackLevels,
  vectors,
  withExcept,
  withOverflow,
  withRounding,
} from '../src/index.ts';

describe('describeNumber', () => {
  it.each<[string, NumberType]>([
    ['u4', uint(4)],
    ['u32', uint(32)],
    ['i1', twos(1)],
    ['i8', int(-128, 127)],
    ['int(-7..7)', int(-7, 7)],
    ['int(-7..7, sign_magnitude)', int(-7, 7, 'sign_magnitude')],
    ['int(-7..8, offset) - 0.5', move(int(-7, 8, 'offset'), '-', 0.5)],
    ['(int(-3..4, offset) - 0.5) / 3.5', move(move(int(-3, 4, 'offset'), '-', 0.5), '/', 3.5)],
    ['int(0..4)', int(0, 4)],
    ['int(0..15, twos)', int(0, 15, 'twos')],
    ['int(3..10)', int(3, 10)],
    ['u4 * 2 + 1 - 3', move(move(move(uint(4), '*', 2), '+', 1), '-', 3)],
    ['1 - (u4 + 1)', move(move(uint(4), '+', 1), '-', 1, true)],
    ['1 / (u4 + 1)', move(move(uint(4), '+', 1), '/', 1, true)],
    ['2 / (u4 * 3)', move(move(uint(4), '*', 3), '/', 2, true)],
    ['1 - u4 * 3', move(move(uint(4), '*', 3), '-', 1, true)],
    ['u4 * -0.1', move(uint(4), '*', -0.1)],
    ['u4 * 1e-7', move(uint(4), '*', 1e-7)],
    ['u4 * 1e21', move(uint(4), '*', 1e21)],
    ['e4m3', float({ exponent: 4, mantissa: 3, specials: 'nan' })],
    ['e8m0', PRELUDE.e8m0!],
    ['f32', PRELUDE.f32!],
    ['nf4', PRELUDE.nf4!],
    ['nf4 * 2', move(PRELUDE.nf4!, '*', 2)],
    ['float(exponent: 4, mantissa: 3, signed: no)', float({ exponent: 4, mantissa: 3, signed: false })],
    [
      'float(exponent: 5, mantissa: 0, bias: 9, signed: no, subnormals: no, specials: nan_zero)',
      float({ exponent: 5, mantissa: 0, bias: 9, signed: false, subnormals: false, specials: 'nan_zero' }),
    ],
    ['codebook [-1, 0.5, 1]', codebook([-1, 0.5, 1])],
    ['(codebook unordered [0, -1, 0]) / 12', move(codebook([0, -1, 0], { order: 'any' }), '/', 12)],
    [
      'codebook of 2 [[-1, 1], [1, -1]]',
      vectors([
        [-1, 1],
        [1, -1],
      ]),
    ],
    ['density normal power 0.5 in 2', codebook([-1, 1], { source: 'density normal power 0.5 in 2' })],
    ['signs(8)', signs(8)],
    ['signs(8, even)', signs(8, true)],
    ['grid', grid()],
    [
      'e2m1 * 2 round first except 8: 0',
      withExcept(withRounding(move(PRELUDE.e2m1!, '*', 2), 'first'), [[8, 0]]),
    ],
    ['e8m0 overflow nan', withOverflow(PRELUDE.e8m0!, 'nan')],
    [
      'u8 round stochastic(7) saturate except 1: -0, 3: 0.25',
      withExcept(withOverflow(withRounding(uint(8), { stochastic: 7 }), 'saturate'), [
        [3, 0.25],
        [1, -0],
      ]),
    ],
    ['u4', withRounding(uint(4), 'even')],
    ['nf4', withRounding(PRELUDE.nf4!, 'half_down')],
    ['nf4 round even', withRounding(PRELUDE.nf4!, 'even')],
  ])('%s', (text, type) => {
    expect(describeNumber(type)).toBe(text);
  });

  it('names everything in the prelude by its name', () => {
    for (const [name, type] of Object.entries(PRELUDE)) expect(describeNumber(type)).toBe(name);
    for (let bits = 1; bits <= 32; bits++) {
      for (const name of [`u${bits}`, `i${bits}`]) expect(describeNumber(preludeNumber(name)!)).toBe(name);
    }
  });
});

describe('preludeNumber', () => {
  it('knows names, uN and iN, each as one object', () => {
    expect(preludeNumber('e4m3')).toBe(PRELUDE.e4m3);
    expect(preludeNumber('u17')).toBe(preludeNumber('u17'));
    expect(preludeNumber('u32')).toEqual(uint(32));
    for (const name of ['u0', 'u33', 'i64', 'u04', 'x4', 'toString', ''])
      expect(preludeNumber(name)).toBe(undefined);
  });
});

describe('sameNumber', () => {
  it('compares meaning: not the source, nor a default said', () => {
    expect(sameNumber(codebook([0, 1]), codebook([0, 1], { source: 'curve u => u over 0..1 in 2' }))).toBe(
      true,
    );
    expect(sameNumber(uint(4), withRounding(uint(4), 'even'))).toBe(true);
    const pairs = [
      [1, 5],
      [2, 6],
    ] as const;
    expect(sameNumber({ ...uint(4), except: pairs }, { ...uint(4), except: [pairs[1], pairs[0]] })).toBe(
      true,
    );
  });

  it('sees every other difference', () => {
    const numbers = [
      uint(4),
      uint(5),
      int(0, 15, 'twos'),
      withRounding(uint(4), 'up'),
      withRounding(uint(4), { stochastic: 1 }),
      withRounding(uint(4), { stochastic: 2 }),
      withOverflow(uint(4), 'saturate'),
      withOverflow(uint(4), 'error'),
      withExcept(uint(4), [[1, 0]]),
      withExcept(uint(4), [[1, -0]]),
      move(uint(4), '-', 1),
      move(uint(4), '-', 1, true),
      PRELUDE.e4m3!,
      PRELUDE.e4m3_ieee!,
      codebook([0, 1]),
      codebook([-0, 1]),
      codebook([0, 1], { order: 'any' }),
      codebook([0, 1], { order: 'any', keepEqual: false }),
      codebook([0, 1], { precision: 'f64' }),
      signs(4),
      signs(4, true),
      grid(),
    ];
    numbers.forEach((a, i) => {
      numbers.forEach((b, j) => {
        expect(sameNumber(a, b), `${i} and ${j}`).toBe(i === j);
      });
    });
  });

  it('numbers that differ in meaning are described apart', () => {
    const constant = fc.double({ noNaN: true, noDefaultInfinity: true });
    const arbitrary = fc
      .tuple(
        fc.integer({ min: -20, max: 0 }),
        fc.integer({ min: 1, max: 20 }),
        constant,
        fc.constantFrom('+', '-', '*', '/'),
        fc.boolean(),
      )
      .map(([low, high, k, op, swapped]) => move(int(low, high), op as '+', k, swapped));
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        expect(describeNumber(a) === describeNumber(b)).toBe(sameNumber(a, b) || Object.is(a, b));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('constructors refuse', () => {
  it.each([
    () => uint(0),
    () => uint(33),
    () => twos(1.5),
    () => int(3, 2),
    () => int(0.5, 2),
    () => int(Number.NaN, 2),
    () => float({ exponent: 0, mantissa: 3 }),
    () => float({ exponent: 4, mantissa: -1 }),
    () => codebook([1, NaN]),
    () => codebook([1e39]),
    () => vectors([]),
    () => vectors([[1, 2], [1]]),
    () => move(withExcept(uint(4), [[1, 1]]), '+', 1),
  ])('%s', (make) => {
    expect(make).toThrow(RangeError);
  });
});

describe('levels as text', () => {
  it('are base64 of little-endian numbers, as Node would write them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (levels) => {
        const bytes = Buffer.alloc(levels.length * 8);
        levels.forEach((level, i) => {
          bytes.writeDoubleLE(level, i * 8);
        });
        expect(packLevels(levels, 'f64')).toBe(bytes.toString('base64'));
        expect(Array.from(unpackLevels(packLevels(levels, 'f64'), 'f64'))).toEqual(levels);
      }),
      { seed: 2 },
    );
    expect(packLevels([1, -0], 'f32')).toBe('AACAPwAAAIA=');
    expect(Array.from(unpackLevels('AACAPwAAAIA=', 'f32'))).toEqual([1, -0]);
  });

  it('refuse what they did not write', () => {
    expect(() => packLevels([0, Infinity], 'f64')).toThrow(/levels\[1\]/);
    expect(() => unpackLevels('AAA', 'f32')).toThrow(/cut short/);
    expect(() => unpackLevels('AAAA', 'f32')).toThrow(/no whole number/);
    expect(() => unpackLevels('AA*A', 'f32')).toThrow(/'\*' at 2/);
    expect(() => unpackLevels('A=AA', 'f32')).toThrow(/'=' at 1/);
  });
});
