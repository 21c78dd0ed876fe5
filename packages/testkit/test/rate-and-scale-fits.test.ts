/** The fits `mse_scale`, `urq`, `cheapest` and `ecsq` in formats: what they promise on every block, and what they refuse. */
import { encodeFields, evaluateFields, interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import type { Format } from '@fewerbits/format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

function compiled(text: string): Format {
  const { instantiate, diagnostics } = compileFile(makeSource('test.qf', text));
  const { format } = instantiate('f');
  if (format === null) throw new RangeError(diagnostics.map(({ message }) => message).join('\n'));
  return format;
}

const messages = (text: string): string[] => {
  const file = compileFile(makeSource('test.qf', text));
  return [...file.diagnostics, ...file.instantiate('f').diagnostics].map(({ message }) => message);
};

function errors(
  format: Format,
  x: Float32Array,
  size: number,
  importance?: number[],
  fit?: string,
): number[] {
  const fields = encodeFields(format, x, {
    ...(fit === undefined ? {} : { fit }),
    ...(importance === undefined ? {} : { importance }),
  });
  const values = evaluateFields(format, fields);
  const out = new Array<number>(Math.ceil(x.length / size)).fill(0);
  for (let i = 0; i < x.length; i++)
    out[Math.floor(i / size)]! += (importance?.[i] ?? 1) * (x[i]! - values[i]!) ** 2;
  return out;
}

const entropyOf = (codes: ArrayLike<number>): number => {
  const counts = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) counts.set(codes[i]!, (counts.get(codes[i]!) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / codes.length) * Math.log2(n / codes.length), 0);
};

/** Sums of twelve draws: near a Normal, the same on every machine. */
function bell(n: number, seed = 1): Float32Array {
  let state = seed;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Float32Array.from({ length: n }, () => Array.from({ length: 12 }, draw).reduce((a, b) => a + b));
}

const SEED = { seed: 2026, numRuns: 60 };
const weightLists = fc.array(
  fc.integer({ min: -100_000, max: 100_000 }).map((v) => v / 25_000),
  { minLength: 1, maxLength: 40 },
);
const worths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 40, maxLength: 40 });

describe('mse_scale', () => {
  const bodies = [
    ['bf16', 'int(-7..7)', 'absmax / 7', 'scale * code'],
    ['bf16', 'nf4', 'absmax', 'scale * code'],
    ['e4m3', 'e2m1', 'absmax / 6', 'code * (scale * 0.75)'],
    ['f32', 'u4 - 8', 'absmax / 7', '-(code * scale)'],
    ['e8m0', 'e2m1', 'floor_pow2(absmax) / 4', 'scale * code'],
    ['bf16 round out', 'codebook [-1, -0.3, 0.2, 0.9]', 'absmax', 'scale * code'],
  ] as const;

  it.each(bodies)('%s, %s: no block is worse than under search or absmax', (scale, code, start, value) => {
    const format = compiled(`format f {
      tail short
      block 16 { scale: ${scale} = mse_scale, each code: ${code} }
      value = ${value}
      fit search { scale = search(${start}, 1/4..4, steps: 17) }
      fit start { scale = ${start} }
    }`);
    fc.assert(
      fc.property(weightLists, worths, fc.boolean(), (list, worth, weighted) => {
        const x = Float32Array.from(list);
        const importance = weighted ? worth.slice(0, x.length) : undefined;
        const best = errors(format, x, 16, importance);
        const energy = x.reduce((sum, v, i) => sum + (importance?.[i] ?? 1) * v * v, 0);
        for (const fit of ['search', 'start']) {
          for (const [k, other] of errors(format, x, 16, importance, fit).entries())
            expect(best[k]!).toBeLessThanOrEqual(other + 1e-6 * energy);
        }
        const codec = interpreter(format);
        const options = importance === undefined ? {} : { importance };
        expect(codec.decode(codec.encode(x, options))).toHaveLength(x.length);
      }),
      SEED,
    );
  });

  it('follows the importance, the factor of a row, and a given start', () => {
    const format = compiled(`format f {
      row gain: f32 = absmax
      block 4 { scale: f16 = mse_scale(start: 1), each code: int(-1..1) }
      value = gain * (scale * code)
    }`);
    const x = Float32Array.of(1, 0.6, 0.6, 0);
    const at = (importance: number[]): number =>
      evaluateFields(format, encodeFields(format, x, { importance }))[1]!;
    expect(at([1, 100, 100, 1])).toBeCloseTo(0.6, 2);
    expect(at([1000, 1, 1, 1])).toBeCloseTo(1, 2);
    expect([...evaluateFields(format, encodeFields(format, new Float32Array(4)))]).toEqual([0, 0, 0, 0]);
  });

  it('has the stored scale as the unrounded one, as it was chosen by', () => {
    const format = compiled(`format f {
      block 16 { scale: bf16 = mse_scale(start: signmax / -8), each code: u4 - 8 = trunc(x / unrounded(scale) + 8.5) - 8 }
      value = scale * code
      fit start { scale = signmax / -8 }
    }`);
    const x = bell(320, 3);
    const plain = errors(format, x, 16, undefined, 'start');
    for (const [k, error] of errors(format, x, 16).entries())
      expect(error).toBeLessThanOrEqual(plain[k]! * 1.02 + 1e-6);
  });

  it('keeps NaN where the format does, with the start for that block', () => {
    const format = compiled(`format f {
      nonfinite keep
      block 4 { scale: f16 = mse_scale, each code: e4m3 }
      value = scale * code
    }`);
    const values = evaluateFields(format, encodeFields(format, Float32Array.of(1, Number.NaN, 2, 3)));
    expect(values[1]).toBeNaN();
    expect(values[2]).toBeCloseTo(2, 1);
  });

  it('refuses a formula that is more than scale · code, and names the cure', () => {
    const file = compileFile(
      makeSource(
        'test.qf',
        `format f {
          block 4 { low: f16 = min(x), scale: f16 = mse_scale, each code: u4 }
          value = scale * code + low
        }`,
      ),
    );
    const found = [...file.diagnostics, ...file.instantiate('f').diagnostics];
    expect(found.map(({ code }) => code)).toContain('QF411');
    expect(found.some(({ help }) => help?.includes('search('))).toBe(true);
  });
});

