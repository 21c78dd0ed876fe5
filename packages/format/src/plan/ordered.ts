/**
 * Large streams whose order is a formula: entries of one width, or words of them, behind a pattern over the whole region, such as
 * GPTQ's transposed words and HQQ's slabs. A few entries or a word are a body, and the pattern says which ones stand at each repeat.
 *
 * Says the same as listing every bit (`bits.ts`), which takes a hundred bytes for each; test: plan.test.ts, "orders".
 * Specification: docs/design/language.md, "Layout".
 */
import type { FieldItem, Item } from '../types.ts';
import { type BitContext, bitRef, type Chunk, cutIntoWords, PADDING, type Region } from './bits.ts';
import { entriesFrom, widthIn } from './entries.ts';
import type { StoredField } from './fields.ts';
import { lcm } from './geometry.ts';
import { entryCount } from './lengths.ts';
import { orderOf } from './pattern.ts';
import { type Segment, type Slot, toSlots } from './segment.ts';

/** Beyond as many runs of bodies alike, a formula would take no less room than a list. */
const MOST_RUNS = 2 ** 16;

/** Bits of a body of entries: enough that bodies are few, and few enough that they are short. */
const MOST_BODY_BITS = 64;

/** The segments of an item, or null for one that has to be listed: digits, single bits, copies, and words that straddle the region. */
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
  const field = context.fields.get(only.field);
  if (field === undefined || field.coded) return null;
  const count = entryCount(only, region, context);
  const width = widthIn(field, region, count);
  if (width === null) return null;
  const [low, high] = only.bits ?? [0, width];
  if (low >= high || high > width) return null;
  const part = { item, only, field, region, count, low, high, start, context };
  return item.item === 'words' && only.pattern === null ? wordsInOrder(part, item) : entriesInOrder(part);
}

/** An item of one field, whose entries have bits `low..high` in it. */
interface Part {
  readonly item: Item;
  readonly only: FieldItem;
  readonly field: StoredField;
  readonly region: Region;
  readonly count: number;
  readonly low: number;
  readonly high: number;
  readonly start: number;
  readonly context: BitContext;
}

type WordsItem = Extract<Item, { item: 'words' }>;

/** Words of entries as they come, in the order of a pattern: one word is a body, and words of a few kinds follow one another. */
function wordsInOrder(
  { field, region, count, low, high, start, context }: Part,
  item: WordsItem,
): Segment[] | null {
  const width = high - low;
  if (width > item.bits) return null;
  const entries = item.whole ? Math.floor(item.bits / width) : lcm(item.bits, width) / width;
  if (count % entries !== 0) return null;
  const entryAt = entriesFrom(field, region, entries);
  if (entryAt === null) return null;
  const chunks = Array.from({ length: entries }, (_, entry) => chunkOf(field, entry, low, high));
  const kinds = cutIntoWords(chunks, item).map((word) => toSlots([word]));
  const places = (count / entries) * kinds.length;
  const order = item.pattern === null ? null : orderOf(item.pattern, places, shapeOf(context), item);
  if (order?.copies || (order !== null && order.places !== places)) return null;
  const indexAt = order === null ? (place: number): number => place : order.indexAt;
  return segmentsOf(places, kinds.length === 1 ? null : (place) => indexAt(place) % kinds.length, {
    start,
    bits: item.bits,
    slots: (kind) => kinds[kind]!,
    origin: (place) => entryAt(Math.floor(indexAt(place) / kinds.length) * entries),
  });
}

/**
 * Entries in the order of a pattern, or words of them: a body is what the fastest axes hold, since there entries lie apart by the same
 * steps wherever they are. What a padded axis has beyond the last entry stands in no slot.
 */
function entriesInOrder({
  item,
  only,
  field,
  region,
  count,
  low,
  high,
  start,
  context,
}: Part): Segment[] | null {
  if (only.pattern === null) return null;
  const order = orderOf(only.pattern, count, shapeOf(context), only);
  if (order.copies) return null;
  const width = high - low;
  if (item.item === 'words' && (item.pattern !== null || width > item.bits)) return null;
  const together =
    item.item === 'words'
      ? item.whole
        ? Math.floor(item.bits / width)
        : lcm(item.bits, width) / width
      : Math.max(...order.fastest.filter((size) => size === 1 || size * width <= MOST_BODY_BITS));
  if (!order.fastest.includes(together) || order.places % together !== 0) return null;
  const isRun = entriesFrom(field, region, Number.POSITIVE_INFINITY) !== null;
  const entryAt = entriesFrom(field, region, 1);
  if (entryAt === null || (!isRun && together > 1)) return null;
  const steps = Array.from({ length: together }, (_, k) => order.indexAt(k));
  const least = Math.min(...steps);
  const offsets = steps.map((step) => step - least);
  const firstAt = (body: number): number => order.indexAt(body * together) - steps[0]! + least;

  const bodies = new Map<number, { bits: number; slots: readonly Slot[] }>();
  /** The body whose first `held` entries in natural order are there, the others padding. */
  const bodyOf = (held: number): { bits: number; slots: readonly Slot[] } => {
    const inside = new Set(offsets.toSorted((a, b) => a - b).slice(0, held));
    const chunks = offsets.map((offset) =>
      inside.has(offset) ? chunkOf(field, offset, low, high) : new Array<number>(width).fill(PADDING),
    );
    const stored = item.item === 'words' ? cutIntoWords(chunks, item) : chunks;
    return { bits: stored.reduce((sum, chunk) => sum + chunk.length, 0), slots: toSlots(stored) };
  };
  for (let held = 0; held <= together; held++) bodies.set(held, bodyOf(held));
  const heldAt = (body: number): number => {
    const first = firstAt(body);
    return first + offsets.reduce((a, b) => Math.max(a, b)) < count
      ? together
      : offsets.filter((offset) => first + offset < count).length;
  };
  return segmentsOf(order.places / together, only.pattern.tail === 'pad' ? heldAt : null, {
    start,
    bits: bodies.get(together)!.bits,
    slots: (held) => bodies.get(only.pattern!.tail === 'pad' ? held : together)!.slots,
    origin: (body) => entryAt(firstAt(body)),
  });
}

/** Bodies one after another, in runs of one kind; null for too many runs. */
function segmentsOf(
  bodies: number,
  kindOf: ((body: number) => number) | null,
  part: {
    readonly start: number;
    readonly bits: number;
    readonly slots: (kind: number) => readonly Slot[];
    readonly origin: (body: number) => number;
  },
): Segment[] | null {
  const runs: { kind: number; from: number; repeat: number }[] = [];
  if (kindOf === null) runs.push({ kind: 0, from: 0, repeat: bodies });
  else
    for (let body = 0; body < bodies; body++) {
      const kind = kindOf(body);
      const last = runs.at(-1);
      if (last?.kind === kind) last.repeat++;
      else if (runs.length === MOST_RUNS) return null;
      else runs.push({ kind, from: body, repeat: 1 });
    }
  return runs.map(({ kind, from, repeat }) => ({
    start: part.start + from * part.bits,
    bits: part.bits,
    repeat,
    patterned: true,
    slots: () => part.slots(kind),
    radix: () => [],
    origin: (_, k) => part.origin(from + k),
  }));
}

function shapeOf({ geometry }: BitContext): { rows: number; cols: number } {
  return { rows: geometry.storedRows, cols: geometry.storedCols };
}

function chunkOf(field: StoredField, entry: number, low: number, high: number): Chunk {
  return Array.from({ length: high - low }, (_, bit) => bitRef(field.id, entry, low + bit, false));
}
