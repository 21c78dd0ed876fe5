/**
 * The head of a GGUF file: key-values and the places of tensors, checked as strictly as ggml's own reader.
 *
 * Specification: ggml, docs/gguf.md, and `gguf_init_from_file` of ggml. Versions 2 and 3, little-endian: "GGUF", u32
 * version, u64 tensors, u64 key-values, the key-values, the tensors (name, axes fastest first, type, offset), padding,
 * data. Pure: knows no file system. Nothing is allocated before its length is true to the file.
 */
import { TensorFileError } from '../error.ts';
import { elementCount, shapeText } from '../shape.ts';
import {
  BEYOND,
  type Cursor,
  cursorAt,
  readString,
  readU32,
  readValueCount,
  shortened,
  take,
  wrong,
} from './cursor.ts';
import { readKeyValues } from './key-values.ts';
import { type GgmlType, ggmlTypeOf, unknownGgmlType } from './types.ts';
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

/** A tensor of the head. */
export interface GgufEntry {
  readonly name: string;
  readonly type: GgmlType;
  /** Outermost first, the reverse of the file. */
  readonly shape: readonly number[];
  /** Position of its first byte in the file. */
  readonly start: number;
  readonly byteLength: number;
}

export interface GgufHead {
  readonly header: GgufHeader;
  /** In the order of their data, names unique. */
  readonly tensors: readonly GgufEntry[];
}

export const isGguf = (head: Uint8Array): boolean =>
  head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46;

/**
 * Reads the head from the first bytes of a file.
 * @param bytes the file from its start, as far as it was read
 * @param fileLength bytes of the whole file
 * @param path for messages
 * @returns `null` when the head goes on beyond `bytes`
 * @throws TensorFileError for anything that ggml's reader would refuse but names of 64 bytes and more, bad UTF-8, and
 *   big-endian files.
 */
export function parseGgufHead(bytes: Uint8Array, fileLength: number, path: string): GgufHead | null {
  try {
    return readHead(cursorAt(bytes, fileLength, path));
  } catch (error) {
    if (error === BEYOND) return null;
    throw error;
  }
}

function readHead(cursor: Cursor): GgufHead {
  if (!isGguf(cursor.bytes.subarray(take(cursor, 4))))
    throw new TensorFileError(cursor.path, "does not start with 'GGUF'; it is no GGUF file");
  const version = readVersion(cursor);
  // Name, axes, type and offset; key, type and the shortest value.
  const tensorCount = readValueCount(cursor, 'tensors', 8 + 4 + 4 + 8);
  const keyCount = readValueCount(cursor, 'key-values', 8 + 4 + 1);
  const keyValues = readKeyValues(cursor, keyCount);
  const alignment = readAlignment(cursor, keyValues);
  const placed = readTensors(cursor, tensorCount);
  const dataStart = padded(cursor.at, alignment);
  return {
    header: { version, alignment, keyValues },
    tensors: placed.length === 0 ? [] : checkPlaces(cursor, placed, dataStart, alignment),
  };
}

function readVersion(cursor: Cursor): number {
  const version = readU32(cursor);
  if (version === 2 || version === 3) return version;
  const { path } = cursor;
  if (version === 1)
    throw new TensorFileError(path, 'is GGUF version 1, which is no longer read; convert the model anew');
  if ((version & 0xffff) === 0 && version !== 0)
    throw new TensorFileError(
      path,
      "is a big-endian GGUF file, which is not read; convert it with llama.cpp's gguf_convert_endian.py",
    );
  throw new TensorFileError(
    path,
    `byte 4: GGUF version ${version} is not known (2 and 3 are); the file is damaged or newer`,
  );
}

function readAlignment(cursor: Cursor, keyValues: readonly GgufKeyValue[]): number {
  const given = keyValues.find(({ key }) => key === ALIGNMENT_KEY);
  if (given === undefined) return DEFAULT_ALIGNMENT;
  if (given.type === 'UINT32' && isAlignment(given.value)) return given.value;
  const found = given.type === 'UINT32' ? given.value : `of type ${given.type}`;
  throw new TensorFileError(
    cursor.path,
    `key '${ALIGNMENT_KEY}' must be a UINT32, a power of two up to ${MAX_ALIGNMENT}, not ${found}; the file is damaged`,
  );
}

interface Placed extends Omit<GgufEntry, 'start'> {
  /** From the start of the data. */
  readonly offset: bigint;
}

function readTensors(cursor: Cursor, count: number): readonly Placed[] {
  const tensors: Placed[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    cursor.where = `tensor ${index}`;
    const start = cursor.at;
    const name = readString(cursor);
    cursor.where = `tensor '${shortened(name)}'`;
    if (names.has(name))
      throw wrong(cursor, 'two tensors have this name; the file is damaged, write it again', start);
    names.add(name);
    tensors.push({ name, ...readDescription(cursor) });
  }
  return tensors;
}

function readDescription(cursor: Cursor): Omit<Placed, 'name'> {
  const start = cursor.at;
  const rank = readU32(cursor);
  if (rank > MAX_DIMS)
    throw wrong(cursor, `has ${rank} axes, but ggml has at most ${MAX_DIMS}; the file is damaged`, start);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++)
    shape.unshift(Number(cursor.view.getBigUint64(take(cursor, 8), true)));
  const id = readU32(cursor);
  const type = ggmlTypeOf(id);
  if (type === undefined) throw wrong(cursor, `is of ${unknownGgmlType(id)}`, cursor.at - 4);
  const count = elementCount(shape);
  const byteLength = count === null ? null : ggmlByteLength(type, shape);
  // Numbers of bytes are held against the file later; here they only have to be exact.
  if (byteLength === null || !Number.isSafeInteger(byteLength))
    throw wrong(
      cursor,
      count === null || byteLength !== null
        ? `shape ${shapeText(shape)} is beyond 2^53; the file is damaged`
        : `rows of ${shape.at(-1) ?? 1} do not hold whole blocks of ${type.elements} (${type.name}); the file is damaged`,
      start,
    );
  const offset = cursor.view.getBigUint64(take(cursor, 8), true);
  return { type, shape, byteLength, offset };
}

/** Bytes of a tensor whose element count is known to be safe; `null` when its rows are not whole blocks. */
export function ggmlByteLength(type: GgmlType, shape: readonly number[]): number | null {
  const row = shape.at(-1) ?? 1;
  if (row % type.elements !== 0) return null;
  return (elementCount(shape)! / type.elements) * type.bytes;
}

/** As ggml does: tensors follow one another in the order of the list, each padded to the alignment. */
function checkPlaces(
  cursor: Cursor,
  placed: readonly Placed[],
  dataStart: number,
  alignment: number,
): readonly GgufEntry[] {
  const { path, fileLength } = cursor;
  let expected = 0;
  return placed.map(({ name, type, shape, byteLength, offset }) => {
    if (offset !== BigInt(expected))
      throw new TensorFileError(
        path,
        `tensor '${name}' starts at data byte ${offset}, but the tensors before it end at ${expected}; ` +
          'the file has a hole or an overlap, write it again',
      );
    const start = dataStart + expected;
    if (start + byteLength > fileLength)
      throw new TensorFileError(
        path,
        `tensor '${name}' takes bytes ${start} to ${start + byteLength}, but the file ends at ${fileLength}; ` +
          'it is truncated, fetch it again',
      );
    expected = padded(expected + byteLength, alignment);
    return { name, type, shape, start, byteLength };
  });
}