describe('urq', () => {
  const steps = compiled(
    `format f {
    tensor step: f32 = step_for_rate(2)
    each code: grid = nearest_grid
    value = step * code
    entropy code with rans
  }`.replace(' = nearest_grid', ''),
  );
  const urq = (call: string, step = 'step_for_rate(2)', code = 'grid'): Format =>
    compiled(`format f {
      tensor step: f32 = ${step}
      each code: ${code} = ${call}
      value = step * code
      entropy code with rans
    }`);
  const x = bell(6000);
  const bits = (format: Format, options = {}): number =>
    entropyOf(encodeFields(format, x, options).codes.code!);

  it('needs fewer bits as λ rises; 0.1 if left out, by name or by place', () => {
    const rates = [bits(urq('urq(0)')), bits(urq('urq(0.05)')), bits(urq('urq')), bits(urq('urq(0.3)'))];
    expect(rates[0]).toBe(bits(steps));
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(rates[3]).toBeLessThan(rates[0]! - 0.2);
    const codes = (call: string) => encodeFields(urq(call), x).codes.code;
    expect(codes('urq')).toEqual(codes('urq(0.1)'));
    expect(codes('urq(lambda: 0.1)')).toEqual(codes('urq(0.1)'));
  });

  it('meets the rate with the step for it, nearer than plain rounding', () => {
    const rounded = urq('urq(0.1)', 'step_for_rate(2, urq: 0.1)');
    expect(Math.abs(bits(rounded) - 2)).toBeLessThan(0.01);
    expect(errors(rounded, x, 6000)[0]).toBeLessThan(errors(steps, x, 6000)[0]! * 0.98);
  });

  it('never leaves the range of finite codes, also under block scales and importance', () => {
    const format = compiled(`format f {
      tail short
      block 32 { scale: bf16 = absmax / 9, each code: int(-7..7) = urq(0.2) }
      value = scale * code
      entropy code with rans
      fit plain { code = nearest }
    }`);
    const importance = Array.from(x, (_, i) => (i % 32 < 4 ? 50 : 1));
    const codes = encodeFields(format, x, { importance }).codes.code!;
    const levels = Array.from(codes, (code) => (code > 7 ? code - 16 : code));
    expect(Math.min(...levels)).toBe(-7);
    expect(Math.max(...levels)).toBe(7);
    expect(entropyOf(codes)).toBeLessThan(
      entropyOf(encodeFields(format, x, { fit: 'plain', importance }).codes.code!),
    );
  });

  it('takes zeros, constants and single weights', () => {
    for (const data of [new Float32Array(5), new Float32Array(5).fill(3), Float32Array.of(-2)]) {
      const format = urq('urq', 'absmax / 4');
      const codec = interpreter(format);
      const decoded = codec.decode(codec.encode(data));
      for (const [i, v] of decoded.entries()) expect(Math.abs(v - data[i]!)).toBeLessThan(1e-6);
    }
  });

  it('refuses uneven levels and a λ out of range', () => {
    expect(() => encodeFields(urq('urq', 'absmax', 'nf4'), x)).toThrow(/evenly spaced.*cheapest/);
    expect(() => encodeFields(urq('urq(-1)'), x)).toThrow(/from 0/);
    expect(() => encodeFields(urq('urq(step)'), x)).toThrow(/urq/);
  });
});

