/**
 * Each law, broken once: a law that no codec can break proves nothing about those that keep it.
 */
import { interpreter } from '@fewerbits/codec';
import type { Codec, Format } from '@fewerbits/format';
import { int, preludeNumber, resolveNumber, vectors } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import {
  BrokenLaw,
  lawByteLength,
  lawDecodeTotal,
  lawEncodeDeterministic,
  lawErrorNames,
  lawErrorsNamed,
  lawIdempotent,
  lawJson,
  lawNearestCode,
  lawNumberRounds,
  lawNumberRoundTrip,
  lawPackBijection,
  lawPrintParse,
  lawUnpackStable,
  whyNoNearestCode,
} from '../src/index.ts';
import { findFormat } from './formats.ts';

const int4 = findFormat('int4')!;
const codec = interpreter(int4);
const shape = [2, 64];
const weights = Float32Array.from({ length: 128 }, (_, i) => Math.fround(((i * 37) % 101) / 50 - 1));

/** The codec with some verbs changed. */
function broken(change: Partial<Codec>): Codec {
  return { ...codec, ...change };
}

/** The law holds for the interpreter and is broken by the other codec, in these words. */
function breaks(law: (codec: Codec) => void, other: Partial<Codec>, words: RegExp): void {
  law(codec);
  expect(() => law(broken(other))).toThrow(BrokenLaw);
  expect(() => law(broken(other))).toThrow(words);
}

describe('laws of codecs', () => {
  const packed = codec.encode(weights, { shape });
  const fields = codec.unpack(packed);

  it('lawPackBijection: a bit lost', () => {
    const unpack: Codec['unpack'] = (input) => {
      const back = codec.unpack(input);
      return { ...back, codes: { ...back.codes, code: back.codes.code!.map((code) => code & 14) } };
    };
    breaks(
      (c) => lawPackBijection(c, fields),
      { unpack },
      /lawPackBijection: int4 on \[2, 64\]: .*field code: \d+ of 128/,
    );
  });

  it('lawUnpackStable: a code that pack clears', () => {
    const pack: Codec['pack'] = (input) =>
      codec.pack({ ...input, codes: { ...input.codes, code: input.codes.code!.map((code) => code % 7) } });
    breaks((c) => lawUnpackStable(c, packed), { pack }, /field code/);
  });

  it('lawByteLength: a byte too many', () => {
    const encode: Codec['encode'] = (input, options) => {
      const { streams } = codec.encode(input, options);
      return { shape, streams: { ...streams, code: new Uint8Array(streams.code!.length + 1) } };
    };
    const unpack: Codec['unpack'] = () => fields;
    breaks(
      (c) => lawByteLength(c, shape, weights),
      { encode, unpack },
      /stream 'code' has 65 bytes, the format says 64/,
    );
  });

  it('lawDecodeTotal: an error, a changed input, a write outside `out`, a forgotten `out`', () => {
    const law = (c: Codec): void => lawDecodeTotal(c, packed);
    breaks(
      law,
      {
        decode: () => {
          throw new RangeError('code 3');
        },
      },
      /do not decode: code 3/,
    );
    breaks(
      law,
      {
        decode: (input) => {
          input.streams.code![0]! ^= 1;
          return codec.decode(input);
        },
      },
      /decode changed its input/,
    );
    breaks(law, { decode: (input) => codec.decode(input) }, /does not return the `out`/);
    const outside: Codec['decode'] = (input, options = {}) => {
      const values = codec.decode(input, options);
      if (options.out !== undefined) new Float32Array(values.buffer)[0] = 1;
      return values;
    };
    breaks(law, { decode: outside }, /wrote outside/);
    breaks(law, { decode: (input) => codec.decode(input).subarray(1) }, /127 values, the shape has 128/);
  });

  it('lawEncodeDeterministic: bytes that change, weights that change', () => {
    let call = 0;
    const law = (c: Codec): void => lawEncodeDeterministic(c, weights.slice(), { shape });
    const restless: Codec['encode'] = (input, options) => {
      const result = codec.encode(input, options);
      result.streams.code![5] = call++ % 256;
      return result;
    };
    breaks(law, { encode: restless }, /bytes of stream 'code'/);
    const greedy: Codec['encode'] = (input, options) => {
      const result = codec.encode(input, options);
      input[3] = 9;
      return result;
    };
    breaks(law, { encode: greedy }, /encode changed the weights/);
  });

  it('lawErrorsNamed: silence, and an error that names nothing', () => {
    const law = (c: Codec): void => lawErrorsNamed(c, weights, shape);
    breaks(
      law,
      {
        encode: (input, options) =>
          codec.encode(
            input.map((x) => (Number.isFinite(x) ? x : 0)),
            options,
          ),
      },
      /NaN: nothing was thrown/,
    );
    const vague: Codec['decode'] = (input, options) => {
      try {
        return codec.decode(input, options);
      } catch {
        throw new RangeError('bad input');
      }
    };
    breaks(law, { decode: vague }, /does not name/);
    expect(() =>
      lawErrorNames('a call', () => {
        throw new Error('shape');
      }, ['shape']),
    ).toThrow(/a TypeError or RangeError is wanted/);
  });
});

