/**
 * Codes of a field → its values: at its tiles, at each weight for vector numbers, or entry by entry for arrays.
 */
import type { Codes, Field, Format, Geometry, StoredField, Tiling } from '@fewerbits/format';
import { type Grid, type RealArray, type Reals, tileBounds } from './values.ts';

/** Values of every entry of a scalar number, in natural order. */
export function entryValues(stored: StoredField, codes: Codes, real: RealArray): Reals {
  const out = new real(stored.entries);
  const number = stored.entries > 0 ? stored.numberAt(0) : null;
  if (number === null) return out;
  if (stored.uniform) number.decodeInto(codes, out);
  else
    for (let entry = 0; entry < out.length; entry++)
      out[entry] = stored.numberAt(entry).levelOf(codes[entry]!);
  return out;
}

/** Values of a field without array dimensions: a grid on its tiles, or on the weights for a vector number. */
export function fieldGrid(stored: StoredField, codes: Codes, geometry: Geometry, real: RealArray): Grid {
  const dimension = stored.entries > 0 ? stored.numberAt(0).dimension : 1;
  if (dimension === 1) return { tiling: stored.tiling, data: entryValues(stored, codes, real) };
  return componentGrid(stored, codes, geometry, real);
}

/** Each weight takes its component of the vector that its tile's code stands for, row-major. */
function componentGrid(stored: StoredField, codes: Codes, geometry: Geometry, real: RealArray): Grid {
  const each = geometry.tilings.get('each')!;
  const { tiling } = stored;
  const number = stored.numberAt(0);
  const levels = number.levels;
  const data = new real(each.count);
  for (let tile = 0; tile < tiling.count; tile++) {
    const top = Math.floor(tile / tiling.cols) * tiling.height;
    const left = (tile % tiling.cols) * tiling.width;
    const code = Math.min(codes[tile]!, number.codes - 1);
    for (let i = 0; i < tiling.height && top + i < each.rows; i++) {
      for (let j = 0; j < tiling.width && left + j < each.cols; j++) {
        const component = i * tiling.width + j;
        data[(top + i) * each.cols + left + j] =
          levels === null ? number.levelOf(code, component) : levels[code * number.dimension + component]!;
      }
    }
  }
  return { tiling: each, data };
}

/** What stands at the weights of each tile, row-major, tile after tile; NaN where the tile reaches beyond the stored weights. */
export function componentsOf({ tiling: each, data }: Grid, tiling: Tiling, geometry: Geometry): Float64Array {
  const size = tiling.height * tiling.width;
  const out = new Float64Array(tiling.count * size).fill(Number.NaN);
  for (let tile = 0; tile < tiling.count; tile++) {
    const { top, bottom, left, right } = tileBounds(tiling, tile, geometry);
    for (let row = top; row < bottom; row++) {
      const start = tile * size + (row - top) * tiling.width;
      for (let col = left; col < right; col++) out[start + col - left] = data[row * each.cols + col]!;
    }
  }
  return out;
}

/** The tiling that a field's values stand on. */
export function fieldTiling(field: Field, geometry: Geometry, dimensionOf: (key: string) => number): Tiling {
  const vector = field.storage.kind === 'number' && dimensionOf(field.storage.number) > 1;
  return geometry.tilings.get(vector ? 'each' : field.scope) ?? geometry.tilings.get('tensor')!;
}

/** The tile that a scope is written in. */
export function outerTiling(format: Format, geometry: Geometry, tiling: Tiling): Tiling {
  const parent = format.scopes.find((scope) => scope.name === tiling.scope)?.parent ?? 'tensor';
  return geometry.tilings.get(parent)!;
}
