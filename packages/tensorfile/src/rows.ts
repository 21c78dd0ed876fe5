/**
 * Tensors as rows along the contraction axis, the order in which a codec encodes them, and back.
 */
import { checkedCount } from './shape.ts';

/** A tensor whose rows run along the contraction axis. `data.length` is `rows * cols`. */
export interface Rows {
  readonly data: Float32Array;
  readonly rows: number;
  /** Extent of the contraction axis. */
  readonly cols: number;
}

/**
 * Moves the contraction axis last. The other axes keep their order and become the rows. Where it is last already (or
 * `null`, which means the last axis) `data` comes back itself, not a copy. A scalar is one row of one.
 * @param out where the rows are to go, as long as `data`; then they are always copied
 * @throws TypeError, RangeError for a shape that does not fit the data, or an axis that the shape does not have.
 */
export function toRows(
  data: Float32Array,
  shape: readonly number[],
  contractionAxis: number | null,
  out?: Float32Array,
): Rows {
  const { outer, cols, inner } = split(data, shape, contractionAxis);
  if (out !== undefined && out.length !== data.length)
    throw new RangeError(`out has ${out.length} elements, but data holds ${data.length}`);
  const moved = transpose(data, cols, inner, out);
  if (out !== undefined && moved === data) out.set(data);
  return { data: out ?? moved, rows: outer * inner, cols };
}

/** The inverse of `toRows`: rows along the contraction axis become the row-major tensor of `shape`. Same conditions. */
export function fromRows(
  data: Float32Array,
  shape: readonly number[],
  contractionAxis: number | null,
): Float32Array {
  const { cols, inner } = split(data, shape, contractionAxis);
  return transpose(data, inner, cols);
}

function split(data: Float32Array, shape: readonly number[], axis: number | null) {
  if (!(data instanceof Float32Array)) throw new TypeError('data must be a Float32Array');
  const count = checkedCount('shape', shape);
  if (count !== data.length)
    throw new RangeError(`shape [${shape}] holds ${count} elements, but data holds ${data.length}`);
  if (shape.length === 0 && (axis === null || axis === 0)) return { outer: 1, cols: 1, inner: 1 };
  const at = axis ?? shape.length - 1;
  if (!Number.isInteger(at) || at < 0 || at >= shape.length)
    throw new RangeError(
      `contractionAxis must be null or 0..${shape.length - 1} for shape [${shape}], not ${axis}`,
    );
  const product = (part: readonly number[]) => part.reduce((total, extent) => total * extent, 1);
  return { outer: product(shape.slice(0, at)), cols: shape[at]!, inner: product(shape.slice(at + 1)) };
}

/** Swaps the last two axes of [outer, height, width]. Tiles keep the strided reads in the first cache; writes are runs. */
function transpose(data: Float32Array, height: number, width: number, place?: Float32Array): Float32Array {
  if (height <= 1 || width <= 1 || data.length === 0) return data;
  const out = place ?? new Float32Array(data.length);
  const tile = 16;
  for (let base = 0; base < data.length; base += height * width) {
    for (let top = 0; top < height; top += tile) {
      const bottom = Math.min(top + tile, height);
      for (let left = 0; left < width; left += tile) {
        const right = Math.min(left + tile, width);
        for (let x = left; x < right; x++) {
          const column = base + x * height;
          for (let y = top; y < bottom; y++) out[column + y] = data[base + y * width + x]!;
        }
      }
    }
  }
  return out;
}
