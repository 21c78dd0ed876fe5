/**
 * Entries of a field in a region by their index there, without a list of them. Knows tiles, no layout.
 * Specification: docs/design/language.md, "Scopes".
 */
import type { Region } from './bits.ts';
import type { StoredField } from './fields.ts';

/** The entry that stands at a natural index of a region, where each body of `together` entries lies in one run; else null. */
export function entriesFrom(
  field: StoredField,
  region: Region,
  together: number,
): ((index: number) => number) | null {
  if (field.whole) return (index) => index;
  const { height, width, cols } = field.tiling;
  if (height === 0 || width === 0) return null;
  const top = Math.floor(region.top / height);
  const left = Math.floor(region.left / width);
  const perRow = (Math.ceil(region.right / width) - left) * field.perTile;
  const first = (top * cols + left) * field.perTile;
  if (perRow === cols * field.perTile) return (index) => first + index;
  if (perRow === 0 || perRow % together !== 0) return null;
  return (index) => {
    const across = index % perRow;
    return first + ((index - across) / perRow) * cols * field.perTile + across;
  };
}

/** The width of the entries in a region, or null where they have several. */
export function widthIn(field: StoredField, region: Region, count: number): number | null {
  if (field.bits !== null) return field.bits === 0 ? null : field.bits;
  const entryAt = count === 0 ? null : entriesFrom(field, region, 1);
  if (entryAt === null) return null;
  const width = field.numberAt(entryAt(0)).bits;
  for (let k = 1; k < count; k++) if (field.numberAt(entryAt(k)).bits !== width) return null;
  return width;
}
