/**
 * Decoders of formats with side channels (entropy-coded fields, outliers, nested formats, rotations): each target against the
 * interpreter, bit for bit, on every such format under `formats/`, on drawn formats with a coder put in, and on damaged streams.
 */
import { fieldsOfSharedModels, interpreter, modelTrainer, whyNotExecutable } from '@fewerbits/codec';
import type { Codec, Format } from '@fewerbits/format';
import { jsDecoder } from '@fewerbits/target-js';
import { wasmDecoder } from '@fewerbits/target-wasm';
import { describe, expect, it } from 'vitest';
import { lawSameDecode } from '../src/index.ts';
import { defaultFormats } from './formats.ts';
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
});
