/** Models of entropy coders that stand outside of the streams: in the format, or beside several tensors. */
import {
  buildFormat,
  each,
  type Format,
  field,
  mul,
  ref,
  rms,
  sameDecoding,
  tensor,
} from '@fewerbits/format';
import { codebook, grid, normal, stochasticDraw, uint } from '@fewerbits/numerics';
import { describe, expect, it } from 'vitest';
import {
  countSymbols,
  encodeFields,
  encodeSymbols,
  idealBits,
  interpreter,
  modelTrainer,
  readHeader,
  StreamError,
} from '../src/index.ts';

type Coding = Partial<Format['entropy'][number]['options']>;

/** A grid in units of the rms. */
function gridFormat(coder: 'rans' | 'huffman', options: Coding, weights: readonly number[] = [1]): Format {
  const { weights: key } = options;
  return buildFormat('coded', {
    body: [tensor([field('scale', 'f32', rms())]), each([field('code', grid())])],
    value: mul(mul(ref('scale'), 0.25), ref('code')),
    entropy: [{ fields: ['code'], coder, options }],
    numbers: key === undefined ? {} : { [key]: codebook(weights, { order: 'any' }) },
  });
}

/** Draws from a Normal law. */
function bell(count: number, seed = 1): Float32Array {
  const law = normal();
  return Float32Array.from({ length: count }, (_, i) =>
    law.quantile(Math.max(1e-9, stochasticDraw(seed, i))),
  );
}

const bellWeights = Array.from({ length: 33 }, (_, i) => Math.exp(-(((i - 16) / 4) ** 2) / 2));
const STATIC: Coding = { model: 'static', weights: 'shares', first: -16, escape: 1e-4 };

describe.each(['rans', 'huffman'] as const)('a static model of %s', (coder) => {
  const format = gridFormat(coder, STATIC, bellWeights);
  const codec = interpreter(format);
  const data = bell(1 << 16);

  it('is in no stream, and codes come back at nearly their entropy', () => {
    const packed = codec.encode(data);
    const { codes } = codec.unpack(packed);
    expect(codes).toEqual(encodeFields(format, data).codes);
    expect(codec.pack(codec.unpack(packed))).toEqual(packed);
    expect(() => readHeader(packed.streams.code!, 'code')).toThrow('stands elsewhere and was not given');
    const bits = (packed.streams.code!.length * 8) / data.length;
    expect(bits - idealBits(countSymbols(codes.code!)) / data.length).toBeLessThan(
      coder === 'rans' ? 0.05 : 0.1,
    );
  });

  it('codes what it does not know as escapes, and tensors without weights', () => {
    const wild = bell(4096).map((value, i) => (i % 512 === 0 ? value * 100 : value));
    expect(Math.max(...codec.unpack(codec.encode(wild)).codes.code!)).toBeGreaterThan(16);
    for (const weights of [wild, new Float32Array(0), new Float32Array(3)]) {
      const decoded = codec.decode(codec.encode(weights));
      expect(decoded).toHaveLength(weights.length);
      expect(codec.encode(weights)).toEqual(codec.encode(weights));
    }
  });

  it('refuses a stream that brings a model of its own, or was coded by another', () => {
    const packed = codec.encode(data);
    const own = encodeSymbols(codec.unpack(packed).codes.code!, { coder });
    const streams = { ...packed.streams, code: own };
    expect(() => codec.decode({ ...packed, streams })).toThrow(StreamError);
    expect(() => codec.decode({ ...packed, streams })).toThrow('carries a model of its own');
    const other = interpreter(gridFormat(coder, { ...STATIC, escape: 0.5 }, bellWeights));
    expect(() => other.decode(packed)).toThrow('not the one it was coded with');
  });

  it('belongs to what a format decodes', () => {
    expect(sameDecoding(format, gridFormat(coder, STATIC, bellWeights))).toBe(true);
    expect(sameDecoding(format, gridFormat(coder, STATIC, [...bellWeights].fill(1)))).toBe(false);
    expect(sameDecoding(format, gridFormat(coder, { ...STATIC, first: -15 }, bellWeights))).toBe(false);
  });
});

