/**
 * Decoders of formats with side channels (entropy-coded fields, outliers, nested formats, rotations): each target against the
 * interpreter, bit for bit, on every such format under `formats/`, on drawn formats with a coder put in, and on damaged streams.
 */
import { fieldsOfSharedModels, interpreter, modelTrainer, whyNotExecutable } from '@fewerbits/codec';
import type { Codec, Format, Packed } from '@fewerbits/format';
import { jsDecoder } from '@fewerbits/target-js';
import { wasmDecoder } from '@fewerbits/target-wasm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsOf, formats, lawSameDecode, shapesOf } from '../src/index.ts';
import { coded, damaged } from './entropy-formats.ts';
import { defaultFormats, findFormat } from './formats.ts';
import { encodes, shapeOf } from './running.ts';

type Models = Readonly<Record<string, Uint8Array>>;

const TARGETS: Readonly<Record<string, (codec: Codec, models: Models) => Codec | string>> = {
  js: (codec, models) => jsDecoder(codec, models),
  wasm: (codec, models) => wasmDecoder(codec, { models }),
};

/** The interpreter's streams, and a decode that fails where the interpreter would step in. */
function alone(codec: Codec): Codec {
  return {
    ...codec,
    decode: () => {
      throw new Error('the interpreter decodes');
    },
  };
}

function isApart({ entropy, outliers, steps, fields }: Format): boolean {
  return (
    entropy.length > 0 ||
    outliers !== null ||
    steps.length > 1 ||
    fields.some(({ storage }) => storage.kind === 'format')
  );
}

/** Weights with heavy tails, seeded, some of them far out. */
function weightsFor(count: number): Float32Array {
  let state = 99;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: count }, (_, k) => {
    const near = next() + next() + next() + next() - 2;
    return k % 211 === 7 ? 40 * near : near;
  });
}

function made(format: Format, shape: readonly [number, number]) {
  const weights = weightsFor(shape[0] * shape[1]);
  const trainer = modelTrainer(format);
  if (fieldsOfSharedModels(format).length > 0) {
    const few = interpreter({ ...format, entropy: [] }).encode(weights, { shape });
    trainer.add(interpreter({ ...format, entropy: [] }).unpack(few));
  }
  const models = fieldsOfSharedModels(format).length > 0 ? trainer.models() : {};
  const reference = interpreter(format, { models });
  return { reference, models, packed: reference.encode(weights, { shape }) };
}

const apart = defaultFormats().filter((format) => isApart(format) && whyNotExecutable(format) === null);
const accelerated = apart.filter((format) => {
  const models =
    fieldsOfSharedModels(format).length > 0 ? made(format, shapeOf(format) as [number, number]).models : {};
  return typeof wasmDecoder(interpreter(format, { models }), { models }) !== 'string';
});

describe('formats with side channels', () => {
  it('have decoders', () => {
    const names = accelerated.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'ecsq',
        'ecsq_levels',
        'ecsq_static',
        'ecsq_shared',
        'student_sparse',
        'student_entropy',
        'laplace_sparse',
        'llm_int8',
        'nf4_double',
        'rotated_int4',
      ]),
    );
  });

  it.each(accelerated.map((format) => [format.name, format] as const))(
    '%s: every target decodes alike',
    (_, format) => {
      if (!encodes(format)) return;
      const [rows, cols] = shapeOf(format);
      const shapes = [
        [rows, cols],
        [3 * rows, 2 * cols],
        [5 * rows, Math.ceil(20_000 / cols) * cols],
      ] as const;
      for (const shape of shapes) {
        const { reference, models, packed } = made(format, shape);
        for (const [name, make] of Object.entries(TARGETS)) {
          const target = make(alone(reference), models);
          if (typeof target === 'string') throw new Error(`${name}: ${target}`);
          lawSameDecode(reference, target, packed);
        }
      }
    },
  );

  it('decode drawn formats with a coder alike', () => {
    let decoded = 0;
    const drawn = formats().chain((format) =>
      shapesOf(format).chain((shape) =>
        fieldsOf(format, shape).chain((fields) =>
          fc
            .tuple(fc.constantFrom('rans' as const, 'huffman' as const), fc.integer({ min: 1, max: 300 }))
            .map(([coder, chunk]) => ({ format: coded(format, coder, chunk), fields })),
        ),
      ),
    );
    const law = fc.property(drawn, ({ format, fields }) => {
      if (format === null || whyNotExecutable(format) !== null) return;
      const reference = interpreter(format);
      const packed = reference.pack(fields);
      for (const make of Object.values(TARGETS)) {
        const target = make(reference, {});
        if (typeof target === 'string') continue;
        decoded++;
        lawSameDecode(reference, target, packed);
      }
    });
    fc.assert(law, { seed: 2026, numRuns: 300 });
    expect(decoded).toBeGreaterThan(60);
  });
});

