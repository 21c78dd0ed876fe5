import { describe, expect, it } from 'vitest';
import {
  affineIn,
  buildFormat,
  canonicalName,
  each,
  FORMAT_VERSION,
  FUNCTIONS,
  field,
  formatFromJson,
  formatId,
  formatToJson,
  matrixShape,
  mul,
  parseSpec,
  parseSpecList,
  ref,
  sameDecoding,
  sameNumbers,
  sizeOf,
  specText,
  sub,
  tensor,
  x,
} from '../src/index.ts';
import { planar, q4_0 } from './examples.ts';

describe('names', () => {
  it('reads names, parameters and fits as people write them', () => {
    expect(parseSpec('q4-0')).toEqual({ name: 'q4_0', args: {}, fit: null });
    expect(parseSpec('student(bits=3, keep=0.1%, alpha=1/4, element=e2m1)@float-log2')).toEqual({
      name: 'student',
      args: { bits: 3, keep: 0.001, alpha: 0.25, element: 'e2m1' },
      fit: 'float_log2',
    });
    expect(parseSpecList('a,student(bits=3, df=5),b').map(specText)).toEqual([
      'a',
      'student(bits=3, df=5)',
      'b',
    ]);
    expect(parseSpecList('').length).toBe(0);
    expect(() => parseSpec('student(bits)')).toThrow(
      /'bits' in 'student\(bits\)' is not a parameter; write name=value/,
    );
    expect(() => parseSpec('a b')).toThrow(/is not a format/);
  });

  it('prints every parameter in a canonical name', () => {
    expect(canonicalName({ name: 'student', parameters: { bits: 3, df: 7 } })).toBe('student(bits=3, df=7)');
    expect(canonicalName({ name: 'q4_0', parameters: {} })).toBe('q4_0');
  });
});

describe('views', () => {
  it('sees tensors as matrices', () => {
    expect(matrixShape('last', [2, 3, 4])).toEqual({ rows: 6, cols: 4 });
    expect(matrixShape('first', [2, 3, 4])).toEqual({ rows: 2, cols: 12 });
    expect(matrixShape('flat', [2, 3, 4])).toEqual({ rows: 1, cols: 24 });
    expect(matrixShape('last', [5])).toEqual({ rows: 1, cols: 5 });
    expect(() => matrixShape('last', [2, -1])).toThrow(/-1 is not a size/);
  });
});

describe('format.json', () => {
  it('comes back equal', () => {
    for (const format of [q4_0(), planar('pad')]) {
      expect(formatFromJson(JSON.parse(formatToJson(format)))).toEqual(format);
    }
  });

  it('refuses a newer version with the cure, and anything else with the place', () => {
    expect(() => formatFromJson({ ...q4_0(), version: FORMAT_VERSION + 1 })).toThrow(
      /install a newer fewerbits/,
    );
    expect(() => formatFromJson({ ...q4_0(), tail: 'maybe' })).toThrow(/not a format.json: at tail/);
    expect(() => formatFromJson({ ...q4_0(), extra: 1 })).toThrow(/not a format.json/);
    expect(() => formatFromJson(null)).toThrow(/the top level/);
    const lost = q4_0();
    expect(() => formatFromJson({ ...lost, numbers: {} })).toThrow(/unknown number/);
  });
});

describe('identity', () => {
  it('looks at values and bytes, not at names, fits and comments', () => {
    const a = q4_0();
    const b = { ...a, name: 'other', doc: 'text', fields: a.fields.map((f) => ({ ...f, fit: null })) };
    expect(formatId(a)).toBe(formatId(b));
    expect(formatId(a)).toMatch(/^[0-9a-f]{16}$/);
    expect(sameDecoding(a, { ...a, tail: 'pad' })).toBe(false);
  });

  it('knows the same numbers in another layout', () => {
    const a = q4_0();
    const planarOnes = { ...a, layout: [...a.layout].map((s) => ({ ...s, name: 'bytes' })) };
    expect(sameDecoding(a, planarOnes)).toBe(false);
    expect(sameNumbers(a, planarOnes)).toBe(true);
  });
});

describe('the builder', () => {
  it('refuses what a file could not say', () => {
    expect(() => buildFormat('a', { body: [each([field('c', 'u99')])] })).toThrow(/unknown number u99/);
    expect(() => buildFormat('a b', { body: [each([field('c', 'u4')])] })).toThrow(/is not a name/);
    expect(() =>
      buildFormat('a', { body: [tensor([field('c', 'f32')]), each([field('c', 'u4')])], value: ref('c') }),
    ).toThrow(/declared twice/);
    expect(() => buildFormat('a', { body: [each([field('c', 'u4')])], value: ref('d') })).toThrow(
      /unknown field d/,
    );
    expect(() => buildFormat('a', { body: [field('c', 'u4')] })).toThrow(/outside any scope/);
    expect(() => buildFormat('a', { body: [tensor([field('s', 'f32')]), each([field('c', 'u4')])] })).toThrow(
      /the value must be given/,
    );
  });
});

describe('expressions', () => {
  it('finds the affine form in the order written', () => {
    const value = sub(mul(mul(ref('d'), ref('s')), ref('c')), mul(ref('e'), ref('m')));
    const affine = affineIn(value, 'c');
    expect(affine?.slope).toEqual(mul(ref('d'), ref('s')));
    expect(affine?.offset).toEqual({ op: 'neg', of: mul(ref('e'), ref('m')) });
    expect(affineIn(mul(ref('c'), ref('c')), 'c')).toBeNull();
    expect(affineIn({ op: 'div', left: x, right: ref('c') }, 'c')).toBeNull();
    const group = mul(ref('s'), sub(ref('c'), ref('z')));
    expect(affineIn(group, 'c')).toEqual({
      slope: ref('s'),
      offset: mul(ref('s'), { op: 'neg', of: ref('z') }),
    });
  });

  it('computes sizes from the shape', () => {
    const size = { op: 'div', left: { op: 'cols' }, right: { op: 'const', value: 8 } } as const;
    expect(sizeOf(size, { rows: 1, cols: 32 })).toBe(4);
    expect(() => sizeOf(size, { rows: 1, cols: 12 })).toThrow(/is not a whole number/);
    expect(() => sizeOf(x, { rows: 1, cols: 12 })).toThrow(/rows and cols only|needs data/);
  });

  it('works on the bits of whole numbers below 2^53', () => {
    const big = 2 ** 40 + 5;
    expect(FUNCTIONS.and(big, 2 ** 40 + 4)).toBe(2 ** 40 + 4);
    expect(FUNCTIONS.or(2 ** 40, 3)).toBe(2 ** 40 + 3);
    expect(FUNCTIONS.xor(big, big)).toBe(0);
    expect(FUNCTIONS.xor(0xffffffff, 1)).toBe(0xfffffffe);
    expect(FUNCTIONS.u32(2 ** 33 + 7)).toBe(7);
    expect([0, 1, 3, 7, 2 ** 40 + 1].map((v) => FUNCTIONS.parity(v))).toEqual([0, 1, 0, 1, 0]);
    expect(FUNCTIONS.choose(7, 10, 20)).toBe(20);
    expect(FUNCTIONS.mod(-1, 4)).toBe(3);
  });
});
