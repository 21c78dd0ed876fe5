/**
 * The laws over the project's own formats, at their default parameters: all that the interpreter executes.
 */
import {
  encodeFields,
  fieldsOfSharedModels,
  fieldsToGive,
  interpreter,
  isCode,
  modelTrainer,
  whyNotExecutable,
} from '@fewerbits/codec';
import { type Codec, type Format, formatFacts, lcm, matrixShape, probeShape } from '@fewerbits/format';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fieldsOf,
  lawByteLength,
  lawDecodeTotal,
  lawEncodeDeterministic,
  lawIdempotent,
  lawJson,
  lawNearestCode,
  lawPackBijection,
  lawPrintParse,
  lawUnpackStable,
  packedOf,
  weights,
  whyNoNearestCode,
} from '../src/index.ts';
import { defaultFormats, findFormat } from './formats.ts';

const all = defaultFormats();
const executable = all.filter((format) => whyNotExecutable(format) === null);
const fixed = executable.filter((format) => formatFacts(format).fixedLength);

/** A shape on which every pattern and every rotation of the format fits. */
function shapeOf(format: Format): readonly number[] {
  let { rows, cols } = probeShape(format);
  for (const step of format.steps) {
    if (step.step !== 'rotate' || typeof step.size !== 'number') continue;
    if (step.scope === 'row') cols = lcm(cols, step.size);
    else rows = lcm(rows, step.size);
  }
  return [rows, cols];
}

/** The interpreter; models that tensors share are trained on a tensor of ones. */
function codecOf(format: Format): Codec {
  if (fieldsOfSharedModels(format).length === 0) return interpreter(format);
  const shape = shapeOf(format);
  const trainer = modelTrainer(format);
  trainer.add(encodeFields(format, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), { shape }));
  return interpreter(format, { models: trainer.models() });
}

/** Fits that only a procedure runs, or that the caller must help with, cannot be asked to encode. */
function encodes(format: Format): boolean {
  if (fieldsToGive(format, (field) => isCode(field, format)).length > 0) return false;
  const shape = shapeOf(format);
  try {
    codecOf(format).encode(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), { shape });
    return true;
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('cannot run here')) return false;
    throw error;
  }
}

function holds<T>(arbitrary: fc.Arbitrary<T>, law: (drawn: T) => void, numRuns: number): void {
  fc.assert(
    fc.property(arbitrary, (drawn) => {
      law(drawn);
    }),
    { seed: 2026, numRuns },
  );
}

/** Tensors of many weights are slow to interpret; two of them tell as much as they can. */
function runsFor(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1) > 2000 ? 2 : 8;
}

describe('every format', () => {
  it('is found, and most are executable', () => {
    expect(all.length).toBeGreaterThan(60);
    expect(executable.length).toBeGreaterThan(50);
  });

  it.each(all.map((format) => [format.name, format] as const))('%s survives text and JSON', (_, format) => {
    lawJson(format);
    lawPrintParse(format);
  });
});

describe('every executable format', () => {
  it.each(fixed.map((format) => [format.name, format] as const))(
    '%s packs, unpacks and decodes anything',
    (_, format) => {
      const codec = codecOf(format);
      const shape = shapeOf(format);
      expect(matrixShape(format.view, shape).cols).toBeGreaterThan(0);
      holds(fieldsOf(format, shape), (fields) => lawPackBijection(codec, fields), runsFor(shape));
      holds(
        packedOf(format, shape),
        (packed) => {
          lawUnpackStable(codec, packed);
          lawDecodeTotal(codec, packed);
        },
        runsFor(shape),
      );
    },
  );

  it.each(executable.filter(encodes).map((format) => [format.name, format] as const))(
    '%s encodes: lengths, determinism, nearest code',
    (_, format) => {
      const codec = codecOf(format);
      const shape = shapeOf(format);
      holds(
        weights({ shape }),
        (drawn) => {
          const packed = codec.encode(drawn, { shape });
          lawPackBijection(codec, codec.unpack(packed));
          lawDecodeTotal(codec, packed);
          lawByteLength(codec, shape, drawn);
          lawEncodeDeterministic(codec, drawn, { shape });
          if (whyNoNearestCode(format) === null) lawNearestCode(codec, drawn, { shape });
        },
        runsFor(shape),
      );
    },
  );
});

describe('formats whose fit finds the same scale again', () => {
  it.each(['mxfp4', 'mxfp6_e2m3', 'mxfp8_e5m2', 'nf4'].filter((name) => findFormat(name) !== null))(
    '%s encodes what it decoded to itself',
    (name) => {
      const format = findFormat(name)!;
      const shape = [2, 256];
      holds(weights({ shape }), (drawn) => lawIdempotent(interpreter(format), drawn, { shape }), 25);
    },
  );
});
