/** Decoding in place touches nothing but its own views, wherever in the arena they lie. */
import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import type { Codec, Format, Packed } from '@fewerbits/format';
import { decodeVectors } from '@fewerbits/kernel';
import { describe, expect, it } from 'vitest';
import { makeArena, wasmDecoder } from '../src/index.ts';

function formatOf(text: string): Format {
  const file = compileFile(makeSource('test.qf', text), { read: () => null });
  const { format, diagnostics } = file.instantiate('f');
  if (format === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return format;
}

const ROWS = formatOf('format f { row scale: f32 = absmax, each code: i8, value = scale * code }');
const WHOLE = formatOf('format f { tensor scale: f32 = absmax, each code: f32, value = scale * code }');

/** Sixteen weights have 12 bytes, and sixteen are read: in loops, the last of them beyond the tensor. */
const LARGE = formatOf(
  'format f { superblock 256 { scale: f16 = absmax / 31, each code: u6 - 32 } value = scale * code }',
);

function decoder(base: Codec, options: Parameters<typeof wasmDecoder>[1]): Codec {
  const codec = wasmDecoder(base, options);
  if (typeof codec === 'string') throw new Error(codec);
  return codec;
}

const encoded = (base: Codec, rows: number, cols: number): Packed =>
  base.encode(
    Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i) + i / 100),
    { shape: [rows, cols] },
  );

describe('decoding in place', () => {
  // A unit has 32 weights: several of these rows are shorter than what one unit writes.
  it.each([
    [7, 8],
    [2, 8],
    [1, 8],
    [5, 40],
    [3, 64],
    [9, 24],
  ])('writes %i rows of %i weights and nothing around them', (rows, cols) => {
    const base = interpreter(ROWS);
    const packed = encoded(base, rows, cols);
    const arena = makeArena(1 << 20);
    const codec = decoder(base, { arena });
    const streams = Object.entries(packed.streams).map(([name, bytes]) => {
      const own = arena.bytes(bytes.length);
      own.set(bytes);
      return [name, own] as const;
    });
    const guard = 256;
    const room = arena.floats(rows * cols + 2 * guard).fill(7);
    const out = room.subarray(guard, guard + rows * cols);
    codec.decode({ shape: [rows, cols], streams: Object.fromEntries(streams) }, { out });
    expect(out).toEqual(base.decode(packed));
    expect(room.subarray(0, guard).every((v) => v === 7)).toBe(true);
    expect(room.subarray(guard + rows * cols).every((v) => v === 7)).toBe(true);
  });

  it.each([1, 5, 31, 33, 40].flatMap((count) => [0, 16, 48].map((gap) => [count, gap] as const)))(
    'reads %i weights that end %i bytes before the memory ends',
    (count, gap) => {
      const base = interpreter(WHOLE);
      const packed = encoded(base, 1, count);
      const arena = makeArena(1 << 20);
      const codec = decoder(base, { arena });
      const { buffer } = arena.memory;
      const code = new Uint8Array(buffer, buffer.byteLength - gap - 4 * count, 4 * count);
      code.set(packed.streams.code!);
      const out = arena.floats(count);
      codec.decode({ shape: [1, count], streams: { ...packed.streams, code } }, { out });
      expect(out).toEqual(base.decode(packed));
    },
  );

  it.each([1, 3].flatMap((units) => [0, 3, 4, 16].map((gap) => [units, gap] as const)))(
    'reads %i units in loops that end %i bytes before the memory ends',
    (units, gap) => {
      const kernel = decodeVectors(LARGE);
      if (typeof kernel === 'string') throw new Error(kernel);
      expect(kernel.loops.length).toBeGreaterThan(0);
      const base = interpreter(LARGE);
      const packed = encoded(base, 1, 256 * units);
      const arena = makeArena(1 << 20);
      const codec = decoder(base, { arena });
      const { buffer } = arena.memory;
      const { length } = packed.streams.code!;
      const code = new Uint8Array(buffer, buffer.byteLength - gap - length, length);
      code.set(packed.streams.code!);
      const out = arena.floats(256 * units);
      codec.decode({ ...packed, streams: { ...packed.streams, code } }, { out });
      expect(out).toEqual(base.decode(packed));
    },
  );

  it('says that an arena is full', () => {
    expect(() => wasmDecoder(interpreter(ROWS), { arena: makeArena(0) })).toThrow(/make a larger one/);
  });
});
