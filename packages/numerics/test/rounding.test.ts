/** Every coder against the obvious definition: look at all levels, take the one the rule says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codebook,
  float,
  int,
  move,
  type NumberType,
  nextUp,
  PRELUDE,
  preludeNumber,
  type ResolvedNumber,
  type Rounding,
  ROUNDINGS as RULES,
  resolveNumber,
  stochasticDraw,
  withExcept,
  withOverflow,
  withRounding,
} from '../src/index.ts';

const NUMBERS: Record<string, NumberType> = {
  ...Object.fromEntries(
    [
      'e5m2',
      'e4m3',
      'e4m3_ieee',
      'e3m4_ieee',
      'e4m3fnuz',
      'e5m2fnuz',
      'e4m3b11fnuz',
      'e3m2',
      'e2m3',
      'e2m1',
      'e8m0',
      'nf4',
    ]
      .concat(['p3109_k8p3se', 'p3109_k8p4uf', 'u1', 'u4', 'i1', 'i4', 'i8'])
      .map((name) => [name, preludeNumber(name)!]),
  ),
  'int(-7..7)': int(-7, 7),
  trit: int(-1, 1, 'offset'),
  'int(-5..9, sign_magnitude)': int(-5, 9, 'sign_magnitude'),
  'int(3..10, offset)': int(3, 10, 'offset'),
  half_steps: move(int(-7, 8, 'offset'), '-', 1 / 2),
  half3: move(move(int(-3, 4, 'offset'), '-', 0.5), '/', 3.5),
  'u4 - 8': move(preludeNumber('u4')!, '-', 8),
  '1 - u3': move(preludeNumber('u3')!, '-', 1, true),
  '1 / (u3 + 1)': move(move(preludeNumber('u3')!, '+', 1), '/', 1, true),
  'i4 * -0.3': move(preludeNumber('i4')!, '*', -0.3),
  e2m1_ggml: withExcept(move(PRELUDE.e2m1!, '*', 2), [[8, 0]]),
  'e2m1 * 2': move(PRELUDE.e2m1!, '*', 2),
  'e2m1 * -1': move(PRELUDE.e2m1!, '*', -1),
  'e2m1 + 1': move(PRELUDE.e2m1!, '+', 1),
  ue4m3: withExcept(float({ exponent: 4, mantissa: 3, signed: false }), [[0x7f, 0]]),
  'finer than binary32': float({ exponent: 3, mantissa: 1, bias: 152 }),
  'no mantissa bits': float({ exponent: 3, mantissa: 0 }),
  'float without subnormals': float({ exponent: 3, mantissa: 1, subnormals: false }),
  'fnuz without subnormals': float({ exponent: 3, mantissa: 1, subnormals: false, specials: 'nan_zero' }),
  'uneven codebook': codebook([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]),
  'one level': codebook([0.5]),
  unordered: codebook([1 / 8, -1 / 8], { order: 'any' }),
  repeats: codebook([3, 1, -0, 2, 0, 1, -4, 3], { order: 'any', keepEqual: false }),
};

interface Level {
  readonly value: number;
  readonly code: number;
  readonly odd: boolean;
}

/** The levels that may be written, rising, equal ones once with their lowest code; the code of -0 apart. */
function written(type: NumberType, number: ResolvedNumber): { levels: Level[]; minusZero: number | null } {
  const levels: Level[] = [];
  let minusZero: number | null = null;
  const { base } = type;
  for (let code = 0; code < number.codes; code++) {
    const value = number.levelOf(code);
    if (!Number.isFinite(value)) continue;
    const integer = base.kind === 'int' ? integerOf(base, code) : code;
    if (integer === null) continue;
    if (Object.is(value, -0) && number.levels!.some((level) => Object.is(level, 0))) {
      minusZero ??= code;
      continue;
    }
    if (!levels.some((level) => level.value === value))
      levels.push({ value, code, odd: Math.abs(integer % 2) === 1 });
  }
  levels.sort((a, b) => a.value - b.value);
  return { levels, minusZero };
}

