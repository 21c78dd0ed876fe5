/**
 * Encoded tensors in safetensors, self-describing: every stream a tensor of bytes, and what they mean in `__metadata__`.
 *
 * `fewerbits` in the metadata is JSON: {"version": 2, "formats": [{"format": the whole Format, "models"?: base64 by field}],
 * "tensors": [{"name", "shape", "axis", "format": place in formats}]}. A stream `s` of tensor `w` is stored as `w.s`; the one without
 * a name as `w`. Tensors that are not named there are plain. Version 1, of one tensor, is {"version": 1, "format", "tensor",
 * "shape", "axis", "models"?}. docs/design/architecture.md, contract 7.
 */
import { canonicalName, decodeText, type Format, formatFromJson, KEPT_STREAM } from '@fewerbits/format';
import { TensorFileError } from '@fewerbits/tensorfile';
import type { Models } from './types.ts';

const KEY = 'fewerbits';
const VERSION = 2;

/** An encoded tensor of a file. */
export interface Described {
  readonly name: string;
  /** As it was before encoding. */
  readonly shape: readonly number[];
  /** The contraction axis, along which rows were encoded; `null`: the last one. */
  readonly axis: number | null;
  readonly format: Format;
  /** Models that the format shares between tensors, as they coded this one. */
  readonly models: Models;
}

/** A stream, and the stored tensor that holds it. */
export interface StoredStream {
  readonly stream: string;
  readonly tensor: string;
}

/** What a file says of itself. */
export interface Description {
  readonly tensors: readonly (Described & { readonly streams: readonly StoredStream[] })[];
}

/** The name under which a stream of a tensor is stored. */
export function streamTensor(name: string, stream: string): string {
  return stream === '' ? name : `${name}.${stream}`;
}

/**
 * Metadata that describe these tensors, beside what stood there about others; a Format that several tensors have stands there once.
 */
export function withDescription(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly Described[],
): Record<string, string> {
  const { [KEY]: _, ...others } = metadata;
  if (tensors.length === 0) return others;
  const formats: { format: Format; models?: Record<string, string> }[] = [];
  const places = new Map<string, number>();
  const placeOf = ({ format, models }: Described): number => {
    const coded = Object.entries(models).map(([field, bytes]) => [
      field,
      Buffer.from(bytes).toString('base64'),
    ]);
    const key = `${canonicalName(format)} ${decodeText(format)} ${JSON.stringify(coded)}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, formats.length);
    return formats.push(coded.length === 0 ? { format } : { format, models: Object.fromEntries(coded) }) - 1;
  };
  const described = tensors.map((tensor) => ({
    name: tensor.name,
    shape: tensor.shape,
    axis: tensor.axis,
    format: placeOf(tensor),
  }));
  return { ...others, [KEY]: JSON.stringify({ version: VERSION, formats, tensors: described }) };
}

/**
 * What metadata say, or `null` if they say nothing to us.
 * @param path for messages
 * @throws TensorFileError for a description of a newer version, or one that is damaged.
 */
export function readDescription(
  metadata: Readonly<Record<string, string>>,
  path: string,
): Description | null {
  const text = metadata[KEY];
  if (text === undefined) return null;
  const whole = parse(path, text);
  if (typeof whole.version === 'number' && whole.version > VERSION)
    throw new TensorFileError(
      path,
      `was written by a newer fewerbits (version ${whole.version} of the description); install the latest one`,
    );
  const { formats, tensors } = whole.version === 1 ? fromVersion1(whole) : whole;
  if (
    (whole.version !== 1 && whole.version !== VERSION) ||
    !Array.isArray(formats) ||
    !Array.isArray(tensors)
  )
    throw damaged(path);
  const read = formats.map((one: unknown) => readFormat(one, path));
  const described = tensors.map((one: unknown) => readTensor(one, read, path));
  if (new Set(described.map(({ name }) => name)).size < described.length) throw damaged(path);
  return { tensors: described };
}

function fromVersion1({ format, tensor, shape, axis, models }: Json): Json {
  return { formats: [{ format, models }], tensors: [{ name: tensor, shape, axis, format: 0 }] };
}

type Json = Readonly<Record<string, unknown>>;

function readFormat(value: unknown, path: string): Pick<Described, 'format' | 'models'> {
  if (!isObject(value)) throw damaged(path);
  const { format, models = {} } = value;
  if (!isObject(models) || !Object.values(models).every((text) => typeof text === 'string'))
    throw damaged(path);
  const bytes = Object.entries(models as Record<string, string>).map(([field, text]) => [
    field,
    new Uint8Array(Buffer.from(text, 'base64')),
  ]);
  try {
    return { format: formatFromJson(format), models: Object.fromEntries(bytes) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TensorFileError(path, cause.message, { cause });
  }
}

function readTensor(
  value: unknown,
  formats: readonly Pick<Described, 'format' | 'models'>[],
  path: string,
): Description['tensors'][number] {
  if (!isObject(value)) throw damaged(path);
  const { name, shape, axis, format: place } = value;
  const known = typeof place === 'number' ? formats[place] : undefined;
  if (typeof name !== 'string' || !isShape(shape) || !isAxis(axis, shape) || known === undefined)
    throw damaged(path);
  const streams = [...known.format.layout.map((stream) => stream.name), KEPT_STREAM].map((stream) => ({
    stream,
    tensor: streamTensor(name, stream),
  }));
  return { name, shape, axis, ...known, streams };
}

function parse(path: string, text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw damaged(path);
}

function damaged(path: string): TensorFileError {
  return new TensorFileError(path, 'says in its metadata how tensors were encoded, but that text is damaged');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isAxis(value: unknown, shape: readonly number[]): value is number | null {
  if (value === null) return true;
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < shape.length;
}
