/**
 * Whole tensors through a pool: cut into bands where that changes no byte, one task otherwise.
 *
 * The bytes and the weights are those of one codec in one thread, for any number of threads. Weights in shared memory cross as they are;
 * others are copied to the threads a band at a time. Which codec a thread uses is said by the module of the pool, through `codecTasks`.
 */
import type { Codec, EncodeOptions, Format, Packed } from '@fewerbits/format';
import { type Band, bandOf, bandsOf, joinBands, rowsApart } from './bands.ts';
import type { Pool } from './pool.ts';
import type { Handler } from './serve.ts';
import { isShared } from './shared.ts';

/** What a thread does with a band. Formats are known by their place in what the pool was started with. */
export type CodecTask =
  | {
      readonly kind: 'encode';
      readonly format: number;
      readonly weights: Float32Array;
      readonly options: EncodeOptions;
    }
  | {
      readonly kind: 'decode';
      readonly format: number;
      readonly packed: Packed;
      /** Shared memory to decode into; null: the weights are the answer. */
      readonly out: Float32Array | null;
    };

/** Streams, or weights unless they went into `out`. */
export type CodecResult = Packed | { readonly weights: Float32Array | null };

/**
 * The handler of codec tasks, for `serve`.
 * @param codecOf the codec of the format at a place; called once for each that a thread meets
 */
export function codecTasks(codecOf: (format: number) => Codec): Handler<CodecTask, CodecResult> {
  const codecs = new Map<number, Codec>();
  return (task) => {
    const codec = codecs.get(task.format) ?? codecOf(task.format);
    codecs.set(task.format, codec);
    if (task.kind === 'encode') {
      const { shape, streams } = codec.encode(task.weights, task.options);
      const transfer = new Set(Object.values(streams).map(({ buffer }) => buffer as ArrayBuffer));
      return { result: { shape, streams }, transfer: [...transfer] };
    }
    if (task.out !== null) {
      codec.decode(task.packed, { out: task.out });
      return { result: { weights: null } };
    }
    const weights = codec.decode(task.packed);
    return { result: { weights }, transfer: [weights.buffer as ArrayBuffer] };
  };
}

/** A pool whose threads run `codecTasks`. */
export type CodecPool = Pool<CodecTask, CodecResult>;

/** A format, and its place among those that the pool was started with. */
export interface PlacedFormat {
  readonly format: Format;
  readonly place: number;
}

/** How a tensor goes through a pool. */
export interface TensorOptions {
  readonly signal?: AbortSignal;
  /** Weights of a band; 2^20 if it is not said: large against a message, small against memory. */
  readonly bandWeights?: number;
  /** After each band: weights done so far. */
  readonly onProgress?: (weights: number) => void;
}

const BAND_WEIGHTS = 2 ** 20;

/**
 * Encodes a tensor. At most `pool.threads` bands are on their way at a time.
 * @param options as for `Codec.encode`; without a shape the tensor is one row
 * @throws what the codec throws on the whole tensor, a signal's reason, or the pool's errors.
 */
export async function encodeTensor(
  pool: CodecPool,
  { format, place }: PlacedFormat,
  weights: Float32Array,
  options: EncodeOptions = {},
  { signal, bandWeights = BAND_WEIGHTS, onProgress }: TensorOptions = {},
): Promise<Packed> {
  const shape = options.shape ?? [weights.length];
  const run = async (part: Float32Array, how: EncodeOptions): Promise<Packed> =>
    (await pool.run(
      { kind: 'encode', format: place, weights: part, options: how },
      { ...(signal === undefined ? {} : { signal }) },
    )) as Packed;
  // Codes that are given belong to places in the whole tensor.
  const bands = options.given === undefined ? bandsOf(rowsApart(format), shape, bandWeights) : [];
  if (bands.length < 2) return run(weights, options);
  const cols = shape.at(-1)!;
  let done = 0;
  try {
    const parts = await eachOf(bands, pool.threads, async ({ first, end }) => {
      // A view of memory that is not shared would be copied with the whole of its buffer.
      const view = weights.subarray(first * cols, end * cols);
      const part = await run(isShared(weights) ? view : view.slice(), {
        ...options,
        shape: [end - first, cols],
      });
      done += view.length;
      onProgress?.(done);
      return part;
    });
    return joinBands(shape, parts);
  } catch (error) {
    // A refusal names places in the tensor, which a band does not know.
    if (error instanceof RangeError) return run(weights, options);
    throw error;
  }
}

/**
 * Decodes a tensor into `out`, or into new shared memory. At most `pool.threads` bands are on their way at a time.
 * @throws what the codec throws on the whole tensor, RangeError for an `out` of the wrong length, a signal's reason, or the pool's errors.
 */
export async function decodeTensor(
  pool: CodecPool,
  { format, place }: PlacedFormat,
  packed: Packed,
  out: Float32Array,
  { signal, bandWeights = BAND_WEIGHTS, onProgress }: TensorOptions = {},
): Promise<Float32Array> {
  const count = packed.shape.reduce((product, size) => product * size, 1);
  if (out.length !== count)
    throw new RangeError(
      `out has ${out.length} elements, the shape [${packed.shape.join(', ')}] has ${count}`,
    );
  const run = async (part: Packed, into: Float32Array): Promise<void> => {
    const shared = isShared(into);
    const answer = await pool.run(
      { kind: 'decode', format: place, packed: part, out: shared ? into : null },
      { ...(signal === undefined ? {} : { signal }) },
    );
    if ('weights' in answer && answer.weights !== null) into.set(answer.weights);
  };
  const bands: Band[] = evenBands(format, packed, bandsOf(rowsApart(format), packed.shape, bandWeights));
  if (bands.length < 2) {
    await run(packed, out);
    return out;
  }
  const cols = packed.shape.at(-1)!;
  let done = 0;
  await eachOf(bands, pool.threads, async (band) => {
    const part = bandOf(packed, band);
    const streams = Object.entries(part.streams).map(([name, bytes]) => [
      name,
      isShared(bytes) ? bytes : bytes.slice(),
    ]);
    const into = out.subarray(band.first * cols, band.end * cols);
    await run({ shape: part.shape, streams: Object.fromEntries(streams) }, into);
    done += into.length;
    onProgress?.(done);
  });
  return out;
}

/** Bands, or one where a stream is no whole number of rows: the codec then says what is wrong with it. */
function evenBands(format: Format, { shape, streams }: Packed, bands: Band[]): Band[] {
  const rows = bands.at(-1)?.end ?? 0;
  const even = format.layout.every(({ name }) => {
    const length = streams[name]?.length;
    return length !== undefined && length % Math.max(1, rows) === 0;
  });
  return even ? bands : [{ first: 0, end: shape[0] ?? 1 }];
}

/** Does `work` on every item, `most` at a time; results in the order of the items. The first failure ends it. */
async function eachOf<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const at = next++;
      try {
        results[at] = await work(items[at]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: most }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  return results;
}
