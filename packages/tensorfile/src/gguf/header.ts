/**
 * The head of a GGUF file: key-values and the places of tensors, checked as strictly as ggml's own reader.
 *
 * Specification: ggml, docs/gguf.md, and `gguf_init_from_file` of ggml. Versions 2 and 3, little-endian: "GGUF", u32
 * version, u64 tensors, u64 key-values, the key-values, the tensors (name, axes fastest first, type, offset), padding,
 * data. Pure: knows no file system. Nothing is allocated before its length is true to the file.
 */
import { toHostOrder } from '../endian.ts';
import { TensorFileError } from '../error.ts';
import { elementCount, shapeText } from '../shape.ts';
import { type GgmlType, ggmlTypeOf, unknownGgmlType } from './types.ts';
import {
  ALIGNMENT_KEY,
  BIG_ARRAYS,
  DEFAULT_ALIGNMENT,
  GGUF_VALUE_TYPES,
  type GgufArray,
  type GgufHeader,
  type GgufKeyValue,
  type GgufValue,
  type GgufValueType,
  isAlignment,
  isBigType,
  isNumberType,
  MAX_ALIGNMENT,
  MAX_DIMS,
  MAX_KEY_BYTES,
  MAX_NESTING,
  NUMBER_ARRAYS,
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
 * @throws TensorFileError for anything that ggml's reader would refuse, bad UTF-8, values no reader could mean, and
 *   big-endian files.
 */
export function parseGgufHead(bytes: Uint8Array, fileLength: number, path: string): GgufHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor: Cursor = { bytes, view, fileLength, path, at: 0, where: 'the header', left: MAX_VALUES };
  try {
    return readHead(cursor);
  } catch (error) {
    if (error === BEYOND) return null;
    throw error;
  }
}

/** Where the reader stands. */
interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly fileLength: number;
  readonly path: string;
  /** Position in the file. */
  at: number;
  /** What is being read, for messages. */
  where: string;
  /** Values that may still be made; see `MAX_VALUES`. */
  left: number;
}

/**
 * Most key-values, tensors, strings, truth values and arrays together. Each is an object in memory many times its size in the
 * file; real models have 700,000 (tokens and merges). Numbers are kept as they are stored and do not count.
 */
const MAX_VALUES = 2 ** 21;

/** Thrown, and caught above, where the bytes end but the file does not. */
const BEYOND = new Error('the head is longer than what was read');

function wrong(cursor: Cursor, message: string, at = cursor.at): TensorFileError {
  return new TensorFileError(cursor.path, `byte ${at}, ${cursor.where}: ${message}`);
}

/** Moves `length` bytes on and returns where they start. */
function take(cursor: Cursor, length: number): number {
  const { at } = cursor;
  if (length > cursor.fileLength - at)
    throw wrong(
      cursor,
      `${length} bytes should follow, but the file ends at ${cursor.fileLength}; it is truncated or damaged, fetch it again`,
    );
  if (at + length > cursor.bytes.length) throw BEYOND;
  cursor.at = at + length;
  return at;
}

const readU32 = (cursor: Cursor): number => cursor.view.getUint32(take(cursor, 4), true);

/** A u64 that counts things of at least `least` bytes each, which must fit in the rest of the file. */
function readCount(cursor: Cursor, what: string, least: number): number {
  const at = take(cursor, 8);
  const count = cursor.view.getBigUint64(at, true);
  const room = Math.floor((cursor.fileLength - cursor.at) / least);
  if (count > BigInt(room))
    throw wrong(
      cursor,
      `promises ${count} ${what}, but the rest of the file has room for ${room}; it is truncated or damaged, fetch it again`,
      at,
    );
  return Number(count);
}

