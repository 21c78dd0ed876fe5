/**
 * The key-values of a GGUF file, read with their types.
 *
 * Specification: ggml, docs/gguf.md, `gguf_metadata_kv_t`.
 */
import {
  type Cursor,
  readCount,
  readNumbers,
  readString,
  readU32,
  readValueCount,
  shortened,
  take,
  wrong,
} from './cursor.ts';
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
} from './values.ts';

/**
 * Reads `count` key-values.
 * @throws TensorFileError for a key that is empty, too long or there twice, and for values that are not of their type
 */
export function readKeyValues(cursor: Cursor, count: number): readonly GgufKeyValue[] {
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

function readBool(cursor: Cursor): boolean {
  const at = take(cursor, 1);
  const byte = cursor.bytes[at]!;
  if (byte > 1) throw wrong(cursor, `a truth value is 0 or 1, not ${byte}; the file is damaged`, at);
  return byte === 1;
}
