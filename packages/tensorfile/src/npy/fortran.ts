/**
 * Row-major reading of an array stored with its first axis fastest (`fortran_order: True`).
 *
 * The file is a sequence of columns: runs along the first axis, one for each place in the remaining axes. A range of
 * the row-major array touches the same few rows of every column, so only those are read, in chunks of many columns
 * where columns are short.
 */
import { CHUNK_BYTES, type Dense, readDense } from '../tensor-file.ts';

/** Fills `out` with the row-major elements from `start` on of an array of `shape` that `dense` stores column-first. */
export async function readFortran(
  dense: Dense,
  shape: readonly number[],
  start: number,
  out: Float32Array,
): Promise<void> {
  if (out.length === 0) return;
  const height = shape[0] ?? 1;
  const rest = shape.slice(1);
  const columns = rest.reduce((count, extent) => count * extent, 1);
  const end = start + out.length;
  const top = Math.floor(start / columns);
  const bottom = Math.ceil(end / columns);
  const most = Math.floor(CHUNK_BYTES / 4);
  const order = rowMajorOrder(rest);
  const scatter = (values: Float32Array, place: number, row: number) => {
    for (let i = 0, to = row * columns + place - start; i < values.length; i++, to += columns)
      if (to >= 0 && to < out.length) out[to] = values[i]!;
  };
  if (height <= most) {
    // Whole columns, several at a time: what lies between the wanted rows costs less than another read.
    const together = Math.floor(most / height);
    for (let column = 0; column < columns; column += together) {
      const take = Math.min(together, columns - column);
      const first = column * height + top;
      const values = new Float32Array((take - 1) * height + bottom - top);
      await readDense(dense, first, values);
      for (let i = 0; i < take; i++)
        scatter(values.subarray(i * height, i * height + bottom - top), order(), top);
    }
    return;
  }
  for (let column = 0; column < columns; column++) {
    const place = order();
    for (let row = top; row < bottom; row += most) {
      const values = new Float32Array(Math.min(most, bottom - row));
      await readDense(dense, column * height + row, values);
      scatter(values, place, row);
    }
  }
}

/** Successive row-major places of the remaining axes, visited with the first of them fastest. */
function rowMajorOrder(extents: readonly number[]): () => number {
  const strides = extents.map((_, axis) =>
    extents.slice(axis + 1).reduce((count, extent) => count * extent, 1),
  );
  const counter = extents.map(() => 0);
  let place = 0;
  return () => {
    const current = place;
    for (let axis = 0; axis < extents.length; axis++) {
      place += strides[axis]!;
      if (++counter[axis]! < extents[axis]!) break;
      place -= strides[axis]! * extents[axis]!;
      counter[axis] = 0;
    }
    return current;
  };
}
