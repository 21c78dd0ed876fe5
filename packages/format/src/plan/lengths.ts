/**
 * How many bits layout items take, by arithmetic: no bit is listed, so lengths are cheap for any shape.
 * Must agree with `bits.ts`, which lists them (test: plan.test.ts, "lengths").
 */
import { sizeOf } from '../sizes.ts';
import type { FieldItem, Item } from '../types.ts';
import { type BitContext, generateItems, noteScopeBits, type Region, tilesIn } from './bits.ts';
import { widthIn } from './entries.ts';
import { lcm } from './geometry.ts';
import { LayoutError } from './layout-error.ts';
import { orderOf } from './pattern.ts';

/** Bits, and chunks as `zip` and `words` count them. */
interface Length {
  readonly bits: number;
  readonly chunks: number;
}

/** Total bits of a list of items in one region that starts at bit `start` of its stream. */
export function itemsLength(
  items: readonly Item[],
  region: Region,
  start: number,
  context: BitContext,
): Length {
  let bits = 0;
  let chunks = 0;
  for (const item of items) {
    const length = itemLength(item, region, start + bits, context);
    bits += length.bits;
    chunks += length.chunks;
  }
  return { bits, chunks };
}

export function itemLength(item: Item, region: Region, start: number, context: BitContext): Length {
  switch (item.item) {
    case 'pad':
      return { bits: item.bits, chunks: 1 };
    case 'align':
      return { bits: (item.bits - (start % item.bits)) % item.bits, chunks: 1 };
    case 'field':
      return fieldLength(item, region, context) ?? generated(item, region, start, context);
    case 'scope':
      return scopeLength(item, region, start, context);
    case 'zip': {
      const lengths = item.items.map((inner) => itemLength(inner, region, start, context));
      const rounds = Math.min(
        ...lengths.filter((_, k) => item.items[k]!.item !== 'pad').map((l) => l.chunks),
      );
      const times = (k: number): number => (item.items[k]!.item === 'pad' ? rounds : 1);
      return {
        bits: lengths.reduce((sum, l, k) => sum + l.bits * times(k), 0),
        chunks: lengths.reduce((sum, l, k) => sum + l.chunks * times(k), 0),
      };
    }
    case 'words': {
      const inner = itemsLength(item.items, region, 0, context);
      const stored = (words: number): Length => {
        const { storedRows: rows, storedCols: cols } = context.geometry;
        const places =
          item.pattern === null ? words : orderOf(item.pattern, words, { rows, cols }, item).places;
        return { bits: places * item.bits, chunks: places };
      };
      if (!item.whole) return stored(Math.ceil(inner.bits / item.bits));
      const only = item.items.length === 1 ? item.items[0]! : null;
      if (
        only?.item !== 'field' ||
        inner.chunks === 0 ||
        inner.bits % inner.chunks !== 0 ||
        inner.bits / inner.chunks > item.bits
      ) {
        return generated(item, region, start, context);
      }
      return stored(Math.ceil(inner.chunks / Math.floor(item.bits / (inner.bits / inner.chunks))));
    }
  }
}

function generated(item: Item, region: Region, start: number, context: BitContext): Length {
  const chunks = generateItems([item], region, start, context);
  return { bits: chunks.reduce((sum, chunk) => sum + chunk.length, 0), chunks: chunks.length };
}

/** Null where widths vary inside the region or the item is unusual: then the bits are listed and counted. */
function fieldLength(item: FieldItem, region: Region, context: BitContext): Length | null {
  const field = context.fields.get(item.field);
  if (field === undefined) return null;
  const shape = { rows: context.geometry.storedRows, cols: context.geometry.storedCols };
  let entries = entryCount(item, region, context);
  const fieldBits = field.bits ?? widthIn(field, region, entries);
  if (fieldBits === null) return null;
  if (item.entries !== null) {
    const [first, end] = item.entries.map((size) => sizeOf(size, shape)) as [number, number];
    if (first > end || end > entries)
      throw new LayoutError(`${item.field} has ${entries} entries here, not ${first}..${end}`, item);
    entries = end - first;
  }
  const bitwise = item.pattern?.from.some((axis) => axis.axis === 'bit') ?? false;
  if (bitwise && item.pattern?.tail === 'pad') return null;
  if (item.pattern !== null) {
    const natural = new Set(item.pattern.from.map((axis) => axis.axis));
    if (item.pattern.tail === 'pad') entries = orderOf(item.pattern, entries, shape, item).places;
    else
      for (const axis of item.pattern.to) {
        if (!natural.has(axis.axis) && axis.size !== null) entries *= sizeOf(axis.size, shape);
      }
  }
  if (item.radix !== null) {
    const groups = Math.ceil(entries / item.radix.digits);
    return { bits: groups * item.radix.bits, chunks: groups };
  }
  const width = item.bits === null ? fieldBits : item.bits[1] - item.bits[0];
  if (item.bits !== null && (item.bits[1] > fieldBits || width <= 0)) return null;
  const bits = entries * width;
  return { bits, chunks: bitwise ? bits : entries };
}

