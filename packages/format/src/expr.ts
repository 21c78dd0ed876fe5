/**
 * Expressions as data: walking, what they read, and the affine form that a code is found from.
 * Evaluates nothing. Specification: docs/design/language.md, "Expressions" and "Fit".
 */
import type { Expr, Field, FitArgument, Format } from './types.ts';

/** The expressions directly inside one. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case 'const':
    case 'x':
    case 'importance':
    case 'rows':
    case 'cols':
    case 'value':
    case 'let':
    case 'unrounded':
    case 'at':
    case 'window':
    case 'dot':
      return [];
    case 'field':
      return expr.index;
    case 'neg':
    case 'bits':
    case 'aggregate':
    case 'nearest':
    case 'code_of':
      return [expr.of];
    case 'call':
      return expr.args;
    case 'level':
      return expr.component === null ? [expr.code] : [expr.code, expr.component];
    case 'fit':
      return Object.values(expr.args).flatMap(argumentExprs);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return [expr.left, expr.right];
  }
}

/** The expression with the expressions directly inside it changed, in the order of `childrenOf`. */
export function withChildren(expr: Expr, change: (child: Expr) => Expr): Expr {
  switch (expr.op) {
    case 'const':
    case 'x':
    case 'importance':
    case 'rows':
    case 'cols':
    case 'value':
    case 'let':
    case 'unrounded':
    case 'at':
    case 'window':
    case 'dot':
      return expr;
    case 'field':
      return { ...expr, index: expr.index.map(change) };
    case 'call':
      return { ...expr, args: expr.args.map(change) };
    case 'level':
      return {
        ...expr,
        code: change(expr.code),
        component: expr.component === null ? null : change(expr.component),
      };
    case 'fit':
      return {
        ...expr,
        args: Object.fromEntries(
          Object.entries(expr.args).map(([key, argument]) => [key, withExprs(argument, change)]),
        ),
      };
    default:
      return 'of' in expr
        ? { ...expr, of: change(expr.of) }
        : { ...expr, left: change(expr.left), right: change(expr.right) };
  }
}

function withExprs(argument: FitArgument, change: (expr: Expr) => Expr): FitArgument {
  if (argument.arg === 'expr') return { ...argument, expr: change(argument.expr) };
  if (argument.arg === 'range') return { ...argument, from: change(argument.from), to: change(argument.to) };
  return argument;
}

function argumentExprs(argument: FitArgument): readonly Expr[] {
  if (argument.arg === 'expr') return [argument.expr];
  return argument.arg === 'range' ? [argument.from, argument.to] : [];
}

/** Whether any part of an expression satisfies a condition. */
export function some(expr: Expr, test: (e: Expr) => boolean): boolean {
  return test(expr) || childrenOf(expr).some((child) => some(child, test));
}

/** Names of the fields that an expression reads, through any operation. */
export function fieldsRead(expr: Expr): Set<string> {
  const names = new Set<string>();
  some(expr, (e) => {
    if (e.op === 'field') names.add(e.name);
    if (e.op === 'unrounded' || e.op === 'window') names.add(e.field);
    if (e.op === 'dot') names.add(e.left).add(e.right);
    return false;
  });
  return names;
}

/** Whether an expression depends on weights, fields or lets: anything but constants, the shape and positions. */
export function readsData(expr: Expr): boolean {
  return some(expr, (e) => !WITHOUT_DATA.includes(e.op));
}

const WITHOUT_DATA: readonly Expr['op'][] = [
  'const',
  'rows',
  'cols',
  'at',
  'neg',
  'call',
  'bits',
  'add',
  'sub',
  'mul',
  'div',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
];

/** value = slope · field + offset, in the order written; null stands for 1 and for 0. */
export interface Affine {
  readonly slope: Expr | null;
  readonly offset: Expr | null;
}

/**
 * The affine form of an expression in one field, or null when it has none: the field stands once, multiplied, divided
 * by, added to or subtracted from things that do not read it. Operations keep the order in which they are written.
 */
export function affineIn(expr: Expr, field: string): Affine | null {
  const reads = (e: Expr): boolean => fieldsRead(e).has(field);
  if (expr.op === 'field' && expr.name === field && expr.index.length === 0)
    return { slope: null, offset: null };
  if (expr.op === 'neg') {
    const inner = affineIn(expr.of, field);
    if (inner === null) return null;
    const slope: Expr = { op: 'neg', of: inner.slope ?? { op: 'const', value: 1 } };
    return { slope, offset: inner.offset === null ? null : { op: 'neg', of: inner.offset } };
  }
  if (expr.op !== 'add' && expr.op !== 'sub' && expr.op !== 'mul' && expr.op !== 'div') return null;
  const onLeft = reads(expr.left);
  if (onLeft === reads(expr.right)) return null;
  const inner = affineIn(onLeft ? expr.left : expr.right, field);
  if (inner === null) return null;
  const other = onLeft ? expr.right : expr.left;
  const binary = (op: 'add' | 'sub' | 'mul' | 'div', left: Expr, right: Expr): Expr => ({ op, left, right });
  switch (expr.op) {
    case 'mul': {
      const times = (e: Expr): Expr => (onLeft ? binary('mul', e, other) : binary('mul', other, e));
      return {
        slope: inner.slope === null ? other : times(inner.slope),
        offset: inner.offset === null ? null : times(inner.offset),
      };
    }
    case 'div':
      if (!onLeft) return null;
      return {
        slope: binary('div', inner.slope ?? { op: 'const', value: 1 }, other),
        offset: inner.offset === null ? null : binary('div', inner.offset, other),
      };
    case 'add':
      return {
        slope: inner.slope,
        offset: inner.offset === null ? other : binary('add', inner.offset, other),
      };
    case 'sub':
      if (onLeft) {
        return {
          slope: inner.slope,
          offset: inner.offset === null ? { op: 'neg', of: other } : binary('sub', inner.offset, other),
        };
      }
      return {
        slope: { op: 'neg', of: inner.slope ?? { op: 'const', value: 1 } },
        offset: inner.offset === null ? other : binary('sub', other, inner.offset),
      };
  }
}

/**
 * The code and the factor g of a format whose value is g · scale · code for one of its fields as the scale; null stands for a g of 1.
 * The whole is null where the value says anything else.
 */
export function scaleTimesCode(
  format: Format,
  scale: string,
): { readonly code: Field; readonly factor: Expr | null } | null {
  const [first] = format.steps;
  if (first?.step !== 'value') return null;
  for (const code of format.fields) {
    if (code.scope !== 'each' || code.name === scale) continue;
    const outer = affineIn(first.expr, code.name);
    if (outer === null || outer.offset !== null || outer.slope === null) continue;
    const inner = affineIn(outer.slope, scale);
    if (inner !== null && inner.offset === null) return { code, factor: inner.slope };
  }
  return null;
}