describe('ecsq and cheapest', () => {
  const format = compiled(`format f {
    tensor levels: f16[32] = ecsq(rate: 2)
    each code: u5 = cheapest(rate: 2)
    value = levels[code]
    entropy code with rans
  }`);
  const x = bell(6000, 5);

  it('keep to the rate, below the error of a grid at it; padded levels are not chosen', () => {
    const fields = encodeFields(format, x);
    expect(Math.abs(entropyOf(fields.codes.code!) - 2)).toBeLessThan(0.02);
    const grid = compiled(
      'format f { tensor step: f32 = step_for_rate(2), each code: grid, value = step * code, entropy code with rans }',
    );
    expect(errors(format, x, 6000)[0]).toBeLessThan(errors(grid, x, 6000)[0]!);
    const used = new Set(fields.codes.code!);
    const levels = fields.codes.levels!;
    for (const code of used) expect(levels.indexOf(levels[code]!)).toBe(code);
  });

  it('decode what they encode, and take zeros, constants and single weights', () => {
    const codec = interpreter(format);
    for (const data of [x, new Float32Array(5), new Float32Array(5).fill(3), Float32Array.of(-2)]) {
      const packed = codec.encode(data);
      expect(codec.encode(codec.decode(packed)).shape).toEqual(packed.shape);
      if (data !== x) expect([...codec.decode(packed)]).toEqual([...data]);
    }
  });

  it('work under block scales, and on any list of a number', () => {
    const blocks = compiled(`format f {
      block 50 { scale: bf16 = absmax, each code: nf4 = cheapest(rate: 2.5) }
      value = scale * code
      entropy code with rans
    }`);
    expect(entropyOf(encodeFields(blocks, x).codes.code!)).toBeLessThan(2.51);
    const trained = compiled(`format f {
      tensor levels: f16[16] = ecsq(of: x / scale, rate: 2.5)
      block 50 { scale: bf16 = absmax, each code: u4 = cheapest(rate: 2.5) }
      value = scale * levels[code]
      entropy code with rans
    }`);
    expect(errors(trained, x, 6000)[0]).toBeLessThan(errors(blocks, x, 6000)[0]!);
  });
});

describe('wrong arguments are diagnostics', () => {
  const withCode = (call: string) =>
    messages(`format f {
      tensor step: f32 = 1
      each code: grid = ${call}
      value = step * code
      entropy code with rans
    }`);
  const withScale = (call: string) =>
    messages(`format f {
      block 4 { scale: f16 = ${call}, each code: u4 }
      value = scale * code
    }`);
  it.each([
    [withCode('urq(1, 2)'), /takes 1 arguments/],
    [withCode('urq(0.1, lambda: 0.2)'), /given twice/],
    [withCode('urq(rate: 1)'), /no argument `rate`/],
    [withCode('cheapest'), /needs `rate:`/],
    [withCode('cheapest(2)'), /without a name/],
    [withScale('mse_scale(absmax)'), /without a name/],
    [withScale('mse_scale(begin: 1)'), /no argument `begin`/],
    [withScale('step_for_rate(3, urk: 1)'), /no argument `urk`/],
    [
      messages('format f { tensor levels: f16[4] = ecsq, each code: u2, value = levels[code] }'),
      /needs `rate:`/,
    ],
  ])('%s', (found, expected) => {
    expect(found.join('\n')).toMatch(expected);
  });
});
