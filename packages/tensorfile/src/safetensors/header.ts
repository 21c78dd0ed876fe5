/**
 * The header of a safetensors file: JSON that places every tensor, checked as strictly as the reference reader does.
 *
 * Specification: github.com/huggingface/safetensors, README "Format" and `Metadata::validate`. A file is an unsigned
 * 64-bit little-endian length N, N bytes of JSON, and the data. Offsets count from the start of the data; tensors cover
 * it without holes or overlaps. Pure: knows no file system.
 */
import { byteLengthOf, type Dtype, dtypeNamed } from '../dtype.ts';
import { TensorFileError } from '../error.ts';
import { isArray, isObject, type JsonValue, parseJsonObject } from '../json.ts';
import { elementCount, isCount, shapeText } from '../shape.ts';

/** Longest header that is read or written: the limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

/** A tensor of the header; `start..end` are byte offsets into the data. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: readonly SafetensorsEntry[];
  /** `__metadata__`, without a prototype; empty when absent. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the length field, which the first eight bytes of a file hold, and checks it against the file.
 * @throws TensorFileError when the header would not fit the file or passes 100 MB.
 */
export function safetensorsHeaderLength(firstBytes: Uint8Array, fileLength: number, path: string): number {
  if (firstBytes.length < 8)
    throw new TensorFileError(path, `is ${fileLength} bytes long; a safetensors file has at least 10`);
  const length = new DataView(firstBytes.buffer, firstBytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES) || length > BigInt(fileLength - 8))
    throw new TensorFileError(
      path,
      `bytes 0..8 promise a header of ${length} bytes, but the file has ${fileLength - 8} more and 100 MB is the limit; ` +
        'it is truncated or not a safetensors file',
    );
  return Number(length);
}

/**
 * Reads the JSON part of a safetensors file.
 * @param json the header's bytes, without the length before it
 * @param dataLength bytes that follow the header in the file
 * @param path for messages
 * @throws TensorFileError for anything that the specification or this reader does not allow: bad UTF-8 or JSON, equal
 *   names, the name `__proto__`, unknown types, sizes that disagree, holes, overlaps, missing or surplus data.
 */
export function parseSafetensorsHeader(
  json: Uint8Array,
  dataLength: number,
  path: string,
): SafetensorsHeader {
  const header = parseJsonObject(json, path, 'the safetensors header');
  const metadata: Record<string, string> = Object.create(null);
  const tensors: SafetensorsEntry[] = [];
  for (const [name, value] of header) {
    if (name === '__metadata__') readMetadata(value, metadata, path);
    else tensors.push(readEntry(name, value, path));
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const { name, start, end } of tensors) {
    if (start !== covered)
      throw new TensorFileError(
        path,
        `tensor '${name}' starts at data byte ${start}, but the tensors before it end at ${covered}; ` +
          'the header has a hole or an overlap, write the file again',
      );
    covered = end;
  }
  if (covered !== dataLength)
    throw new TensorFileError(
      path,
      `the header places ${covered} bytes of data, but the file holds ${dataLength}; ` +
        (covered > dataLength
          ? 'it is truncated, download it again'
          : 'it has bytes that belong to no tensor'),
    );
  return { tensors, metadata };
}

function readMetadata(value: JsonValue, into: Record<string, string>, path: string): void {
  if (!isObject(value)) throw new TensorFileError(path, '__metadata__ must be an object of strings');
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw new TensorFileError(path, `__metadata__ entry '${key}' must be a string`);
    refuseProto(key, `__metadata__ has a key`, path);
    into[key] = text;
  }
}

function readEntry(name: string, value: JsonValue, path: string): SafetensorsEntry {
  refuseProto(name, 'a tensor has the name', path);
  const wrong = (message: string) => new TensorFileError(path, `tensor '${name}': ${message}`);
  if (!isObject(value)) throw wrong('the entry must be an object with dtype, shape and data_offsets');
  for (const key of value.keys())
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') throw wrong(`unknown key '${key}'`);
  const typeName = value.get('dtype');
  const dtype = typeof typeName === 'string' ? dtypeNamed(typeName) : undefined;
  if (dtype === undefined)
    throw wrong(
      `unknown dtype ${JSON.stringify(typeName ?? null)}; convert the tensor to a type that safetensors names`,
    );
  const shape = value.get('shape');
  const count = isArray(shape) ? elementCount(shape) : null;
  if (!isArray(shape) || count === null)
    throw wrong('shape must be a list of whole numbers with a product below 2^53');
  const offsets = value.get('data_offsets');
  if (!isArray(offsets) || offsets.length !== 2) throw wrong('data_offsets must be [start, end]');
  const [start, end] = offsets;
  if (!isCount(start) || !isCount(end) || start > end)
    throw wrong(`data_offsets ${shapeText(offsets)} must be whole numbers, start <= end`);
  const byteLength = byteLengthOf(dtype, count);
  if (byteLength === null)
    throw wrong(
      `${count} elements of ${dtype.name} do not fill whole bytes; pad to a multiple of ${dtype.group}`,
    );
  if (end - start !== byteLength)
    throw wrong(
      `${dtype.name} ${shapeText(shape)} takes ${byteLength} bytes, but data_offsets give it ${end - start}`,
    );
  return { name, dtype, shape: shape as readonly number[], start, end };
}

/** Programs keep tensors in plain objects, where this name would set the prototype. */
function refuseProto(name: string, what: string, path: string): void {
  if (name === '__proto__') throw new TensorFileError(path, `${what} '__proto__'; rename it`);
}
