/**
 * The laws over the project's own formats, at their default parameters: all that the interpreter executes.
 */
import { interpreter, whyNotExecutable } from '@fewerbits/codec';
import { formatFacts, matrixShape } from '@fewerbits/format';
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
import { codecOf, encodes, shapeOf } from './running.ts';

const all = defaultFormats();
const executable = all.filter((format) => whyNotExecutable(format) === null);
const fixed = executable.filter((format) => formatFacts(format).fixedLength);

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
