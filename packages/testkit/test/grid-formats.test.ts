/**
 * The grid types of llama.cpp when encoding: a few bytes of the peer, and what must hold for any weights.
 * The golden vectors (`vectors.test.ts`) have every type on sixteen tensors; these few stand here so that there are some without them.
 */
import { readFileSync } from 'node:fs';
import { interpreter } from '@fewerbits/codec';
import type { Codec } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../src/vectors/ggml-mistakes.ts';
import { findFormat } from './formats.ts';

const TYPES = ['iq1_s', 'iq1_m', 'iq2_xxs', 'iq2_xs', 'iq2_s', 'iq3_xxs', 'iq3_s'];

interface Golden {
  readonly origin: string;
  readonly cases: readonly { type: string; importance: boolean; bytes: string }[];
}

const golden = JSON.parse(readFileSync(new URL('golden/ggml-grids.json', import.meta.url), 'utf8')) as Golden;

const codecs = new Map<string, Codec>();

function codecNamed(name: string): Codec {
  const codec = codecs.get(name) ?? interpreter(findFormat(name)!);
  codecs.set(name, codec);
  return codec;
}

describe(`the bytes of ${golden.origin.split(':')[0]}`, () => {
  const weights = Float32Array.from({ length: 256 }, (_, i) => {
    const u = (((i * 7919) % 2003) - 1001) / 1001;
    return u * u * u;
  });
  const importance = Float32Array.from(weights, (_, i) => 1 + ((i * 31) % 17) / 4);

  it.each(
    golden.cases.map((item) => [`${item.type}${item.importance ? ', importance' : ''}`, item] as const),
  )('%s', (_, item) => {
    const codec = codecNamed(item.type);
    const fit = item.importance && codec.format.fits.length > 0 ? { fit: 'imatrix' } : {};
    const { streams } = codec.encode(weights, {
      shape: [256],
      ...(item.importance ? { importance } : {}),
      ...fit,
    });
    expect(Buffer.from(Object.values(streams)[0]!).toString('hex')).toBe(item.bytes);
  });
});

/** Weights of one spread, many small and few large, in superblocks of 256; some blocks are zero. */
const tensors = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    power: fc.constantFrom(1, 2, 3),
    scale: fc.constantFrom(1e-4, 0.02, 1, 300),
    zeros: fc.constantFrom(0, 0, 0, 3),
  })
  .map(({ seed, power, scale, zeros }) => {
    let state = seed;
    const draw = (): number => {
      state = (Math.imul(state, 48271) >>> 0) % 2147483647;
      return state / 2147483647;
    };
    return Float32Array.from({ length: 512 }, (_, i) => {
      const u = 2 * draw() - 1;
      return zeros > 0 && Math.floor(i / 32) % 8 === zeros ? 0 : Math.sign(u) * Math.abs(u) ** power * scale;
    });
  });
const importances = fc
  .array(fc.integer({ min: 0, max: 1000 }), { minLength: 512, maxLength: 512 })
  .map((list) => Float32Array.from(list, (v) => (v / 100) ** 2));

function squareError(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, v, i) => sum + (v - y[i]!) ** 2, 0);
}

describe.each(TYPES)('%s', (name) => {
  const codec = codecNamed(name);
  const index = codec.format.fields.find((field) => field.name === 'index')!;
  const grid = resolveNumber(codec.format.numbers[(index.storage as { number: string }).number]!);
  const shape = [512];

  it('writes grid indices, the same ones every time, nearer than zeros', () => {
    fc.assert(
      fc.property(tensors, (x) => {
        const packed = codec.encode(x, { shape });
        const { codes } = codec.unpack(packed);
        expect(Array.from(codes.index!).every((code) => code < grid.codes)).toBe(true);
        expect(codec.encode(x.slice(), { shape })).toEqual(packed);
        const y = codec.decode(packed);
        expect(squareError(x, y)).toBeLessThan(squareError(x, new Float32Array(x.length)));
      }),
      { seed: 2026, numRuns: 12 },
    );
  });

  it('encodes what it decoded with less error, relative to it, than it had', () => {
    fc.assert(
      fc.property(tensors, (x) => {
        const first = codec.decode(codec.encode(x, { shape }));
        const second = codec.decode(codec.encode(first, { shape }));
        const zero = new Float32Array(x.length);
        const relative = (a: Float32Array, b: Float32Array): number =>
          squareError(a, b) / squareError(a, zero);
        expect(relative(first, second)).toBeLessThan(relative(x, first));
      }),
      { seed: 2026, numRuns: 8 },
    );
  });

  it('follows importances', () => {
    const fit = codec.format.fits.length > 0 ? { fit: 'imatrix' } : {};
    let gained = 0;
    fc.assert(
      fc.property(tensors, importances, (x, importance) => {
        const error = (y: Float32Array): number =>
          x.reduce((sum, v, i) => sum + importance[i]! * (v - y[i]!) ** 2, 0);
        const plain = error(codec.decode(codec.encode(x, { shape })));
        const weighed = error(codec.decode(codec.encode(x, { shape, importance, ...fit })));
        gained += Math.log(plain / weighed);
      }),
      { seed: 2026, numRuns: 12 },
    );
    expect(gained).toBeGreaterThan(0);
  });

  it('stores zeros as bytes of zero', () => {
    const { streams } = codec.encode(new Float32Array(512).fill(-0), { shape });
    expect(Object.values(streams)[0]!.every((byte) => byte === 0)).toBe(true);
  });
});

describe('blocks that the peer misplaces', () => {
  it('are later blocks of a superblock with a zero block, of IQ3_S', () => {
    const x = new Float32Array(1024).fill(1);
    expect(mistakesOf('IQ3_S', x)).toEqual([]);
    x.fill(0, 256 + 32, 256 + 64);
    // A zero block at the end moves nothing.
    x.fill(0, 768 - 32, 768);
    expect(mistakesOf('IQ3_S', x)).toEqual([{ from: 110, to: 220 }]);
    expect(mistakesOf('IQ3_XXS', x)).toEqual([]);
  });
});
