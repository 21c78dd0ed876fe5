/**
 * Writes GGUF in one pass: the head first, so every length is given beforehand, then the bytes as they come.
 *
 * Specification: as in header.ts and shards.ts. Version 3, little-endian, what `gguf_init_from_file` of ggml accepts.
 */
import { basename, dirname, join } from 'node:path';
import { appendBytes, checkBytes, type OutputFile, type WriteOptions, writeAllWhole } from '../output.ts';
import { checkedCount, shapeText } from '../shape.ts';
import { checkText } from '../text.ts';
import { checkKeyValues, encodeGgufHead } from './encode.ts';
import { ggmlByteLength } from './header.ts';
import { cutIntoRuns, MAX_SHARDS, SPLIT_KEYS, shardName, splitKeyValues } from './shards.ts';
import { GGML_TYPES, type GgmlType, ggmlTypeNamed } from './types.ts';
import {
  ALIGNMENT_KEY,
  DEFAULT_ALIGNMENT,
  type GgufHeader,
  type GgufKeyValue,
  isAlignment,
  MAX_ALIGNMENT,
  MAX_DIMS,
  padded,
} from './values.ts';

/** A tensor to write. `bytes` are as ggml stores them: little-endian, rows of whole blocks, `byteLength` in total. */
export interface GgufOutputTensor {
  /** At most 63 bytes (GGML_MAX_NAME). */
  readonly name: string;
  /** A name of ggml: `F32`, `F16`, `Q4_0`, … */
  readonly type: string;
  /** Outermost first; the last axis is the row that holds whole blocks. At most 4 axes; a scalar is stored with one. */
  readonly shape: readonly number[];
  /** A stream is consumed when its turn comes, and its chunks are not kept. */
  readonly bytes: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly byteLength: number;
}

export interface WriteGgufOptions extends WriteOptions {
  /**
   * Most bytes of tensors in a file. A model that has more is cut into shards `<name>-00001-of-00003.gguf` as
   * llama.cpp's gguf-split does; a tensor is never cut, so one that is larger has a shard of its own. Absent: one file.
   */
  readonly splitBytes?: number;
}

/** Bytes that a tensor's name stays below. */
const MAX_NAME = 64;

/**
 * Writes a GGUF file, or its shards, whole or not at all: into temporary files beside, renamed when all are written.
 *
 * The tensors are collected before anything is written (the head needs them); streams among their `bytes` are not. They
 * are stored, and streams consumed, in the given order. A header that was read (`TensorFile.gguf`) can be given as it is.
 * @param header `keyValues` in the order in which they are stored, and `alignment`, which `general.alignment` among
 *   them sets too; it is added to them when it is not 32
 * @returns the paths written: `path`, or those of the shards
 * @throws TypeError, RangeError naming the tensor or key: a bad or repeated name, a type that ggml does not know, rows that are
 *   not whole blocks, sizes that disagree, a stream that yields too few or too many bytes, a value that is not of its type.
 * @throws TensorFileError from the file system; the signal's reason after an abort.
 */
export async function writeGguf(
  path: string,
  tensors: Iterable<GgufOutputTensor> | AsyncIterable<GgufOutputTensor>,
  header: Partial<Pick<GgufHeader, 'keyValues' | 'alignment'>> = {},
  options: WriteGgufOptions = {},
): Promise<readonly string[]> {
  const { keyValues, alignment } = checkHeader(header);
  const most = options.splitBytes ?? Number.POSITIVE_INFINITY;
  if (options.splitBytes !== undefined && !(Number.isSafeInteger(most) && most >= 1))
    throw new RangeError(`options.splitBytes must be a whole number >= 1, not ${most}`);
  const entries: Entry[] = [];
  const names = new Set<string>();
  for await (const tensor of tensors) {
    const entry = checkTensor(tensor, entries.length);
    if (names.has(entry.name))
      throw new RangeError(`two tensors have the name '${entry.name}'; names must differ`);
    names.add(entry.name);
    entries.push(entry);
  }
  const starts = cutIntoRuns(
    entries.map(({ byteLength }) => padded(byteLength, alignment)),
    most,
  );
  const files =
    starts.length === 1
      ? [outputFile(path, keyValues, entries, alignment)]
      : shardFiles(path, keyValues, entries, alignment, starts);
  await writeAllWhole(files, options);
  return files.map((file) => file.path);
}

interface Entry extends Omit<GgufOutputTensor, 'type'> {
  readonly type: GgmlType;
}