describe('laws of fits', () => {
  it('lawNearestCode: one code beside the nearest', () => {
    const encode: Codec['encode'] = (input, options) => {
      const result = codec.encode(input, options);
      result.streams.code![9]! ^= 1;
      return result;
    };
    breaks(
      (c) => lawNearestCode(c, weights, { shape }),
      { encode },
      /weight 18 = .* decodes to .*; code \d+ gives/,
    );
  });

  it('lawNearestCode says where it does not apply', () => {
    const q4 = findFormat('q4_0')!;
    expect(whyNoNearestCode(q4)).toBe('the fit of code is its own');
    expect(() => lawNearestCode(interpreter(q4), new Float32Array(32))).toThrow(/does not apply to q4_0/);
    expect(whyNoNearestCode(findFormat('rotated_int4')!)).toBe('later steps mix weights');
    expect(whyNoNearestCode(int4)).toBe(null);
  });

  it('lawIdempotent: a scale from the mean moves', () => {
    const drifting: Format = {
      ...int4,
      fields: int4.fields.map((f) =>
        f.fit === null ? f : { ...f, fit: { op: 'aggregate', name: 'absmean', of: { op: 'x' } } },
      ),
    };
    lawIdempotent(interpreter(findFormat('mxfp4')!), weights, { shape });
    expect(() => lawIdempotent(interpreter(drifting), weights, { shape })).toThrow(
      /lawIdempotent: int4 on \[2, 64\]: a second encoding/,
    );
  });
});

describe('laws of numbers', () => {
  const i4 = int(-8, 7);

  it('lawNumberRoundTrip: a level where its encoder does not look', () => {
    const number = resolveNumber(i4);
    lawNumberRoundTrip(i4);
    const moved = { ...number, levelOf: (code: number) => (code === 2 ? 2.75 : number.levelOf(code)) };
    expect(() => lawNumberRoundTrip(i4, moved)).toThrow(/i4: code 2 decodes to 2.75, which encodes to 3/);
    const stuck = { ...number, codeOf: (x: number) => (x === 5 ? 4 : number.codeOf(x)) };
    expect(() => lawNumberRoundTrip(i4, stuck)).toThrow(/i4: code 5 decodes to 5, which encodes to 4/);
  });

  it('lawNumberRounds: the farther neighbour, neither neighbour, the wrong side', () => {
    const number = resolveNumber(i4);
    lawNumberRounds(i4, [2.4, -2.6, 0.5]);
    const up = { ...number, codeOf: (x: number) => number.codeOf(Math.ceil(x)) };
    expect(() => lawNumberRounds(i4, [2.4], up)).toThrow(
      /2.4 lies between 2 and 3 and becomes 3: the other is nearer/,
    );
    const far = { ...number, codeOf: () => 0 };
    expect(() => lawNumberRounds(i4, [2.4], far)).toThrow(/neither neighbour/);
    const down = { ...i4, round: 'down' as const };
    expect(() => lawNumberRounds(down, [2.4], { ...resolveNumber(down), codeOf: up.codeOf })).toThrow(
      /rounding is down/,
    );
    lawNumberRounds({ ...preludeNumber('e2m1')!, round: 'in' }, [0.9, -0.9, 5]);
    expect(() => lawNumberRounds(vectors([[1, 2]]), [0])).toThrow(/no list of scalar levels/);
  });
});

describe('laws of texts', () => {
  it('lawJson: a Format that its own schema does not read', () => {
    const wrong = { ...int4, tail: 'sometimes' } as unknown as Format;
    lawJson(int4);
    expect(() => lawJson(wrong)).toThrow(/tail/);
  });

  it('lawPrintParse: a Format that no text says', () => {
    lawPrintParse(int4);
    const named: Format = { ...int4, fields: int4.fields.map((f) => ({ ...f, doc: f.doc })), name: 'layout' };
    expect(() => lawPrintParse(named)).toThrow(/lawPrintParse: layout does not compile again/);
  });
});
