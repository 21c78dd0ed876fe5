/**
 * The bit plan: for every stored bit of a tensor its stream, place, field, entry and bit.
 *
 * A stream is a list of segments, each a small body repeated along the tensor, so that a plan for millions of weights
 * is as small as its layout is regular. Checks, the interpreter, bit maps and kernels all read this one plan.
 * Specification: docs/design/language.md, "Layout"; docs/design/bit-plan.md.
 */
import type { MatrixShape } from '../sizes.ts';
import type { Format, Item, Stream } from '../types.ts';
import {
  type BitContext,
  generateItems,
  noteScopeBits,
  type RadixGroup,
  type Region,
  tilesIn,
} from './bits.ts';
import { type PlanOptions, type StoredField, storedFields } from './fields.ts';
import { type Geometry, geometry, lcm, type Tiling } from './geometry.ts';
import { LayoutError } from './layout-error.ts';
import { hasAlign, hasVaryingWidth, itemLength, itemsLength } from './lengths.ts';
import { orderedSegments } from './ordered.ts';
import { type Segment, type Slot, toSlots } from './segment.ts';

export interface PlannedStream {
  readonly name: string;
  readonly shown: Stream['shown'];
  /** Bits up to the last stored one; the stream is padded with zero bits to whole bytes. */
  readonly bits: number;
  readonly bytes: number;
  readonly segments: readonly Segment[];
  /** The entropy-coded field that fills the stream; its bits are then those before coding. */
  readonly coded: StoredField | null;
}

