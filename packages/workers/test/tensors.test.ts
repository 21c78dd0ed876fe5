/** Tensors through a pool: the bytes of one codec in one thread, for any number of threads, and its words when it refuses. */
import { loadFormat } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type CodecResult,
  type CodecTask,
  decodeTensor,
  encodeTensor,
  makePool,
  sharedFloats,
} from '../src/index.ts';

const names = ['q4_0', 'q4_k', 'nf4', 'e4m3', 'ecsq'];
const formats = await Promise.all(names.map((name) => loadFormat(name)));
const pools = [1, 2, 3].map((threads) =>
  makePool<object, CodecTask, CodecResult>({
    module: new URL('./threads/codecs.mjs', import.meta.url),
    threads,
    start: { formats },
  }),
);
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

const shape = [13, 512];
const data = Float32Array.from({ length: 13 * 512 }, (_, i) => Math.sin(1.3 * i) ** 3);
const shared = sharedFloats(data.length);
shared.set(data);

describe.each(formats.map((format, place) => [format.name, format, place] as const))(
  '%s',
  (_, format, place) => {
    const codec = interpreter(format);
    const whole = codec.encode(data, { shape });
    const back = codec.decode(whole);

    it.each(pools.map((pool) => [pool.threads, pool] as const))('with %d threads', async (_, pool) => {
      for (const weights of [data, shared]) {
        const seen: number[] = [];
        const packed = await encodeTensor(
          pool,
          { format, place },
          weights,
          { shape },
          {
            bandWeights: 2048,
            onProgress: (done) => seen.push(done),
          },
        );
        expect(packed).toEqual(whole);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        for (const out of [new Float32Array(data.length), sharedFloats(data.length)]) {
          await decodeTensor(pool, { format, place }, packed, out, { bandWeights: 2048 });
          expect([...out]).toEqual([...back]);
        }
      }
      // The caller keeps its weights.
      expect(data[1]).toBe(Math.fround(Math.sin(1.3) ** 3));
    });

    it('refuses in the words of the codec, with places in the whole tensor', async () => {
      const broken = data.slice();
      broken[11 * 512 + 77] = Number.NaN;
      const own = (run: () => unknown): string => {
        try {
          run();
        } catch (error) {
          return (error as Error).message;
        }
        return 'nothing was refused';
      };
      const words = own(() => codec.encode(broken, { shape, name: 'w' }));
      expect(words).toMatch(/\b11\b.*\b77\b|NaN/);
      for (const pool of pools) {
        const banded = { bandWeights: 2048 };
        await expect(
          encodeTensor(pool, { format, place }, broken, { shape, name: 'w' }, banded),
        ).rejects.toThrow(new RangeError(words));
        const short = {
          ...whole,
          streams: Object.fromEntries(
            Object.entries(whole.streams).map(([name, bytes]) => [name, bytes.slice(0, -1)]),
          ),
        };
        const refused = own(() => codec.decode(short));
        await expect(
          decodeTensor(pool, { format, place }, short, new Float32Array(data.length), banded),
        ).rejects.toThrow(new RangeError(refused));
      }
    });
  },
);

it('an abort ends a tensor', async () => {
  const controller = new AbortController();
  const coding = encodeTensor(
    pools[1]!,
    { format: formats[1]!, place: 1 },
    data,
    { shape },
    {
      signal: controller.signal,
      bandWeights: 512,
      onProgress: () => controller.abort(new Error('enough')),
    },
  );
  await expect(coding).rejects.toThrow('enough');
});
