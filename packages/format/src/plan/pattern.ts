/**
 * Patterns: the reordering of entries that a layout or a `permute` writes as `(half:2 i) -> (i half)`.
 * Specification: docs/design/language.md, "Layout".
 */
import { sizeOf } from '../sizes.ts';
import type { Item, Pattern } from '../types.ts';
import { LayoutError } from './layout-error.ts';

/**
 * The order of storage that a pattern gives to `count` entries: pairs of natural index and whether it is a copy.
 * @throws LayoutError where the sizes do not multiply to the entries or an axis is lost.
 */
export function permute(
  pattern: Pattern,
  count: number,
  shape: { rows: number; cols: number },
  item: Item,
): [index: number, copy: boolean][] {
  const sizes = axisSizes(pattern, count, shape, item);
  const natural = new Set(pattern.from.map((axis) => axis.axis));
  const total = pattern.to.reduce((product, axis) => product * sizes.get(axis.axis)!, 1);
  const digits = new Map<string, number>();
  const out: [number, boolean][] = [];
  for (let k = 0; k < total; k++) {
    let rest = k;
    let copy = false;
    for (let a = pattern.to.length - 1; a >= 0; a--) {
      const { axis, reversed } = pattern.to[a]!;
      const size = sizes.get(axis)!;
      const digit = rest % size;
      rest = Math.floor(rest / size);
      digits.set(axis, reversed ? size - 1 - digit : digit);
      if (digit > 0 && !natural.has(axis)) copy = true;
    }
    out.push([
      pattern.from.reduce((index, { axis }) => index * sizes.get(axis)! + digits.get(axis)!, 0),
      copy,
    ]);
  }
  return out;
}

/** The size of every axis, the one left out included. */
function axisSizes(
  pattern: Pattern,
  count: number,
  shape: { rows: number; cols: number },
  item: Item,
): Map<string, number> {
  const sizes = new Map<string, number>();
  let known = 1;
  let open: string | null = null;
  for (const { axis, size } of pattern.from) {
    if (size === null && open !== null)
      throw new LayoutError(`two axes without a size: ${open} and ${axis}`, item);
    if (size === null) open = axis;
    else {
      sizes.set(axis, sizeOf(size, shape));
      known *= sizes.get(axis)!;
    }
  }
  if (open === null ? known !== count : known === 0 || count % known !== 0) {
    throw new LayoutError(
      `the axes hold ${open === null ? '' : 'multiples of '}${known} entries, the field has ${count} here`,
      item,
    );
  }
  if (open !== null) sizes.set(open, count / known);
  for (const { axis, size } of pattern.to) {
    if (sizes.has(axis)) continue;
    if (size === null) throw new LayoutError(`axis ${axis} stands on the right only and needs a size`, item);
    sizes.set(axis, sizeOf(size, shape));
  }
  for (const { axis } of pattern.from) {
    if (!pattern.to.some((t) => t.axis === axis))
      throw new LayoutError(`axis ${axis} is lost on the right`, item);
  }
  return sizes;
}
