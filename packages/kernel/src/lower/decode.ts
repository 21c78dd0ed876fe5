/**
 * Format → the kernel that decodes one unit of it, weight by weight (`lanes` 1) or four weights at a time.
 *
 * Sixteen codes of up to 8 bits are taken from their bytes at once; anything else (wide codes, some digits) is read one by one and joined. Equals the interpreter bit for bit (testkit's target matrix).
 */
import { type Expr, type Format, indexInside, type StoredField, some } from '@fewerbits/format';
import { type Builder, makeBuilder } from '../builder.ts';
import type { Kernel, Store } from '../ir.ts';
import { prune } from '../prune.ts';
import { findUnit, type Unit } from '../unit.ts';
import { codeOf, WIDEST_DIGITS } from './codes.ts';
import { lowerExpression, type Scene, whyNoKernel } from './expression.ts';
import { levelOfCode, levelsOfCodes, levelTable, whyNoLevels } from './levels.ts';
import { programOf } from './program.ts';
import { sixteenCodes, sixteenDigits } from './sixteen-codes.ts';

/** The kernel that decodes a format, or in a few words why there is none (the interpreter decodes it then). */
export function decodeKernel(format: Format, lanes: 1 | 4): Kernel | string {
  const decodable = decodableUnit(format);
  if (typeof decodable === 'string') return decodable;
  const { unit, expr } = decodable;
  const b = makeBuilder();
  const scene = makeScene(b, unit);
  const stores: Store[] = [];
  for (let offset = 0; offset < unit.width; offset += lanes) {
    const value = lowerExpression(expr, offset, lanes, scene);
    stores.push({ offset, value: lanes === 4 ? b.splat(value) : value });
  }
  return prune({ ...programOf(format.name, unit, b), lanes, stores });
}

/** The unit of a format that a kernel can decode, and its value; or in a few words why none can. */
export function decodableUnit(format: Format): { readonly unit: Unit; readonly expr: Expr } | string {
  const reason = whyNotFixed(format);
  if (reason !== null) return reason;
  const unit = findUnit(format);
  if (typeof unit === 'string') return unit;
  const expr = valueExpr(format);
  const refused = whyNoKernel(expr) ?? whyNotInside(expr, unit);
  if (refused !== null) return refused;
  for (const field of unit.plan.fields) {
    const why = whyNotField(field) ?? whyNotDigits(field, unit);
    if (why !== null) return why;
  }
  return { unit, expr };
}

/** What needs more than one pass, or reads what is not at a fixed place. */
function whyNotFixed(format: Format): string | null {
  if (format.arithmetic !== 'f32') return 'its arithmetic is binary64';
  if (format.outliers !== null) return 'it stores outliers apart';
  if (format.entropy.length > 0) return 'it is entropy coded';
  if (format.steps.length !== 1) return 'it has steps after its first value';
  if (format.fields.some((field) => field.storage.kind === 'format'))
    return 'a field is stored in another format';
  return null;
}

function whyNotField(field: StoredField): string | null {
  if (field.entries === 0 || field.bits === null) return `${field.name} has no one width`;
  // Which of them an entry has depends on its position in the whole tensor, or on data.
  if (!field.uniform) return `${field.name} has several numbers`;
  const number = field.numberAt(0);
  const reason = whyNoLevels(number);
  if (reason !== null) return `${field.name}: ${reason}`;
  const odd = number.dimension % 4 !== 0 && number.dimension !== 1;
  return odd ? `${field.name} has vectors of ${number.dimension}` : null;
}

function whyNotDigits(field: StoredField, unit: Unit): string | null {
  const { digit } = unit.placeOf(field, 0);
  const wide = digit !== null && digit.group.bits > WIDEST_DIGITS;
  return wide ? `the digits of ${field.name} stand in words of ${digit.group.bits} bits` : null;
}

function valueExpr(format: Format): Expr {
  const step = format.steps[0];
  if (step?.step !== 'value') throw new RangeError(`${format.name} has no value`);
  return step.expr;
}

/** Positions must be the same in every unit of every row. */
function whyNotInside(expr: Expr, unit: Unit): string | null {
  const { tilings } = unit.plan.geometry;
  let outside: string | null = null;
  some(expr, (e) => {
    if (e.op !== 'at') return false;
    const { height, width } = tilings.get(e.scope)!;
    if (height !== 1 || unit.width % width !== 0) outside ??= e.scope;
    return outside !== null;
  });
  return outside === null ? null : `its value reads the position in a ${outside}`;
}

function makeScene(b: Builder, unit: Unit): Scene {
  const { geometry, fields } = unit.plan;
  const byName = new Map(fields.map((field) => [field.name, field]));
  const each = geometry.tilings.get('each')!;
  /** One component of a vector's level, or four from there. */
  const components = (field: StoredField, element: number, type: 'f32' | 'f32x4'): number => {
    const number = field.numberAt(0);
    const code = codeOf(b, unit.placeOf(field, element), field.radix);
    const at = b.integer('i_mul', code, b.int(number.dimension));
    const offset = element % field.tiling.width;
    return b.add({ op: 'table', type, table: b.table(levelTable(number)), args: [at], offset });
  };
  const level = (field: StoredField, element: number): number => {
    const number = field.numberAt(0);
    if (number.dimension > 1) return components(field, element, 'f32');
    return levelOfCode(b, number, codeOf(b, unit.placeOf(field, element), field.radix));
  };
  const sixteen = new Map<string, number | null>();
  const codesAround = (field: StoredField, first: number): number | null => {
    const key = `${field.id}/${first}`;
    if (!sixteen.has(key)) {
      const places = Array.from({ length: 16 }, (_, k) => unit.placeOf(field, first + k));
      sixteen.set(key, sixteenCodes(b, places) ?? sixteenDigits(b, places, field.radix));
    }
    return sixteen.get(key)!;
  };
  const levels = (field: StoredField, element: number): number => {
    const number = field.numberAt(0);
    if (number.dimension > 1) return components(field, element, 'f32x4');
    if (number.bits <= 8) {
      const codes = codesAround(field, element - (element % 16));
      if (codes !== null) return levelsOfCodes(b, number, codes, (element % 16) / 4);
    }
    const four = [0, 1, 2, 3].map((k) => level(field, element + k)) as [number, number, number, number];
    return b.add({ op: 'join', type: 'f32x4', args: four });
  };
  return {
    b,
    field: (name) => byName.get(name)!,
    level,
    levels,
    at: (scope, element) => indexInside(geometry, geometry.tilings.get(scope)!, each, 0, element),
    shape: { rows: geometry.rows, cols: geometry.cols },
  };
}
