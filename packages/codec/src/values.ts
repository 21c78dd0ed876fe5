/**
 * Real values on a tiling: one number for each tile of a scope, or one number for all.
 *
 * The interpreter works on whole arrays, so that each operation of a format is one plain loop; storing into a
 * Float32Array is the one rounding that binary32 arithmetic asks for after every operation.
 */
import type { Geometry, Tiling } from '@fewerbits/format';

/** Arrays of the Format's arithmetic. */
export type Reals = Float32Array | Float64Array;

/** Makes arrays of the Format's arithmetic. */
export type RealArray = Float32ArrayConstructor | Float64ArrayConstructor;

/** One number for each tile, row-major. */
export interface Grid {
  readonly tiling: Tiling;
  readonly data: Reals;
}

/** A grid, or a number that is the same everywhere. */
export type Values = number | Grid;

/** Whether every tile of `fine` lies in one tile of `coarse`. */
export function refines(fine: Tiling, coarse: Tiling): boolean {
  // One tile over a whole side holds every tile along it, the short last one too.
  const down = coarse.rows === 1 || divides(fine.height, coarse.height);
  const across = coarse.cols === 1 || divides(fine.width, coarse.width);
  return down && across;
}

function divides(small: number, large: number): boolean {
  return small === large || (small !== 0 && large % small === 0);
}

/**
 * The coarsest tiling of the geometry whose tiles lie in single tiles of both: where a row and a column meet, a weight.
 * @throws RangeError if there is none.
 */
export function commonTiling(a: Tiling, b: Tiling, geometry: Geometry): Tiling {
  if (refines(a, b)) return a;
  if (refines(b, a)) return b;
  let best: Tiling | null = null;
  for (const tiling of geometry.tilings.values()) {
    if (refines(tiling, a) && refines(tiling, b) && (best === null || tiling.count < best.count))
      best = tiling;
  }
  if (best === null) throw new RangeError(`no scope holds single tiles of both ${a.scope} and ${b.scope}`);
  return best;
}

/** The values of a coarser grid at each tile of `tiling`; a number becomes a constant array. */
export function expand(values: Values, tiling: Tiling, real: RealArray): Reals {
  if (typeof values === 'number') return new real(tiling.count).fill(values);
  const source = values.tiling;
  if (source.scope === tiling.scope) return values.data;
  const out = new real(tiling.count);
  const columns = new Uint32Array(tiling.cols);
  for (let col = 0; col < tiling.cols; col++)
    columns[col] = tileAt(col, tiling.width, source.width, source.cols);
  let next = 0;
  for (let row = 0; row < tiling.rows; row++) {
    const start = tileAt(row, tiling.height, source.height, source.rows) * source.cols;
    for (let col = 0; col < tiling.cols; col++) out[next++] = values.data[start + columns[col]!]!;
  }
  return out;
}

/** For each tile of `tiling`, the tile of `outer` that holds it. */
export function enclosingTiles(tiling: Tiling, outer: Tiling): Uint32Array {
  const out = new Uint32Array(tiling.count);
  let next = 0;
  for (let row = 0; row < tiling.rows; row++) {
    const start = tileAt(row, tiling.height, outer.height, outer.rows) * outer.cols;
    for (let col = 0; col < tiling.cols; col++)
      out[next++] = start + tileAt(col, tiling.width, outer.width, outer.cols);
  }
  return out;
}

function tileAt(index: number, size: number, outerSize: number, count: number): number {
  return outerSize === 0 ? 0 : Math.min(count - 1, Math.floor((index * size) / outerSize));
}

/** The rows and columns of weights of one tile that the tensor really has: padding is left out. */
export interface TileBounds {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function tileBounds(tiling: Tiling, tile: number, geometry: Geometry): TileBounds {
  const row = Math.floor(tile / tiling.cols) * tiling.height;
  const col = (tile % tiling.cols) * tiling.width;
  const rows = Math.min(geometry.rows, geometry.storedRows);
  const cols = Math.min(geometry.cols, geometry.storedCols);
  return {
    top: row,
    bottom: Math.min(row + tiling.height, rows),
    left: col,
    right: Math.min(col + tiling.width, cols),
  };
}

/**
 * The values of the inner tiles that lie in one tile of `outer`, in index order, padding left out.
 * A view where they stand side by side, else a copy.
 */
export function valuesInside(
  grid: Grid,
  outer: Tiling,
  tile: number,
  geometry: Geometry,
  real: RealArray,
): Reals {
  const { top, bottom, left, right } = tileBounds(outer, tile, geometry);
  const inner = grid.tiling;
  if (bottom <= top || right <= left) return new real(0);
  const firstRow = Math.floor(top / inner.height);
  const lastRow = Math.ceil(bottom / inner.height);
  const firstCol = Math.floor(left / inner.width);
  const lastCol = Math.ceil(right / inner.width);
  const across = lastCol - firstCol;
  if (lastRow - firstRow === 1 || across === inner.cols) {
    const start = firstRow * inner.cols + firstCol;
    return grid.data.subarray(start, start + (lastRow - firstRow) * across);
  }
  const out = new real((lastRow - firstRow) * across);
  for (let row = firstRow; row < lastRow; row++) {
    const start = row * inner.cols + firstCol;
    out.set(grid.data.subarray(start, start + across), (row - firstRow) * across);
  }
  return out;
}