/** Entries of a field in a region. @throws LayoutError where a tile of the field does not lie whole in it. */
export function entryCount(item: FieldItem, region: Region, context: BitContext): number {
  const field = context.fields.get(item.field)!;
  if (field.whole) return field.entries;
  const { height, width, scope } = field.tiling;
  const { storedRows, storedCols } = context.geometry;
  const cut =
    (height !== 0 &&
      (region.top % height !== 0 || (region.bottom % height !== 0 && region.bottom !== storedRows))) ||
    (width !== 0 &&
      (region.left % width !== 0 || (region.right % width !== 0 && region.right !== storedCols)));
  if (cut)
    throw new LayoutError(
      `${item.field} belongs to a larger scope (${scope}) than the group that it stands in`,
      item,
    );
  const rows = height === 0 ? 1 : Math.ceil(region.bottom / height) - Math.floor(region.top / height);
  const cols = width === 0 ? 1 : Math.ceil(region.right / width) - Math.floor(region.left / width);
  return rows * cols * field.perTile;
}

function scopeLength(
  item: Extract<Item, { item: 'scope' }>,
  region: Region,
  start: number,
  context: BitContext,
): Length {
  if (hasVaryingWidth(item.items, context)) {
    let bits = 0;
    let chunks = 0;
    for (const tile of tilesIn(item, region, context)) {
      const length = itemsLength(item.items, tile, start + bits, context);
      noteScopeBits(item.scope, length.bits, context);
      bits += length.bits;
      chunks += length.chunks;
    }
    return { bits, chunks };
  }
  const shapes = tileShapes(item, region, context);
  if (hasAlign(item.items)) return alignedLength(item, shapes, start, context);
  // Tiles of one shape are alike: count each shape once.
  let bits = 0;
  let chunks = 0;
  for (const { tile, rows, cols } of shapes.flat()) {
    const length = itemsLength(item.items, tile, 0, context);
    noteScopeBits(item.scope, length.bits, context);
    bits += length.bits * rows * cols;
    chunks += length.chunks * rows * cols;
  }
  return { bits, chunks };
}

/** With `align` a tile's length depends on where it starts, but only modulo the alignment: each start is counted once. */
function alignedLength(
  item: Extract<Item, { item: 'scope' }>,
  shapes: readonly (readonly TileShape[])[],
  start: number,
  context: BitContext,
): Length {
  const period = alignment(item.items);
  const known = new Map<number, Length>();
  let bits = 0;
  let chunks = 0;
  for (const [down, strip] of shapes.entries()) {
    for (let row = 0; row < (strip[0]?.rows ?? 0); row++) {
      for (const [across, { tile, cols }] of strip.entries()) {
        for (let col = 0; col < cols; col++) {
          const offset = (start + bits) % period;
          const key = (down * 2 + across) * period + offset;
          const length = known.get(key) ?? itemsLength(item.items, tile, offset, context);
          if (!known.has(key)) {
            known.set(key, length);
            noteScopeBits(item.scope, length.bits, context);
          }
          bits += length.bits;
          chunks += length.chunks;
        }
      }
    }
  }
  return { bits, chunks };
}

/** The least common multiple of all alignments in a list of items. */
function alignment(items: readonly Item[]): number {
  return items.reduce((period, item) => {
    if (item.item === 'align') return lcm(period, item.bits);
    return 'items' in item ? lcm(period, alignment(item.items)) : period;
  }, 1);
}

/** A tile and how many of its shape stand below one another and side by side. */
interface TileShape {
  readonly tile: Region;
  readonly rows: number;
  readonly cols: number;
}

/** The shapes of tiles in a region, a list for whole rows of tiles and one for a short last row; whole tiles before a short last one. */
function tileShapes(
  item: Extract<Item, { item: 'scope' }>,
  region: Region,
  context: BitContext,
): TileShape[][] {
  const tiling = context.geometry.tilings.get(item.scope);
  if (tiling === undefined) throw new LayoutError(`the layout names an unknown scope ${item.scope}`, item);
  // One tile is enough to see whether the scope fits the group.
  const corner = {
    ...region,
    bottom: Math.min(region.bottom, region.top + tiling.height),
    right: Math.min(region.right, region.left + tiling.width),
  };
  tilesIn(item, corner, context);
  const rows = sideShapes(region.top, region.bottom, tiling.height);
  const cols = sideShapes(region.left, region.right, tiling.width);
  return rows.map((r) =>
    cols.map((c) => ({
      tile: { top: r.start, bottom: r.end, left: c.start, right: c.end },
      rows: r.count,
      cols: c.count,
    })),
  );
}

function sideShapes(
  start: number,
  end: number,
  size: number,
): { start: number; end: number; count: number }[] {
  if (size === 0 || end <= start) return [];
  const whole = Math.floor((end - start) / size);
  const shapes = whole > 0 ? [{ start, end: start + size, count: whole }] : [];
  if (start + whole * size < end) shapes.push({ start: start + whole * size, end, count: 1 });
  return shapes;
}

export function hasAlign(items: readonly Item[]): boolean {
  return items.some((item) => item.item === 'align' || ('items' in item && hasAlign(item.items)));
}

export function hasVaryingWidth(items: readonly Item[], context: BitContext): boolean {
  return items.some((item) =>
    item.item === 'field'
      ? context.fields.get(item.field)?.bits === null
      : 'items' in item && hasVaryingWidth(item.items, context),
  );
}
