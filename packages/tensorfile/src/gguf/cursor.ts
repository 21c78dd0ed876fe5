/**
 * Reading the head of a GGUF file forwards: little-endian numbers and text, every length held against the file before use.
 *
 * Knows how GGUF stores a number, a count and a string, not what they are for.
 */
import { toHostOrder } from '../endian.ts';
import { TensorFileError } from '../error.ts';

/** Where the reader stands. */
export interface Cursor {
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

/**
 * A cursor at the start of a file.
 * @param bytes the file from its start, as far as it was read
 * @param fileLength bytes of the whole file
 * @param path for messages
 */
export function cursorAt(bytes: Uint8Array, fileLength: number, path: string): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes, view, fileLength, path, at: 0, where: 'the header', left: MAX_VALUES };
}

/** Thrown where the bytes end but the file does not: more of it has to be read. */
export const BEYOND = new Error('the head is longer than what was read');

/** The error for what stands at a position. */
export function wrong(cursor: Cursor, message: string, at = cursor.at): TensorFileError {
  return new TensorFileError(cursor.path, `byte ${at}, ${cursor.where}: ${message}`);
}

/** Moves `length` bytes on and returns where they start. */
export function take(cursor: Cursor, length: number): number {
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

/** A u32. */
export const readU32 = (cursor: Cursor): number => cursor.view.getUint32(take(cursor, 4), true);

/** A u64 that counts things of at least `least` bytes each, which must fit in the rest of the file. */
export function readCount(cursor: Cursor, what: string, least: number): number {
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
export function readValueCount(cursor: Cursor, what: string, least: number): number {
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

/** Text: its length, and UTF-8 bytes. */
export function readString(cursor: Cursor): string {
  const length = readCount(cursor, 'bytes of text', 1);
  const at = take(cursor, length);
  try {
    return UTF8.decode(cursor.bytes.subarray(at, at + length));
  } catch {
    throw wrong(cursor, `${length} bytes of text are not UTF-8; the file is damaged, fetch it again`, at);
  }
}

/** `count` numbers, copied into an array of their own. */
export function readNumbers<T>(
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

/** Text of a file, for messages. */
export const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
