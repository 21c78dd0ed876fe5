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
  const order = orderOf(pattern, count, shape, item);
  return Array.from({ length: order.length }, (_, k) => [order.indexOf(k), order.isCopy(k)]);
}

/** The order of a pattern as functions of the place in storage. */
export interface Order {
  /** Places in storage. */
  readonly length: number;
  /** Whether some entries stand more than once. */
  readonly copies: boolean;
  /** The innermost axis in storage: its size, and how far its neighbours are apart in natural order; negative where it is reversed. */
  readonly last: { readonly size: number; readonly stride: number };
  /** The natural index of the entry at a place. */
  indexOf(place: number): number;
  /** Whether the entry at a place stands before it already. */
  isCopy(place: number): boolean;
  /** Whether the innermost axes together have this size, so that places a multiple of it apart begin alike. */
  ends(size: number): boolean;
}

/** See `permute`. */
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
  // Innermost first: a digit of the place counts along each axis.
  const axes = pattern.to.toReversed().map(({ axis, reversed }) => {
    const size = sizes.get(axis)!;
    const step = strides.get(axis) ?? 0;
    return {
      size,
      step: reversed ? -step : step,
      first: reversed ? (size - 1) * step : 0,
      isNew: !strides.has(axis),
    };
  });
  return {
    length: axes.reduce((product, { size }) => product * size, 1),
    copies: axes.some(({ isNew, size }) => isNew && size > 1),
    last: { size: axes[0]?.size ?? 1, stride: axes[0]?.step ?? 0 },
    indexOf(place) {
      let rest = place;
      let index = 0;
      for (const { size, step, first } of axes) {
        const above = Math.floor(rest / size);
        index += first + step * (rest - above * size);
        rest = above;
      }
      return index;
    },
    isCopy(place) {
      let rest = place;
      for (const { size, isNew } of axes) {
        if (isNew && rest % size > 0) return true;
        rest = Math.floor(rest / size);
      }
      return false;
    },
    ends(size) {
      let product = 1;
      for (const axis of axes) {
        if (product >= size) break;
        product *= axis.size;
      }
      return product === size;
    },
  };
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
