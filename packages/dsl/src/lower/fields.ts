/**
 * Scopes, fields, lets and outliers of a flat format, evaluated.
 * Specification: docs/design/language.md, "Scopes", "Fit" and "Outliers".
 */
import type { Expr, Field, Format, Let, Outliers, Scope, Size, Storage } from '@fewerbits/format';
import type { Expression, TypeExpr } from '../ast.ts';
import { numberArgument } from '../call-arguments.ts';
import { evaluateConstant, evaluateWhole, type Names } from '../constant.ts';
import { contextOf, mark, type Work } from './context.ts';
import { lowerExpression, lowerSize } from './expression.ts';
import { lowerFit, reportSharedResults } from './fit.ts';
import type { FlatField, FlatScope, Written } from './flatten.ts';
import { lowerType } from './number.ts';

/** Most weights of a tile. */
export const MOST_WEIGHTS = 2 ** 24;
/** Most entries of a field in one tile. */
export const MOST_ENTRIES = 2 ** 24;

/** Makes the Format of a nested `format G(…)`; null if something in it is wrong, which is reported. */
export type Nested = (storage: Exclude<FlatField['storage'], TypeExpr>, written: Written) => Format | null;

/** All scopes in canonical order: the fixed ones, the named ones outer before inner, `each` last. */
export function lowerScopes(work: Work): Scope[] {
  const { flat } = work;
  const fixed = (
    name: string,
    height: number | 'all',
    width: number | 'all',
    parent: string | null,
  ): Scope => ({
    name,
    parent,
    height,
    width,
  });
  const named = [...flat.scopes.values()].map((scope) => lowerScope(scope, work));
  return [
    fixed('tensor', 'all', 'all', null),
    fixed('row', 1, 'all', null),
    fixed('column', 'all', 1, null),
    ...named,
    fixed('each', 1, 1, flat.each?.parent ?? null),
  ];
}

function lowerScope(scope: FlatScope, work: Work): Scope {
  const { extent, names, place } = scope;
  const side = (expr: Expression): number | 'all' => {
    if (expr.kind === 'name' && expr.name.text === 'all') return 'all';
    return evaluateWhole(expr, names, 'a side of a tile', 1, MOST_WEIGHTS) ?? 1;
  };
  const [height, width] = extent.length === 1 ? [1, side(extent[0]!)] : extent.map(side);
  if (typeof height === 'number' && typeof width === 'number' && height * width > MOST_WEIGHTS) {
    names.report(
      'tile-size',
      place.span,
      `a tile has at most ${MOST_WEIGHTS} weights, and this has ${height} × ${width}`,
    );
  }
  const result = { name: scope.name, parent: scope.parent, height: height ?? 1, width: width ?? 1 };
  return mark(result, place.span, contextOf(work, scope, 'size'));
}

/** All fields in order of declaration. */
export function lowerFields(work: Work, nested: Nested): Field[] {
  return [...work.flat.fields.values()].map((field) => {
    const storage =
      'format' in field.storage
        ? lowerNested(field, field.storage, nested)
        : lowerStorage(field, field.storage, work);
    const { name, doc, scope } = field;
    return mark(
      { name, doc, scope, storage, fit: lowerFieldFit(field, work) },
      field.place.span,
      contextOf(work, field, 'fit'),
    );
  });
}

const EMPTY: Storage = { kind: 'number', number: 'u1', dims: [] };

function lowerNested(
  field: FlatField,
  storage: Exclude<FlatField['storage'], TypeExpr>,
  nested: Nested,
): Storage {
  const format = nested(storage, field);
  return format === null ? EMPTY : { kind: 'format', format };
}

function lowerStorage(field: FlatField, type: TypeExpr, work: Work): Storage {
  const { names } = field;
  const { expr } = type;
  if (expr.kind === 'call' && expr.name.text === 'choose') return lowerChoose(field, expr, type, work);
  const isArray = expr.kind === 'index';
  const ref = lowerType(isArray ? { ...type, expr: expr.of } : type, names);
  const dims = isArray ? lowerDims(field, expr.indices, work) : [];
  return ref === null ? EMPTY : { kind: 'number', number: work.numbers.use(ref), dims };
}

