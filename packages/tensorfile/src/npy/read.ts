/**
 * Opens an npy file: one array, named after the file.
 */
import { basename } from 'node:path';
import { lastAxis } from '../axis.ts';
import { byteLengthOf } from '../dtype.ts';
import { TensorFileError } from '../error.ts';
import { elementCount, shapeText } from '../shape.ts';
import { openFile } from '../source.ts';
import { type Contents, readability, readDense } from '../tensor-file.ts';
import { readFortran } from './fortran.ts';
import { NPY_PREFIX_BYTES, npyDictPlace, parseNpyDict } from './header.ts';

/** Opens one npy file. Throws TensorFileError. */
export async function openNpy(path: string): Promise<Contents> {
  const source = await openFile(path);
  try {
    const prefix = new Uint8Array(Math.min(NPY_PREFIX_BYTES, source.byteLength));
    await source.read(0, prefix);
    const place = npyDictPlace(prefix, source.byteLength, path);
    const dict = new Uint8Array(place.end - place.start);
    await source.read(place.start, dict);
    const { dtype, bigEndian, fortranOrder, shape } = parseNpyDict(dict, path);
    const byteLength = byteLengthOf(dtype, elementCount(shape)!)!;
    const offset = place.end;
    if (byteLength !== source.byteLength - offset)
      throw new TensorFileError(
        path,
        `${dtype.name} ${shapeText(shape)} takes ${byteLength} bytes, but ${source.byteLength - offset} follow the header; ` +
          'the file is truncated or holds more than one array',
      );
    const name = basename(path).replace(/\.npy$/i, '');
    const dense = { path, name, source, offset, dtype, bigEndian };
    return {
      path,
      container: 'npy',
      metadata: Object.create(null),
      tensors: [
        {
          info: { name, shape, dtype: dtype.name, byteLength, ...lastAxis(shape), ...readability(dtype) },
          source,
          offset,
          floats: (start, out) =>
            fortranOrder && shape.length > 1
              ? readFortran(dense, shape, start, out)
              : readDense(dense, start, out),
        },
      ],
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