describe('a static model that cannot code its field', () => {
  it.each<[string, Coding, readonly number[], RegExp]>([
    [
      'no escape for a grid',
      { model: 'static', weights: 'w' },
      [1],
      /codes without bounds; give the others a weight/,
    ],
    ['no positive weight', { ...STATIC, weights: 'w' }, [0, 0], /no weight is positive/],
    [
      'a negative weight',
      { ...STATIC, weights: 'w' },
      [1, -1],
      /weight 1 is -1; weights are finite and not negative/,
    ],
    ['codes beyond 32 bits', { ...STATIC, weights: 'w', first: 2 ** 31 - 1 }, [1, 1], /leave 32 bits/],
    ['static without weights', { model: 'static' }, [], /a static model has weights, and no other has/],
    ['weights without static', { weights: 'w' }, [1], /a static model has weights, and no other has/],
  ])('%s is refused', (_, options, weights, message) => {
    expect(() => gridFormat('rans', options, weights)).toThrow(message);
  });

  it('knows the codes of a width', () => {
    const make = (shares: number[], options: Coding) =>
      buildFormat('narrow', {
        body: [tensor([field('scale', 'f32', rms())]), each([field('code', uint(2))])],
        value: mul(ref('scale'), ref('code')),
        entropy: [
          { fields: ['code'], coder: 'rans', options: { model: 'static', weights: 'w', ...options } },
        ],
        numbers: { w: codebook(shares, { order: 'any' }) },
      });
    expect(() => make([1, 2, 3, 4], {})).not.toThrow();
    expect(() => make([1, 0, 3], { escape: 1 })).not.toThrow();
    expect(() => make([1, 2, 3], {})).toThrow(/code 3 of `code` has no weight/);
    expect(() => make([1, 0, 3, 4], {})).toThrow(/code 1 of `code` has no weight/);
    expect(() => make([1, 2, 3, 4, 5], {})).toThrow(/`code` has the codes 0..3, and code 4 has a weight/);
    expect(() => make([1, 2, 3, 4], { first: -1 })).toThrow(/code -1 has a weight/);
  });
});

describe.each(['rans', 'huffman'] as const)('a model of %s that tensors share', (coder) => {
  const format = gridFormat(coder, { model: 'shared' });
  const tensors = [bell(3000), bell(5000, 2), bell(100, 3)];

  it('is trained on all of them, stands in none, and codes tensors that it has not seen', () => {
    const trainer = modelTrainer(format);
    for (const data of tensors) trainer.add(encodeFields(format, data));
    const models = trainer.models();
    const codec = interpreter(format, { models });
    for (const data of [...tensors, bell(700, 9).map((value) => value ** 5), new Float32Array(0)]) {
      const packed = codec.encode(data);
      expect(codec.unpack(packed).codes).toEqual(encodeFields(format, data).codes);
      expect(codec.decode(packed)).toHaveLength(data.length);
    }
    const own = interpreter(gridFormat(coder, {}));
    const size = (streams: Readonly<Record<string, Uint8Array>>) => streams.code!.length;
    const apart = tensors.reduce((sum, data) => sum + size(own.encode(data).streams), 0);
    const together = tensors.reduce(
      (sum, data) => sum + size(codec.encode(data).streams),
      models.code!.length,
    );
    expect(together).toBeLessThan(apart);
  });

  it('does not depend on how the tensors were counted', () => {
    const whole = modelTrainer(format);
    for (const data of tensors) whole.add(encodeFields(format, data));
    const merged = modelTrainer(format);
    for (const data of [...tensors].reverse()) {
      const part = modelTrainer(format);
      part.add(encodeFields(format, data));
      merged.merge(part.counts());
    }
    expect(merged.models()).toEqual(whole.models());
  });

  it('is asked for, and held to its format', () => {
    expect(() => interpreter(format)).toThrow(/model of code is shared by several tensors and was not given/);
    expect(() => modelTrainer(format).models()).toThrow(/no code of code was counted/);
    const trainer = modelTrainer(format);
    trainer.add(encodeFields(format, tensors[0]!));
    const models = trainer.models();
    expect(() => interpreter(format, { models: { ...models, scale: models.code! } })).toThrow(
      'shares no model of scale',
    );
    for (let at = 0; at < models.code!.length; at++) {
      expect(() => interpreter(format, { models: { code: models.code!.subarray(0, at) } })).toThrow(
        StreamError,
      );
    }
    const other = gridFormat(coder === 'rans' ? 'huffman' : 'rans', { model: 'shared' });
    expect(() => interpreter(other, { models })).toThrow(/the one of code is of/);
  });
});
