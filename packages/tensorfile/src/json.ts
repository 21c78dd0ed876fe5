/**
 * A strict JSON reader for headers nobody vouches for (RFC 8259).
 *
 * `JSON.parse` silently keeps the last of two equal keys and puts `__proto__` on plain objects; two readers of one file
 * could then see different tensors. Objects become Maps, equal keys and lone surrogates are errors, nesting is bounded.
 */
import { TensorFileError } from './error.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

const MAX_DEPTH = 200;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Reads UTF-8 JSON that must be one object. `where` names the place for messages, `path` the file. */
export function parseJsonObject(bytes: Uint8Array, path: string, where: string): JsonObject {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TensorFileError(path, `${where} is not UTF-8 text; the file is damaged`, { cause });
  }
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new TensorFileError(path, `${where} is not valid JSON: ${cause.message}`, { cause });
  }
  if (!isObject(value)) throw new TensorFileError(path, `${where} must be a JSON object`);
  return value;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The string at `object[key]`, or undefined when it is absent or of another type. */
export function stringAt(object: JsonObject, key: string): string | undefined {
  const value = object.get(key);
  return typeof value === 'string' ? value : undefined;
}

/**
 * Reads one JSON text.
 * @throws SyntaxError with the character position: bad syntax, equal keys, a lone surrogate, or more than 200 levels.
 */
export function parseJson(text: string): JsonValue {
  const [value, after] = readValue(text, skipSpace(text, 0), 0);
  const end = skipSpace(text, after);
  if (end !== text.length) fail(end, 'nothing may follow the value');
  return value;
}

type Read<T> = readonly [value: T, end: number];

function readValue(text: string, at: number, depth: number): Read<JsonValue> {
  if (depth > MAX_DEPTH) fail(at, `more than ${MAX_DEPTH} levels of nesting`);
  switch (text[at]) {
    case '{':
      return readObject(text, at, depth);
    case '[':
      return readArray(text, at, depth);
    case '"':
      return readString(text, at);
    case 't':
      return readWord(text, at, 'true', true);
    case 'f':
      return readWord(text, at, 'false', false);
    case 'n':
      return readWord(text, at, 'null', null);
    default:
      return readNumber(text, at);
  }
}

function readObject(text: string, open: number, depth: number): Read<JsonObject> {
  const object = new Map<string, JsonValue>();
  let at = skipSpace(text, open + 1);
  if (text[at] === '}') return [object, at + 1];
  for (;;) {
    if (text[at] !== '"') fail(at, 'expected a key in double quotes');
    const [key, keyEnd] = readString(text, at);
    if (object.has(key)) fail(at, `the key ${JSON.stringify(key.slice(0, 80))} appears twice`);
    const colon = skipSpace(text, keyEnd);
    if (text[colon] !== ':') fail(colon, "expected ':'");
    const [value, end] = readValue(text, skipSpace(text, colon + 1), depth + 1);
    object.set(key, value);
    at = skipSpace(text, end);
    if (text[at] === '}') return [object, at + 1];
    if (text[at] !== ',') fail(at, "expected ',' or '}'");
    at = skipSpace(text, at + 1);
  }
}

function readArray(text: string, open: number, depth: number): Read<readonly JsonValue[]> {
  const array: JsonValue[] = [];
  let at = skipSpace(text, open + 1);
  if (text[at] === ']') return [array, at + 1];
  for (;;) {
    const [value, end] = readValue(text, at, depth + 1);
    array.push(value);
    at = skipSpace(text, end);
    if (text[at] === ']') return [array, at + 1];
    if (text[at] !== ',') fail(at, "expected ',' or ']'");
    at = skipSpace(text, at + 1);
  }
}

function readString(text: string, open: number): Read<string> {
  let at = open + 1;
  let escaped = false;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) break;
    // charCodeAt is NaN past the end, and NaN fails both comparisons of an ordinary character.
    if (!(unit >= 0x20))
      fail(at, at < text.length ? 'a control character in a string' : 'a string is not closed');
    if (unit === 0x5c) escaped = true;
    at += unit === 0x5c ? 2 : 1;
  }
  const value = escaped ? resolveEscapes(text.slice(open, at + 1), open) : text.slice(open + 1, at);
  if (LONE_SURROGATE.test(value)) fail(open, 'a string holds half a surrogate pair');
  return [value, at + 1];
}

function resolveEscapes(literal: string, at: number): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return fail(at, 'a string holds a bad escape');
  }
}

function readNumber(text: string, at: number): Read<number> {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (match === null) fail(at, at < text.length ? 'expected a value' : 'the text ends early');
  return [Number(match[0]), at + match[0].length];
}

function readWord<T>(text: string, at: number, word: string, value: T): Read<T> {
  if (!text.startsWith(word, at)) fail(at, 'expected a value');
  return [value, at + word.length];
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at;
    at++;
  }
}

function fail(at: number, message: string): never {
  throw new SyntaxError(`character ${at}: ${message}`);
}
