import {
  absmax,
  block,
  buildFormat,
  div,
  each,
  type Format,
  field,
  fit,
  mul,
  ref,
  row,
  tensor,
  x,
} from '@fewerbits/format';
import { grid, int } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countSymbols, idealBits, interpreter, StreamError } from '../src/index.ts';

/** Bell-shaped weights without a random generator. */
function bell(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = 1; k <= 6; k++) sum += Math.sin(i * k * 12.9898 + k);
    return sum * 0.05;
  });
}

const constant = (value: number) => ({ arg: 'expr', expr: { op: 'const', value } }) as const;

function ecsq(coder: 'rans' | 'huffman', rate: number, chunk = 65536): Format {
  return buildFormat('ecsq', {
    body: [
      tensor([field('step', 'f32', fit('step_for_rate', { 0: constant(rate) }))]),
      each([field('code', grid())]),
    ],
    value: mul(ref('step'), ref('code')),
    entropy: [{ fields: ['code'], coder, options: { chunk } }],
  });
}

describe('entropy-coded codes', () => {
  const data = bell(1 << 17);

  it.each(['rans', 'huffman'] as const)('%s: come back, at nearly the rate that was asked for', (coder) => {
    const codec = interpreter(ecsq(coder, 3));
    const packed = codec.encode(data, { shape: [128, 1024] });
    const codes = codec.unpack(packed).codes.code!;
    const step = codec.unpack(packed).codes.step!;
    const decoded = codec.decode(packed);
    const value = new Float32Array(step.slice().buffer)[0]!;
    for (let i = 0; i < 1000; i++) {
      expect(codes[i]).toBe(Math.round(data[i]! / value) + 0);
      expect(decoded[i]).toBe(Math.fround(value * codes[i]!));
    }
    expect(idealBits(countSymbols(codes)) / data.length).toBeCloseTo(3, 3);
    const bits = (packed.streams.code!.length * 8) / data.length;
    expect(bits - 3).toBeLessThan(coder === 'rans' ? 0.03 : 0.12);
    expect(codec.pack(codec.unpack(packed))).toEqual(packed);
  });

  it('have chunks of the size that the format says', () => {
    const small = interpreter(ecsq('rans', 3, 1024)).encode(data).streams.code!;
    const large = interpreter(ecsq('rans', 3)).encode(data).streams.code!;
    expect(small.length).toBeGreaterThan(large.length);
  });

  it('of a fixed width are held to it', () => {
    const format = buildFormat('coded', {
      body: [
        block('block', 64, [field('scale', 'bf16', div(absmax(), 7)), each([field('code', int(-7, 7))])]),
      ],
      value: mul(ref('scale'), ref('code')),
      entropy: [{ fields: ['code'], coder: 'rans', options: {} }],
    });
    const plain = interpreter({ ...format, entropy: [] });
    const codec = interpreter(format);
    const packed = codec.encode(data);
    expect(codec.decode(packed)).toEqual(plain.decode(plain.encode(data)));
    expect(packed.streams.code!.length).toBeLessThan(plain.encode(data).streams.code!.length);
    // A stream of codes that the format does not have is refused, not decoded.
    const wide = interpreter(ecsq('rans', 6)).encode(data).streams.code!;
    expect(() => codec.decode({ ...packed, streams: { ...packed.streams, code: wide } })).toThrow(
      StreamError,
    );
  });

  it('that are damaged are refused with stream, chunk and offset', () => {
    const codec = interpreter(ecsq('rans', 3, 4096));
    const packed = codec.encode(data.subarray(0, 20_000));
    const bytes = packed.streams.code!;
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, flip, cut) => {
          const bad = cut ? bytes.slice(0, at) : bytes.slice();
          if (!cut) bad[at]! ^= flip;
          expect(() => codec.decode({ ...packed, streams: { ...packed.streams, code: bad } })).toThrow(
            /StreamError|^code/,
          );
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('stand alone in their stream', () => {
    const layout = [
      {
        name: 'all',
        shown: null,
        items: ['step', 'code'].map((name) => ({
          item: 'field' as const,
          field: name,
          entries: null,
          bits: null,
          pattern: null,
          radix: null,
        })),
      },
    ];
    expect(() => interpreter({ ...ecsq('rans', 3), layout }).encode(data)).toThrow(
      /code is entropy coded and must be alone and whole in its stream/,
    );
  });

  it('of an empty and of an all-zero tensor come back', () => {
    const codec = interpreter(ecsq('rans', 3));
    for (const weights of [new Float32Array(0), new Float32Array(100)])
      expect(codec.decode(codec.encode(weights))).toEqual(weights);
  });
});

describe('levels that are trained and stored', () => {
  const data = bell(8192);
  const error = (format: Format, shape: number[]): number => {
    const codec = interpreter(format);
    const decoded = codec.decode(codec.encode(data, { shape }));
    return Math.sqrt(
      decoded.reduce((sum, v, i) => sum + (v - data[i]!) ** 2, 0) / data.reduce((sum, v) => sum + v * v, 0),
    );
  };
  const lookUp = (scale: 'tensor' | 'row'): Format =>
    buildFormat('trained', {
      body: [
        (scale === 'tensor' ? tensor : row)([
          field('levels', 'f16', fit('lloyd_max', { of: { arg: 'expr', expr: x } }), [8]),
        ]),
        each([field('code', 'u3')]),
      ],
      value: ref('levels', ref('code')),
    });

  it('are those of least squared error: 3 bits of a bell lie near 0.19', () => {
    expect(error(lookUp('tensor'), [8, 1024])).toBeLessThan(0.195);
    expect(error(lookUp('row'), [8, 1024])).toBeLessThanOrEqual(error(lookUp('tensor'), [8, 1024]) + 1e-3);
  });

  it('may be vectors, trained across a scope', () => {
    const pairs = buildFormat('pairs', {
      body: [
        tensor([
          field('levels', 'f32', fit('lloyd_max', { across: { arg: 'word', word: 'pair' } }), [64, 2]),
        ]),
        block('pair', 2, [field('code', 'u6')]),
      ],
      value: ref('levels', ref('code'), { op: 'at', scope: 'pair' }),
    });
    // 3 bits a weight, and better than scalars: a vector quantiser fills the plane.
    expect(error(pairs, [8, 1024])).toBeLessThan(error(lookUp('tensor'), [8, 1024]));
  });

  it('must have the shape of their array', () => {
    const wrong = buildFormat('wrong', {
      body: [
        tensor([field('levels', 'f32', fit('lloyd_max', { across: { arg: 'word', word: 'pair' } }), [64])]),
        block('pair', 2, [field('code', 'u6')]),
      ],
      value: ref('levels', ref('code')),
    });
    expect(() => interpreter(wrong).encode(data)).toThrow(
      /levels must be \[count, 2\] for vectors across pair/,
    );
  });
});