/** `readCount` of things that become an object each. */
function readValueCount(cursor: Cursor, what: string, least: number): number {
  const { at } = cursor;
  const count = readCount(cursor, what, least);
  cursor.left -= count;
  if (cursor.left < 0)
    throw wrong(
      cursor,
      `${count} ${what} make more than ${MAX_VALUES} values, the limit; the file is damaged`,
      at,
    );
  return count;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readString(cursor: Cursor): string {
  const length = readCount(cursor, 'bytes of text', 1);
  const at = take(cursor, length);
  try {
    return UTF8.decode(cursor.bytes.subarray(at, at + length));
  } catch {
    throw wrong(cursor, `${length} bytes of text are not UTF-8; the file is damaged, fetch it again`, at);
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

function readKeyValues(cursor: Cursor, count: number): readonly GgufKeyValue[] {
  const keyValues: GgufKeyValue[] = [];
  const keys = new Set<string>();
  for (let index = 0; index < count; index++) {
    cursor.where = `key-value ${index}`;
    const start = cursor.at;
    const key = readString(cursor);
    // The key's own bytes, without the length before them.
    if (key === '' || cursor.at - start - 8 > MAX_KEY_BYTES)
      throw wrong(cursor, `a key has 1 to ${MAX_KEY_BYTES} bytes, not ${cursor.at - start - 8}`, start);
    cursor.where = `key '${shortened(key)}'`;
    if (keys.has(key)) throw wrong(cursor, 'appears twice; the file is damaged, write it again', start);
    keys.add(key);
    keyValues.push({ key, ...readValue(cursor, readValueType(cursor), 0) });
  }
  return keyValues;
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

function readValueType(cursor: Cursor): GgufValueType {
  const id = readU32(cursor);
  const type = GGUF_VALUE_TYPES[id];
  if (type === undefined)
    throw wrong(cursor, `value type ${id} is not known (0 to 12 are); the file is damaged`, cursor.at - 4);
  return type;
}

function readValue(cursor: Cursor, type: GgufValueType, depth: number): GgufValue {
  if (isNumberType(type)) return { type, value: readNumbers(cursor, NUMBER_ARRAYS[type], 1)[0]! };
  if (isBigType(type)) return { type, value: readNumbers(cursor, BIG_ARRAYS[type], 1)[0]! };
  if (type === 'BOOL') return { type, value: readBool(cursor) };
  if (type === 'STRING') return { type, value: readString(cursor) };
  return readArray(cursor, depth + 1);
}

function readArray(cursor: Cursor, depth: number): GgufArray {
  if (depth > MAX_NESTING)
    throw wrong(cursor, `more than ${MAX_NESTING} arrays inside one another; the file is damaged`);
  const items = readValueType(cursor);
  const type = 'ARRAY';
  if (isNumberType(items)) {
    const count = readCount(cursor, 'numbers', NUMBER_ARRAYS[items].BYTES_PER_ELEMENT);
    return { type, items, value: readNumbers(cursor, NUMBER_ARRAYS[items], count) };
  }
  if (isBigType(items)) {
    const count = readCount(cursor, 'numbers', BIG_ARRAYS[items].BYTES_PER_ELEMENT);
    return { type, items, value: readNumbers(cursor, BIG_ARRAYS[items], count) };
  }
  if (items === 'BOOL') return { type, items, value: readMany(cursor, 'truth values', 1, readBool) };
  if (items === 'STRING') return { type, items, value: readMany(cursor, 'strings', 8, readString) };
  return { type, items, value: readMany(cursor, 'arrays', 4 + 8, (at) => readArray(at, depth + 1)) };
}

function readMany<T>(cursor: Cursor, what: string, least: number, read: (cursor: Cursor) => T): readonly T[] {
  const count = readValueCount(cursor, what, least);
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read(cursor));
  return values;
}

/** `count` numbers, copied into an array of their own. */
function readNumbers<T>(
  cursor: Cursor,
  Type: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): T },
  count: number,
): T {
  const width = Type.BYTES_PER_ELEMENT;
  const at = take(cursor, count * width);
  const own = new Uint8Array(count * width);
  own.set(cursor.bytes.subarray(at, at + own.length));
  toHostOrder(own, width, false);
  return new Type(own.buffer);
}

function readBool(cursor: Cursor): boolean {
  const at = take(cursor, 1);
  const byte = cursor.bytes[at]!;
  if (byte > 1) throw wrong(cursor, `a truth value is 0 or 1, not ${byte}; the file is damaged`, at);
  return byte === 1;
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
