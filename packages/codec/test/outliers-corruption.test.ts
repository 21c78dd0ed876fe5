/**
 * Damaged index streams of outliers: whatever the bytes, decoding gives what an independent reader makes of them, or throws and names
 * the stream. 12,000 damaged packages of every index and unit.
 */
import {
  buildFormat,
  each,
  type Format,
  field,
  mul,
  type Outliers,
  type Packed,
  ref,
  rms,
  tensor,
} from '@fewerbits/format';
import { int, preludeNumber } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpreter } from '../src/index.ts';

const numbers = Object.fromEntries(['u32', 'u16', 'i32', 'f32'].map((name) => [name, preludeNumber(name)!]));

const INDICES = {
  coo: { kind: 'coo', number: 'u32' },
  narrow: { kind: 'coo', number: 'u16' },
  csr: { kind: 'csr', offset: 'i32', column: 'u16' },
  bitmap: { kind: 'bitmap' },
} as const;

function sparse(unit: Outliers['unit'], index: Outliers['index']): Format {
  return buildFormat('sparse', {
    numbers,
    outliers: {
      unit,
      select: { top: 0.2, by: null },
      index,
      value: { number: 'f32', fit: null },
      add: false,
    },
    body: [tensor([field('scale', 'f32', rms())]), each([field('code', int(-7, 7))])],
    value: mul(ref('scale'), ref('code')),
  });
}

const SHAPE = [6, 10] as const;
const data = Float32Array.from({ length: 60 }, (_, i) => (((i * 37) % 60) - 30) / 7);

/** The units that an index names, read from the bytes without the codec; null if they are no index of as many units as there are values. */
function unitsOf(format: Format, streams: Packed['streams']): number[] | null {
  const { index, unit } = format.outliers!;
  const [rows, cols] = SHAPE;
  const perUnit = unit === 'row' ? cols : unit === 'column' ? rows : 1;
  const limit = { row: rows, column: cols, each: rows * cols }[unit];
  const bytes = streams['outliers.index']!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = streams['outliers.value']!.length / 4 / perUnit;
  let units: number[] = [];
  if (index.kind === 'bitmap') {
    if (bytes.length !== Math.ceil(limit / 8)) return null;
    for (let i = 0; i < limit; i++) if ((bytes[i >> 3]! >> (i & 7)) & 1) units.push(i);
  } else {
    const size = index.kind === 'coo' && index.number === 'u32' ? 4 : 2;
    if (bytes.length % size !== 0) return null;
    units = Array.from({ length: bytes.length / size }, (_, k) =>
      size === 4 ? view.getUint32(4 * k, true) : view.getUint16(2 * k, true),
    );
  }
  if (index.kind === 'csr') {
    const stored = streams['outliers.offset']!;
    if (stored.length !== 4 * (rows + 1)) return null;
    const offsets = Array.from({ length: rows + 1 }, (_, r) =>
      new DataView(stored.buffer, stored.byteOffset).getInt32(4 * r, true),
    );
    if (offsets[0] !== 0 || offsets[rows] !== units.length) return null;
    if (offsets.some((offset, r) => r > 0 && offset < offsets[r - 1]!)) return null;
    if (units.some((column) => column >= cols)) return null;
    const rowOf = (k: number): number => offsets.findLastIndex((offset) => offset <= k);
    units = units.map((column, k) => rowOf(k) * cols + column);
  }
  const rises = units.every((value, k) => value < limit && (k === 0 || value > units[k - 1]!));
  return rises && units.length === values ? units : null;
}

/** What decoding should give: the dense weights with the stored values in the places that are named. */
function expected(format: Format, streams: Packed['streams'], dense: Float32Array): Float32Array | null {
  const units = unitsOf(format, streams);
  if (units === null) return null;
  const { unit } = format.outliers!;
  const [rows, cols] = SHAPE;
  const bytes = streams['outliers.value']!;
  const values = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = dense.slice();
  let k = 0;
  const put = (at: number): void => {
    out[at] = values.getFloat32(4 * k++, true);
  };
  if (unit === 'column')
    for (const column of units) for (let row = 0; row < rows; row++) put(row * cols + column);
  else if (unit === 'row')
    for (const row of units) for (let col = 0; col < cols; col++) put(row * cols + col);
  else units.forEach(put);
  return out;
}

const damage = fc.record({
  stream: fc.nat(2),
  kind: fc.constantFrom('flip', 'byte', 'word', 'cut', 'grow', 'swap', 'random'),
  at: fc.nat(),
  value: fc.nat(2 ** 32 - 1),
});

function damaged(
  bytes: Uint8Array,
  { kind, at, value }: { kind: string; at: number; value: number },
): Uint8Array {
  const out = bytes.slice();
  if (kind === 'grow') return Uint8Array.from([...out, ...new Uint8Array((value % 9) + 1).fill(value >> 8)]);
  if (out.length === 0) return out;
  const place = at % out.length;
  if (kind === 'cut') return out.slice(0, place);
  if (kind === 'flip') out[place]! ^= 1 << (value % 8);
  if (kind === 'byte') out[place] = value;
  if (kind === 'random') for (let i = place; i < out.length; i++) out[i] = Math.imul(value, 2 * i + 1) >>> 13;
  if (kind === 'word')
    for (let i = 0; i < 4 && place + i < out.length; i++) out[place + i] = value >>> (8 * i);
  if (kind === 'swap') [out[place], out[value % out.length]] = [out[value % out.length]!, out[place]!];
  return out;
}

describe.each([
  ['each', 'coo'],
  ['each', 'narrow'],
  ['each', 'csr'],
  ['each', 'bitmap'],
  ['row', 'coo'],
  ['row', 'bitmap'],
  ['column', 'narrow'],
  ['column', 'bitmap'],
] as const)('outliers of %s by %s', (unit, kind) => {
  const format = sparse(unit, INDICES[kind]);
  const codec = interpreter(format);
  const packed = codec.encode(data, { shape: SHAPE });
  const names = Object.keys(packed.streams).filter((name) => name.startsWith('outliers.'));
  const plain = interpreter({
    ...format,
    outliers: null,
    layout: format.layout.filter(({ name }) => !name.startsWith('outliers.')),
  });
  const dense = plain.decode({
    shape: packed.shape,
    streams: { scale: packed.streams.scale!, code: packed.streams.code! },
  });

  it('decode as an independent reader has it, or are refused by name', () => {
    expect(expected(format, packed.streams, dense)).toEqual(codec.decode(packed));
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (steps) => {
        const streams = { ...packed.streams };
        for (const step of steps) {
          const name = names[step.stream % names.length]!;
          streams[name] = damaged(streams[name]!, step);
        }
        const wanted = expected(format, streams, dense);
        let decoded: Float32Array;
        try {
          decoded = codec.decode({ ...packed, streams });
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toMatch(/^sparse: stream outliers\.(index|offset|value)/);
          expect(wanted, (error as Error).message).toBeNull();
          refused++;
          return;
        }
        expect(decoded).toEqual(wanted);
        accepted++;
      }),
      { seed: 11, numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(200);
    expect(accepted).toBeGreaterThan(20);
  });
});
