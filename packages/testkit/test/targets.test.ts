/**
 * The target matrix: every format under `formats/` and random ones, each target against the interpreter, on any bytes.
 */
import { interpreter, whyNotExecutable } from '@fewerbits/codec';
import { type Codec, type Format, lcm, type Packed, probeShape, streamBytes } from '@fewerbits/format';
import {
  bindKernel,
  decodeLoops,
  decodeVectors,
  interpretLoops,
  interpretUnpackKernel,
  type LoopKernel,
  unpackKernel,
  verifyLoops,
  verifyUnpackKernel,
  withDecodeKernel,
  withUnpackKernel,
} from '@fewerbits/kernel';
import { jsDecoder } from '@fewerbits/target-js';
import { makeArena, wasmDecoder, wasmUnpacker } from '@fewerbits/target-wasm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formats, lawSameDecode, packedOf, shapesOf } from '../src/index.ts';
import { defaultFormats } from './formats.ts';

/** The kernel IR's own interpreter as a target: for single weights, and for four at a time. */
function irDecoder(codec: Codec, kernel: LoopKernel | string): Codec | string {
  if (typeof kernel === 'string') return kernel;
  verifyLoops(kernel);
  return withDecodeKernel(codec, kernel, (run, out) => interpretLoops(kernel, run, out));
}

const TARGETS: Readonly<Record<string, (codec: Codec) => Codec | string>> = {
  'IR, one': (codec) => irDecoder(codec, decodeLoops(codec.format)),
  'IR, four': (codec) => irDecoder(codec, decodeVectors(codec.format)),
  js: jsDecoder,
  wasm: wasmDecoder,
  'wasm in place': arenaDecoder,
};

/** Streams and weights in the arena of the decoder: nothing is copied. */
function arenaDecoder(codec: Codec): Codec | string {
  const arena = makeArena(8 << 20);
  const inner = wasmDecoder(codec, { arena });
  if (typeof inner === 'string') return inner;
  return {
    ...inner,
    decode: (packed) => {
      const streams = Object.entries(packed.streams).map(([name, bytes]) => {
        const own = arena.bytes(bytes.length);
        own.set(bytes);
        return [name, own] as const;
      });
      const out = arena.floats(packed.shape.reduce((a, b) => a * b, 1));
      return inner.decode({ shape: packed.shape, streams: Object.fromEntries(streams) }, { out }).slice();
    },
  };
}

/** Any bytes, the same ones each time; all bits set and all clear among them. */
function bytesFor(format: Format, shape: readonly number[], seed: number): Packed {
  let state = seed | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return seed === 0 ? 0 : seed < 0 ? 255 : state & 255;
  };
  const streams = Object.entries(streamBytes(format, shape)).map(
    ([name, length]) => [name, Uint8Array.from({ length }, next)] as const,
  );
  return { shape, streams: Object.fromEntries(streams) };
}

/** Milliseconds that hundreds of drawn formats may take on a busy machine: each is compiled for every target. */
const SLOW = 300_000;

const all = defaultFormats();
const executable = all.filter((format) => whyNotExecutable(format) === null);
const withKernel = executable.filter((format) => typeof decodeVectors(format) !== 'string');
const withUnpacker = executable.filter((format) => typeof unpackKernel(format) !== 'string');

/** A few rows; rows that end inside a unit; many units, so that every target needs several tiles. */
function shapesFor(format: Format): number[][] {
  const { cols } = probeShape(format);
  const large = Math.ceil(8192 / cols) * cols;
  return [
    [3, 2 * cols],
    [1, 3 * cols],
    [5, large],
    // Rows that end inside a unit, at a whole byte.
    [3, lcm(cols, 8) * 3],
    [7, lcm(cols, 8)],
    [0, cols],
  ];
}

describe('kernels', () => {
  it('exist for most formats of fixed length', () => {
    expect(withKernel.length).toBeGreaterThan(60);
    expect(withUnpacker.length).toBeGreaterThan(45);
  });

  it.each(withKernel.map((format) => [format.name, format] as const))(
    '%s: every target decodes alike',
    (_, format) => {
      const reference = interpreter(format);
      for (const [name, make] of Object.entries(TARGETS)) {
        const target = make(reference);
        if (typeof target === 'string') throw new Error(`${name}: ${target}`);
        for (const shape of shapesFor(format)) {
          if (name.startsWith('IR') && shape[0]! > 4) continue;
          for (const seed of [7, 20_260, 0, -1])
            lawSameDecode(reference, target, bytesFor(format, shape, seed));
        }
      }
    },
  );

  it.each(withKernel.map((format) => [format.name, format] as const))(
    '%s: the kernel runs, not the interpreter',
    (_, format) => {
      const shape = shapesFor(format)[2]!;
      const kernel = decodeVectors(format);
      if (typeof kernel === 'string') throw new Error(kernel);
      expect(bindKernel(kernel, format, shape)).not.toBeNull();
    },
  );

  it.each(withUnpacker.map((format) => [format.name, format] as const))(
    '%s: codes are unpacked alike',
    (_, format) => {
      const kernel = unpackKernel(format);
      if (typeof kernel === 'string') throw new Error(kernel);
      verifyUnpackKernel(kernel);
      const reference = interpreter(format);
      const never = (): never => {
        throw new Error('the interpreter unpacks');
      };
      const targets = {
        IR: withUnpackKernel({ ...reference, unpack: never }, kernel, (run, codes) =>
          interpretUnpackKernel(kernel, run, codes),
        ),
        wasm: wasmUnpacker({ ...reference, unpack: never }),
      };
      for (const [name, target] of Object.entries(targets)) {
        if (typeof target === 'string') throw new Error(target);
        for (const [rows, units] of [
          [1, 1],
          [3, 2],
          [2, Math.ceil(20_000 / kernel.width)],
        ] as const) {
          if (name === 'IR' && units > 2) continue;
          for (const seed of [7, 0, -1]) {
            const packed = bytesFor(format, [rows, units * kernel.width], seed);
            expect(target.unpack(packed), `${name} on ${rows} × ${units} units`).toEqual(
              reference.unpack(packed),
            );
          }
        }
      }
    },
  );

  it(
    'decode random formats alike',
    () => {
      let kernels = 0;
      let unpackers = 0;
      const drawn = formats().chain((format) =>
        shapesOf(format).chain((shape) => packedOf(format, shape).map((packed) => ({ format, packed }))),
      );
      const law = fc.property(drawn, ({ format, packed }) => {
        if (whyNotExecutable(format) !== null) return;
        const reference = interpreter(format);
        for (const make of Object.values(TARGETS)) {
          const target = make(reference);
          if (typeof target === 'string') continue;
          kernels++;
          lawSameDecode(reference, target, packed);
        }
        const unpacker = wasmUnpacker(reference);
        if (typeof unpacker === 'string') return;
        unpackers++;
        expect(unpacker.unpack(packed)).toEqual(reference.unpack(packed));
      });
      fc.assert(law, { seed: 2026, numRuns: 400 });
      expect(kernels).toBeGreaterThan(400);
      expect(unpackers).toBeGreaterThan(50);
    },
    SLOW,
  );
});
