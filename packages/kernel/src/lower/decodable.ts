/** Which formats have a kernel that decodes them, and what it starts from: the unit and the value of a weight. */
import { type Expr, type Format, type StoredField, some } from '@fewerbits/format';
import { findUnit, type Unit } from '../unit.ts';
import { WIDEST_DIGITS } from './codes.ts';
import { whyNoKernel } from './expression.ts';
import { whyNoLevels } from './levels.ts';

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
