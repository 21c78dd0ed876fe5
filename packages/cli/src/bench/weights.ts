/**
 * What is timed: seeded weights, and what a format stores of them. `benchmarks/` uses it too.
 */
import { type Codec, type Packed, streamBytes } from '@fewerbits/format';

/** A seeded generator of whole numbers of some bits (xorshift32). */
export function random(bits: number): () => number {
  let state = 12345;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 2 ** bits;
  };
}

/** Sums of twelve uniform numbers, near enough to Gaussian. */
export function gaussian(length: number): Float32Array {
  const next = random(16);
  return Float32Array.from({ length }, () => {
    let sum = -6;
    for (let k = 0; k < 12; k++) sum += next() / 2 ** 16;
    return 0.02 * sum;
  });
}

const ROWS = 64;

/**
 * What a format of fixed length stores of seeded Gaussian weights, 64 rows of them over and over; of formats without an encoder, any
 * bytes with the highest bits clear, so that their binary16 scales are modest.
 */
export function packedFor(codec: Codec, shape: readonly [rows: number, cols: number]): Packed {
  const lengths = streamBytes(codec.format, shape);
  const [, cols] = shape;
  const of = (fill: (name: string, length: number) => Uint8Array): Packed => ({
    shape,
    streams: Object.fromEntries(
      Object.entries(lengths).map(([name, length]) => [name, fill(name, length)] as const),
    ),
  });
  try {
    const few = codec.encode(gaussian(ROWS * cols), { shape: [ROWS, cols] }).streams;
    return of((name, length) => {
      const bytes = few[name]!;
      const repeated = new Uint8Array(length);
      for (let at = 0; at < length; at += bytes.length) repeated.set(bytes.subarray(0, length - at), at);
      return repeated;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return of((_, length) => Uint8Array.from({ length }, random(6)));
  }
}
