/**
 * How scopes cut a matrix into tiles, and what happens at an edge that they do not divide.
 * Knows shapes only: no field, no bit, no data. Specification: docs/design/language.md, "Scopes".
 */
import type { MatrixShape } from '../sizes.ts';
import type { Format, Scope } from '../types.ts';

/** One scope on one matrix: a grid of `rows` × `cols` tiles of `height` × `width` weights (fewer at a short edge). */
export interface Tiling {
  readonly scope: string;
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly cols: number;
  readonly count: number;
}

/** A format on one matrix. */
export interface Geometry extends MatrixShape {
  /** The part that is tiled and stored: larger than the matrix under `tail pad`, smaller under `tail keep`. */
  readonly storedRows: number;
  readonly storedCols: number;
  readonly tilings: ReadonlyMap<string, Tiling>;
}

/**
 * The matrix that a tensor is seen as under the format's `view`: last axis columns, first axis rows, or one row.
 * @throws RangeError for a size that is not a whole number of at least 0.
 */
export function matrixShape(view: Format['view'], shape: readonly number[]): MatrixShape {
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError(`shape [${shape.join(', ')}]: ${size} is not a size`);
  }
  const count = shape.reduce((a, b) => a * b, 1);
  if (!Number.isSafeInteger(count)) throw new RangeError(`shape [${shape.join(', ')}] has too many elements`);
  if (view === 'flat' || shape.length < 2) return { rows: 1, cols: count };
  const [side, rest] = view === 'first' ? [shape[0]!, shape.slice(1)] : [shape.at(-1)!, shape.slice(0, -1)];
  const other = rest.reduce((a, b) => a * b, 1);
  return view === 'first' ? { rows: side, cols: other } : { rows: other, cols: side };
}

/** The smallest height and width that every named tile of the format divides. */
export function tileMultiple(scopes: readonly Scope[]): { height: number; width: number } {
  let height = 1;
  let width = 1;
  for (const scope of scopes) {
    if (scope.height !== 'all') height = lcm(height, scope.height);
    if (scope.width !== 'all') width = lcm(width, scope.width);
  }
  return { height, width };
}

/**
 * The tilings of a format on a matrix.
 * @throws RangeError under `tail error` where a tile does not divide the matrix; the message names scope and dimension.
 */
export function geometry(format: Pick<Format, 'name' | 'scopes' | 'tail'>, shape: MatrixShape): Geometry {
  const unit = tileMultiple(format.scopes);
  if (format.tail === 'error') refuseRaggedEdge(format, shape);
  const storedRows = storedSide(format.tail, shape.rows, unit.height);
  const storedCols = storedSide(format.tail, shape.cols, unit.width);
  const tilings = new Map<string, Tiling>();
  for (const scope of format.scopes) {
    const height = scope.height === 'all' ? storedRows : scope.height;
    const width = scope.width === 'all' ? storedCols : scope.width;
    const rows = tiles(storedRows, height);
    const cols = tiles(storedCols, width);
    tilings.set(scope.name, { scope: scope.name, height, width, rows, cols, count: rows * cols });
  }
  return { ...shape, storedRows, storedCols, tilings };
}

/** A whole side is one tile even when it is empty, so that an empty tensor still has its tensor fields. */
function tiles(side: number, tile: number): number {
  return tile === 0 ? 1 : Math.ceil(side / tile);
}

function storedSide(tail: Format['tail'], side: number, unit: number): number {
  if (tail === 'pad') return Math.ceil(side / unit) * unit;
  if (tail === 'keep') return Math.floor(side / unit) * unit;
  return side;
}

function refuseRaggedEdge(format: Pick<Format, 'name' | 'scopes'>, shape: MatrixShape): void {
  for (const scope of format.scopes) {
    if (scope.width !== 'all' && shape.cols % scope.width !== 0) {
      throw new RangeError(
        `${format.name}: rows of ${shape.cols} weights do not divide into ${scope.name}s of ${scope.width}; ` +
          'choose another block size, or a format with tail pad, short or keep',
      );
    }
    if (scope.height !== 'all' && shape.rows % scope.height !== 0) {
      throw new RangeError(
        `${format.name}: ${shape.rows} rows do not divide into ${scope.name}s of ${scope.height} rows; ` +
          'choose another tile, or a format with tail pad, short or keep',
      );
    }
  }
}

/** Least common multiple of two positive whole numbers. */
export function lcm(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
