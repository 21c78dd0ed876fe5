/**
 * A format with side channels → its twin of fixed length: coded fields lie uncoded in streams of whole bytes, nested formats and
 * looked-up levels are binary32 in streams of their own, outliers and later steps are left out. An ordinary kernel decodes the
 * twin; `decoder.ts` makes the twin's streams and does the rest. Knows no bytes. Design: docs/design/kernels.md.
 */
import {
  type Entropy,
  type Expr,
  type Field,
  type Format,
  type Item,
  type Stream,
  some,
  withChildren,
} from '@fewerbits/format';
import { float, resolveNumber, twos } from '@fewerbits/numerics';
import type { SymbolWidth } from './symbol-reader.ts';

/** A field whose codes are read from a coded stream. */
export interface CodedField {
  readonly field: Field;
  readonly stream: string;
  readonly entropy: Entropy;
  /** Bits of its number; 0 for a grid, whose symbols have any width. */
  readonly bits: number;
}

/** A field that is stored in another format. */
export interface NestedField {
  readonly field: string;
  readonly stream: string;
  /** The inner format with the part of the outer layout that stores it. */
  readonly format: Format;
}

/** Levels that a tensor stores and its coded codes choose among: the whole expression is a field of the twin. */
export interface LookedUp {
  /** The field of levels and the stream of the twin that holds a level for each weight. */
  readonly levels: string;
  readonly code: string;
  readonly stream: string;
}

/** What stands apart from the twin. */
export interface Apart {
  readonly coded: readonly CodedField[];
  readonly nested: readonly NestedField[];
  readonly looked: LookedUp | null;
}

/** Whether a kernel alone decodes the format. */
export function isPlain(format: Format): boolean {
  return (
    format.entropy.length === 0 &&
    format.outliers === null &&
    format.steps.length === 1 &&
    format.fields.every(({ storage }) => storage.kind !== 'format')
  );
}

/** What stands apart in a format, or in a few words why it cannot be taken apart. */
export function takeApart(format: Format): Apart | string {
  const coded: CodedField[] = [];
  for (const entropy of format.entropy) {
    for (const name of entropy.fields) {
      const field = format.fields.find((f) => f.name === name);
      const stream = format.layout.find(({ items }) => fieldsOf(items).includes(name));
      if (field === undefined || stream === undefined || field.storage.kind !== 'number')
        return `${name} is entropy coded`;
      if (field.storage.dims.length > 0) return `${name} is an entropy-coded array`;
      const number = format.numbers[field.storage.number]!;
      const bits = number.base.kind === 'grid' ? 0 : resolveNumber(number).bits;
      coded.push({ field, stream: stream.name, entropy, bits });
    }
  }
  const nested: NestedField[] = [];
  for (const field of format.fields) {
    if (field.storage.kind !== 'format') continue;
    const prefix = `${field.name}.`;
    const own = format.layout.filter(({ items }) => fieldsOf(items).some((name) => name.startsWith(prefix)));
    const alone = own.every(({ items }) => fieldsOf(items).every((name) => name.startsWith(prefix)));
    if (!alone || own.length === 0) return `the parts of ${field.name} share a stream with other fields`;
    const layout = own.map((stream) => renamed(stream, (name) => name.slice(prefix.length)));
    nested.push({ field: field.name, stream: own[0]!.name, format: { ...field.storage.format, layout } });
  }
  const outlying = format.layout.filter(({ items }) => fieldsOf(items).some(isOutlier));
  if (outlying.some(({ items }) => !fieldsOf(items).every(isOutlier)))
    return 'its outliers share a stream with other fields';
  return { coded, nested, looked: lookedUp(format, coded) };
}

