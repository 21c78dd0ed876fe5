import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codebook,
  float,
  grid,
  int,
  move,
  type NumberType,
  numberFacts,
  OVERFLOW,
  PRELUDE,
  preludeNumber,
  resolveNumber,
  signs,
  twos,
  uint,
  vectors,
  withExcept,
  withOverflow,
  withRounding,
} from '../src/index.ts';

const facts = (type: NumberType) => numberFacts(resolveNumber(type));

describe('facts', () => {
  it('are those that the drafts expect', () => {
    expect(facts(PRELUDE.f16!).max).toBe(65504);
    expect(facts(PRELUDE.e5m2!).max).toBe(57344);
    expect(facts(PRELUDE.e4m3!)).toEqual({ max: 448, min: -448, levels: 253, bits: 8, mantissa: 3, emax: 8 });
    expect(facts(PRELUDE.e4m3_ieee!).max).toBe(240);
    expect(facts(PRELUDE.e3m4_ieee!).max).toBe(15.5);
    expect(facts(PRELUDE.e3m2!).max).toBe(28);
    expect(facts(PRELUDE.e2m3!).max).toBe(7.5);
    expect(facts(PRELUDE.e2m1!)).toEqual({ max: 6, min: -6, levels: 15, bits: 4, mantissa: 1, emax: 2 });
    expect(facts(PRELUDE.nf4!)).toEqual({ max: 1, min: -1, levels: 16, bits: 4, mantissa: 0, emax: 0 });
    expect(facts(move(twos(8), '/', 64))).toMatchObject({ max: 1.984375, min: -2, emax: 0, levels: 256 });
    expect(facts(PRELUDE.e8m0!)).toMatchObject({ max: 2 ** 127, min: 2 ** -127, levels: 255, emax: 127 });
  });

  it('of wide numbers need no list', () => {
    expect(facts(PRELUDE.f32!)).toEqual({
      max: 3.4028234663852886e38,
      min: -3.4028234663852886e38,
      levels: 2 ** 32 - 2 ** 24 - 1,
      bits: 32,
      mantissa: 23,
      emax: 127,
    });
    expect(facts(uint(32))).toMatchObject({ max: 2 ** 32, min: 0, levels: 2 ** 32, bits: 32 });
    expect(facts(move(twos(20), '*', -0.5))).toMatchObject({
      max: 2 ** 18,
      min: -(2 ** 18) + 0.5,
      levels: 2 ** 20,
    });
  });

  it('count codes that are never written in none but the width', () => {
    expect(facts(int(-7, 7))).toEqual({ max: 7, min: -7, levels: 15, bits: 4, mantissa: 0, emax: 2 });
    expect(facts(move(int(-7, 7), '/', 7)).levels).toBe(15);
    expect(facts(int(-1, 1, 'offset'))).toMatchObject({ bits: 2, levels: 3 });
  });

  it('of vectors, signs and the grid', () => {
    expect(
      facts(
        vectors([
          [-1, 3],
          [1, 2],
        ]),
      ),
    ).toMatchObject({ max: 3, min: -1, levels: 2, bits: 1, emax: 1 });
    expect(facts(signs(8, true))).toMatchObject({ max: 1, min: -1, levels: 128, bits: 7 });
    expect(facts(signs(32))).toMatchObject({ max: 1, min: -1, levels: 2 ** 32, bits: 32 });
    expect(facts(grid())).toMatchObject({ max: Infinity, min: -Infinity, bits: 0 });
  });

  it('give an exponent where no level is positive', () => {
    expect(facts(int(-6, 0, 'offset')).emax).toBe(2);
    expect(facts(int(0, 0)).emax).toBe(-Infinity);
  });
});