function integerOf(
  { low, high, coding }: { low: number; high: number; coding: string },
  code: number,
): number | null {
  for (let value = low; value <= high; value++) {
    if (coding === 'offset' && value - low === code) return value;
    const bits = resolveNumber(int(low, high, coding as 'twos')).bits;
    if (coding === 'twos' && ((value % 2 ** bits) + 2 ** bits) % 2 ** bits === code) return value;
    if (coding === 'sign_magnitude' && (value < 0 ? 2 ** (bits - 1) - value : value) === code) return value;
  }
  return null;
}

function obvious(x: number, levels: Level[], rule: Exclude<Rounding, object>, listed: boolean): Level {
  const below = levels.filter(({ value }) => value <= x).at(-1);
  const above = levels.find(({ value }) => value >= x);
  if (below === undefined) return above!;
  if (above === undefined || above === below) return below;
  const middle = listed
    ? Math.fround(Math.fround(below.value + above.value) / 2)
    : (below.value + above.value) / 2;
  const smaller = Math.abs(below.value) < Math.abs(above.value) ? below : above;
  const larger = Math.abs(below.value) > Math.abs(above.value) ? below : above;
  switch (rule) {
    case 'up':
      return above;
    case 'down':
      return below;
    case 'in':
      return smaller;
    case 'out':
      return x < 0 ? below : above;
    case 'odd':
      return below.odd ? below : above;
  }
  if (x !== middle) return x < middle ? below : above;
  switch (rule) {
    case 'even':
      return below.odd ? above : below;
    case 'half_down':
      return below;
    case 'half_up':
      return above;
    case 'half_away':
      return larger;
    case 'half_zero':
      return smaller;
    case 'first':
      return below.code < above.code ? below : above;
  }
}

const nextDown = (x: number) => -nextUp(-x);

/** Levels, midpoints in both precisions, what lies beside them, and both sides of the ends. */
function probes(levels: Level[]): number[] {
  const values = levels.map(({ value }) => value);
  const top = values.at(-1)!;
  const points = [0, -0, 1e-44, -1e-44, top * 1.3 + 1, top + 1e-9, values[0]! - 1e-9, values[0]! * 1.3 - 1];
  values.forEach((value, i) => {
    points.push(value);
    if (i === 0) return;
    const a = values[i - 1]!;
    const middle = (a + value) / 2;
    for (const m of [middle, Math.fround(middle)]) points.push(m, nextUp(m), nextDown(m));
    points.push(a + (value - a) * 0.3, a + (value - a) * 0.7, nextUp(a), nextDown(value));
  });
  return points;
}

describe.each(Object.entries(NUMBERS))('%s', (_, type) => {
  const listed = type.base.kind === 'levels';
  const { levels, minusZero } = written(type, resolveNumber(type));
  const points = probes(levels);
  const expectedCode = (x: number, rule: Exclude<Rounding, object>) => {
    const level = obvious(x, levels, rule, listed);
    const isMinus = x < 0 || Object.is(x, -0);
    return level.value === 0 && isMinus && minusZero !== null ? minusZero : level.code;
  };

  it.each(RULES)('codes by %s as all its levels say', (rule) => {
    const number = resolveNumber(withRounding(withOverflow(type, 'saturate'), rule));
    const wrong = points.filter((x) => number.codeOf(x) !== expectedCode(x, rule));
    expect(wrong.map((x) => `${x}: ${number.codeOf(x)}, not ${expectedCode(x, rule)}`)).toEqual([]);
  });

  it.each([...RULES, { stochastic: 7 }])('encodes arrays as codeOf does, by %s', (rule) => {
    const number = resolveNumber(withRounding(type, rule));
    const x32 = Float32Array.from([...points, NaN, Infinity, -Infinity]);
    const x64 = Float64Array.from([...points, NaN, Infinity, -Infinity]);
    for (const x of [x32, x64]) {
      const codes = new Uint16Array(x.length);
      number.encodeInto(x, codes, 1000);
      expect(Array.from(codes)).toEqual(Array.from(x, (value, i) => number.codeOf(value, 1000 + i)));
    }
  });

  it('draws stochastic rounding up by the share of the gap', () => {
    const number = resolveNumber(withRounding(type, { stochastic: 11 }));
    const up = withRounding(type, 'up');
    const down = withRounding(type, 'down');
    points.forEach((x, i) => {
      const below = levels.filter(({ value }) => value <= x).at(-1);
      const above = levels.find(({ value }) => value >= x);
      if (below === undefined || above === undefined) return;
      const share = above === below ? 0 : (x - below.value) / (above.value - below.value);
      const rule = share > stochasticDraw(11, i) ? up : down;
      expect(number.codeOf(x, i)).toBe(resolveNumber(rule).codeOf(x));
    });
  });

  it('codes every level it writes as itself', () => {
    for (const rule of RULES) {
      const number = resolveNumber(withRounding(type, rule));
      for (const { value, code } of levels) expect(number.codeOf(value)).toBe(code);
      if (minusZero !== null) expect(number.codeOf(-0)).toBe(minusZero);
    }
  });
});

