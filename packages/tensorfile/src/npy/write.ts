/**
 * Writes npy version 1.0, byte for byte what `numpy.save` writes for a C-ordered little-endian array.
 *
 * Only the types that NumPy itself names are written: binary32 and bytes. Anything else belongs into safetensors.
 */
import { littleEndianBytes } from '../endian.ts';
import { type WriteOptions, writeWhole } from '../output.ts';
import { checkedCount } from '../shape.ts';

type NpyData = Float32Array | Uint8Array;

/** A row-major array: its elements at once, or in chunks whose lengths sum to the product of `shape`. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData | Iterable<NpyData> | AsyncIterable<NpyData>;
}

export interface WriteNpyOptions extends WriteOptions {
  /** Element type of chunks, which the header needs before the first one; `F32` by default. Whole data tell by their class. */
  readonly dtype?: 'F32' | 'U8';
}

/**
 * Writes one array to `path`, whole or not at all: into a temporary file beside it, then renamed.
 * @throws TypeError, RangeError when shape, type and data disagree.
 * @throws TensorFileError from the file system; the signal's reason after an abort.
 */
export async function writeNpy(path: string, array: NpyArray, options: WriteNpyOptions = {}): Promise<void> {
  const { shape, data } = array;
  const count = checkedCount('shape', shape);
  const whole = data instanceof Float32Array || data instanceof Uint8Array;
  const dtype = whole ? typeOf(data) : (options.dtype ?? 'F32');
  if (dtype !== 'F32' && dtype !== 'U8') throw new RangeError(`dtype must be 'F32' or 'U8', not '${dtype}'`);
  if (whole && options.dtype !== undefined && options.dtype !== dtype)
    throw new TypeError(`dtype is '${options.dtype}', but data is a ${data.constructor.name}`);
  if (whole && data.length !== count)
    throw new RangeError(`shape [${shape}] holds ${count} elements, but data holds ${data.length}`);
  const header = encodeHeader(dtype === 'F32' ? '<f4' : '|u1', shape);
  await writeWhole(
    path,
    async (append) => {
      await append(header);
      let done = 0;
      for await (const chunk of whole ? [data] : data) {
        if (typeOf(chunk) !== dtype)
          throw new TypeError(`data must yield ${dtype === 'F32' ? 'Float32Array' : 'Uint8Array'} chunks`);
        done += chunk.length;
        if (done > count)
          throw new RangeError(`data yields more than the ${count} elements of shape [${shape}]`);
        await append(littleEndianBytes(chunk));
      }
      if (done < count)
        throw new RangeError(`data ended after ${done} of the ${count} elements of shape [${shape}]`);
    },
    options,
  );
}

function typeOf(data: unknown): 'F32' | 'U8' | undefined {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Uint8Array ? 'U8' : undefined;
}

function encodeHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // NumPy leaves room for the first extent to grow to 21 digits in place, then aligns the data to 64 bytes.
  const room = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const total = Math.ceil((10 + dict.length + room + 1) / 64) * 64;
  if (total - 10 > 0xffff)
    throw new RangeError(`shape has ${shape.length} axes, too many for an npy 1.0 header`);
  const header = new Uint8Array(total).fill(0x20);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (total - 10) & 0xff, (total - 10) >> 8]);
  header.set(new TextEncoder().encode(dict), 10);
  header[total - 1] = 0x0a;
  return header;
}
