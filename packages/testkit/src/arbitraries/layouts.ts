/**
 * Random layouts for a Format's fields: planar streams, or one stream of nested groups; codes split into bit ranges, ranges of
 * entries, bit planes, patterns, words and radix groups; padding and alignment. Every layout drawn stores each bit once.
 *
 * Specification: docs/design/language.md, "Layout".
 */
import {
  defaultLayout,
  type Field,
  type FieldItem,
  type Format,
  type Item,
  outlierStreams,
  type Pattern,
  planLayout,
  type Scope,
  type Stream,
  storedFieldNames,
  tileMultiple,
} from '@fewerbits/format';
import { type NumberType, resolveNumber } from '@fewerbits/numerics';
import * as fc from 'fast-check';

/** Layouts of a Format's fields; the one that it has is not read. Shrinks towards the default layout. */
export function layouts(format: Format): fc.Arbitrary<readonly Stream[]> {
  const named = format.scopes.filter(isNamed);
  const planar = fc.constant(defaultLayout(format));
  const apart = outlierStreams(format.outliers).map(partStream);
  const written = fc.oneof(
    { weight: 2, arbitrary: dressedPlanar(format, named) },
    { weight: 3, arbitrary: grouped({ ...format, outliers: null }, named) },
  );
  return fc.oneof(
    { weight: 1, arbitrary: planar },
    { weight: 5, arbitrary: written.map((streams) => withStreams(streams, apart)) },
  );
}

/** Streams beside others; the one that stands alone may have no name, several may not. */
function withStreams(streams: readonly Stream[], more: readonly Stream[]): readonly Stream[] {
  if (more.length === 0) return streams;
  return [...streams.map((stream) => (stream.name === '' ? { ...stream, name: 'data' } : stream)), ...more];
}

function isNamed(scope: Scope): boolean {
  return !['tensor', 'row', 'column', 'each'].includes(scope.name);
}

function plainItem(field: string): FieldItem {
  return { item: 'field', field, entries: null, bits: null, pattern: null, radix: null };
}

/** What dressing a field needs to know about its entries in one group. */
interface Entries {
  readonly field: string;
  /** Entries in the group; null where it depends on the tensor. */
  readonly count: number | null;
  /** The count is a multiple of this. */
  readonly multiple: number;
  /** Width of an entry, and its digit base if its codes are digits; null where entries differ. */
  readonly number: { readonly bits: number; readonly radix: number | null } | null;
}

/** A stream for each field, the codes dressed. */
function dressedPlanar(format: Format, named: readonly Scope[]): fc.Arbitrary<readonly Stream[]> {
  const names = storedFieldNames(format.fields);
  // Only then does a row hold whole blocks.
  const isFlat = named.every(({ height }) => height === 1);
  const streams = names.map((name) => {
    const field = format.fields.find((f) => f.name === name);
    if (field === undefined) return fc.constant([plainItem(name)] as readonly Item[]);
    const anywhere = dressed(entriesIn(format, field, null, named));
    return field.scope === 'each' && isFlat
      ? fc.oneof({ weight: 4, arbitrary: anywhere }, alignedRows(name))
      : anywhere;
  });
  return fc
    .tuple(...streams)
    .map((lists) => lists.map((items, k) => ({ name: names[k]!.replace('.', '_'), shown: null, items })));
}

/** Codes row by row, each row starting on a word. */
function alignedRows(field: string): fc.Arbitrary<readonly Item[]> {
  return fc
    .constantFrom(8, 32)
    .map((bits) => [{ item: 'scope', scope: 'row', items: [plainItem(field), { item: 'align', bits }] }]);
}

/** One stream: what belongs to no named tile first, then tiles inside tiles. */
function grouped(format: Format, named: readonly Scope[]): fc.Arbitrary<readonly Stream[]> {
  const inScope = (scope: string): Field[] => format.fields.filter((f) => f.scope === scope);
  const nested = format.fields.filter((f) => f.storage.kind === 'format');
  // The parts of a nested format are whole streams of their own and share no group.
  const nestedNames = new Set(nested.map((f) => f.name));
  const outside = format.fields.filter(
    (f) => !nestedNames.has(f.name) && ['tensor', 'row', 'column'].includes(f.scope),
  );
  const groups = named.filter((scope) => scope.name !== 'group');
  const tail: fc.Arbitrary<readonly Item[]> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<readonly Item[]>([]) },
    fc.integer({ min: 1, max: 9 }).map((bits): readonly Item[] => [{ item: 'pad', bits }]),
  );
  const build = (k: number): fc.Arbitrary<readonly Item[]> => {
    const scope = groups[k]!;
    const own = inScope(scope.name).filter((f) => !nestedNames.has(f.name));
    const last = k === groups.length - 1;
    const codes = last ? [...inScope('group'), ...inScope('each')] : [];
    const parts = [
      ...own.map((f) => fc.constant<readonly Item[]>([plainItem(f.name)])),
      ...codes.map((f) => dressed(entriesIn(format, f, scope, named))),
      ...(last ? [] : [build(k + 1)]),
    ];
    return fc.tuple(fc.tuple(...parts), tail, fc.boolean()).map(([lists, end, codesFirst]) => {
      const items = (codesFirst ? lists.toReversed() : lists).flat();
      return [{ item: 'scope', scope: scope.name, items: [...items, ...end] }];
    });
  };
  return fc.tuple(build(0), fc.constantFrom('', 'data')).map(([items, name]) => {
    const rest = storedFieldNames(nested).map((part) => partStream(part));
    const head = outside.flatMap((f): Item[] => [plainItem(f.name), { item: 'align', bits: 8 }]);
    const stream: Stream = { name: rest.length > 0 ? 'data' : name, shown: null, items: [...head, ...items] };
    return [closed({ ...format, layout: [stream, ...rest] }, stream), ...rest];
  });
}

