/**
 * Writes a model whole or not at all, one tensor in memory at a time.
 *
 * Containers want every length before the first byte. Where a Format's length follows from the shape, a tensor is encoded when its
 * turn comes; others are encoded first into a file beside the output, which is read back and removed.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Format, formatFacts, type Packed, streamBytes } from '@fewerbits/format';
import { type OutputTensor, type WriteOptions, writeSafetensors } from '@fewerbits/tensorfile';
import { type Described, streamTensor, withDescription } from './description.ts';
import { matrixOf } from './types.ts';

/** A tensor stored as numbers; `bytes` little-endian, row-major, under a safetensors type. */
export interface PlainOutput {
  readonly kind: 'plain';
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly byteLength: number;
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** A tensor to encode. */
export interface EncodedOutput extends Described {
  readonly kind: 'encoded';
  /** Called once. */
  readonly encode: () => Promise<Packed>;
}

export type ModelOutput = PlainOutput | EncodedOutput;

/**
 * Writes a safetensors file that describes itself.
 * @param metadata kept beside the description, such as that of the file which the model came from
 * @returns bytes of each tensor by name
 * @throws RangeError, TypeError as `writeSafetensors`, what `encode` throws, or the signal's reason.
 */
export async function writeModelSafetensors(
  path: string,
  tensors: readonly ModelOutput[],
  metadata: Readonly<Record<string, string>>,
  options: WriteOptions = {},
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const aside = await openAside(path);
  try {
    const stored: OutputTensor[] = [];
    for (const tensor of tensors) {
      const parts =
        tensor.kind === 'plain' ? [plainTensor(tensor)] : await encodedTensors(tensor, aside, options);
      sizes.set(
        tensor.name,
        parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
      );
      stored.push(...parts);
    }
    const encoded = tensors.filter((tensor) => tensor.kind === 'encoded');
    await writeSafetensors(path, stored, withDescription(metadata, encoded), options);
    return sizes;
  } finally {
    await aside.close();
  }
}

function plainTensor({ name, dtype, shape, byteLength, bytes }: PlainOutput): OutputTensor {
  return { name, dtype, shape, byteLength, bytes: later(bytes) };
}

/** The streams of a tensor: encoded when they are asked for where lengths are known, now where they are not. */
async function encodedTensors(
  { name, shape, axis, format, encode }: EncodedOutput,
  aside: Aside,
  { signal }: WriteOptions,
): Promise<OutputTensor[]> {
  const lengths = knownLengths(format, matrixOf(shape, axis));
  if (lengths !== null) {
    let packed: Promise<Packed> | null = null;
    const waiting = new Set(Object.keys(lengths));
    return Object.entries(lengths).map(([stream, byteLength]) =>
      bytesTensor(
        streamTensor(name, stream),
        byteLength,
        later(async function* () {
          packed ??= encode();
          yield (await packed).streams[stream]!;
          waiting.delete(stream);
          // The last stream is written: the next tensor needs the memory.
          if (waiting.size === 0) packed = null;
        }),
      ),
    );
  }
  const { streams } = await encode();
  signal?.throwIfAborted();
  const tensors: OutputTensor[] = [];
  for (const [stream, bytes] of Object.entries(streams))
    tensors.push(bytesTensor(streamTensor(name, stream), bytes.length, await aside.put(bytes)));
  return tensors;
}

function bytesTensor(name: string, byteLength: number, bytes: AsyncIterable<Uint8Array>): OutputTensor {
  return { name, dtype: 'U8', shape: [byteLength], byteLength, bytes };
}

function knownLengths(format: Format, matrix: readonly number[]): Record<string, number> | null {
  return formatFacts(format).fixedLength ? streamBytes(format, matrix) : null;
}

/** Bytes that are made when somebody iterates. */
function later(make: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => make()[Symbol.asyncIterator]() };
}

/** A file beside the output for what has to wait. */
interface Aside {
  put(bytes: Uint8Array): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** Bytes read back at a time. */
const CHUNK = 1 << 22;

async function openAside(path: string): Promise<Aside> {
  const place = join(dirname(path), `.fewerbits-${randomUUID()}.tmp`);
  let handle: FileHandle | null = null;
  let end = 0;
  return {
    async put(bytes) {
      handle ??= await open(place, 'wx+');
      const file = handle;
      const start = end;
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
      end += bytes.length;
      const { length } = bytes;
      return later(async function* () {
        for (let done = 0; done < length; done += CHUNK) {
          const chunk = new Uint8Array(Math.min(CHUNK, length - done));
          await file.read(chunk, 0, chunk.length, start + done);
          yield chunk;
        }
      });
    },
    async close() {
      await handle?.close();
      if (handle !== null) await rm(place, { force: true });
    },
  };
}