function checkHeader(given: Partial<Pick<GgufHeader, 'keyValues' | 'alignment'>>) {
  const keyValues = given.keyValues ?? [];
  checkKeyValues(keyValues);
  const split = keyValues.find(({ key }) => SPLIT_KEYS.has(key));
  if (split !== undefined)
    throw new RangeError(`key '${split.key}' speaks of files; leave it out, options.splitBytes sets it`);
  const stored = keyValues.find(({ key }) => key === ALIGNMENT_KEY);
  const alignment = given.alignment ?? (stored === undefined ? DEFAULT_ALIGNMENT : stored.value);
  if (!isAlignment(alignment) || (stored !== undefined && stored.type !== 'UINT32'))
    throw new RangeError(
      `the alignment must be a UINT32, a power of two up to ${MAX_ALIGNMENT}, not ${String(alignment)}`,
    );
  if (stored !== undefined && stored.value !== alignment)
    throw new RangeError(
      `header.alignment is ${alignment}, but key '${ALIGNMENT_KEY}' says ${String(stored.value)}; give one of them`,
    );
  const missing = stored === undefined && alignment !== DEFAULT_ALIGNMENT;
  return { keyValues: missing ? [...keyValues, alignmentKey(alignment)] : keyValues, alignment };
}

const alignmentKey = (value: number): GgufKeyValue => ({ key: ALIGNMENT_KEY, type: 'UINT32', value });

function checkTensor(tensor: GgufOutputTensor, index: number): Entry {
  const { name, byteLength, bytes } = tensor;
  checkText(name, `tensors[${index}].name`);
  const nameBytes = new TextEncoder().encode(name).length;
  if (nameBytes >= MAX_NAME)
    throw new RangeError(
      `tensor '${name}': the name has ${nameBytes} bytes, but ggml reads fewer than ${MAX_NAME}; shorten it`,
    );
  const type = ggmlTypeNamed(tensor.type);
  if (type === undefined)
    throw new RangeError(
      `tensor '${name}': '${tensor.type}' is no type of ggml; it knows ${GGML_TYPES.map((known) => known.name).join(', ')}`,
    );
  checkedCount(`tensor '${name}': shape`, tensor.shape);
  const shape = [...tensor.shape];
  if (shape.length > MAX_DIMS)
    throw new RangeError(
      `tensor '${name}': shape ${shapeText(shape)} has ${shape.length} axes, but ggml has at most ${MAX_DIMS}; merge some`,
    );
  const needed = ggmlByteLength(type, shape);
  if (needed === null)
    throw new RangeError(
      `tensor '${name}': ${type.name} stores rows in blocks of ${type.elements}, and dimension ${Math.max(0, shape.length - 1)} ` +
        `of ${shapeText(shape)} is ${shape.at(-1) ?? 1}; pad it or store the tensor as F16`,
    );
  if (byteLength !== needed)
    throw new RangeError(
      `tensor '${name}': ${type.name} ${shapeText(shape)} takes ${needed} bytes, byteLength says ${byteLength}`,
    );
  checkBytes(tensor);
  return { name, type, shape, byteLength, bytes };
}

function outputFile(
  path: string,
  keyValues: readonly GgufKeyValue[],
  entries: readonly Entry[],
  alignment: number,
): OutputFile {
  // Encoded now: a value that is not of its type is an error before anything is written.
  const head = encodeGgufHead(keyValues, entries, alignment);
  const padding = new Uint8Array(alignment);
  return {
    path,
    async produce(append) {
      await append(head);
      for (const entry of entries) {
        await appendBytes(entry, append);
        // Behind the last tensor too: ggml reads the data padded.
        const { byteLength } = entry;
        await append(padding.subarray(0, padded(byteLength, alignment) - byteLength));
      }
    },
  };
}

/** As gguf-split: all key-values in the first shard, the keys of the split in each. */
function shardFiles(
  path: string,
  keyValues: readonly GgufKeyValue[],
  entries: readonly Entry[],
  alignment: number,
  starts: readonly number[],
): readonly OutputFile[] {
  const count = starts.length;
  if (count > MAX_SHARDS)
    throw new RangeError(
      `the model would be cut into ${count} files of at most ${MAX_SHARDS}; raise options.splitBytes`,
    );
  const prefix = basename(path).replace(/\.gguf$/, '');
  // Every file is aligned by its own key.
  const others = alignment === DEFAULT_ALIGNMENT ? [] : [alignmentKey(alignment)];
  return starts.map((start, index) => {
    const own = [...(index === 0 ? keyValues : others), ...splitKeyValues(index, count, entries.length)];
    return outputFile(
      join(dirname(path), shardName(prefix, index, count)),
      own,
      entries.slice(start, starts[index + 1]),
      alignment,
    );
  });
}
