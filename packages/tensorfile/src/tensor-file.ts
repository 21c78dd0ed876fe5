/**
 * The reading half that all containers share: from described tensors to a `TensorFile`.
 *
 * A container says where a tensor's bytes lie and how its elements become floats (`StoredTensor`); arguments are
 * checked and memory is bounded here.
 */
import type { Dtype } from './dtype.ts';
import { toHostOrder } from './endian.ts';
import { TensorFileError } from './error.ts';
import type { GgufHeader } from './gguf/values.ts';
import { elementCount, isCount } from './shape.ts';
import type { ByteSource } from './source.ts';
import type { Container, TensorFile, TensorInfo } from './types.ts';

/** A tensor, its place, and its way to floats. */
export interface StoredTensor {
  readonly info: TensorInfo;
  readonly source: ByteSource;
  /** Position of the first stored byte in `source`. */
  readonly offset: number;
  /** Fills `out` with the elements from `start` on, row-major; the range is already checked. */
  floats(start: number, out: Float32Array): Promise<void>;
}

export interface Contents {
  readonly path: string;
  readonly container: Container;
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly gguf?: GgufHeader;
  readonly ggufLacks?: string;
  close(): Promise<void>;
}

/** Bytes read at a time while converting: large against a system call, small against a tensor. */
export const CHUNK_BYTES = 1 << 20;

/** Makes the file object. Names must be unique (the containers check it). */
export function tensorFile(contents: Contents): TensorFile {
  const { path, container, metadata, gguf, ggufLacks } = contents;
  const byName = new Map(contents.tensors.map((tensor) => [tensor.info.name, tensor]));
  const find = (name: string): StoredTensor => {
    const tensor = byName.get(name);
    if (tensor !== undefined) return tensor;
    const names = [...byName.keys()].slice(0, 5).join(', ');
    throw new TensorFileError(
      path,
      `has no tensor '${name}'; it has ${byName.size}: ${names}${byName.size > 5 ? ', …' : ''}`,
    );
  };
  return {
    path,
    container,
    metadata,
    ...(gguf === undefined ? {} : { gguf }),
    ...(ggufLacks === undefined ? {} : { ggufLacks }),
    tensors: contents.tensors.map(({ info }) => info),
    async readFloats(name, start, end) {
      const tensor = find(name);
      // Before anything is allocated: the shape of what has no elements to read is not held against the file.
      if (tensor.info.unreadable !== undefined)
        throw new TensorFileError(path, `tensor '${name}' ${tensor.info.unreadable}`);
      const range = checkRange(start, end, elementCount(tensor.info.shape)!, 'elements');
      const out = allocate(path, name, () => new Float32Array(range.end - range.start));
      await tensor.floats(range.start, out);
      return out;
    },
    async readBytes(name, start, end) {
      const { info, source, offset } = find(name);
      const range = checkRange(start, end, info.byteLength, 'bytes');
      const out = allocate(path, name, () => new Uint8Array(range.end - range.start));
      await source.read(offset + range.start, out);
      return out;
    },
    close: contents.close,
  };
}

function checkRange(from: number | undefined, to: number | undefined, count: number, unit: string) {
  const start = from ?? 0;
  const end = to ?? count;
  if (!isCount(start) || !isCount(end) || start > end || end > count)
    throw new RangeError(
      `start and end must be whole numbers with 0 <= start <= end <= ${count} ${unit}, not ${start}, ${end}`,
    );
  return { start, end };
}

/** Sizes are true to the file by now, but a true size can still be more than memory. */
function allocate<T>(path: string, name: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TensorFileError(
      path,
      `tensor '${name}' is too large to read at once; read it in parts with start and end`,
      { cause },
    );
  }
}

/** The field of `TensorInfo` that says why elements of this type are no floats; empty where they are. */
export function readability(dtype: Dtype): Pick<TensorInfo, 'unreadable'> {
  if (dtype.decode !== null) return {};
  return {
    unreadable: `holds complex numbers (${dtype.name}), which are no weights; read it with readBytes`,
  };
}

/** Where and how a run of elements is stored. */
export interface Dense {
  readonly path: string;
  readonly name: string;
  readonly source: ByteSource;
  readonly offset: number;
  readonly dtype: Dtype;
  readonly bigEndian: boolean;
}

/** Reads elements stored one after another in row-major order, a chunk at a time. */
export async function readDense(dense: Dense, start: number, out: Float32Array): Promise<void> {
  const { path, name, source, offset, dtype } = dense;
  if (dtype.decode === null)
    throw new TensorFileError(path, `tensor '${name}' ${readability(dtype).unreadable}`);
  const { bits, group, groupBytes } = dtype;
  const groups = Math.min(Math.floor(CHUNK_BYTES / groupBytes), Math.ceil(out.length / group) + 1);
  const chunk = groups * group;
  const bytes = new Uint8Array(groups * groupBytes);
  for (let done = 0; done < out.length; ) {
    const at = start + done;
    const first = at % group;
    const take = Math.min(out.length - done, chunk - first);
    // Whole groups but at the end of a tensor whose last byte is part filled (ONNX).
    const part = bytes.subarray(0, Math.ceil(((first + take) * bits) / 8));
    await source.read(offset + ((at - first) / group) * groupBytes, part);
    toHostOrder(part, dtype.width, dense.bigEndian);
    const overflow = dtype.decode(part, first, out.subarray(done, done + take));
    if (overflow !== -1) throw beyondBinary32(path, name, at + overflow);
    done += take;
  }
}

/** The error for a finite element that binary32 cannot hold. */
export function beyondBinary32(path: string, name: string, element: number): TensorFileError {
  return new TensorFileError(
    path,
    `tensor '${name}', element ${element}: the value lies beyond binary32 (3.4e38); rescale the tensor first`,
  );
}
