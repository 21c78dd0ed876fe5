/** Streams worked out by hand from docs/design/bit-streams.md, byte by byte. */
import { describe, expect, it } from 'vitest';
import { crc32c } from '../src/entropy/crc32c.ts';
import { decodeSymbols } from '../src/entropy/decode-symbols.ts';
import { encodeSymbols } from '../src/entropy/encode-symbols.ts';
import type { Model } from '../src/entropy/model.ts';
import { modelBytes, modelChecksum, readModel } from '../src/entropy/model-bytes.ts';
import { slowCrc } from './entropy-reference.ts';

const hex = (text: string) =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
const word = (value: number) =>
  hex([0, 8, 16, 24].map((bit) => ((value >>> bit) & 255).toString(16).padStart(2, '0')).join(''));
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
/** A header's last word is the checksum of what stands before it. */
const sealed = (header: Uint8Array) => join(header, word(slowCrc(header)));

function decoded(bytes: Uint8Array, count: number, model?: Model): number[] {
  const out = new Int32Array(count);
  decodeSymbols(bytes, out, count, 'golden', model === undefined ? {} : { model });
  return [...out];
}

describe('golden streams', () => {
  it('CRC-32C has the check value of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  });

  it('no symbols: a header without model and chunks', () => {
    const bytes = sealed(hex('01 01 00 00  00 00 01 00  00 00 00 00 00 00 00 00  00 00 00 00'));
    expect(encodeSymbols([], { coder: 'rans' })).toEqual(bytes);
    expect(decoded(bytes, 0)).toEqual([]);
  });

  it('one symbol three times, rANS: three states that never move', () => {
    const chunk = hex('00 00 01 00  00 00 01 00  00 00 01 00');
    const bytes = join(
      sealed(
        join(
          hex('01 01 01 00  00 00 01 00  03 00 00 00 00 00 00 00  0d 00 00 00'),
          // rANS of 12 bits, symbols 5..5; escape 0: 1; from 0 to 4096, 8192 folded: 13 zeros, 1, the low
          // bits of 8193.
          hex('b1  05 00 00 00  05 00 00 00  01 c0 00 00  00 00 00'),
          hex('03 00 00 00'),
          word(slowCrc(chunk)),
        ),
      ),
      chunk,
    );
    expect(encodeSymbols([5, 5, 5], { coder: 'rans' })).toEqual(bytes);
    expect(decoded(bytes, 3)).toEqual([5, 5, 5]);
  });

  it('rANS with an escape and a model that stands elsewhere', () => {
    const model: Model = {
      coder: 'rans',
      bits: 12,
      symbols: Int32Array.of(-1, 0),
      weights: Uint32Array.of(2048, 1024, 1024),
    };
    // 7 escapes: one value, 14 folded, of 4 bits. States: 2^16 / 1024 = 64 whole turns of 4096, and the
    // places 2048 and 3072.
    const chunk = hex('01 00 00 08  0e 00 00 00  00 08 04 00  00 0c 04 00');
    const bytes = join(
      sealed(
        join(
          hex('01 01 02 00  00 01 00 00  02 00 00 00 00 00 00 00'),
          word(modelChecksum(model)),
          hex('04 00 00 00'),
          word(slowCrc(chunk)),
        ),
      ),
      chunk,
    );
    expect(encodeSymbols([0, 7], { coder: 'rans', chunk: 256, model })).toEqual(bytes);
    expect(decoded(bytes, 2, model)).toEqual([0, 7]);
  });

  it('Huffman: codes 0, 10, 11 fill bytes from the least significant bit', () => {
    const model: Model = {
      coder: 'huffman',
      bits: 2,
      symbols: Int32Array.of(0, 1, 2),
      weights: Uint32Array.of(1, 2, 2, 0),
    };
    // Escape 0: 1; up 1, up 1: 011 011; a repeat and none after it: 1 1.
    const stored = hex('12  00 00 00 00  02 00 00 00  ed 01');
    expect(modelBytes(model)).toEqual(stored);
    expect(readModel(stored, { stream: 'golden', chunk: null, base: 0 })).toEqual(model);
    // 0, 10, 11, 0: six bits, 011010 read from the highest.
    const chunk = hex('06 00 00 00  1a 00 00 00');
    const bytes = join(
      sealed(
        join(
          hex('01 02 01 00  00 00 01 00  04 00 00 00 00 00 00 00  0b 00 00 00'),
          stored,
          hex('00'),
          hex('02 00 00 00'),
          word(slowCrc(chunk)),
        ),
      ),
      chunk,
    );
    expect(decoded(bytes, 4)).toEqual([0, 1, 2, 0]);
    const elsewhere = encodeSymbols([0, 1, 2, 0], { coder: 'huffman', model });
    expect(elsewhere.subarray(-8)).toEqual(chunk);
    expect(decoded(elsewhere, 4, model)).toEqual([0, 1, 2, 0]);
  });
});