/** Its twin. @param widths bytes of the symbols of each coded field */
export function twinOf(format: Format, apart: Apart, widths: ReadonlyMap<string, SymbolWidth>): Format {
  const { coded, nested, looked } = apart;
  const numbers: Record<string, Format['numbers'][string]> = {
    ...format.numbers,
    [REAL]: float({ exponent: 8, mantissa: 23, specials: 'ieee' }),
  };
  for (const width of [1, 2, 4]) numbers[integerKey(width)] = twos(8 * width);
  const stored = (field: Field, number: string): Field => ({
    ...field,
    storage: { kind: 'number', number, dims: [] },
  });
  const fields = format.fields.flatMap((field): Field[] => {
    if (nested.some((inner) => inner.field === field.name)) return [stored(field, REAL)];
    if (field.name === looked?.levels) return [];
    if (field.name === looked?.code) return [stored(field, REAL)];
    const isGrid = coded.some((c) => c.field === field && c.bits === 0);
    return [isGrid ? stored(field, integerKey(widths.get(field.name)!)) : field];
  });
  const layout = format.layout.flatMap((stream): Stream[] => {
    const names = fieldsOf(stream.items);
    if (names.some(isOutlier)) return [];
    if (looked !== null && names.every((name) => name === looked.levels)) return [];
    const inner = nested.find(({ field }) => names.some((name) => name.startsWith(`${field}.`)));
    if (inner !== undefined)
      return inner.stream === stream.name
        ? [{ ...stream, shown: null, items: [plainItem(inner.field)] }]
        : [];
    const code = coded.find((c) => c.stream === stream.name);
    if (code === undefined || code.field.name === looked?.code) return [{ ...stream, shown: null }];
    return [{ ...stream, shown: null, items: [paddedItem(code, widths.get(code.field.name)!)] }];
  });
  const [first] = format.steps;
  const value: Format['steps'] =
    first?.step === 'value' && looked !== null
      ? [{ step: 'value', expr: replaced(first.expr, looked) }]
      : format.steps.slice(0, 1);
  return { ...format, numbers, fields, layout, steps: value, outliers: null, entropy: [] };
}

/** Keys that no declared number has. */
const REAL = '(binary32)';
const integerKey = (width: number): string => `(integer of ${width} bytes)`;

/** Each code at the low end of whole bytes. */
function paddedItem({ field, bits }: CodedField, width: SymbolWidth): Item {
  const code = plainItem(field.name);
  if (bits === 0 || bits === 8 * width) return code;
  return { item: 'scope', scope: field.scope, items: [code, { item: 'pad', bits: 8 * width - bits }] };
}

function plainItem(field: string): Item {
  return { item: 'field', field, entries: null, bits: null, pattern: null, radix: null };
}

const isOutlier = (name: string): boolean => name.startsWith('outliers.');

function fieldsOf(items: readonly Item[]): string[] {
  return items.flatMap((item) =>
    item.item === 'field' ? [item.field] : 'items' in item ? fieldsOf(item.items) : [],
  );
}

function renamed(stream: Stream, name: (field: string) => string): Stream {
  const rename = (item: Item): Item => {
    if (item.item === 'field') return { ...item, field: name(item.field) };
    return 'items' in item ? { ...item, items: item.items.map(rename) } : item;
  };
  return { ...stream, items: stream.items.map(rename) };
}

/** `levels[code]`, where it is all that the value reads of both, and the codes are plain numbers from zero. */
function lookedUp(format: Format, coded: readonly CodedField[]): LookedUp | null {
  const [first] = format.steps;
  if (first?.step !== 'value') return null;
  let found: LookedUp | null = null;
  some(first.expr, (e) => {
    if (e.op !== 'field' || e.index.length !== 1) return false;
    const [index] = e.index;
    const levels = format.fields.find(({ name }) => name === e.name);
    const code = coded.find(({ field }) => index?.op === 'field' && index.name === field.name);
    if (levels?.scope !== 'tensor' || code?.field.scope !== 'each') return false;
    const base = format.numbers[(code.field.storage as { number: string }).number]!.base;
    const alone = format.layout.some(({ items }) => fieldsOf(items).join() === levels.name);
    if (base.kind === 'int' && base.coding === 'offset' && base.low === 0 && alone)
      found = { levels: levels.name, code: code.field.name, stream: code.stream };
    return found !== null;
  });
  if (found === null) return null;
  // Any other reading of the codes or the levels needs them as they are.
  const rest = replaced(first.expr, found);
  const { levels, code } = found;
  let readings = 0;
  some(rest, (e) => {
    if (e.op === 'field' && e.name === levels) readings = Number.POSITIVE_INFINITY;
    if (e.op === 'field' && e.name === code) readings++;
    return false;
  });
  return readings === occurrences(first.expr, levels) ? found : null;
}

function occurrences(expr: Expr, name: string): number {
  let count = 0;
  some(expr, (e) => {
    if (e.op === 'field' && e.name === name) count++;
    return false;
  });
  return count;
}

/** The expression with the code's field, now the looked-up level, for `levels[code]`. */
function replaced(expr: Expr, looked: LookedUp): Expr {
  const isLookUp =
    expr.op === 'field' &&
    expr.name === looked.levels &&
    expr.index.length === 1 &&
    isField(expr.index[0]!, looked.code);
  if (isLookUp) return { op: 'field', name: looked.code, index: [] };
  return withChildren(expr, (child) => replaced(child, looked));
}

function isField(expr: Expr, name: string): boolean {
  return expr.op === 'field' && expr.name === name && expr.index.length === 0;
}