describe('wide numbers', () => {
  it('f32 is its own bits, with one NaN', () => {
    const number = resolveNumber(PRELUDE.f32!);
    const x = Float32Array.from([0, -0, 1, -1.5, 1e-45, 3.4e38, Infinity, -Infinity, NaN]);
    const codes = new Uint32Array(x.length);
    number.encodeInto(x, codes);
    expect(Array.from(codes)).toEqual(Array.from(x, (value) => number.codeOf(value)));
    expect(Array.from(codes.subarray(0, 4))).toEqual([0, 0x80000000, 0x3f800000, 0xbfc00000]);
    expect(Array.from(codes.subarray(6))).toEqual([0x7f800000, 0xff800000, 0x7fc00000]);
    const back = new Float32Array(x.length);
    number.decodeInto(codes, back);
    expect(Array.from(back)).toEqual(Array.from(x));
    expect(Array.from(codes, (code) => number.levelOf(code))).toEqual(Array.from(x));
  });

  it('f32 rounds binary64 inputs by every rule, between the neighbours that fround has', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -3e38, max: 3e38 }), (x) => {
        const code = (rule: Rounding) => {
          const number = resolveNumber(withRounding(PRELUDE.f32!, rule));
          return number.levelOf(number.codeOf(x));
        };
        expect(code('even')).toBe(Math.fround(x));
        const [down, up] = [code('down'), code('up')];
        expect(down <= x && x <= up).toBe(true);
        expect([down, up]).toContain(Math.fround(x));
        expect(code('in')).toBe(x < 0 ? up : down);
        expect(code('out')).toBe(x < 0 ? down : up);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('f32 beyond its largest level clamps, or says Inf, NaN or an overflow', () => {
    const beyond = 3.5e38;
    const max = 0x7f7fffff;
    const code = (overflow: 'saturate' | 'inf' | 'nan' | 'error') =>
      resolveNumber(withOverflow(PRELUDE.f32!, overflow));
    expect(resolveNumber(PRELUDE.f32!).codeOf(beyond)).toBe(max);
    expect(code('saturate').codeOf(-Infinity)).toBe(0xff7fffff);
    expect(code('inf').codeOf(-beyond)).toBe(0xff800000);
    expect(code('nan').codeOf(beyond)).toBe(0x7fc00000);
    expect(code('error').codeOf(beyond)).toBe(-1);
    expect(code('error').codeOf(Infinity)).toBe(0x7f800000);
  });

  it('u32 and i32 keep every integer, moved or not', () => {
    for (const name of ['u32', 'i32', 'u24', 'i17']) {
      const type = preludeNumber(name)!;
      const number = resolveNumber(type);
      const shifted = resolveNumber(move(move(type, '*', -2), '+', 1));
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** number.bits - 1 }), (code) => {
          const signed = name[0] === 'i' && code >= 2 ** (number.bits - 1) ? code - 2 ** number.bits : code;
          expect(number.codeOf(signed)).toBe(code);
          expect(number.codeOf(signed + 0.25)).toBe(code);
          expect(number.levelOf(code)).toBe(Math.fround(signed));
          expect(shifted.codeOf(1 - 2 * signed)).toBe(code);
          expect(shifted.levelOf(code)).toBe(Math.fround(1 - 2 * signed));
        }),
        { seed: 2, numRuns: 200 },
      );
    }
  });

  it('a 19-bit float agrees with the 16 bits of bf16 where both have the value', () => {
    const tf32 = resolveNumber(float({ exponent: 8, mantissa: 10, specials: 'ieee' }));
    const bf16 = resolveNumber(PRELUDE.bf16!);
    for (let code = 0; code < 65536; code += 7) {
      const value = bf16.levelOf(code);
      if (Number.isNaN(value)) continue;
      expect(tf32.codeOf(value)).toBe(code * 8);
      expect(tf32.levelOf(code * 8)).toBe(value);
    }
    expect(tf32.codeOf(1 + 2 ** -11)).toBe(tf32.codeOf(1));
    expect(tf32.codeOf(1 + 3 * 2 ** -11)).toBe(tf32.codeOf(1) + 2);
    expect(tf32.codeOf(NaN)).toBe(tf32.nanCode);
  });
});

