/**
 * Patterns over a whole tensor as segments: an entry or a word is the body, and where it came from is computed, not listed.
 *
 * GPTQ turns rows of words, AWQ sends eight neighbours to the nibbles of a word, HQQ gathers slabs: a list of all bits would take
 * gigabytes for one layer. Orders that this does not know (copies, digits, single bits, words that take their entries unevenly) are
 * listed by `bits.ts`, which says the same obviously and slowly; test/plan-scattered.test.ts holds one against the other.
 */
import type { FieldItem, Item } from '../types.ts';
import type { BitContext } from './bits.ts';
import type { StoredField } from './fields.ts';
import { lcm } from './geometry.ts';
import { type Order, orderOf } from './pattern.ts';
import type { Segment, Slot } from './plan.ts';

/** Most segments that words of several kinds are cut into; beyond it they are listed. */
const MOST_SEGMENTS = 2 ** 16;

/** The segments of a field or of words under a pattern, or `null` where the order must be listed. */
export function scattered(item: Item, start: number, context: BitContext): Segment[] | null {
  if (item.item === 'field') return scatteredField(item, start, context);
  if (item.item !== 'words' || item.items.length !== 1) return null;
  const only = item.items[0]!;
  if (only.item !== 'field') return null;
  if (item.pattern !== null && only.pattern === null) return scatteredWords(item, only, start, context);
  if (item.pattern === null && only.pattern !== null) return gatheredWords(item, only, start, context);
  return null;
}

/** A field whose entries are of one width, all of them meant and whole. */
function plainField(item: FieldItem, context: BitContext): (StoredField & { bits: number }) | null {
  const field = context.fields.get(item.field);
  if (field === undefined || field.bits === null || field.bits === 0) return null;
  if (item.radix !== null || item.entries !== null || item.bits !== null) return null;
  return { ...field, bits: field.bits };
}

/** The order that a pattern gives to `count` entries or words; `null` where there is none, or it splits bits or makes copies. */
function plainOrder(
  item: FieldItem | Extract<Item, { item: 'words' }>,
  count: number,
  context: BitContext,
): Order | null {
  const { pattern } = item;
  if (pattern === null || pattern.from.some(({ axis }) => axis === 'bit')) return null;
  const { storedRows: rows, storedCols: cols } = context.geometry;
  const order = orderOf(pattern, count, { rows, cols }, item);
  return order.copies ? null : order;
}

function segment(
  start: number,
  bits: number,
  repeat: number,
  slots: readonly Slot[],
  origin: (k: number) => number,
): Segment {
  return {
    start,
    bits,
    repeat,
    slots: () => slots,
    radix: () => [],
    origin: (_, k) => origin(k),
    scattered: true,
  };
}

/** Entries one after another in the order of a pattern. */
function scatteredField(item: FieldItem, start: number, context: BitContext): Segment[] | null {
  const field = plainField(item, context);
  const order = field === null ? null : plainOrder(item, field.entries, context);
  if (field === null || order === null) return null;
  const slots = [{ field: field.id, entry: 0, low: 0, width: field.bits, position: 0, copy: false }];
  return [segment(start, field.bits, field.entries, slots, order.indexOf)];
}

/** `words n whole { field: pattern }` where the last axes of the pattern fill a word: its entries lie at fixed distances. */
function gatheredWords(
  item: Extract<Item, { item: 'words' }>,
  only: FieldItem,
  start: number,
  context: BitContext,
): Segment[] | null {
  const field = plainField(only, context);
  const order = field === null ? null : plainOrder(only, field.entries, context);
  if (field === null || order === null || item.msb || field.bits > item.bits) return null;
  const each = Math.floor(item.bits / field.bits);
  if ((!item.whole && each * field.bits !== item.bits) || !order.ends(each)) return null;
  const first = order.indexOf(0);
  const slots = Array.from({ length: each }, (_, i) => ({
    field: field.id,
    entry: order.indexOf(i) - first,
    low: 0,
    width: field.bits,
    position: i * field.bits,
    copy: false,
  }));
  const repeat = field.entries / each;
  return [segment(start, item.bits, repeat, slots, (k) => order.indexOf(k * each))];
}

/** Words of a dense field, turned. Where codes straddle words, words are of several kinds, and each run of one kind is a segment. */
function scatteredWords(
  item: Extract<Item, { item: 'words' }>,
  only: FieldItem,
  start: number,
  context: BitContext,
): Segment[] | null {
  const field = plainField(only, context);
  if (field === null || item.msb || field.bits > item.bits) return null;
  const inBody = item.whole ? Math.floor(item.bits / field.bits) : lcm(item.bits, field.bits) / field.bits;
  const kinds = item.whole ? 1 : (inBody * field.bits) / item.bits;
  if (field.entries % inBody !== 0) return null;
  const words = (field.entries / inBody) * kinds;
  const order = plainOrder(item, words, context);
  if (order === null) return null;
  const slots = Array.from({ length: kinds }, (_, kind) => wordSlots(field, item.bits, inBody, kind));
  const originOf = (word: number): number => Math.floor(word / kinds) * inBody;
  if (kinds === 1) return [segment(start, item.bits, words, slots[0]!, (k) => originOf(order.indexOf(k)))];
  const { size, stride } = order.last;
  if (stride % kinds !== 0 || words / size > MOST_SEGMENTS) return null;
  return Array.from({ length: words / size }, (_, run) =>
    segment(start + run * size * item.bits, item.bits, size, slots[order.indexOf(run * size) % kinds]!, (k) =>
      originOf(order.indexOf(run * size + k)),
    ),
  );
}

/** The bits of one word of a body of `inBody` dense entries. */
function wordSlots(
  field: StoredField & { bits: number },
  bits: number,
  inBody: number,
  kind: number,
): Slot[] {
  const [from, to] = [kind * bits, (kind + 1) * bits];
  return Array.from({ length: inBody }, (_, entry): Slot => {
    const first = entry * field.bits;
    const low = Math.max(0, from - first);
    const width = Math.min(field.bits, to - first) - low;
    return { field: field.id, entry, low, width, position: first + low - from, copy: false };
  }).filter(({ width }) => width > 0);
}
