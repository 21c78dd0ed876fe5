/**
 * The weights as their codes see them: scaled into the unit of the levels, with the levels beside.
 *
 * A format whose value is a·code + b for the weights of a tile (scale · code, d · scale · code − dmin · min, …) tells a and b through
 * what it decodes: two weights of a tile with different levels give both. So the picture needs no knowledge of any format.
 */
import {
  type Codes,
  type Format,
  matrixShape,
  type Packed,
  planLayout,
  type StoredField,
} from '@fewerbits/format';
import type { Contender, TensorRows } from './rows.ts';
import { codeFields } from './stored-codes.ts';

/** Weights in units of the levels, counted in bins, and where the levels are. */
export interface CodeHistogram {
  readonly tensor: string;
  readonly format: string;
  /** Edges of equal bins, one more than counts. */
  readonly bins: readonly number[];
  readonly counts: readonly number[];
  /** Levels of the codes, ascending. */
  readonly levels: readonly number[];
  /** Part of the weights that lie outside the bins or in tiles that tell no scale (all weights at one level). */
  readonly leftOut: number;
}

const BINS = 96;

/**
 * The histogram of a tensor under a contender, or `null` for formats that it does not suit: no single code of at most 8 bits for each
 * weight, vectors, rotations, outliers, or a value that is not straight in the code.
 * @throws RangeError as the codec does.
 */
export function codeHistogramOf(
  tensor: TensorRows,
  { label, codec, fit, bands }: Contender,
): CodeHistogram | null {
  const { data, rows, cols, name } = tensor;
  const field = soleCode(codec.format, rows, cols);
  if (field === null) return null;
  const levels = levelsOf(field);
  const low = levels[0]!;
  const high = levels.at(-1)!;
  const room = Math.max((high - low) / (2 * levels.length), (high - low) * 0.04);
  const edges = Array.from({ length: BINS + 1 }, (_, i) => low - room + ((high - low + 2 * room) * i) / BINS);
  const counts = new Array<number>(BINS).fill(0);
  const width = edges[1]! - edges[0]!;
  let inside = 0;
  for (const { first, end } of bands?.(rows, cols) ?? [{ first: 0, end: rows }]) {
    const part = { name, data: data.subarray(first * cols, end * cols), rows: end - first, cols };
    const own = soleCode(codec.format, part.rows, cols);
    if (own === null) return null;
    const shape = [part.rows, cols];
    const packed = codec.encode(part.data, { shape, name, ...(fit === undefined ? {} : { fit }) });
    const codes = codec.unpack(packed).codes[own.name]!;
    const scaled = scaledWeights(part, codec.decode(packed), codes, own, codec.format, packed);
    if (scaled === null) return null;
    for (const value of scaled) {
      const bin = Math.floor((value - edges[0]!) / width);
      if (!(bin >= 0 && bin < BINS)) continue;
      counts[bin]!++;
      inside++;
    }
  }
  return { tensor: name, format: label, bins: edges, counts, levels, leftOut: 1 - inside / data.length };
}

/** The one scalar field that stands in `each` and has a single number of at most 8 bits; weights in natural order. */
function soleCode(format: Format, rows: number, cols: number): StoredField | null {
  const codes = [...codeFields(format)];
  if (codes.length !== 1 || format.steps.length !== 1 || format.outliers !== null || format.tail === 'keep')
    return null;
  const plan = planLayout(format, matrixShape(format.view, [rows, cols]));
  const field = plan.fields.find((stored) => stored.name === codes[0]);
  if (field === undefined || field.tiling.scope !== 'each' || field.perTile !== 1) return null;
  if (field.bits === null || field.bits > 8 || !field.uniform) return null;
  if (plan.geometry.storedRows * plan.geometry.storedCols !== rows * cols) return null;
  const number = field.numberAt(0);
  return number.dimension === 1 && number.levels !== null && number.levels.every(Number.isFinite)
    ? field
    : null;
}

/** Levels that are written: an integer type may also read codes beyond its range. */
function levelsOf(field: StoredField): number[] {
  const { levels, facts } = field.numberAt(0);
  const written = [...levels!].filter((level) => level >= facts.min && level <= facts.max);
  return [...new Set(written)].sort((a, b) => a - b);
}

/** (x − b) / a for every weight of a tile that tells a and b; NaN for the others; `null` where a tile is not straight. */
function scaledWeights(
  { data, cols }: TensorRows,
  decoded: Float32Array,
  codes: Codes,
  field: StoredField,
  format: Format,
  { shape }: Packed,
): Float64Array | null {
  const { levelOf } = field.numberAt(0);
  const matrix = matrixShape(format.view, shape);
  const run = innermostWidth(format, matrix.cols);
  const out = new Float64Array(data.length).fill(Number.NaN);
  const rowLength = format.view === 'flat' ? data.length : cols;
  for (let row = 0; row < data.length; row += rowLength) {
    for (let start = row; start < row + rowLength; start += run) {
      const end = Math.min(row + rowLength, start + run);
      const line = straight(decoded, codes, levelOf, start, end);
      if (line === null) continue;
      const worst = Math.abs(line.a) * 1e-3;
      for (let i = start; i < end; i++) {
        if (Math.abs(line.a * levelOf(codes[i]!) + line.b - decoded[i]!) > worst) return null;
        out[i] = (data[i]! - line.b) / line.a;
      }
    }
  }
  return out;
}

/** The line through the lowest and the highest level that the tile uses. */
function straight(
  decoded: Float32Array,
  codes: Codes,
  levelOf: (code: number) => number,
  start: number,
  end: number,
): { a: number; b: number } | null {
  let low = start;
  let high = start;
  for (let i = start; i < end; i++) {
    if (levelOf(codes[i]!) < levelOf(codes[low]!)) low = i;
    if (levelOf(codes[i]!) > levelOf(codes[high]!)) high = i;
  }
  const span = levelOf(codes[high]!) - levelOf(codes[low]!);
  if (span === 0) return null;
  const a = (decoded[high]! - decoded[low]!) / span;
  return a === 0 ? null : { a, b: decoded[low]! - a * levelOf(codes[low]!) };
}

/** Columns of the smallest tile that holds fields other than single weights'. */
function innermostWidth(format: Format, cols: number): number {
  const used = new Set(format.fields.map((field) => field.scope));
  const widths = format.scopes
    .filter((scope) => scope.name !== 'each' && used.has(scope.name))
    .map((scope) => (scope.width === 'all' ? cols : scope.width));
  return Math.max(1, Math.min(cols, ...widths));
}
