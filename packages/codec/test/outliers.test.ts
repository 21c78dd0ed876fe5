import {
  absmax,
  block,
  buildFormat,
  div,
  each,
  type Format,
  field,
  mul,
  type Outliers,
  ref,
  rms,
  sub,
  tensor,
  x,
} from '@fewerbits/format';
import { int, preludeNumber } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpreter } from '../src/index.ts';

const numbers = Object.fromEntries(
  ['u32', 'u16', 'i32', 'bf16', 'f32'].map((name) => [name, preludeNumber(name)!]),
);

function sparse(outliers: Outliers): Format {
  return buildFormat('sparse', {
    numbers,
    outliers,
    body: [tensor([field('scale', 'f32', rms())]), each([field('code', int(-7, 7))])],
    value: div(mul(ref('scale'), ref('code')), 3),
  });
}

const exact: Outliers['value'] = { number: 'f32', fit: null };
const top = (ratio: number, more: Partial<Outliers> = {}): Outliers => ({
  unit: 'each',
  select: { top: ratio, by: null },
  index: { kind: 'coo', number: 'u32' },
  value: exact,
  add: false,
  ...more,
});

const data = Float32Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) / 30 - 1);
data[7] = 100;
data[31] = -100;
data[40] = 50;

describe('outliers', () => {
  it('are the largest magnitudes, the lower index first among equals, and come back exactly', () => {
    const codec = interpreter(sparse(top(2 / 60)));
    const packed = codec.encode(data, { shape: [6, 10] });
    expect([...codec.unpack(packed).codes['outliers.index']!]).toEqual([7, 31]);
    const decoded = codec.decode(packed);
    expect([decoded[7], decoded[31]]).toEqual([100, -100]);
    expect(decoded[40]).not.toBe(50);
    expect(codec.pack(codec.unpack(packed))).toEqual(packed);
  });

  it('are zeros in the data that is fitted', () => {
    const withOutliers = interpreter(sparse(top(3 / 60)));
    const scale = withOutliers.unpack(withOutliers.encode(data)).codes.scale!;
    const dense = data.map((v) => (Math.abs(v) > 2 ? 0 : v));
    const plain = interpreter(sparse(top(0)));
    expect(scale).toEqual(plain.unpack(plain.encode(dense)).codes.scale);
  });

  it.each([
    ['coo', { kind: 'coo', number: 'u32' }],
    ['csr', { kind: 'csr', offset: 'i32', column: 'u16' }],
    ['bitmap', { kind: 'bitmap' }],
  ] as const)('%s: the same weights, whatever the index', (_, index) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), (count) => {
        const codec = interpreter(sparse(top((count + 0.5) / 60, { index })));
        const reference = interpreter(sparse(top((count + 0.5) / 60)));
        const packed = codec.encode(data, { shape: [6, 10] });
        expect(codec.decode(packed)).toEqual(reference.decode(reference.encode(data, { shape: [6, 10] })));
        expect(codec.pack(codec.unpack(packed))).toEqual(packed);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('may be whole rows or columns, by a condition', () => {
    for (const unit of ['row', 'column'] as const) {
      const where = { op: 'ge', left: absmax(), right: { op: 'const', value: 60 } } as const;
      const codec = interpreter(sparse(top(0, { unit, select: { where } })));
      const packed = codec.encode(data, { shape: [6, 10] });
      expect([...codec.unpack(packed).codes['outliers.index']!]).toEqual(unit === 'row' ? [0, 3] : [1, 7]);
      const decoded = codec.decode(packed);
      for (let i = 0; i < 60; i++) {
        const inside = unit === 'row' ? [0, 3].includes(Math.floor(i / 10)) : [1, 7].includes(i % 10);
        if (inside) expect(decoded[i]).toBe(data[i]);
      }
    }
  });

  it('may hold what the dense decode leaves, and be added', () => {
    const rest = top(3 / 60, { value: { number: 'f32', fit: sub(x, { op: 'value' }) }, add: true });
    const codec = interpreter(sparse(rest));
    const decoded = codec.decode(codec.encode(data, { shape: [6, 10] }));
    expect(decoded[7]).toBe(100);
  });

  it('may follow the dense fit: the weights that it leaves farthest away', () => {
    const by = { op: 'call', name: 'abs', args: [sub(x, { op: 'value' })] } as const;
    const codec = interpreter(sparse(top(1 / 60, { select: { top: 1 / 60, by } })));
    const index = codec.unpack(codec.encode(data, { shape: [6, 10] })).codes['outliers.index']!;
    expect(index).toHaveLength(1);
    expect([7, 31]).toContain(index[0]);
  });

  it('stand beside tails of every kind', () => {
    for (const tail of ['pad', 'short', 'keep'] as const) {
      const format = buildFormat('t', {
        numbers,
        tail,
        outliers: top(2 / 60),
        body: [block('block', 8, [field('scale', 'f32', absmax()), each([field('code', int(-7, 7))])])],
        value: div(mul(ref('scale'), ref('code')), 7),
      });
      const codec = interpreter(format);
      const decoded = codec.decode(codec.encode(data, { shape: [6, 10] }));
      expect([decoded[7], decoded[31]]).toEqual([100, -100]);
    }
  });
});

describe('corrupt outlier streams', () => {
  const codec = interpreter(sparse(top(3 / 60)));
  const { streams } = codec.encode(data, { shape: [6, 10] });
  const broken = (
    name: string,
    change: (view: DataView, bytes: Uint8Array) => Uint8Array | undefined,
  ): (() => Float32Array) => {
    const bytes = streams[name]!.slice();
    const result = change(new DataView(bytes.buffer), bytes) ?? bytes;
    return () => codec.decode({ shape: [6, 10], streams: { ...streams, [name]: result } });
  };

  it('are refused with stream and entry', () => {
    expect(broken('outliers.index', (v) => void v.setUint32(8, 60, true))).toThrow(
      /outliers\.index, entry 2: index 60 is not below 60/,
    );
    expect(broken('outliers.index', (v) => void v.setUint32(4, 7, true))).toThrow(
      /entry 1: index 7 does not rise above 7/,
    );
    expect(broken('outliers.index', (v) => void v.setUint32(0, 0xffffffff, true))).toThrow(
      /index 4294967295 is not below 60/,
    );
    expect(broken('outliers.index', (_, b) => b.slice(1))).toThrow(/no number of outliers/);
    expect(broken('outliers.value', (_, b) => b.slice(4))).toThrow(/outliers\.value has 8 bytes/);
  });

  it('csr offsets that fall or end elsewhere are refused', () => {
    const csr = interpreter(sparse(top(3 / 60, { index: { kind: 'csr', offset: 'i32', column: 'u16' } })));
    const packed = csr.encode(data, { shape: [6, 10] });
    const spoil = (name: string, at: number, value: number): (() => Float32Array) => {
      const bytes = packed.streams[name]!.slice();
      new DataView(bytes.buffer).setUint16(at, value, true);
      return () => csr.decode({ ...packed, streams: { ...packed.streams, [name]: bytes } });
    };
    expect(spoil('outliers.offset', 4, 9)).toThrow(/outliers\.offset, entry/);
    expect(spoil('outliers.offset', 24, 2)).toThrow(/runs from 0 to 2, not from 0 to 3/);
    expect(spoil('outliers.index', 0, 10)).toThrow(/column 10 is not below 10/);
  });
});
