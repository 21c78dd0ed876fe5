/**
 * Patterns: the reordering of entries that a layout or a `permute` writes as `(half:2 i) -> (i half)`.
 * Specification: docs/design/language.md, "Layout".
 */
import { sizeOf } from '../sizes.ts';
import type { Item, Pattern } from '../types.ts';
import { LayoutError } from './layout-error.ts';

/** An order of storage: how many places it has, and what stands at each. */
export interface Order {
  readonly places: number;
  /** How many places the fastest axis has, the two fastest, and so on; 1 first. Places within one of these lie apart alike everywhere. */
  readonly fastest: readonly number[];
  /** Whether an axis stands on the right only, so that some places hold copies. */
  readonly copies: boolean;
  /** The natural index of what stands at a place; one beyond the last is padding. */
  indexAt(place: number): number;
  isCopy(place: number): boolean;
}

/**
 * The order of storage that a pattern gives to `count` entries.
 * @throws LayoutError where the sizes do not multiply to the entries or an axis is lost.
 */
export function orderOf(
  pattern: Pattern,
  count: number,
  shape: { rows: number; cols: number },
  item: Item,
): Order {
  const sizes = axisSizes(pattern, count, shape, item);
  const strides = new Map<string, number>();
  let stride = 1;
  for (const { axis } of pattern.from.toReversed()) {
    strides.set(axis, stride);
    stride *= sizes.get(axis)!;
  }
  // Fastest first; an axis without a stride stores copies.
  const axes = pattern.to.toReversed().map(({ axis, reversed }) => ({
    size: sizes.get(axis)!,
    reversed,
    stride: strides.get(axis) ?? null,
  }));
  const fastest = [1];
  for (const { size } of axes) fastest.push(fastest.at(-1)! * size);
  return {
    fastest,
    places: axes.reduce((product, { size }) => product * size, 1),
    copies: axes.some((axis) => axis.stride === null),
    indexAt: (place) => {
      let rest = place;
      let index = 0;
      for (const axis of axes) {
        const digit = rest % axis.size;
        rest = (rest - digit) / axis.size;
        if (axis.stride !== null) index += axis.stride * (axis.reversed ? axis.size - 1 - digit : digit);
      }
      return index;
    },
    isCopy: (place) => {
      let rest = place;
      for (const axis of axes) {
        const digit = rest % axis.size;
        rest = (rest - digit) / axis.size;
        if (axis.stride === null && digit > 0) return true;
      }
      return false;
    },
  };
}

/** The same as a list: pairs of natural index (one beyond the last is padding) and whether it is a copy. */
export function permute(
  pattern: Pattern,
  count: number,
  shape: { rows: number; cols: number },
  item: Item,
): [index: number, copy: boolean][] {
  const { places, indexAt, isCopy } = orderOf(pattern, count, shape, item);
  return Array.from({ length: places }, (_, place) => [indexAt(place), isCopy(place)]);
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
  const divides = pattern.tail === 'pad' || count % known === 0;
  if (open === null ? known !== count : known === 0 || !divides) {
    throw new LayoutError(
      `the axes hold ${open === null ? '' : 'multiples of '}${known} entries, the field has ${count} here`,
      item,
    );
  }
  if (open !== null) sizes.set(open, Math.ceil(count / known));
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
