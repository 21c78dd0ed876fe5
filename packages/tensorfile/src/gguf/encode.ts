/**
 * The head of a GGUF file as bytes: the inverse of header.ts.
 *
 * Specification: as there; version 3, little-endian. Checks what a caller gave, so that no reader has to refuse it.
 */
import { toHostOrder } from '../endian.ts';
import { checkText } from '../text.ts';
import type { GgmlType } from './types.ts';
import {
  BIG_ARRAYS,
  GGUF_VALUE_TYPES,
  type GgufArray,
  type GgufKeyValue,
  type GgufValue,
  type GgufValueType,
  isBigType,
  isNumberType,
  MAX_KEY_BYTES,
  MAX_NESTING,
  NUMBER_ARRAYS,
  padded,
} from './values.ts';

/** What the head says of a tensor. */
export interface GgufPlace {
  readonly name: string;
  readonly type: GgmlType;
  /** Outermost first. */
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/**
 * The head of a file with these tensors one after another, padded so that data starts at a multiple of `alignment`.
 * @throws TypeError, RangeError naming the key whose value is not of its type; see `checkKeyValues`.
 */
export function encodeGgufHead(
  keyValues: readonly GgufKeyValue[],
  tensors: readonly GgufPlace[],
  alignment: number,
): Uint8Array {
  const parts: Uint8Array[] = [UTF8.encode('GGUF'), u32(3), u64(tensors.length), u64(keyValues.length)];
  for (const keyValue of keyValues) {
    parts.push(...text(keyValue.key), u32(GGUF_VALUE_TYPES.indexOf(keyValue.type)));
    appendValue(keyValue, `key '${keyValue.key}'`, 0, parts);
  }
  let offset = 0;
  for (const { name, type, shape, byteLength } of tensors) {
    // ggml knows no tensor without axes.
    const axes = shape.length === 0 ? [1] : [...shape].reverse();
    parts.push(...text(name), u32(axes.length), ...axes.map(u64), u32(type.id), u64(offset));
    offset = padded(offset + byteLength, alignment);
  }
  const length = parts.reduce((total, part) => total + part.length, 0);
  const head = new Uint8Array(padded(length, alignment));
  let at = 0;
  for (const part of parts) {
    head.set(part, at);
    at += part.length;
  }
  return head;
}

/**
 * Checks the form of key-values: keys of 1 to 65535 bytes, each once, of types that GGUF has. Values are checked when
 * they are encoded.
 */
export function checkKeyValues(keyValues: readonly GgufKeyValue[]): void {
  if (!Array.isArray(keyValues)) throw new TypeError('header.keyValues must be an array');
  const keys = new Set<string>();
  for (const [index, { key, type }] of keyValues.entries()) {
    checkText(key, `header.keyValues[${index}].key`);
    const { length } = UTF8.encode(key);
    if (length === 0 || length > MAX_KEY_BYTES)
      throw new RangeError(
        `header.keyValues[${index}].key has ${length} bytes; keys have 1 to ${MAX_KEY_BYTES}`,
      );
    if (keys.has(key)) throw new RangeError(`two key-values have the key '${key}'; keys must differ`);
    keys.add(key);
    checkType(type, `key '${key}'`);
  }
}

const UTF8 = new TextEncoder();

function littleEndian(bytes: Uint8Array, width: number): Uint8Array {
  toHostOrder(bytes, width, false);
  return bytes;
}
const u32 = (value: number): Uint8Array => littleEndian(new Uint8Array(Uint32Array.of(value).buffer), 4);
const u64 = (value: number): Uint8Array =>
  littleEndian(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer), 8);

function text(value: string): readonly Uint8Array[] {
  const bytes = UTF8.encode(value);
  return [u64(bytes.length), bytes];
}

function checkType(type: GgufValueType, where: string): void {
  if (!GGUF_VALUE_TYPES.includes(type))
    throw new RangeError(`${where}: '${type}' is no value type; use one of ${GGUF_VALUE_TYPES.join(', ')}`);
}

/** Appends the bytes of a value, without those of its type. */
function appendValue(given: GgufValue, where: string, depth: number, parts: Uint8Array[]): void {
  if (given.type === 'ARRAY') appendArray(given, where, depth, parts);
  else appendItems(given.type, [given.value], where, parts);
}

function appendArray(given: GgufArray, where: string, depth: number, parts: Uint8Array[]): void {
  if (depth >= MAX_NESTING)
    throw new RangeError(`${where}: more than ${MAX_NESTING} arrays inside one another`);
  const { items, value } = given;
  checkType(items, `${where}: items`);
  if (typeof value !== 'object' || value === null || !Number.isSafeInteger(value.length))
    throw new TypeError(`${where}: value must be an array`);
  parts.push(u32(GGUF_VALUE_TYPES.indexOf(items)), u64(value.length));
  if (items !== 'ARRAY') {
    appendItems(items, value, where, parts);
    return;
  }
  for (let i = 0; i < value.length; i++) {
    const inner = value[i]!;
    if (inner?.type !== 'ARRAY') throw new TypeError(`${where}[${i}]: must be of type 'ARRAY'`);
    appendArray(inner, `${where}[${i}]`, depth + 1, parts);
  }
}

/** Appends values of one type, none of them arrays. */
function appendItems(
  type: Exclude<GgufValueType, 'ARRAY'>,
  values: ArrayLike<number | bigint | boolean | string>,
  where: string,
  parts: Uint8Array[],
): void {
  const place = (i: number) => (values.length === 1 ? where : `${where}[${i}]`);
  if (type === 'STRING') {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      checkText(value, place(i));
      parts.push(...text(value));
    }
    return;
  }
  const stored = type === 'BOOL' ? new Uint8Array(values.length) : arrayFor(type, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const wanted = type === 'BOOL' ? 'boolean' : isBigType(type) ? 'bigint' : 'number';
    if (typeof value !== wanted)
      throw new TypeError(`${place(i)}: ${type} must be a ${wanted}, not ${typeof value}`);
    stored[i] = type === 'BOOL' ? Number(value) : (value as never);
    // Integers must come out as they went in; reals may be rounded, but not to infinity.
    const kept =
      type === 'BOOL' ||
      (type === 'FLOAT32' || type === 'FLOAT64'
        ? Number.isFinite(stored[i]) || !Number.isFinite(value)
        : stored[i] === value);
    if (!kept) throw new RangeError(`${place(i)}: ${type} cannot hold ${value}`);
  }
  const bytes = new Uint8Array(stored.buffer as ArrayBuffer);
  parts.push(littleEndian(bytes, stored.BYTES_PER_ELEMENT));
}

function arrayFor(type: Exclude<GgufValueType, 'ARRAY' | 'STRING' | 'BOOL'>, length: number) {
  return isNumberType(type) ? new NUMBER_ARRAYS[type](length) : new BIG_ARRAYS[type](length);
}
