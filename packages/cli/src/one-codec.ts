/**
 * One tensor through the codec of a target: here and now where it is small, else in threads, a band at a time, so that memory stays
 * bounded, progress is drawn and Ctrl-C is heard.
 */
import type { EncodeOptions, Packed } from '@fewerbits/format';
import {
  type CodecPool,
  type CodecResult,
  type CodecTask,
  decodeTensor,
  encodeTensor,
  makePool,
  type TensorOptions,
} from '@fewerbits/workers';
import type { CodecStart } from './codec-thread.ts';
import { uninterrupted } from './interrupt.ts';
import type { Context } from './main.ts';
import { progressOf } from './progress.ts';
import { targetCodec } from './target.ts';

/** Fewer weights are done sooner than a thread starts. */
const SMALL = 1 << 20;

/**
 * Encodes. The bytes are the same for any number of threads.
 * @throws RangeError as the codec does, or the signal's reason.
 */
export async function encodeOne(
  context: Context,
  start: CodecStart,
  weights: Float32Array,
  options: EncodeOptions,
  threads: number,
): Promise<Packed> {
  if (threads === 1 && weights.length < SMALL)
    return uninterrupted(() => codecHere(start).encode(weights, options));
  return inThreads(context, start, weights.length, threads, (pool, how) =>
    encodeTensor(pool, { format: start.format, place: 0 }, weights, options, how),
  );
}

/**
 * Decodes into `out`, which is as long as the shape says.
 * @throws RangeError as the codec does, or the signal's reason.
 */
export async function decodeOne(
  context: Context,
  start: CodecStart,
  packed: Packed,
  out: Float32Array,
  threads: number,
): Promise<Float32Array> {
  if (threads === 1 && out.length < SMALL)
    return uninterrupted(() => codecHere(start).decode(packed, { out }));
  return inThreads(context, start, out.length, threads, (pool, how) =>
    decodeTensor(pool, { format: start.format, place: 0 }, packed, out, how),
  );
}

function codecHere({ format, target, models }: CodecStart) {
  return targetCodec(format, target, models).codec;
}

async function inThreads<T>(
  { io, signal }: Context,
  start: CodecStart,
  weights: number,
  threads: number,
  work: (pool: CodecPool, options: TensorOptions) => Promise<T>,
): Promise<T> {
  const pool = makePool<CodecStart, CodecTask, CodecResult>({
    module: new URL('./codec-thread.js', import.meta.url),
    threads,
    start,
    signal,
  });
  const bar = progressOf(io, weights, 'weights');
  try {
    return await work(pool, { signal, onProgress: bar.at });
  } finally {
    bar.stop();
    await pool.close();
  }
}