/** A stream for a part of a nested format or of the outliers; the name of a stream that is written out holds no dot. */
function partStream(part: string): Stream {
  return { name: part.replace('.', '_'), shown: null, items: [plainItem(part)] };
}

/** The stream with its outermost group padded to whole bytes: groups that share a stream start on bytes. */
function closed(format: Format, stream: Stream): Stream {
  const group = stream.items.at(-1) as Extract<Item, { item: 'scope' }>;
  const { height, width } = tileMultiple(format.scopes);
  const { scopeBits } = planLayout(format, { rows: height, cols: width });
  const bits = Math.max(...scopeBits.get(group.scope)!);
  if (bits % 8 === 0) return stream;
  const padded: Item = { ...group, items: [...group.items, { item: 'pad', bits: 8 - (bits % 8) }] };
  return { ...stream, items: [...stream.items.slice(0, -1), padded] };
}

/** The entries of a field in a group of one tile of `scope`, or in the whole tensor. */
function entriesIn(format: Format, field: Field, scope: Scope | null, named: readonly Scope[]): Entries {
  const tile = format.scopes.find((s) => s.name === field.scope)!;
  const area = (s: Scope): number => (s.height === 'all' || s.width === 'all' ? 0 : s.height * s.width);
  const block = named.filter((s) => s.name !== 'group').at(-1)!;
  const short = format.tail === 'short';
  const per = Math.max(1, area(tile));
  const isFixed = scope !== null && !short;
  const count = isFixed ? area(scope) / per : null;
  const multiple = short || area(tile) === 0 ? 1 : Math.max(1, area(block) / per);
  const type = field.storage.kind === 'number' ? format.numbers[field.storage.number]! : null;
  return {
    field: field.name,
    count,
    multiple,
    number: type === null ? null : { bits: resolveNumber(type).bits, radix: digitBase(type) },
  };
}

/** The level count of a number whose codes are 0, 1, … below it; signed integers leave gaps unless their range is full. */
function digitBase(type: NumberType): number | null {
  const { bits, radix } = resolveNumber(type);
  const isDense = type.base.kind !== 'int' || type.base.coding === 'offset' || radix === 2 ** bits;
  return isDense && radix > 1 && radix < 2 ** 16 ? radix : null;
}

/** One field's entries in some order and packing. */
function dressed(entries: Entries): fc.Arbitrary<readonly Item[]> {
  const plain = plainItem(entries.field);
  const choices: fc.Arbitrary<readonly Item[]>[] = [fc.constant([plain])];
  const { number, count, multiple } = entries;
  const factor = [2, 3, 4].find((p) => multiple % p === 0 && multiple > p);
  if (factor !== undefined) {
    choices.push(fc.boolean().map((reversed) => [{ ...plain, pattern: transposed(factor, reversed) }]));
    if (number !== null && count !== null) {
      choices.push(fc.constant([{ ...plain, pattern: bitPlanes(factor, count / factor) }]));
    }
  }
  if (count !== null && count > 1) {
    const cut = Math.floor(count / 2);
    choices.push(
      fc.constant([
        { ...plain, entries: [cut, count] },
        { ...plain, entries: [0, cut] },
      ]),
    );
  }
  if (number !== null && number.bits > 1) {
    choices.push(
      fc.tuple(fc.integer({ min: 1, max: number.bits - 1 }), fc.boolean()).map(([at, zipped]) => {
        const halves: readonly Item[] = [
          { ...plain, bits: [at, number.bits] },
          { ...plain, bits: [0, at] },
        ];
        return zipped ? [{ item: 'zip', items: halves }] : halves;
      }),
    );
  }
  if (number !== null && number.bits <= 32) choices.push(words(plain, number.bits));
  if (number !== null && number.radix !== null) choices.push(radix(plain, number.radix));
  return fc.oneof(...choices);
}

/** `(p:factor q) -> (q p)`, or with p running backwards. */
function transposed(factor: number, reversed: boolean): Pattern {
  return {
    from: [
      { axis: 'p', size: factor },
      { axis: 'q', size: null },
    ],
    to: [
      { axis: 'q', size: null, reversed: false },
      { axis: 'p', size: null, reversed },
    ],
  };
}

/** `(p:factor q:rest bit) -> (bit p q)`: one plane for each bit. */
function bitPlanes(factor: number, rest: number): Pattern {
  return {
    from: [
      { axis: 'p', size: factor },
      { axis: 'q', size: rest },
      { axis: 'bit', size: null },
    ],
    to: [
      { axis: 'bit', size: null, reversed: false },
      { axis: 'p', size: null, reversed: false },
      { axis: 'q', size: null, reversed: false },
    ],
  };
}

function words(plain: FieldItem, width: number): fc.Arbitrary<readonly Item[]> {
  const bits = [8, 16, 32].filter((w) => w >= width);
  return fc
    .tuple(fc.constantFrom(...bits), fc.boolean(), fc.boolean())
    .map(([w, msb, whole]) => [{ item: 'words', bits: w, msb, whole, items: [plain], pattern: null }]);
}

function radix(plain: FieldItem, levels: number): fc.Arbitrary<readonly Item[]> {
  const bits = [8, 16].filter((w) => levels <= 2 ** w);
  return fc
    .tuple(fc.constantFrom(...bits), fc.constantFrom('low' as const, 'high' as const, 'fraction' as const))
    .map(([w, order]) => {
      let digits = 1;
      while (levels ** (digits + 1) <= 2 ** w) digits++;
      return [{ ...plain, radix: { digits, bits: w, order } }];
    });
}
