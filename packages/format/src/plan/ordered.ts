/**
 * Large streams whose order is a formula: entries of one width, or words of them, behind a pattern over the whole region, such as
 * GPTQ's transposed words and HQQ's slabs. One entry or one word is a body, and the pattern says which one stands at each repeat.
 *
 * Says the same as listing every bit (`bits.ts`), which takes a hundred bytes for each; test: plan.test.ts, "orders".
 * Specification: docs/design/language.md, "Layout".
 */
import type { FieldItem, Item } from '../types.ts';
import { type BitContext, bitRef, type Chunk, cutIntoWords, type Region } from './bits.ts';
import type { StoredField } from './fields.ts';
import { lcm } from './geometry.ts';
import { entryCount } from './lengths.ts';
import { orderOf } from './pattern.ts';
import { type Segment, toSlots } from './segment.ts';

/** Beyond as many runs of words alike, a formula would take no less room than a list. */
const MOST_RUNS = 2 ** 16;

/** The segments of an item, or null for one that has to be listed: digits, single bits, copies, and words that straddle the region or take their entries unevenly. */
export function orderedSegments(
  item: Item,
  region: Region,
  start: number,
  context: BitContext,
): Segment[] | null {
  const only =
    item.item === 'field' ? item : item.item === 'words' && item.items.length === 1 ? item.items[0]! : null;
  if (only?.item !== 'field' || only.entries !== null || only.radix !== null) return null;
  if (only.pattern?.from.some(({ axis }) => axis === 'bit')) return null;
  if (item.item === 'words' && only.bits !== null) return null;
  const field = context.fields.get(only.field);
  if (field === undefined || field.coded) return null;
  const count = entryCount(only, region, context);
  const width = widthIn(field, region, count);
  if (width === null) return null;
  if (item.item === 'words' && only.pattern !== null)
    return gatheredWords(item, only, { field, width, count }, region, start, context);
  const bodies = item.item === 'words' ? wordBodies(item, field, width) : entryBodies(only, field, width);
  if (bodies === null || count % bodies.entries !== 0) return null;
  const entryAt = entriesFrom(field, region, bodies.entries);
  if (entryAt === null) return null;

  const kinds = bodies.kinds.length;
  const places = (count / bodies.entries) * kinds;
  const pattern = item.item === 'words' ? item.pattern : only.pattern;
  const { storedRows, storedCols } = context.geometry;
  const order =
    pattern === null ? null : orderOf(pattern, places, { rows: storedRows, cols: storedCols }, item);
  if (order?.copies) return null;
  const indexAt = order === null ? (place: number): number => place : order.indexAt;
  const runs = kinds === 1 ? [{ kind: 0, from: 0, repeat: places }] : runsOfOneKind(places, kinds, indexAt);
  if (runs === null) return null;
  const slots = bodies.kinds.map((chunk) => toSlots([chunk]));
  const bits = bodies.kinds[0]!.length;
  return runs.map(({ kind, from, repeat }) => ({
    start: start + from * bits,
    bits,
    repeat,
    slots: () => slots[kind]!,
    radix: () => [],
    origin: (_, k) => entryAt(Math.floor(indexAt(from + k) / kinds) * bodies.entries),
  }));
}

/** Words over entries in the order of a pattern, where its fastest axes fill a word: its entries lie at fixed distances (HQQ at 3 bits). */
function gatheredWords(
  item: Extract<Item, { item: 'words' }>,
  only: FieldItem,
  { field, width, count }: { field: StoredField; width: number; count: number },
  region: Region,
  start: number,
  context: BitContext,
): Segment[] | null {
  const each = Math.floor(item.bits / width);
  const entryAt = entriesFrom(field, region, 1);
  if (item.pattern !== null || each === 0 || (!item.whole && each * width !== item.bits)) return null;
  // Distances between entries are those between indices only where entries follow each other through the region.
  if (entryAt === null || entryAt(count - 1) - entryAt(0) !== count - 1) return null;
  const { storedRows: rows, storedCols: cols } = context.geometry;
  const order = orderOf(only.pattern!, count, { rows, cols }, only);
  if (order.copies || !order.hasRunsOf(each)) return null;
  const chunks = Array.from({ length: each }, (_, i) => chunkOf(field, i, 0, width));
  const [word] = cutIntoWords(chunks, item) as [Chunk];
  const slots = toSlots([word]).map((slot) => ({
    ...slot,
    entry: order.indexAt(slot.entry) - order.indexAt(0),
  }));
  return [
    {
      start,
      bits: item.bits,
      repeat: count / each,
      slots: () => slots,
      radix: () => [],
      origin: (_, k) => entryAt(order.indexAt(k * each)),
    },
  ];
}

/** The width of the entries in a region, or null where they have several. */
function widthIn(field: StoredField, region: Region, count: number): number | null {
  if (field.bits !== null) return field.bits === 0 ? null : field.bits;
  const entryAt = count === 0 ? null : entriesFrom(field, region, 1);
  if (entryAt === null) return null;
  const width = field.numberAt(entryAt(0)).bits;
  for (let k = 1; k < count; k++) if (field.numberAt(entryAt(k)).bits !== width) return null;
  return width;
}

/** What repeats: bodies of as many entries, in which as many words (or entries) of different kinds stand one after another. */
interface Bodies {
  readonly entries: number;
  readonly kinds: readonly Chunk[];
}

function entryBodies(item: FieldItem, field: StoredField, width: number): Bodies | null {
  const [low, high] = item.bits ?? [0, width];
  if (low >= high || high > width) return null;
  return { entries: 1, kinds: [chunkOf(field, 0, low, high)] };
}

function wordBodies(
  item: Extract<Item, { item: 'words' }>,
  field: StoredField,
  width: number,
): Bodies | null {
  if (width > item.bits) return null;
  const entries = item.whole ? Math.floor(item.bits / width) : lcm(item.bits, width) / width;
  const chunks = Array.from({ length: entries }, (_, entry) => chunkOf(field, entry, 0, width));
  return { entries, kinds: cutIntoWords(chunks, item) };
}

function chunkOf(field: StoredField, entry: number, low: number, high: number): Chunk {
  return Array.from({ length: high - low }, (_, bit) => bitRef(field.id, entry, low + bit, false));
}

/** The entry that stands at a natural index of a region, where each body of `together` entries lies in one run; else null. */
function entriesFrom(
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

/** Places one after another at which words of one kind stand; null for too many runs. */
function runsOfOneKind(
  places: number,
  kinds: number,
  indexAt: (place: number) => number,
): { kind: number; from: number; repeat: number }[] | null {
  const runs: { kind: number; from: number; repeat: number }[] = [];
  for (let place = 0; place < places; place++) {
    const kind = indexAt(place) % kinds;
    const last = runs.at(-1);
    if (last?.kind === kind) last.repeat++;
    else if (runs.length === MOST_RUNS) return null;
    else runs.push({ kind, from: place, repeat: 1 });
  }
  return runs;
}