describe('widths and counts', () => {
  it.each([
    [uint(3), 3, 8, 8],
    [int(-7, 7), 4, 16, 15],
    [int(-1, 1, 'offset'), 2, 4, 3],
    [int(0, 0), 1, 2, 1],
    [int(-1, 0), 1, 2, 2],
    [int(-5, 9, 'sign_magnitude'), 5, 32, 15],
    [codebook([0, 1, 2, 3, 4]), 3, 5, 5],
    [codebook([7]), 1, 1, 1],
    [signs(8, true), 7, 128, 128],
    [
      vectors([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      2,
      3,
      3,
    ],
    [PRELUDE.e2m1!, 4, 16, 16],
  ])('%o', (type, bits, codes, radix) => {
    const number = resolveNumber(type);
    expect([number.bits, number.codes, number.radix]).toEqual([bits, codes, radix]);
    expect(number.levels?.length).toBe(codes * number.dimension);
  });

  it('resolving the same type again gives the same number', () => {
    expect(resolveNumber(PRELUDE.nf4!)).toBe(resolveNumber(PRELUDE.nf4!));
  });
});

describe('levels', () => {
  it('of integers follow the coding, codes beyond the range included', () => {
    expect(Array.from(resolveNumber(int(-3, 2)).levels!)).toEqual([0, 1, 2, 3, -4, -3, -2, -1]);
    expect(Array.from(resolveNumber(int(-1, 1, 'offset')).levels!)).toEqual([-1, 0, 1, 2]);
    expect(Array.from(resolveNumber(int(-3, 2, 'sign_magnitude')).levels!)).toEqual([
      0, 1, 2, 3, 0, -1, -2, -3,
    ]);
  });

  it('beyond a list are its last', () => {
    const number = resolveNumber(codebook([-1, 0, 1]));
    expect(number.levelOf(3)).toBe(1);
    const out = new Float32Array(2);
    number.decodeInto(Uint8Array.of(3, 0), out);
    expect(Array.from(out)).toEqual([1, -1]);
  });

  it('of moved numbers are rounded to binary32 once', () => {
    const third = resolveNumber(move(move(uint(2), '/', 3), '*', 3));
    expect(Array.from(third.levels!)).toEqual([0, 1, 2, 3]);
    expect(resolveNumber(move(uint(2), '*', 0.1)).levelOf(3)).toBe(Math.fround(3 * 0.1));
    const wide = codebook([0.1, 0.2], { precision: 'f64' });
    expect(resolveNumber(move(wide, '*', 3)).levelOf(0)).toBe(0.1 * 3);
  });

  it('of signs are set bits, the last sign making the minus signs even', () => {
    const all = resolveNumber(signs(3));
    expect([0, 1, 2].map((j) => all.levelOf(0b011, j))).toEqual([-1, -1, 1]);
    const even = resolveNumber(signs(8, true));
    for (let code = 0; code < 128; code++) {
      const vector = Array.from({ length: 8 }, (_, j) => even.levelOf(code, j));
      expect(vector.filter((sign) => sign === -1).length % 2).toBe(0);
      expect(
        vector
          .slice(0, 7)
          .map((sign) => (sign === -1 ? 1 : 0))
          .reverse()
          .join(''),
      ).toBe(code.toString(2).padStart(7, '0'));
    }
    expect(Array.from(even.levels!.subarray(8, 16))).toEqual([-1, 1, 1, 1, 1, 1, 1, -1]);
    const wide = resolveNumber(signs(33, true));
    expect(wide.levelOf(2 ** 32 - 1, 32)).toBe(1);
    expect(wide.levelOf(2 ** 31, 32)).toBe(-1);
    expect(wide.levelOf(2 ** 31, 31)).toBe(-1);
  });

  it('may be excepted: the code that then repeats another level is never written', () => {
    const number = resolveNumber(withExcept(move(PRELUDE.e2m1!, '*', 2), [[8, 0]]));
    expect(Object.is(number.levelOf(8), 0)).toBe(true);
    expect([0, -0, -0.4].map((x) => number.codeOf(x))).toEqual([0, 0, 0]);
    const nan = resolveNumber(
      withExcept(PRELUDE.e4m3!, [
        [0x7f, 480],
        [0xff, -480],
      ]),
    );
    expect(nan.nanCode).toBe(null);
    expect([1000, -1000, NaN].map((x) => nan.codeOf(x))).toEqual([0x7f, 0xff, 0]);
  });
});

describe('overflow', () => {
  const e4m3 = PRELUDE.e4m3!;
  const e5m2 = PRELUDE.e5m2!;

  it('begins where rounding with more levels would leave the range', () => {
    const number = resolveNumber(e4m3);
    // 464 is half way to 480, and 448 has the even code.
    expect([448, 464, 464.001, -464, -465].map(number.overflows)).toEqual([false, false, true, false, true]);
    expect([61439, 61440].map(resolveNumber(e5m2).overflows)).toEqual([false, true]);
    expect([8.5, 7.5, 7.49, -8.5, -8.51].map(resolveNumber(twos(4)).overflows)).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
    const up = resolveNumber(withRounding(twos(4), 'up'));
    expect([7, 7.01, -8.9, -9].map(up.overflows)).toEqual([false, true, false, true]);
    const away = resolveNumber(withRounding(PRELUDE.bf16!, 'out'));
    expect([3.3895313892515355e38, 3.39e38].map(away.overflows)).toEqual([false, true]);
    const nf4 = resolveNumber(PRELUDE.nf4!);
    expect([1.1, 1.14, -1.1, -1.16].map(nf4.overflows)).toEqual([false, true, false, true]);
  });

  it('is about the base in moved numbers, whichever way they run', () => {
    const shifted = resolveNumber(move(uint(4), '-', 8));
    expect([7.4, 7.6, -8.4, -8.6].map(shifted.overflows)).toEqual([false, true, false, true]);
    const reversed = resolveNumber(move(twos(4), '*', -2));
    expect([16.9, 17.1, -14.9, -15.1].map(reversed.overflows)).toEqual([false, true, false, true]);
  });

  it('never happens below a number without negative levels, which takes its lowest', () => {
    const number = resolveNumber(withOverflow(PRELUDE.e8m0!, 'nan'));
    expect([0, -1, -1e30].map((x) => number.codeOf(x))).toEqual([0, 0, 0]);
    expect(number.codeOf(2 ** 128)).toBe(255);
    expect([-0.6, -5].map(resolveNumber(uint(4)).overflows)).toEqual([false, false]);
    const positive = resolveNumber(move(uint(4), '+', 1));
    expect([0, -5].map((x) => [positive.codeOf(x), positive.overflows(x)])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(positive.overflows(-Infinity)).toBe(true);
  });

  it('writes what the number says', () => {
    const code = (type: NumberType, x: number) => resolveNumber(type).codeOf(x);
    expect([1e9, -1e9, Infinity].map((x) => code(e4m3, x))).toEqual([0x7e, 0xfe, 0x7e]);
    expect([1e9, -1e9].map((x) => code(withOverflow(e4m3, 'nan'), x))).toEqual([0x7f, 0x7f]);
    expect([1e9, -1e9].map((x) => code(withOverflow(e5m2, 'inf'), x))).toEqual([0x7c, 0xfc]);
    expect([1e9, Infinity].map((x) => code(withOverflow(e5m2, 'saturate'), x))).toEqual([0x7b, 0x7b]);
    expect([1e9, Infinity, -Infinity].map((x) => code(e5m2, x))).toEqual([0x7b, 0x7c, 0xfc]);
    expect([1e9, -1e9, Infinity].map((x) => code(withOverflow(twos(4), 'error'), x))).toEqual([
      OVERFLOW,
      OVERFLOW,
      OVERFLOW,
    ]);
    expect(code(withOverflow(e5m2, 'error'), Infinity)).toBe(0x7c);
    // Moves by a negative factor exchange the codes of the infinities.
    expect(code(withOverflow(move(e5m2, '*', -1), 'inf'), 1e9)).toBe(0xfc);
  });

  it('is named by encodeInto', () => {
    const number = resolveNumber(withOverflow(twos(4), 'error'));
    const out = new Uint8Array(3);
    expect(() => number.encodeInto(Float32Array.of(1, 2, 99), out)).toThrow(
      /x\[2\] = 99 overflows .* -8 and 7/,
    );
    expect(() => number.encodeInto(Float64Array.of(1, -99, 9), out)).toThrow(/x\[1\] = -99/);
  });

  it('NaN takes the code of NaN, or 0', () => {
    expect(resolveNumber(e4m3).codeOf(NaN)).toBe(0x7f);
    expect(resolveNumber(PRELUDE.e4m3fnuz!).codeOf(NaN)).toBe(0x80);
    expect(resolveNumber(PRELUDE.e2m1!).codeOf(NaN)).toBe(0);
    expect(resolveNumber(withOverflow(twos(4), 'error')).codeOf(NaN)).toBe(0);
    expect(resolveNumber(e4m3).overflows(NaN)).toBe(false);
  });
});

describe('arrays', () => {
  const names = [
    'u1',
    'i4',
    'u8',
    'i8',
    'u16',
    'i32',
    'u32',
    'f32',
    'f16',
    'bf16',
    'e5m2',
    'e4m3fnuz',
    'p3109_k8p4uf',
    'e2m1',
    'nf4',
  ];

  it.each(names)('%s: encodeInto is codeOf, decodeInto is levelOf', (name) => {
    const number = resolveNumber(preludeNumber(name)!);
    const make = number.bits <= 8 ? Uint8Array : number.bits <= 16 ? Uint16Array : Uint32Array;
    const any32 = fc.oneof(
      fc.float(),
      fc.integer({ min: -300, max: 300 }).map((i) => i / 4),
      fc.integer({ min: 0, max: 2 ** number.bits - 1 }).map((code) => number.levelOf(code)),
    );
    fc.assert(
      fc.property(fc.array(any32), (values) => {
        for (const x of [Float32Array.from(values), Float64Array.from(values)]) {
          const codes = new make(x.length);
          number.encodeInto(x, codes);
          expect(Array.from(codes)).toEqual(Array.from(x, (value) => number.codeOf(value)));
          const levels = new Float32Array(x.length);
          number.decodeInto(codes, levels);
          expect(Array.from(levels)).toEqual(Array.from(codes, (code) => number.levelOf(code)));
          const again = new make(x.length);
          number.encodeInto(levels, again);
          const isWide = name === 'u32' || name === 'i32';
          if (!isWide) expect(again).toEqual(codes);
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('are refused where lengths, widths or codes do not fit', () => {
    const e4m3 = resolveNumber(PRELUDE.e4m3!);
    const f16 = resolveNumber(PRELUDE.f16!);
    const u4 = resolveNumber(uint(4));
    expect(() => e4m3.encodeInto(new Float32Array(2), new Uint8Array(3))).toThrow(
      /x has 2 elements and out 3/,
    );
    expect(() => e4m3.decodeInto(new Uint8Array(2), new Float32Array(3))).toThrow(/codes has 2 elements/);
    expect(() => f16.encodeInto(new Float32Array(2), new Uint8Array(2))).toThrow(
      /too narrow for codes of 16 bits/,
    );
    expect(() => u4.decodeInto(Uint8Array.of(1, 16), new Float32Array(2))).toThrow(/codes\[1\]: code 16/);
    expect(() => u4.levelOf(16)).toThrow(RangeError);
    expect(() => u4.levelOf(-1)).toThrow(RangeError);
    expect(() => u4.levelOf(0.5)).toThrow(RangeError);
    expect(() => u4.levelOf(0, 1)).toThrow(/component 1/);
  });

  it('may be views at any aligned offset', () => {
    const buffer = new Float32Array([9, 9, 1, -1, 0.5]);
    const codes = new Uint8Array(3);
    for (const name of ['e4m3', 'nf4', 'i4']) {
      const number = resolveNumber(preludeNumber(name)!);
      number.encodeInto(buffer.subarray(2), codes);
      expect(Array.from(codes)).toEqual([1, -1, 0.5].map((x) => number.codeOf(x)));
    }
  });
});

describe('the grid', () => {
  const number = resolveNumber(grid());

  it('codes every integer as itself', () => {
    expect([0, -0.4, 1.5, 2.5, -3.7, 2 ** 52 + 1].map((x) => number.codeOf(x))).toEqual([
      0,
      0,
      2,
      2,
      -4,
      2 ** 52 + 1,
    ]);
    const codes = new Int32Array(3);
    number.encodeInto(Float64Array.of(-1.2, 7.9, 1e9), codes);
    expect(Array.from(codes)).toEqual([-1, 8, 1e9]);
    const out = new Float64Array(3);
    number.decodeInto(codes, out);
    expect(Array.from(out)).toEqual([-1, 8, 1e9]);
    expect(number.levelOf(-12)).toBe(-12);
  });

  it('refuses what is no integer of 53 bits, or of 32 in an array', () => {
    expect(() => number.codeOf(2 ** 53)).toThrow(RangeError);
    expect(() => number.codeOf(Infinity)).toThrow(RangeError);
    expect(number.overflows(2 ** 53)).toBe(true);
    expect(() => number.encodeInto(Float64Array.of(2 ** 40), new Int32Array(1))).toThrow(/x\[0\]/);
    expect(() => number.encodeInto(Float64Array.of(1), new Uint8Array(1))).toThrow(/Int32Array/);
    expect(() => resolveNumber(move(grid(), '*', 2))).toThrow(/put its step/);
  });
});

describe('a vector', () => {
  it('is read by component and refuses scalar verbs', () => {
    const number = resolveNumber(
      move(
        vectors([
          [1, 2],
          [3, 4],
        ]),
        '*',
        0.5,
      ),
    );
    expect(number.levelOf(1, 0)).toBe(1.5);
    expect(number.levelOf(1, 1)).toBe(2);
    expect(() => number.codeOf(1)).toThrow(/vector of 2 components/);
    expect(() => number.decodeInto(new Uint8Array(1), new Float32Array(1))).toThrow(/levelOf/);
  });
});

describe('numbers that cannot be', () => {
  it.each<[string, () => NumberType, RegExp]>([
    [
      'a width of 33',
      () => float({ exponent: 8, mantissa: 24 }),
      /width, must be an integer in 1..32, got 33/,
    ],
    [
      'ieee without mantissa',
      () => float({ exponent: 4, mantissa: 0, specials: 'ieee' }),
      /needs a mantissa bit/,
    ],
    [
      'no finite code',
      () => float({ exponent: 1, mantissa: 0, signed: false, specials: 'nan_zero_inf' }),
      /no finite code/,
    ],
    [
      'levels beyond binary32',
      () => float({ exponent: 8, mantissa: 0, signed: false, subnormals: false }),
      /fit binary32/,
    ],
    ['a fractional bias', () => float({ exponent: 4, mantissa: 3, bias: 6.5 }), /bias must be an integer/],
    ['falling levels', () => codebook([1, 0]), /levels\[1\] = 0 is not above levels\[0\] = 1/],
    ['levels equal in binary32', () => codebook([1, 1 + 1e-12]), /is not above/],
    ['no levels', () => codebook([]), /1 to 65536 levels, got 0/],
    ['too many levels', () => codebook(Float64Array.from({ length: 65537 }, (_, i) => i)), /got 65537/],
    [
      'a cut vector',
      () => ({ ...vectors([[1, 2]]), base: { ...vectors([[1, 2]]).base, dimension: 3 } as never }),
      /no whole number of vectors of 3/,
    ],
    ['a wide integer', () => int(-(2 ** 31), 2 ** 31), /needs 33 bits/],
    ['sign and magnitude above 0', () => int(2, 9, 'sign_magnitude'), /use offset/],
    ['a move by NaN', () => move(uint(4), '+', NaN), /constant NaN/],
    ['a move by zero', () => move(uint(4), '*', 0), /by zero/],
    ['an infinite level', () => move(uint(4), '/', 1, true), /code 0: its level Infinity/],
    ['a reciprocal of a wide number', () => move(uint(20), '/', 1, true), /at most 16 bits/],
    ['an exception of a wide number', () => withExcept(uint(20), [[1, 1]]), /too wide for single levels/],
    ['an exception beyond the codes', () => withExcept(uint(4), [[16, 1]]), /0..15, got 16/],
    ['an infinite exception', () => withExcept(uint(4), [[1, 1e39]]), /not finite/],
    ['an exception of a vector', () => withExcept(signs(4), [[1, 1]]), /list its components/],
    ['overflow nan without NaN', () => withOverflow(uint(4), 'nan'), /no code for NaN/],
    ['overflow inf without Inf', () => withOverflow(PRELUDE.e4m3!, 'inf'), /no code for Inf/],
    ['a bad seed', () => withRounding(uint(4), { stochastic: -1 }), /seed/],
  ])('%s', (_, make, message) => {
    expect(() => resolveNumber(make())).toThrow(RangeError);
    expect(() => resolveNumber(make())).toThrow(message);
  });
});
