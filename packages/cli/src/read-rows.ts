/**
 * A tensor of a file as rows along its contraction axis, in memory of the caller's.
 */
import { type Rows, type TensorFile, type TensorInfo, toRows } from '@fewerbits/tensorfile';

/** Elements read at a time: between them Ctrl-C is heard. */
const CHUNK = 1 << 22;

/**
 * Reads the rows. Where the contraction axis is not the last, the tensor is held twice while it is turned.
 * @param out gives the memory for a number of weights
 * @throws TensorFileError, or the signal's reason.
 */
export async function readRows(
  file: TensorFile,
  { name, shape, contractionAxis: axis }: TensorInfo,
  out: (length: number) => Float32Array,
  signal?: AbortSignal,
): Promise<Rows> {
  const count = shape.reduce((product, size) => product * size, 1);
  const into = out(count);
  if (axis !== null && axis !== shape.length - 1) {
    const data = await file.readFloats(name);
    signal?.throwIfAborted();
    return toRows(data, shape, axis, into);
  }
  for (let start = 0; start < count; start += CHUNK) {
    signal?.throwIfAborted();
    into.set(await file.readFloats(name, start, Math.min(count, start + CHUNK)), start);
  }
  return toRows(into, shape, axis);
}
