/** Symbols there and back, for every kind of data, and the second decoder agrees. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../src/entropy/build-model.ts';
import { countSymbols, mergeCounts } from '../src/entropy/counts.ts';
import { chunkLength, decodeChunk, decodeSymbols } from '../src/entropy/decode-symbols.ts';
import { encodeSymbols } from '../src/entropy/encode-symbols.ts';
import { readHeader, streamSize } from '../src/entropy/header.ts';
import { modelBytes } from '../src/entropy/model-bytes.ts';
import { StreamError } from '../src/entropy/stream-error.ts';
import { referenceDecode, slowCrc } from './entropy-reference.ts';

const CODERS = ['rans', 'huffman'] as const;

/** Integers that are as good as random, the same on every engine. */
function noise(i: number): number {
  let h = Math.imul(i + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const DATA: Record<string, Int32Array> = {
  none: new Int32Array(0),
  one: Int32Array.of(-3),
  'one escape': Int32Array.of(-(2 ** 31)),
  'the same symbol': new Int32Array(70_000).fill(9),
  'two symbols': Int32Array.from({ length: 70_000 }, (_, i) => (noise(i) % 10 === 0 ? 1 : 0)),
  'a chunk and one': Int32Array.from({ length: 65_537 }, (_, i) => noise(i) % 5),
  'uniform 4 bits': Int32Array.from({ length: 50_000 }, (_, i) => noise(i) % 16),
  'uniform 65,536': Int32Array.from({ length: 140_000 }, (_, i) => noise(i) % 65_536),
  'uniform 32 bits': Int32Array.from({ length: 5000 }, (_, i) => noise(i) | 0),
  geometric: Int32Array.from({ length: 100_000 }, (_, i) => Math.clz32(noise(i))),
  'signed with far outliers': Int32Array.from({ length: 100_000 }, (_, i) =>
    noise(i) % 3001 === 0 ? noise(i) | 0 : (noise(i) % 11) + (noise(i + 1) % 11) - 10,
  ),
};

function roundTrip(symbols: ArrayLike<number>, coder: 'rans' | 'huffman', chunk?: number): Uint8Array {
  const bytes = encodeSymbols(symbols, chunk === undefined ? { coder } : { coder, chunk });
  const out = new Int32Array(symbols.length);
  decodeSymbols(bytes, out, symbols.length, 'codes');
  // Not toEqual, which takes a second for a large array.
  expect(out.findIndex((symbol, i) => symbol !== symbols[i])).toBe(-1);
  return bytes;
}

describe.each(CODERS)('%s', (coder) => {
  it.each(Object.keys(DATA))('codes %s', (name) => {
    roundTrip(DATA[name]!, coder);
  });

  it.each(Object.keys(DATA))('writes %s as specified: the second decoder agrees', (name) => {
    const symbols = DATA[name]!.subarray(0, 7000);
    expect(referenceDecode(encodeSymbols(symbols, { coder, chunk: 3000 }))).toEqual([...symbols]);
  });

  it('codes anything in chunks of any size', () => {
    const arbitrary = fc.oneof(
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5000 }),
      fc.array(fc.integer({ min: -300, max: 300 }), { maxLength: 600 }),
      fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 300 }),
      fc.array(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -100_000), { maxLength: 5000, size: 'max' }),
    );
    fc.assert(
      fc.property(arbitrary, fc.constantFrom(1, 31, 32, 33, 100, 2048, 2049, 65_536), (symbols, chunk) => {
        const bytes = roundTrip(symbols, coder, chunk);
        if (symbols.length > 0) expect(referenceDecode(bytes)).toEqual(symbols);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('decodes chunks alone, in any order, whatever the others are', () => {
    const symbols = DATA['signed with far outliers']!;
    const bytes = encodeSymbols(symbols, { coder, chunk: 16_384 });
    const header = readHeader(bytes, 'codes');
    expect(header.checksums.length).toBe(7);
    expect(chunkLength(header, 6)).toBe(100_000 - 6 * 16_384);
    for (const index of [6, 2, 0]) {
      const damaged = bytes.slice();
      for (let at = header.edges[0]!; at < bytes.length; at++) {
        if (at < header.edges[index]! || at >= header.edges[index + 1]!) damaged[at] = 0xa5;
      }
      const out = new Int32Array(chunkLength(header, index) + 2).fill(77);
      decodeChunk(header, damaged, index, out, 1);
      const from = index * 16_384;
      expect(out.subarray(1, -1).findIndex((symbol, i) => symbol !== symbols[from + i])).toBe(-1);
      expect([out[0], out[out.length - 1]]).toEqual([77, 77]);
      expect(() => decodeChunk(header, damaged, (index + 1) % 7, new Int32Array(16_384), 0)).toThrow(
        expect.objectContaining({ name: 'StreamError', chunk: (index + 1) % 7 }),
      );
    }
  });

  it('codes several tensors by one model that stands elsewhere', () => {
    const first = Int32Array.from({ length: 3000 }, (_, i) => Math.clz32(noise(i)));
    const second = Int32Array.from({ length: 900 }, (_, i) => -Math.clz32(noise(i)));
    const model = buildModel(mergeCounts([countSymbols(first), countSymbols(second)]), coder, {
      escape: 'always',
    });
    for (const symbols of [first, second, Int32Array.of(123_456), new Int32Array(0)]) {
      const bytes = encodeSymbols(symbols, { coder, model });
      const out = new Int32Array(symbols.length);
      decodeSymbols(bytes, out, symbols.length, 'codes', { model });
      expect(out).toEqual(symbols);
      if (symbols.length === 0) continue;
      expect(referenceDecode(bytes, modelBytes(model))).toEqual([...symbols]);
      expect(() => decodeSymbols(bytes, out, symbols.length, 'codes')).toThrow('model stands elsewhere');
      const other = buildModel(countSymbols(first), coder, { escape: 'always' });
      expect(() => decodeSymbols(bytes, out, symbols.length, 'codes', { model: other })).toThrow(
        'not the one',
      );
    }
    const closed = buildModel(countSymbols([1, 1, 2]), coder);
    if (closed.weights[closed.symbols.length] === 0) {
      expect(() => encodeSymbols([1, 2, 3], { coder, model: closed })).toThrow(
        'symbols[2] = 3 is not in the model',
      );
    }
  });

  it('decodes into every array that can hold the symbols', () => {
    for (const type of [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array]) {
      const symbols = type.from({ length: 5000 }, (_, i) => noise(i) % 100);
      const out = new type(5000);
      decodeSymbols(encodeSymbols(symbols, { coder }), out, 5000, 'codes');
      expect(out).toEqual(symbols);
    }
  });

  it('reads a stream at any address', () => {
    const symbols = DATA.geometric!.subarray(0, 5000);
    const bytes = encodeSymbols(symbols, { coder });
    for (const shift of [1, 2, 3]) {
      const room = new Uint8Array(bytes.length + shift + 9).fill(0xff);
      room.set(bytes, shift);
      const out = new Int32Array(5000);
      decodeSymbols(room.subarray(shift, shift + bytes.length), out, 5000, 'codes');
      expect(out).toEqual(symbols);
    }
  });

  it('writes the same bytes on every engine', () => {
    const symbols = DATA['signed with far outliers']!;
    expect(slowCrc(encodeSymbols(symbols, { coder }))).toBe({ rans: RANS_CRC, huffman: HUFFMAN_CRC }[coder]);
  });

  it('says where its bits go', () => {
    const bytes = encodeSymbols(DATA.geometric!, { coder });
    const { header, model, chunkTable, chunks } = streamSize(readHeader(bytes, 'codes'));
    expect(header + model + chunkTable + chunks).toBe(8 * bytes.length);
    expect(chunkTable).toBe(2 * 64);
  });
});

/** Recorded from this encoder: a change of bytes is a change of the format's encoder and must be meant. */
const RANS_CRC = 482209220;
const HUFFMAN_CRC = 2688625707;

describe('arguments', () => {
  const bytes = encodeSymbols([1, 2, 3], { coder: 'rans' });
  const header = readHeader(bytes, 'codes');

  it('are named when they are wrong', () => {
    expect(() => encodeSymbols([1], { coder: 'lzw' as 'rans' })).toThrow('coder is lzw');
    expect(() => encodeSymbols([1], { coder: 'rans', chunk: 0 })).toThrow('chunk is 0');
    expect(() => encodeSymbols([1], { coder: 'rans', chunk: 2 ** 24 + 1 })).toThrow('chunk is');
    expect(() => encodeSymbols([1, 0.5], { coder: 'rans' })).toThrow('symbols[1] = 0.5');
    expect(() =>
      encodeSymbols([1], { coder: 'rans', model: buildModel(countSymbols([1]), 'huffman') }),
    ).toThrow('model is');
    expect(() => decodeSymbols(bytes, new Int32Array(2), 3, 'codes')).toThrow('out has 2 places');
    expect(() => decodeSymbols(bytes, new Int32Array(3), -1, 'codes')).toThrow('expectedCount is -1');
    expect(() => decodeSymbols(bytes, new Float32Array(3) as unknown as Int32Array, 3, 'codes')).toThrow(
      TypeError,
    );
    expect(() => decodeChunk(header, bytes, 1, new Int32Array(3), 0)).toThrow('index is 1');
    expect(() => decodeChunk(header, bytes, 0, new Int32Array(3), 1)).toThrow('out has 3 places');
    expect(() => decodeChunk(header, bytes.subarray(1), 0, new Int32Array(3), 0)).toThrow('bytes has');
  });

  it('a stream for another tensor or type is an error of the stream', () => {
    const far = encodeSymbols(
      Int32Array.from({ length: 2000 }, (_, i) => (i === 1000 ? 300 : i % 3)),
      { coder: 'rans', chunk: 512 },
    );
    expect(() => decodeSymbols(bytes, new Int32Array(4), 4, 'codes')).toThrow(
      new StreamError('codes', null, 8, 'it has 3 symbols, not 4'),
    );
    expect(() => decodeSymbols(far, new Uint8Array(2000), 2000, 'codes')).toThrow(
      'symbol 300, outside 0..255',
    );
    expect(() =>
      decodeSymbols(far, new Int32Array(2000), 2000, 'codes', { range: { min: 0, max: 15 } }),
    ).toThrow('symbol 300, outside 0..15');
    const signed = encodeSymbols([-1, 0], { coder: 'huffman' });
    expect(() => decodeSymbols(signed, new Uint32Array(2), 2, 'codes')).toThrow(
      'symbol -1, outside 0..2147483647',
    );
  });
});
