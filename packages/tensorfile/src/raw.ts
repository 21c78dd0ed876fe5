/**
 * Opens bare little-endian binary32, row-major, whose shape only the caller knows.
 */
import { basename, extname } from 'node:path';
import { lastAxis } from './axis.ts';
import { dtypeNamed } from './dtype.ts';
import { TensorFileError } from './error.ts';
import { shapeText } from './shape.ts';
import { openFile } from './source.ts';
import { type Contents, readDense } from './tensor-file.ts';

/** Opens one raw file of `count` elements, the product of `shape`; the tensor is named after the file. Throws TensorFileError. */
export async function openRaw(path: string, shape: readonly number[], count: number): Promise<Contents> {
  const source = await openFile(path);
  const byteLength = count * 4;
  if (source.byteLength !== byteLength) {
    await source.close();
    throw new TensorFileError(
      path,
      `binary32 ${shapeText(shape)} takes ${byteLength} bytes, but the file has ${source.byteLength}` +
        `${source.byteLength % 4 === 0 ? ` (${source.byteLength / 4} elements)` : ''}; give the shape of its contents`,
    );
  }
  const name = basename(path, extname(path));
  const dtype = dtypeNamed('F32')!;
  const dense = { path, name, source, offset: 0, dtype, bigEndian: false };
  return {
    path,
    container: 'raw',
    metadata: Object.create(null),
    tensors: [
      {
        info: { name, shape: [...shape], dtype: dtype.name, byteLength, ...lastAxis(shape) },
        source,
        offset: 0,
        floats: (start, out) => readDense(dense, start, out),
      },
    ],
    close: () => source.close(),
  };
}
