/**
 * Tensors that no format encodes as they are written: copied where the container stores them in the common way, or rounded to a type.
 */
import { type ModelOutput, type ModelTensor, type PlainOutput, weightsOf } from '@fewerbits/modelfile';
import { preludeNumber, resolveNumber } from '@fewerbits/numerics';
import type { TensorFile } from '@fewerbits/tensorfile';
import { InputError } from '../input-error.ts';
import type { FloatType } from './choice.ts';

/** Bytes or weights read at a time. */
const CHUNK = 1 << 22;

/** Bytes of one element. */
const WIDTH: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * A tensor as it stands in its file, encoded or not.
 * @throws InputError for one that other containers cannot hold.
 */
export function asItIs(file: TensorFile, tensor: ModelTensor): ModelOutput {
  if (tensor.kind === 'encoded') {
    const { name, shape, axis, format, models, readPacked } = tensor;
    return { kind: 'encoded', name, shape, axis, format, models, encode: readPacked };
  }
  const { name, shape, info } = tensor;
  if (info.unreadable !== undefined)
    throw new InputError(`${file.path}: tensor ${name} ${info.unreadable}, so it cannot be written`);
  const { dtype, byteLength } = info;
  // Small integers of a TF.js converter stand for real numbers.
  if (file.container === 'tfjs' && /^U(8|16)$/.test(dtype)) return rounded(file, name, shape, 'F32');
  // An npy file may have another byte order and another axis order, through which only numbers come unharmed.
  if (file.container === 'npy') {
    if (dtype === 'F32' || dtype === 'F16') return rounded(file, name, shape, dtype);
    throw new InputError(`${file.path}: ${dtype} is not taken over from npy; save it as safetensors first`);
  }
  return {
    kind: 'plain',
    name,
    shape,
    dtype,
    byteLength,
    async *bytes() {
      for (let start = 0; start < byteLength; start += CHUNK)
        yield await file.readBytes(name, start, Math.min(byteLength, start + CHUNK));
    },
  };
}

/** A tensor of real numbers in a floating-point type, each rounded once, ties to even. */
export function rounded(
  file: TensorFile,
  name: string,
  shape: readonly number[],
  dtype: FloatType,
): PlainOutput {
  const count = weightsOf(shape);
  return {
    kind: 'plain',
    name,
    shape,
    dtype,
    byteLength: count * WIDTH[dtype],
    async *bytes() {
      for (let start = 0; start < count; start += CHUNK)
        yield floatBytes(
          await file.readFloats(name, start, Math.min(count, start + CHUNK)),
          dtype,
          name,
          start,
        );
    },
  };
}

/** Weights that a codec gives, in a floating-point type. `decode` is called when the tensor's turn comes. */
export function decoded(
  name: string,
  shape: readonly number[],
  dtype: FloatType,
  decode: () => Promise<Float32Array>,
): PlainOutput {
  return {
    kind: 'plain',
    name,
    shape,
    dtype,
    byteLength: weightsOf(shape) * WIDTH[dtype],
    async *bytes() {
      const weights = await decode();
      for (let start = 0; start < weights.length; start += CHUNK)
        yield floatBytes(weights.subarray(start, start + CHUNK), dtype, name, start);
    },
  };
}

/**
 * Binary32 values as little-endian bytes of a type.
 * @param first index of the first weight, for messages
 * @throws InputError for a finite weight that the type does not hold.
 */
function floatBytes(weights: Float32Array, dtype: FloatType, name: string, first: number): Uint8Array {
  const bytes = new Uint8Array(weights.length * WIDTH[dtype]);
  const view = new DataView(bytes.buffer);
  if (dtype === 'F32') {
    for (let i = 0; i < weights.length; i++) view.setFloat32(4 * i, weights[i]!, true);
    return bytes;
  }
  const number = resolveNumber(preludeNumber(dtype === 'F16' ? 'f16' : 'bf16')!);
  const wrong = weights.findIndex((weight) => Number.isFinite(weight) && number.overflows(weight));
  if (wrong >= 0)
    throw new InputError(
      `${name}: weight ${first + wrong} is ${weights[wrong]}, beyond what ${dtype} holds; write this tensor as f32`,
    );
  const codes = new Uint16Array(weights.length);
  number.encodeInto(weights, codes);
  for (let i = 0; i < codes.length; i++) view.setUint16(2 * i, codes[i]!, true);
  return bytes;
}