function lowerDims(field: FlatField, dims: readonly Expression[], work: Work): Size[] {
  const context = contextOf(work, field, 'size');
  const sizes = dims.map((dim) => lowerSize(dim, 'a dimension of an array', 1, context));
  const known = sizes.reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1);
  if (known > MOST_ENTRIES) {
    field.names.report(
      'tile-size',
      field.place.span,
      `a field has at most ${MOST_ENTRIES} entries in a tile, and this has ${known}`,
    );
  }
  return sizes;
}

function lowerChoose(
  field: FlatField,
  expr: Extract<Expression, { kind: 'call' }>,
  type: TypeExpr,
  work: Work,
): Storage {
  const { names } = field;
  const [index, ...options] = expr.args;
  if (
    index === undefined ||
    options.length === 0 ||
    expr.args.some((arg) => arg.name !== null || arg.to !== null)
  ) {
    names.report(
      'wrong-arguments',
      expr.span,
      '`choose` takes an index and the numbers that it chooses from',
    );
    return EMPTY;
  }
  const refs = options.map((option) => {
    const ref = numberArgument(option.value, names);
    return ref === null || type.modifiers.length === 0
      ? ref
      : lowerType({ ...type, expr: option.value }, names);
  });
  const selector = lowerExpression(index.value, contextOf(work, field, 'index'));
  if (!refs.every((ref) => ref !== null)) return EMPTY;
  return { kind: 'choose', index: selector, numbers: refs.map((ref) => work.numbers.use(ref)) };
}

function lowerFieldFit(field: FlatField, work: Work): Expr | null {
  if (field.fit === null) return null;
  reportSharedResults(field.named, field.fit.expr, field.names, field.place.span);
  return lowerFit(field.fit.expr, 1, contextOf(work, field.fit, 'fit'));
}

/** All lets in order of writing. */
export function lowerLets(work: Work): Let[] {
  return work.flat.lets.map((item) => {
    const context = contextOf(work, item, 'fit');
    const expr = lowerFit(item.expr, item.results.length, context);
    return mark({ names: item.results, scope: item.scope, expr }, item.place.span, context);
  });
}

/** Outliers, or null if the format has none. */
export function lowerOutliers(work: Work): Outliers | null {
  const { outliers } = work.flat;
  if (outliers === null) return null;
  const { member, names } = outliers;
  const select = contextOf(work, outliers, 'select');
  const numberKey = (type: TypeExpr): string => {
    const ref = lowerType(type, names);
    return ref === null ? 'u1' : work.numbers.use(ref);
  };
  const index: Outliers['index'] =
    'csr' in member.index
      ? { kind: 'csr', offset: numberKey(member.index.csr[0]), column: numberKey(member.index.csr[1]) }
      : 'coo' in member.index
        ? { kind: 'coo', number: numberKey(member.index.coo) }
        : { kind: 'bitmap' };
  const result: Outliers = {
    unit: member.unit,
    select:
      'where' in member.select
        ? { where: lowerExpression(member.select.where, select) }
        : {
            top: ratio(member.select.top, names),
            by: member.select.by === null ? null : lowerExpression(member.select.by, select),
          },
    index,
    value: {
      number: numberKey(member.value),
      fit: member.fit === null ? null : lowerExpression(member.fit, contextOf(work, outliers, 'outlier')),
    },
    add: member.add,
  };
  return mark(result, outliers.place.span, select);
}

function ratio(expr: Expression, names: Names): number {
  const value = evaluateConstant(expr, names);
  if (value !== null && !(value >= 0 && value <= 1)) {
    names.report(
      'out-of-range',
      expr.span,
      `a ratio of outliers is from 0 to 1, and this is ${value}`,
      'a thousandth is `0.1%`',
    );
  }
  return value ?? 0;
}