export interface Plan {
  readonly format: Format;
  readonly geometry: Geometry;
  readonly fields: readonly StoredField[];
  readonly streams: readonly PlannedStream[];
  /** Bits of one tile of a scope that the layout groups by; several where tiles differ. */
  readonly scopeBits: ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * The plan of a format on a matrix. An entropy-coded field stands in it with the width that it has before coding.
 * @throws LayoutError where the layout does not fit, RangeError where a tile does not divide the matrix.
 */
export function planLayout(format: Format, shape: MatrixShape, options: PlanOptions = {}): Plan {
  const geo = geometry(format, shape);
  const fields = storedFields(format, geo, options);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const scopeBits = new Map<string, Set<number>>();
  const context: BitContext = { geometry: geo, fields: byName, radix: [], scopeBits };
  const streams = format.layout.map((stream) => planStream(stream, context));
  return { format, geometry: geo, fields, streams, scopeBits };
}

function planStream(stream: Stream, context: BitContext): PlannedStream {
  const { storedRows, storedCols } = context.geometry;
  const whole: Region = { top: 0, bottom: storedRows, left: 0, right: storedCols };
  const segments: Segment[] = [];
  let position = 0;
  for (const item of stream.items) {
    for (const segment of planItem(item, whole, position, context)) {
      if (segment.bits === 0 || segment.repeat === 0) continue;
      segments.push(segment);
      position = segment.start + segment.bits * segment.repeat;
    }
  }
  const coded = codedField(stream, context);
  return {
    name: stream.name,
    shown: stream.shown,
    bits: position,
    bytes: Math.ceil(position / 8),
    segments,
    coded,
  };
}

/** Coded symbols have no places of their own, so nothing else can stand among them. */
function codedField(stream: Stream, context: BitContext): StoredField | null {
  const coded = findCoded(stream.items, context);
  if (coded === null) return null;
  const [only] = stream.items;
  const plain =
    only?.item === 'field' &&
    [only.bits, only.entries, only.pattern, only.radix].every((part) => part === null);
  if (stream.items.length === 1 && plain) return coded;
  throw new LayoutError(
    `${coded.name} is entropy coded and must be alone and whole in its stream`,
    stream.items[0]!,
  );
}

function findCoded(items: readonly Item[], context: BitContext): StoredField | null {
  for (const item of items) {
    const field = item.item === 'field' ? context.fields.get(item.field) : undefined;
    if (field?.coded) return field;
    const inner = 'items' in item ? findCoded(item.items, context) : null;
    if (inner !== null) return inner;
  }
  return null;
}

function planItem(item: Item, region: Region, start: number, context: BitContext): Segment[] {
  const { storedRows, storedCols } = context.geometry;
  const isWhole = region.bottom - region.top === storedRows && region.right - region.left === storedCols;
  if (item.item === 'field' && isWhole) {
    const dense = denseField(item, start, context);
    if (dense !== null) return [dense];
  }
  if (item.item === 'words' && isWhole) {
    const words = denseWords(item, region, start, context);
    if (words !== null) return words;
  }
  if (item.item === 'scope' && isWhole && !hasAlign(item.items) && !hasVaryingWidth(item.items, context)) {
    return repeatedScope(item, region, start, context);
  }
  const { bits } = itemLength(item, region, start, context);
  if (bits > MOST_SHOWN_BITS) {
    const parts =
      item.item === 'scope'
        ? tileByTile(item, region, start, context)
        : orderedSegments(item, region, start, context);
    if (parts !== null) return parts;
  }
  return [listed(item, region, start, bits, 1, context, () => 0)];
}

/**
 * Up to here a body is listed bit by bit even where its order has a formula: proofs and drawings look at small tensors, and
 * find there all bits of a whole that has its shape in it.
 */
const MOST_SHOWN_BITS = 2 ** 16;

/** Tiles of several lengths, each planned for itself. */
function tileByTile(
  item: Extract<Item, { item: 'scope' }>,
  region: Region,
  start: number,
  context: BitContext,
): Segment[] {
  const segments: Segment[] = [];
  let position = start;
  for (const tile of tilesIn(item, region, context)) {
    const first = position;
    for (const inner of item.items) {
      segments.push(...planItem(inner, tile, position, context));
      position += itemLength(inner, tile, position, context).bits;
    }
    noteScopeBits(item.scope, position - first, context);
  }
  return segments;
}

/** Listing takes about 150 bytes a bit; beyond this the process would run out of memory without a word. */
const MOST_LISTED_BITS = 2 ** 24;

/** A segment whose body is listed bit by bit in one region. */
function listed(
  item: Item,
  region: Region,
  start: number,
  bits: number,
  repeat: number,
  context: BitContext,
  origin: Segment['origin'],
): Segment {
  let body: { slots: Slot[]; radix: RadixGroup[] } | null = null;
  const read = (): { slots: Slot[]; radix: RadixGroup[] } => {
    if (body === null) {
      if (bits > MOST_LISTED_BITS) {
        throw new RangeError(
          `this layout orders the bits of the whole tensor, and ${bits} of them are more than the ${MOST_LISTED_BITS} that can be listed; encode a smaller tensor`,
        );
      }
      const radix: RadixGroup[] = [];
      const chunks = generateItems([item], region, repeat === 1 ? start : 0, {
        ...context,
        radix,
        scopeBits: new Map(),
      });
      body = { slots: toSlots(chunks), radix };
    }
    return body;
  };
  return {
    start,
    bits,
    repeat,
    patterned: false,
    slots: () => read().slots,
    radix: () => read().radix,
    origin,
  };
}

/** Entries one after another: a body of one entry. */
function denseField(
  item: Extract<Item, { item: 'field' }>,
  start: number,
  context: BitContext,
): Segment | null {
  const field = context.fields.get(item.field);
  if (field === undefined || field.bits === null || field.bits === 0) return null;
  if (item.pattern !== null || item.radix !== null || item.entries !== null) return null;
  const [low, high] = item.bits ?? [0, field.bits];
  if (low >= high || high > field.bits) return null;
  const slots: Slot[] = [{ field: field.id, entry: 0, low, width: high - low, position: 0, copy: false }];
  return {
    start,
    bits: high - low,
    repeat: field.entries,
    patterned: false,
    slots: () => slots,
    radix: () => [],
    origin: (_, k) => k,
  };
}

/** Words over one plain field: the pattern of entries and words repeats after their least common multiple. */
function denseWords(
  item: Extract<Item, { item: 'words' }>,
  whole: Region,
  start: number,
  context: BitContext,
): Segment[] | null {
  const only = item.items.length === 1 ? item.items[0]! : null;
  if (item.pattern !== null || only?.item !== 'field') return null;
  const field = context.fields.get(only.field);
  if (
    field === undefined ||
    denseField(only, 0, context) === null ||
    only.bits !== null ||
    field.bits! > item.bits
  )
    return null;
  const perBody = item.whole
    ? Math.floor(item.bits / field.bits!)
    : lcm(item.bits, field.bits!) / field.bits!;
  const bodies = Math.floor(field.entries / perBody);
  const part = (first: number, end: number): Item => ({
    ...item,
    items: [{ ...only, entries: [first, end] }],
  });
  const segments: Segment[] = [];
  let position = start;
  if (bodies > 0) {
    const body = part(0, perBody);
    const { bits } = itemLength(body, whole, 0, context);
    segments.push(listed(body, whole, position, bits, bodies, context, (_, k) => k * perBody));
    position += bits * bodies;
  }
  if (bodies * perBody < field.entries) {
    const rest = part(bodies * perBody, field.entries);
    segments.push(
      listed(rest, whole, position, itemLength(rest, whole, position, context).bits, 1, context, () => 0),
    );
  }
  return segments;
}

/** Tiles of one shape in a row are one body repeated; a short tile at the right makes a strip of tiles the body. */
function repeatedScope(
  item: Extract<Item, { item: 'scope' }>,
  whole: Region,
  start: number,
  context: BitContext,
): Segment[] {
  const tiling = context.geometry.tilings.get(item.scope);
  const { storedRows, storedCols } = context.geometry;
  if (tiling === undefined || tiling.height === 0 || tiling.width === 0) {
    return [listed(item, whole, start, itemLength(item, whole, start, context).bits, 1, context, () => 0)];
  }
  const { height, width } = tiling;
  const even = storedCols % width === 0;
  const wholeRows = Math.floor(storedRows / height);
  const segments: Segment[] = [];
  let position = start;
  const push = (region: Region, repeat: number, origin: Segment['origin']): void => {
    const { bits } = itemsLength([item], region, 0, context);
    segments.push(listed(item, region, position, bits, repeat, context, origin));
    position += bits * repeat;
  };
  if (wholeRows > 0) {
    const body: Region = { top: 0, bottom: height, left: 0, right: even ? width : storedCols };
    push(body, even ? wholeRows * tiling.cols : wholeRows, (field, k) =>
      tileStart(field, tiling, even ? k : k * tiling.cols),
    );
  }
  if (wholeRows * height < storedRows) {
    push({ top: wholeRows * height, bottom: storedRows, left: 0, right: storedCols }, 1, () => 0);
  }
  return segments;
}

/** The first entry of a field inside a tile of an enclosing scope. */
function tileStart(field: StoredField, outer: Tiling, tile: number): number {
  const row = Math.floor(tile / outer.cols) * outer.height;
  const col = (tile % outer.cols) * outer.width;
  const inner = field.tiling;
  return (Math.floor(row / inner.height) * inner.cols + Math.floor(col / inner.width)) * field.perTile;
}
