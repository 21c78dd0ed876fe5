/**
 * Encoded tensors in safetensors, self-describing: every stream a tensor of bytes, and what they mean in `__metadata__`.
 *
 * `fewerbits` in the metadata is JSON: {"version": 1, "format": the whole Format, "tensor": its name, "shape", "axis"}, and "models"
 * in base64 by field where the format shares them between tensors. A stream `s` of tensor `w` is `w.s`; the one without a name is `w`. docs/design/architecture.md, contract 7.
 */
import type { SharedModels } from '@fewerbits/codec';
import { type Format, formatFromJson, type Packed } from '@fewerbits/format';
import type { OutputTensor, TensorFile } from '@fewerbits/tensorfile';
import { InputError, refusable } from './input-error.ts';

const KEY = 'fewerbits';
const VERSION = 1;

/** What an encoded file says of its tensor. */
export interface Description {
  readonly format: Format;
  readonly tensor: string;
  /** As it was before encoding. */
  readonly shape: readonly number[];
  /** The contraction axis, along which rows were encoded; `null`: the last one. */
  readonly axis: number | null;
  /** Models that the format shares between tensors, as they coded this one. */
  readonly models: SharedModels;
}

/** Tensors and metadata for `writeSafetensors`. */
export function encodedTensors(
  { format, tensor, shape, axis, models }: Description,
  packed: Packed,
): { tensors: OutputTensor[]; metadata: Record<string, string> } {
  const tensors = Object.entries(packed.streams).map(([stream, bytes]) => ({
    name: stream === '' ? tensor : `${tensor}.${stream}`,
    dtype: 'U8',
    shape: [bytes.length],
    bytes,
    byteLength: bytes.length,
  }));
  const encoded = Object.entries(models).map(([field, bytes]) => [
    field,
    Buffer.from(bytes).toString('base64'),
  ]);
  const shared = encoded.length === 0 ? {} : { models: Object.fromEntries(encoded) };
  const about = { version: VERSION, format, tensor, shape, axis, ...shared };
  return { tensors, metadata: { [KEY]: JSON.stringify(about) } };
}

/**
 * What a file says of itself, or `null` if it says nothing to us.
 * @throws InputError for a description of a newer version, or one that is damaged.
 */
export function readDescription(file: TensorFile): Description | null {
  const text = file.metadata[KEY];
  if (text === undefined) return null;
  const { version, tensor, shape, axis, format, models = {} } = parse(file.path, text);
  if (typeof version === 'number' && version > VERSION)
    throw new InputError(
      `${file.path}: written by a newer fewerbits (version ${version} of the description); install the latest one`,
    );
  if (
    version !== VERSION ||
    typeof tensor !== 'string' ||
    !isShape(shape) ||
    !isAxis(axis, shape) ||
    !isTexts(models)
  )
    throw new InputError(`${file.path}: its description of the encoded tensor is damaged`);
  return refusable(file.path, () => ({
    format: formatFromJson(format),
    tensor,
    shape,
    axis,
    models: Object.fromEntries(
      Object.entries(models).map(([field, text]) => [field, new Uint8Array(Buffer.from(text, 'base64'))]),
    ),
  }));
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InputError(`${path}: its description of the encoded tensor is not a JSON object`);
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isAxis(value: unknown, shape: readonly number[]): value is number | null {
  return (
    value === null ||
    (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < shape.length)
  );
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

/** The streams of the described tensor. */
export async function readStreams(file: TensorFile, { tensor }: Description): Promise<Packed['streams']> {
  const streams: Record<string, Uint8Array> = {};
  for (const { name } of file.tensors) {
    if (name === tensor) streams[''] = await file.readBytes(name);
    else if (name.startsWith(`${tensor}.`))
      streams[name.slice(tensor.length + 1)] = await file.readBytes(name);
  }
  return streams;
}

/** Rows and columns as the codec sees a tensor of this shape. */
export function rowsShape(shape: readonly number[], axis: number | null): [rows: number, cols: number] {
  const count = shape.reduce((product, size) => product * size, 1);
  const cols = shape.length === 0 ? 1 : shape[axis ?? shape.length - 1]!;
  return [cols === 0 ? 0 : count / cols, cols];
}
