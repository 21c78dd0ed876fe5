/** Packed weights times a vector: for every format with a kernel the products of what the interpreter decodes, bit for bit. */
import { interpreter, whyNotExecutable } from '@fewerbits/codec';
import { type Format, type Packed, streamBytes } from '@fewerbits/format';
import { decodeVectors, interpretMatvec, type Matvec, matvecOf, multiplyRows } from '@fewerbits/kernel';
import { makeArena, wasmMatvec } from '@fewerbits/target-wasm';
import { describe, expect, it } from 'vitest';
import { defaultFormats, findFormat } from './formats.ts';

/** Any bytes, small enough that scales stay moderate. */
function bytesFor(format: Format, shape: readonly number[]): Packed {
  let state = 2026;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) & 63;
  };
  const streams = Object.entries(streamBytes(format, shape)).map(
    ([name, length]) => [name, Uint8Array.from({ length }, next)] as const,
  );
  return { shape, streams: Object.fromEntries(streams) };
}

/** Streams in the arena: nothing but the vector and the products is copied. */
function inArena(format: Format): Matvec {
  const arena = makeArena(4 << 20);
  const inner = wasmMatvec(format, { arena });
  if (typeof inner === 'string') throw new Error(inner);
  const held = new Map<Packed, Packed>();
  return {
    ...inner,
    multiply: (packed, vector, out) => {
      if (!held.has(packed)) {
        const streams = Object.entries(packed.streams).map(([name, bytes]) => {
          const own = arena.bytes(bytes.length);
          own.set(bytes);
          return [name, own] as const;
        });
        held.set(packed, { shape: packed.shape, streams: Object.fromEntries(streams) });
      }
      return inner.multiply(held.get(packed)!, vector, out);
    },
  };
}

function targetsOf(format: Format): Readonly<Record<string, Matvec>> {
  const kernel = decodeVectors(format);
  const wasm = wasmMatvec(format);
  if (typeof kernel === 'string' || typeof wasm === 'string') throw new Error(`${kernel} ${wasm}`);
  return {
    IR: matvecOf(format, kernel, interpretMatvec(kernel)),
    wasm,
    'wasm in place': inArena(format),
  };
}

const withKernel = defaultFormats().filter(
  (format) => whyNotExecutable(format) === null && typeof decodeVectors(format) !== 'string',
);

describe('matvec', () => {
  it.each(withKernel.map((format) => [format.name, format] as const))('%s', (_, format) => {
    const kernel = decodeVectors(format);
    if (typeof kernel === 'string') throw new Error(kernel);
    for (const [name, target] of Object.entries(targetsOf(format))) {
      for (const [rows, units] of [
        [1, 1],
        [3, 2],
        [37, 3],
        [2, 40],
      ] as const) {
        if (name === 'IR' && rows * units > 50) continue;
        const cols = units * kernel.width;
        const packed = bytesFor(format, [rows, cols]);
        const vector = Float32Array.from({ length: cols }, (_, i) => Math.fround(((i * 37) % 61) / 30 - 1));
        const want = multiplyRows(interpreter(format).decode(packed), vector);
        expect(want).toHaveLength(rows);
        // Twice: what a run leaves behind must not matter.
        for (let k = 0; k < 2; k++) {
          const got = target.multiply(packed, vector);
          const wrong = got.findIndex((sum, row) => !Object.is(sum, want[row]));
          expect(wrong, `${name} on ${rows} × ${cols}: ${got[wrong]}, not ${want[wrong]}`).toBe(-1);
        }
      }
    }
  });

  it('is near the exact product', () => {
    const format = findFormat('q8_0')!;
    const codec = interpreter(format);
    const weights = Float32Array.from({ length: 8 * 1024 }, (_, i) => Math.sin(i * 0.37));
    const vector = Float32Array.from({ length: 1024 }, (_, i) => Math.cos(i * 0.11));
    const got = (wasmMatvec(format) as Matvec).multiply(codec.encode(weights, { shape: [8, 1024] }), vector);
    for (let row = 0; row < 8; row++) {
      const exact = vector.reduce((sum, v, col) => sum + v * weights[row * 1024 + col]!, 0);
      expect(Math.abs(got[row]! - exact)).toBeLessThan(0.3);
    }
  });

  it('says what it cannot multiply', () => {
    const format = findFormat('q4_0')!;
    const target = wasmMatvec(format) as Matvec;
    const packed = bytesFor(format, [2, 64]);
    const one = new Float32Array(64);
    expect(() => target.multiply(packed, new Float32Array(63))).toThrow(
      'vector has 63 elements, rows have 64',
    );
    expect(() => target.multiply(packed, one, new Float32Array(3))).toThrow(
      'out has 3 elements, there are 2 rows',
    );
    expect(() => target.multiply({ ...packed, streams: {} }, one)).toThrow('the stream is missing');
    const tensor = findFormat('int8')!;
    expect(() =>
      (wasmMatvec(tensor) as Matvec).multiply(bytesFor(tensor, [2, 33]), new Float32Array(33)),
    ).toThrow('no whole units of 32 weights; decode and multiply');
    expect(wasmMatvec(findFormat('ecsq')!)).toBe('it is entropy coded');
  });
});
