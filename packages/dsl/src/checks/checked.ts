/**
 * What a check is: a function from a lowered Format, with the places where its parts were written, to diagnostics of one
 * code. A check changes nothing and asks no other.
 */
import type { Expr, Field, FitSet, Format, Let, Scope } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import type { Diagnostic } from '../diagnostics/catalogue.ts';
import type { CheckCode } from '../diagnostics/check-codes.ts';
import type { Origins } from '../lower/context.ts';
import type { Flat } from '../lower/flatten.ts';
import { type Place, reporter } from '../lower/report.ts';

/** A Format under check. */
export interface Checked {
  readonly format: Format;
  /** The members as written, for what a Format does not keep (expectations). */
  readonly flat: Flat;
  readonly origins: Origins;
  /** Where the format is declared: the place of what has none of its own. */
  readonly place: Place;
  /** Whether expectations are compared, as they are for the family's defaults. */
  readonly atDefaults: boolean;
}

/** One check. */
export type Check = (checked: Checked) => Diagnostic[];

/** Collects the findings of one check. */
export function findings(
  checked: Checked,
  run: (report: (code: CheckCode, node: object | null, message: string, help?: string) => void) => void,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  run((code, node, message, help) => {
    const place = (node === null ? undefined : checked.origins.get(node)) ?? checked.place;
    reporter(place.source, found)(code, place.span, message, help);
  });
  return found;
}

/** The scope of a name; every field and let has one. */
export function scopeNamed(format: Format, name: string): Scope {
  return format.scopes.find((scope) => scope.name === name) ?? { name, parent: null, height: 1, width: 1 };
}

/** The scope that a field has values for: `each` for a vector, which gives every weight of its tile a component. */
export function scopeOfValues(format: Format, { scope, storage }: Field): Scope {
  const keys =
    storage.kind === 'format' ? [] : storage.kind === 'number' ? [storage.number] : storage.numbers;
  const isVector = keys.some((key) => {
    const type = format.numbers[key];
    return type !== undefined && resolveNumber(type).dimension > 1;
  });
  return scopeNamed(format, isVector ? 'each' : scope);
}

/** Whether each tile of `inner` lies in a single tile of `outer`. */
export function holds(outer: Scope, inner: Scope): boolean {
  const side = (o: number | 'all', i: number | 'all'): boolean => o === 'all' || (i !== 'all' && o % i === 0);
  return side(outer.height, inner.height) && side(outer.width, inner.width);
}

/** Weights of a tile; infinite for one that spans the tensor. */
export function weightsOf({ height, width }: Scope): number {
  const side = (value: number | 'all'): number => (value === 'all' ? Number.POSITIVE_INFINITY : value);
  return side(height) * side(width);
}

/** The let that gives a name. */
export function letNamed(format: Format, name: string): Let | undefined {
  return format.lets.find((item) => item.names.includes(name));
}

/**
 * Fields that stand where codes do: in a tile with no scope inside that has fields or lets. Those without a fit are the
 * codes (docs/design/language.md, "Fit"); one with a fit says itself how its code is found.
 */
export function innermostFields(format: Format): Field[] {
  const used = new Set([...format.fields, ...format.lets].map((item) => item.scope));
  const scopes = format.scopes.filter((scope) => used.has(scope.name));
  // A row or a column does not hold a tile that crosses it, yet no code is as long as the tensor where others are not.
  const isInside = (other: Scope, scope: Scope): boolean =>
    (holds(scope, other) && !holds(other, scope)) ||
    (weightsOf(other) < weightsOf(scope) && !Number.isFinite(weightsOf(scope)));
  const isInnermost = (scope: Scope): boolean => !scopes.some((other) => isInside(other, scope));
  return format.fields.filter((field) => isInnermost(scopeNamed(format, field.scope)));
}

/** The codes of a format: its innermost fields without a fit. */
export function codesOf(format: Format): Field[] {
  return innermostFields(format).filter((field) => field.fit === null);
}

/** Every fit of a field and every let, also under named fits, by the name that it sets; `field` is null for a let. */
export function fitsInUse(
  format: Format,
): { readonly name: string; readonly expr: Expr; readonly field: Field | null }[] {
  const fieldNamed = (name: string): Field | null =>
    format.fields.find((field) => field.name === name) ?? null;
  return [
    ...format.fields.flatMap((field) =>
      field.fit === null ? [] : [{ name: field.name, expr: field.fit, field }],
    ),
    ...format.lets.map(({ names, expr }) => ({ name: names[0]!, expr, field: null })),
    ...format.fits.flatMap(({ sets }) =>
      sets.map(({ names, expr }) => ({ name: names[0]!, expr, field: fieldNamed(names[0]!) })),
    ),
  ];
}

/** An expression, the scope that its aggregates run over, and the one where it has values: that is finer for the fit of a vector. */
export interface Standing {
  readonly expr: Expr;
  readonly scope: string;
  readonly values: string;
}

/** Every fit and let of a format, and every formula, with the scope where it stands. */
export function expressionsOf(format: Format): Standing[] {
  const fields = format.fields.flatMap((field) => {
    const { fit, scope, storage } = field;
    return [
      ...(fit === null ? [] : [{ expr: fit, scope, values: scopeOfValues(format, field).name }]),
      ...(storage.kind === 'choose' ? [alike(storage.index, scope)] : []),
    ];
  });
  const lets = format.lets.map(({ expr, scope }) => alike(expr, scope));
  const steps = format.steps.flatMap((step) => (step.step === 'value' ? [alike(step.expr, 'each')] : []));
  return [
    ...fields,
    ...lets,
    ...steps,
    ...outlierExpressions(format),
    ...format.fits.flatMap((fit) => setExpressions(format, fit)),
  ];
}

function alike(expr: Expr, scope: string): Standing {
  return { expr, scope, values: scope };
}

function outlierExpressions({ outliers }: Format): Standing[] {
  if (outliers === null) return [];
  const { select, unit, value } = outliers;
  const choice = 'where' in select ? select.where : select.by;
  return [
    ...(choice === null ? [] : [alike(choice, unit)]),
    ...(value.fit === null ? [] : [alike(value.fit, 'each')]),
  ];
}

function setExpressions(format: Format, fit: FitSet): Standing[] {
  return fit.sets.flatMap(({ names, expr }) => {
    const field = format.fields.find((item) => item.name === names[0]);
    if (field !== undefined) return [{ expr, scope: field.scope, values: scopeOfValues(format, field).name }];
    const item = letNamed(format, names[0]!);
    return item === undefined ? [] : [alike(expr, item.scope)];
  });
}
