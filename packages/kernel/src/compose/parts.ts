/**
 * A run cut into parts of a few thousand weights, in row-major order, so that what some sources hold is made part by part and
 * never stands whole in memory. Knows no format.
 */
import type { DecodeRun } from '../accelerate.ts';
import type { Bound, Run } from '../bind.ts';

/** Weights of a part, at most; a part has a unit at least. */
const PART = 16_384;

/**
 * A source that is made as it is read: the bytes from one place to another, in ascending order without gaps. Null: they cannot be
 * made, and decoding stops.
 */
export type Window = (from: number, to: number) => Uint8Array | null;

/**
 * Decodes a run part by part.
 * @param width weights of a unit
 * @param windows by source, and how many bytes each has in all
 * @returns false where a window could not be made; `out` is then undefined
 */
export function decodeInParts(
  run: Run,
  width: number,
  windows: ReadonlyMap<number, { readonly window: Window; readonly bytes: number }>,
  decode: DecodeRun,
  out: Float32Array,
): boolean {
  const { rows, cols, sources } = run;
  const perRow = Math.ceil(cols / width);
  const unitsAtOnce = Math.max(1, Math.floor(PART / width));
  const rowsAtOnce = Math.max(1, Math.floor(unitsAtOnce / perRow));
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    for (let unit = 0; unit < perRow; unit += unitsAtOnce) {
      const units = Math.min(unitsAtOnce, perRow - unit);
      const endsRow = unit + units === perRow;
      const endsRun = endsRow && row + count === rows;
      const part: Bound[] = [];
      for (const [k, source] of sources.entries()) {
        const { stride, rowStride } = source;
        const from = row * rowStride + unit * stride;
        const made = windows.get(k);
        if (made === undefined) {
          part.push({ ...source, bytes: source.bytes.subarray(from) });
          continue;
        }
        const next = endsRow ? (row + count) * rowStride : from + units * stride;
        const bytes = made.window(from, endsRun ? made.bytes : next);
        if (bytes === null) return false;
        part.push({ ...source, bytes });
      }
      const length = endsRow ? cols - unit * width : units * width;
      const start = row * cols + unit * width;
      decode(
        { rows: count, cols: length, sources: part },
        out.subarray(start, start + (count - 1) * cols + length),
      );
    }
  }
  return true;
}