/** What decoding gives: the weights, or the error's text. */
function outcome(codec: Codec, packed: Packed): string {
  try {
    return new Uint32Array(codec.decode(packed).buffer).join();
  } catch (error) {
    return error instanceof RangeError ? `${error.name}: ${error.message}` : `broken: ${error}`;
  }
}

describe('damaged streams', () => {
  const cases: [coder: 'rans' | 'huffman', chunk: number, count: number, spread: number][] = [
    ['rans', 65_536, 9_000, 3],
    ['rans', 1_000, 2_600, 40],
    ['rans', 33, 300, 2],
    ['rans', 4_096, 9_000, 3_000],
    ['rans', 500, 1_200, 0],
    ['huffman', 65_536, 20_000, 3],
    ['huffman', 3_000, 7_000, 40],
    ['huffman', 65_536, 20_000, 12],
    ['huffman', 16_384, 20_000, 100],
    ['huffman', 33, 300, 2],
    ['huffman', 9_000, 9_000, 3_000],
    ['huffman', 500, 1_200, 0],
  ];
  it.each(cases)(
    '%s in chunks of %i, %i symbols, spread %i: accepted and refused alike',
    (coder, chunk, count, spread) => {
      const format: Format = {
        ...findFormat('ecsq')!,
        entropy: [{ fields: ['code'], coder, options: { chunk } }],
      };
      const reference = interpreter(format);
      const weights = weightsFor(count);
      // Symbols of one, two and four bytes; one is seldom enough to escape.
      const most = spread < 50 ? 120 : spread < 500 ? 20_000 : 80_000;
      const codes = Int32Array.from(weights, (x) => Math.max(-most, Math.min(most, Math.round(x * spread))));
      if (spread > 2) codes[count - 3] = most + 5;
      const packed = reference.pack({
        shape: [count],
        codes: { step: Uint32Array.of(0x3f800000), code: codes },
        kept: new Float32Array(0),
      });
      const targets = Object.values(TARGETS).map((make) => make(alone(reference), {}));
      for (const target of targets) lawSameDecode(reference, target as Codec, packed);
      const guarded = Object.values(TARGETS).map((make) => make(reference, {}) as Codec);
      const stream = packed.streams.code!;
      const chunks = Math.ceil(count / chunk);
      let refused = 0;
      const law = fc.property(
        fc.nat(chunks - 1),
        fc.nat(1 << 20),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('bit', 'byte', 'start', 'end', 'plain'),
        (at, place, by, kind) => {
          const bad =
            kind === 'plain'
              ? Uint8Array.from(stream, (byte, k) => (k === place % stream.length ? byte ^ by : byte))
              : damaged(stream, at, (payload) => {
                  if (payload.length === 0) return;
                  const span = Math.min(payload.length, 140);
                  const k =
                    kind === 'start'
                      ? place % span
                      : kind === 'end'
                        ? payload.length - 1 - (place % Math.min(4, span))
                        : place % payload.length;
                  payload[k] = payload[k]! ^ (kind === 'bit' ? 1 << (by % 8) : by);
                });
          const input = { ...packed, streams: { ...packed.streams, code: bad } };
          const want = outcome(reference, input);
          if (want.includes(':')) refused++;
          for (const target of guarded) expect(outcome(target, input)).toBe(want);
          // What the interpreter takes, targets take without it.
          if (!want.includes(':'))
            for (const target of targets) expect(outcome(target as Codec, input)).toBe(want);
        },
      );
      fc.assert(law, { seed: 7, numRuns: 150 });
      expect(refused).toBeGreaterThan(20);
    },
  );
});
