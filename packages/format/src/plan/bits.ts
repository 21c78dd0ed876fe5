/**
 * Layout items → bits in order: for every stored bit of a group, which bit of which entry it is.
 *
 * The slow, obvious statement of the layout grammar; `plan.ts` calls it for one tile and repeats the result.
 * A bit reference is one number (see `bitRef`) and a chunk is the bits of one entry or word, since `zip` and `words`
 * work on entries. Specification: docs/design/language.md, "Layout".
 */
import { sizeOf } from '../sizes.ts';
import type { FieldItem, Item, Pattern } from '../types.ts';
import type { StoredField } from './fields.ts';
import type { Geometry } from './geometry.ts';
import { LayoutError } from './layout-error.ts';
import { permute } from './pattern.ts';

/** Rows `top..bottom` and columns `left..right` of the stored matrix. */
export interface Region {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** A bit that stores nothing: padding. */
export const PADDING = -1;

/** The bits of one entry, or of one word. */
export type Chunk = number[];

/** What the generator needs: the matrix, the stored fields by name, and a place for the digit groups of radix packing. */
export interface BitContext {
  readonly geometry: Geometry;
  readonly fields: ReadonlyMap<string, StoredField>;
  readonly radix: RadixGroup[];
  /** Bits of a whole tile of each scope, as met: a fact of the format where there is just one. */
  readonly scopeBits: Map<string, Set<number>>;
}

/** Digits of several entries packed into one word; a virtual entry of its own in bit references. */
export interface RadixGroup {
  readonly field: StoredField;
  readonly entries: readonly number[];
  readonly digits: number;
  readonly bits: number;
  readonly order: 'low' | 'high' | 'fraction';
}

/** The field id that stands for radix groups in bit references. */
export const RADIX_FIELD = 255;

/** Entry, bit, field and copy flag in one exact integer: entries up to 2^38. */
export function bitRef(field: number, entry: number, bit: number, copy: boolean): number {
  return ((entry * 64 + bit) * 256 + field) * 2 + (copy ? 1 : 0);
}

export function readBitRef(ref: number): { field: number; entry: number; bit: number; copy: boolean } {
  const copy = ref % 2 === 1;
  const rest = Math.floor(ref / 2);
  const field = rest % 256;
  const place = Math.floor(rest / 256);
  return { field, entry: Math.floor(place / 64), bit: place % 64, copy };
}

/** The chunks of a list of items in one region; `start` is the bit of the stream that the first one stands at. */
export function generateItems(
  items: readonly Item[],
  region: Region,
  start: number,
  context: BitContext,
): Chunk[] {
  const out: Chunk[] = [];
  let position = start;
  for (const item of items) {
    const chunks =
      item.item === 'align'
        ? [padding((item.bits - (position % item.bits)) % item.bits)]
        : generateItem(item, region, position, context);
    for (const chunk of chunks) {
      out.push(chunk);
      position += chunk.length;
    }
  }
  return out;
}

function generateItem(item: Item, region: Region, start: number, context: BitContext): Chunk[] {
  switch (item.item) {
    case 'field':
      return fieldChunks(item, region, context);
    case 'scope':
      return scopeChunks(item, region, start, context);
    case 'zip':
      return zipChunks(item, region, start, context);
    case 'words':
      return wordChunks(item, region, context);
    case 'pad':
      return [padding(item.bits)];
    case 'align':
      return [padding((item.bits - (start % item.bits)) % item.bits)];
  }
}

function padding(bits: number): Chunk {
  return new Array<number>(bits).fill(PADDING);
}

// ---------------------------------------------------------------------------------------------- scopes

function scopeChunks(
  item: Extract<Item, { item: 'scope' }>,
  region: Region,
  start: number,
  context: BitContext,
): Chunk[] {
  const out: Chunk[] = [];
  let position = start;
  for (const tile of tilesIn(item, region, context)) {
    const chunks = generateItems(item.items, tile, position, context);
    let bits = 0;
    for (const chunk of chunks) {
      out.push(chunk);
      bits += chunk.length;
    }
    position += bits;
    noteScopeBits(item.scope, bits, context);
  }
  return out;
}

export function noteScopeBits(scope: string, bits: number, context: BitContext): void {
  const seen = context.scopeBits.get(scope);
  if (seen === undefined) context.scopeBits.set(scope, new Set([bits]));
  else seen.add(bits);
}

/** The tiles of a scope inside a region, row-major. */
export function tilesIn(
  item: Extract<Item, { item: 'scope' }>,
  region: Region,
  context: BitContext,
): Region[] {
  const { geometry } = context;
  const tiling = geometry.tilings.get(item.scope);
  if (tiling === undefined) throw new LayoutError(`the layout names an unknown scope ${item.scope}`, item);
  const { height, width } = tiling;
  const tooHigh = region.bottom - region.top < height && region.bottom < geometry.storedRows;
  const tooWide = region.right - region.left < width && region.right < geometry.storedCols;
  if (tooHigh || tooWide)
    throw new LayoutError(`${item.scope} is larger than the group that it stands in`, item);
  const tiles: Region[] = [];
  for (let top = region.top; top < region.bottom; top += Math.max(1, height)) {
    for (let left = region.left; left < region.right; left += Math.max(1, width)) {
      tiles.push({
        top,
        bottom: Math.min(top + height, region.bottom),
        left,
        right: Math.min(left + width, region.right),
      });
    }
  }
  return tiles;
}

// ---------------------------------------------------------------------------------------------- fields

function fieldChunks(item: FieldItem, region: Region, context: BitContext): Chunk[] {
  const field = context.fields.get(item.field);
  if (field === undefined) throw new LayoutError(`the layout names an unknown field ${item.field}`, item);
  const shape = { rows: context.geometry.storedRows, cols: context.geometry.storedCols };
  let entries = entriesIn(field, region, item, context);
  if (item.entries !== null) {
    const [first, end] = item.entries.map((size) => sizeOf(size, shape)) as [number, number];
    if (first > end || end > entries.length) {
      throw new LayoutError(`${item.field} has ${entries.length} entries here, not ${first}..${end}`, item);
    }
    entries = entries.slice(first, end);
  }
  if (item.pattern?.from.some((axis) => axis.axis === 'bit'))
    return bitwiseChunks(item, item.pattern, field, entries, shape);
  const ordered: [entry: number, copy: boolean][] =
    item.pattern === null
      ? entries.map((entry) => [entry, false])
      : permute(item.pattern, entries.length, shape, item).map(([index, copy]) => [
          entries[index] ?? PADDING,
          copy,
        ]);
  if (item.radix !== null && item.pattern?.tail === 'pad')
    throw new LayoutError('digits have a short last group of their own and no `tail pad`', item);
  if (item.radix !== null)
    return radixChunks(
      item,
      field,
      ordered.map(([entry]) => entry),
      context,
    );
  return ordered.map(([entry, copy]) => {
    const [low, high] = bitRange(item, field, entry === PADDING ? entries[0]! : entry);
    if (entry === PADDING) return padding(high - low);
    const chunk: Chunk = [];
    for (let bit = low; bit < high; bit++) chunk.push(bitRef(field.id, entry, bit, copy));
    return chunk;
  });
}

/** The entries of a field whose tiles lie in a region, in natural order. */
function entriesIn(field: StoredField, region: Region, item: FieldItem, context: BitContext): number[] {
  if (field.whole) return Array.from({ length: field.entries }, (_, entry) => entry);
  const { height, width, cols } = field.tiling;
  const { storedRows, storedCols } = context.geometry;
  const fits = (edge: number, size: number, side: number): boolean =>
    size === 0 || edge % size === 0 || edge === side;
  if (
    !fits(region.top, height, -1) ||
    !fits(region.left, width, -1) ||
    !fits(region.bottom, height, storedRows) ||
    !fits(region.right, width, storedCols)
  ) {
    throw new LayoutError(
      `${item.field} belongs to a larger scope (${field.tiling.scope}) than the group that it stands in`,
      item,
    );
  }
  const entries: number[] = [];
  const rowEnd = height === 0 ? 1 : Math.ceil(region.bottom / height);
  const colEnd = width === 0 ? 1 : Math.ceil(region.right / width);
  for (let row = height === 0 ? 0 : Math.floor(region.top / height); row < rowEnd; row++) {
    for (let col = width === 0 ? 0 : Math.floor(region.left / width); col < colEnd; col++) {
      for (let k = 0; k < field.perTile; k++) entries.push((row * cols + col) * field.perTile + k);
    }
  }
  return entries;
}

function bitRange(item: FieldItem, field: StoredField, entry: number): readonly [number, number] {
  const width = field.numberAt(entry).bits;
  if (item.bits === null) return [0, width];
  const [low, high] = item.bits;
  if (low >= high || high > width)
    throw new LayoutError(`${item.field} has bits 0..${width}, not ${low}..${high}`, item);
  return item.bits;
}

function bitwiseChunks(
  item: FieldItem,
  pattern: Pattern,
  field: StoredField,
  entries: number[],
  shape: { rows: number; cols: number },
): Chunk[] {
  if (pattern.from.at(-1)?.axis !== 'bit')
    throw new LayoutError('the axis `bit` splits entries into bits and stands last', item);
  const [low, high] = bitRange(item, field, entries[0] ?? 0);
  const width = high - low;
  const { size } = pattern.from.at(-1)!;
  const run = size === null ? width : sizeOf(size, shape);
  if (run < 1 || width % run !== 0) {
    throw new LayoutError(
      `the axis \`bit\` runs over the ${width} bits that ${item.field} has here, or over equal parts of them, not over ${run}; leave its size out for all of them`,
      item,
    );
  }
  const sized = {
    ...pattern,
    from: pattern.from.map((axis) => (axis.axis === 'bit' ? { axis: 'bit', size: run } : axis)),
  };
  return permute(sized, entries.length * width, shape, item).map(([index, copy]) => {
    const entry = entries[Math.floor(index / width)];
    return [entry === undefined ? PADDING : bitRef(field.id, entry, low + (index % width), copy)];
  });
}

function radixChunks(item: FieldItem, field: StoredField, entries: number[], context: BitContext): Chunk[] {
  const { digits, bits, order } = item.radix!;
  if (digits < 1 || bits < 1 || bits > 32) {
    throw new LayoutError(
      `a group of digits has 1 digit or more and 1 to 32 bits, not ${digits} in ${bits}`,
      item,
    );
  }
  if (entries.length > 0 && !countsFromZero(field)) {
    throw new LayoutError(
      `${item.field} has codes that are not 0..${field.radix - 1}; radix packing needs \`offset\` codes`,
      item,
    );
  }
  if (field.radix ** digits > 2 ** bits) {
    throw new LayoutError(`${digits} digits of ${field.radix} levels need more than ${bits} bits`, item);
  }
  const chunks: Chunk[] = [];
  for (let k = 0; k < entries.length; k += digits) {
    const group = context.radix.length;
    context.radix.push({ field, entries: entries.slice(k, k + digits), digits, bits, order });
    chunks.push(Array.from({ length: bits }, (_, bit) => bitRef(RADIX_FIELD, group, bit, false)));
  }
  return chunks;
}

/** Whether the codes of a field are exactly 0..radix-1, as digits must be. */
function countsFromZero(field: StoredField): boolean {
  const { type, bits } = field.numberAt(0);
  return (
    type.base.kind !== 'int' ||
    type.base.coding === 'offset' ||
    field.radix === 2 ** bits ||
    type.base.low >= 0
  );
}

// ---------------------------------------------------------------------------------------------- zip and words

function zipChunks(
  item: Extract<Item, { item: 'zip' }>,
  region: Region,
  start: number,
  context: BitContext,
): Chunk[] {
  const lists = item.items.map((inner) =>
    inner.item === 'pad' ? null : generateItem(inner, region, start, context),
  );
  const counts = lists.filter((list) => list !== null).map((list) => list.length);
  const rounds = Math.min(...counts);
  if (counts.length === 0) throw new LayoutError('zip needs a field', item);
  const out: Chunk[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [k, list] of lists.entries()) {
      if (list === null) {
        out.push(padding((item.items[k] as { bits: number }).bits));
        continue;
      }
      const each = list.length / rounds;
      if (!Number.isInteger(each)) {
        throw new LayoutError(
          `zip: ${list.length} entries do not divide into ${rounds} rounds (${counts.join(', ')} entries)`,
          item,
        );
      }
      for (let n = 0; n < each; n++) out.push(list[round * each + n]!);
    }
  }
  return out;
}