describe('floats of 16 bits', () => {
  it.each(['f16', 'bf16'])('%s: every code decodes and encodes to itself, in order', (name) => {
    const number = resolveNumber(PRELUDE[name]!);
    const finite = Float32Array.from(number.levels!).filter((level) => !Number.isNaN(level));
    const codes = new Uint16Array(finite.length);
    number.encodeInto(finite, codes);
    const expected = Array.from({ length: 65536 }, (_, code) => code).filter(
      (code) => !Number.isNaN(number.levels![code]),
    );
    expect(Array.from(codes)).toEqual(expected);
    for (let code = 1; number.levels![code]! < Infinity; code++) {
      expect(number.levels![code]!).toBeGreaterThan(number.levels![code - 1]!);
    }
  });

  it.each(['f16', 'bf16'])('%s rounds to nearest even as a rounding of the bits does', (name) => {
    const number = resolveNumber(PRELUDE[name]!);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -60000, max: 60000 }), (x) => {
        const level = number.levelOf(number.codeOf(x));
        const code = number.codeOf(Math.abs(x));
        const above = number.levelOf(code + 1);
        const below = code > 0 ? number.levelOf(code - 1) : -above;
        const error = Math.abs(Math.abs(x) - Math.abs(level));
        expect(error).toBeLessThanOrEqual(Math.min(above - Math.abs(x), Math.abs(x) - below));
        if (error === above - Math.abs(x) || error === Math.abs(x) - below) expect(code % 2).toBe(0);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('stochastic rounding', () => {
  it('has the draws of its definition, computed apart (Python): a change of them changes bytes that were written', () => {
    expect([0, 1, 2, 2 ** 32].map((index) => stochasticDraw(42, index) * 2 ** 32)).toEqual([
      2902138746, 3966011302, 2471891509, 502659968,
    ]);
  });

  it('is right on average and repeatable', () => {
    const number = resolveNumber(withRounding(preludeNumber('u4')!, { stochastic: 3 }));
    const x = new Float32Array(40000).fill(5.3);
    const codes = new Uint8Array(x.length);
    number.encodeInto(x, codes);
    const mean = codes.reduce((sum, code) => sum + code, 0) / x.length;
    expect(Math.abs(mean - 5.3)).toBeLessThan(0.01);
    const tail = new Uint8Array(100);
    number.encodeInto(x.subarray(0, 100), tail, 20000);
    expect(Array.from(tail)).toEqual(Array.from(codes.subarray(20000, 20100)));
  });
});
