/**
 * Opens GGUF: one file, or all shards of a model by any one of them.
 *
 * Specification: as in header.ts and shards.ts. Blocks of ggml are handed out as bytes; their formats are not known here.
 */
import { basename, dirname } from 'node:path';
import { known, lastAxis } from '../axis.ts';
import { dtypeNamed } from '../dtype.ts';
import { TensorFileError } from '../error.ts';
import { pathInside } from '../inside.ts';
import { type ByteSource, openFile } from '../source.ts';
import { type Contents, readDense, type StoredTensor } from '../tensor-file.ts';
import type { TensorInfo } from '../types.ts';
import { type GgufEntry, type GgufHead, parseGgufHead } from './header.ts';
import { parseShardName, SPLIT_KEYS, shardName, wholeNumberAt } from './shards.ts';
import type { GgufHeader } from './values.ts';

/** Longest head that is read. Those of models with 256,000 tokens have about 20 MB. */
const MAX_HEAD_BYTES = 2 ** 27;
/** What is read first; most heads without a tokenizer end before. */
const FIRST_BYTES = 2 ** 18;

/** Opens a GGUF file and, when it is a shard, its siblings in the same folder. Throws TensorFileError. */
export async function openGguf(path: string): Promise<Contents> {
  const first = await openShard(path);
  const count = wholeNumberAt(first.header, 'split.count') ?? 1;
  if (count <= 1) return merged(path, [first]);
  const shards: Shard[] = [];
  try {
    const named = parseShardName(basename(path));
    const index = wholeNumberAt(first.header, 'split.no');
    if (named === null || index !== named.index || count !== named.count)
      throw new TensorFileError(
        path,
        `says that it is shard ${(index ?? 0) + 1} of ${count}, so its name must end in ` +
          `${shardName('', index ?? 0, count)}; rename it, or merge the shards with llama-gguf-split`,
      );
    for (let at = 0; at < count; at++) {
      if (at === index) shards.push(first);
      else shards.push(await openSibling(path, shardName(named.prefix, at, count), at, count));
    }
    checkTogether(path, shards);
    return merged(path, shards);
  } catch (error) {
    await closeAll(new Set([first, ...shards]));
    throw error;
  }
}

interface Shard extends GgufHead {
  readonly path: string;
  readonly source: ByteSource;
}

async function closeAll(shards: Iterable<Shard>): Promise<void> {
  for (const { source } of shards) await source.close();
}

async function openSibling(path: string, name: string, index: number, count: number): Promise<Shard> {
  const shard = await openShard(await pathInside(dirname(path), name, path));
  const found = wholeNumberAt(shard.header, 'split.no');
  const of = wholeNumberAt(shard.header, 'split.count');
  if (found === index && of === count) return shard;
  await shard.source.close();
  throw new TensorFileError(
    shard.path,
    `says split.no ${found ?? 'nothing'} and split.count ${of ?? 'nothing'}, but its name says ${index} and ${count}; ` +
      'the shards are of different models, fetch them again',
  );
}

function checkTogether(path: string, shards: readonly Shard[]): void {
  const names = new Map<string, string>();
  for (const shard of shards)
    for (const { name } of shard.tensors) {
      const other = names.get(name);
      if (other !== undefined)
        throw new TensorFileError(
          shard.path,
          `tensor '${name}' is in ${basename(other)} too; the shards are of different models, fetch them again`,
        );
      names.set(name, shard.path);
    }
  const promised = wholeNumberAt(shards[0]!.header, 'split.tensors.count');
  if (promised !== undefined && promised !== names.size)
    throw new TensorFileError(
      path,
      `its shards hold ${names.size} tensors, but split.tensors.count promises ${promised}; fetch them again`,
    );
}

async function openShard(path: string): Promise<Shard> {
  const source = await openFile(path);
  try {
    const { byteLength } = source;
    for (let length = FIRST_BYTES; ; length *= 4) {
      const bytes = new Uint8Array(Math.min(length, MAX_HEAD_BYTES, byteLength));
      await source.read(0, bytes);
      const head = parseGgufHead(bytes, byteLength, path);
      if (head !== null) return { ...head, path, source };
      if (bytes.length === MAX_HEAD_BYTES)
        throw new TensorFileError(
          path,
          `its key-values and tensor list take more than ${MAX_HEAD_BYTES} bytes, the limit; the file is damaged`,
        );
    }
  } catch (error) {
    await source.close();
    throw error;
  }
}

function merged(path: string, shards: readonly Shard[]): Contents {
  const { header } = shards[0]!;
  const keyValues = header.keyValues.filter(({ key }) => !SPLIT_KEYS.has(key));
  const gguf: GgufHeader = { ...header, keyValues };
  return {
    path,
    container: 'gguf',
    metadata: Object.create(null),
    gguf,
    tensors: shards.flatMap((shard) => shard.tensors.map((entry) => storedTensor(shard, entry))),
    close: () => closeAll(shards),
  };
}

function storedTensor({ path, source }: Shard, entry: GgufEntry): StoredTensor {
  const { name, type, shape, start, byteLength } = entry;
  const axis =
    shape.length < 2 ? lastAxis(shape) : known(shape.length - 1, 'GGUF stores rows of inputs, [out, in]');
  const info: TensorInfo = { name, shape, dtype: type.name, byteLength, ...axis };
  const dtype = dtypeNamed(type.name);
  if (dtype !== undefined) {
    const dense = { path, name, source, offset: start, dtype, bigEndian: false };
    return { info, source, offset: start, floats: (from, out) => readDense(dense, from, out) };
  }
  const unreadable = `is stored in ggml ${type.name} blocks; decode it first (fewerbits dequantize)`;
  return {
    info: { ...info, unreadable },
    source,
    offset: start,
    floats: () => Promise.reject(new TensorFileError(path, `tensor '${name}' ${unreadable}`)),
  };
}