function wordChunks(item: Extract<Item, { item: 'words' }>, region: Region, context: BitContext): Chunk[] {
  const stored = cutIntoWords(generateItems(item.items, region, 0, context), item);
  if (item.pattern === null) return stored;
  const shape = { rows: context.geometry.storedRows, cols: context.geometry.storedCols };
  return permute(item.pattern, stored.length, shape, item).map(
    ([index]) => stored[index] ?? padding(item.bits),
  );
}

/** Entries one after another as words, in natural order; the last is filled with padding. */
export function cutIntoWords(entries: readonly Chunk[], item: Extract<Item, { item: 'words' }>): Chunk[] {
  const words: Chunk[] = [];
  let word: Chunk = [];
  const close = (): void => {
    while (word.length < item.bits) word.push(PADDING);
    words.push(word);
    word = [];
  };
  for (const chunk of entries) {
    if (item.whole && chunk.length > item.bits) {
      throw new LayoutError(
        `an entry of ${chunk.length} bits does not fit whole in a word of ${item.bits}`,
        item,
      );
    }
    if (item.whole && word.length + chunk.length > item.bits) close();
    for (const bit of item.msb ? chunk.toReversed() : chunk) {
      word.push(bit);
      if (word.length === item.bits) close();
    }
  }
  if (word.length > 0) close();
  return item.msb ? words.map((w) => w.toReversed()) : words;
}
