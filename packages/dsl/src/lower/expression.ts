/**
 * Expressions of a format: names resolved, parameters replaced, and every largest part without data folded in binary64.
 * A part that is wrong is reported and lowers to 0, so that the rest of the file is still read.
 * Specification: docs/design/language.md, "Expressions".
 */
import type { BinaryOp, Expr, Size } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import type { BinaryOperator, Expression, Span } from '../ast.ts';
import { numberArgument } from '../call-arguments.ts';
import { evaluateConstant } from '../constant.ts';
import { BARE_AGGREGATES, FIT_PROCEDURES, INPUTS, isFunctionName, isOneOf, nearestName } from '../names.ts';
import { lowerCall } from './calls.ts';
import { arrayDimensions, type Context, type Mode, mark } from './context.ts';
import { describeMember, memberNames } from './flatten.ts';

const BINARY: Readonly<Record<BinaryOperator, BinaryOp>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
};

/** What stands for a part that was wrong. */
export function placeholder(span: Span, context: Context): Expr {
  return mark({ op: 'const', value: 0 }, span, context);
}

/** Lowers an expression; what is wrong is reported. */
export function lowerExpression(expr: Expression, context: Context): Expr {
  if (isConstant(expr, context)) {
    const value = evaluateConstant(expr, context.names);
    return mark({ op: 'const', value: value ?? 0 }, expr.span, context);
  }
  switch (expr.kind) {
    case 'group':
      return lowerExpression(expr.of, context);
    case 'negate':
      return mark({ op: 'neg', of: lowerExpression(expr.of, context) }, expr.span, context);
    case 'binary': {
      const left = lowerExpression(expr.left, context);
      const right = lowerExpression(expr.right, context);
      return mark({ op: BINARY[expr.operator], left, right }, expr.span, context);
    }
    case 'name':
      return lowerName(expr.name.text, expr.span, context);
    case 'call':
      return lowerCall(expr, context);
    case 'index':
      return lowerIndex(expr, context);
    case 'fact':
      return lowerFact(expr, context);
    case 'number':
      return mark({ op: 'const', value: expr.value }, expr.span, context);
    default:
      context.names.report('not-constant', expr.span, 'a value is needed here, and this is a number type');
      return placeholder(expr.span, context);
  }
}

/** Whether an expression reads nothing but literals, parameters and numbers. */
export function isConstant(expr: Expression, context: Context): boolean {
  const { names, work } = context;
  const all = (parts: readonly Expression[]): boolean => parts.every((part) => isConstant(part, context));
  switch (expr.kind) {
    case 'number':
      return true;
    case 'name':
      return names.constants.has(expr.name.text);
    case 'group':
    case 'negate':
      return isConstant(expr.of, context);
    case 'binary':
      return all([expr.left, expr.right]);
    case 'fact':
      return !(expr.of.kind === 'name' && work.flat.fields.has(expr.of.name.text));
    case 'index':
      return (
        !(expr.of.kind === 'name' && describeMember(work.flat, expr.of.name.text) !== null) &&
        all(expr.indices)
      );
    case 'call': {
      const name = expr.name.text;
      const values = expr.args.map((arg) => arg.value);
      if (name === 'bits') return values.length > 0 && isConstant(values[0]!, context);
      if (name === 'code_of') return values.length === 2 && isConstant(values[1]!, context);
      if ((name === 'min' || name === 'max') && values.length === 1) return false;
      const known = isFunctionName(name) || isNumberName(name, context);
      return known && values.length > 0 && all(values);
    }
    default:
      return false;
  }
}

function isNumberName(name: string, { names }: Context): boolean {
  return !names.constants.has(name) && names.describe(name) === 'a number type';
}

const REASONS: Readonly<Record<Mode, string>> = {
  value: '`value` is what a decoder computes, from fields alone',
  later: '`value` is what a decoder computes, from fields alone',
  fit: 'a fit sees the weights and not what becomes of them',
  select: 'outliers are chosen by the weights',
  outlier: 'the stored outlier is computed from the weight and its dense value',
  index: 'the number of an entry follows from its place or from stored fields',
  size: 'a size may depend on `rows` and `cols` only',
};

const DATA_MODES: readonly Mode[] = ['fit', 'select', 'outlier'];

/** Whether something may be read where an expression stands; if not, that is reported. */
export function mayRead(what: string, modes: readonly Mode[], span: Span, { mode, names }: Context): boolean {
  if (modes.includes(mode)) return true;
  names.report('not-readable', span, `${what} cannot be read here: ${REASONS[mode]}`);
  return false;
}

function lowerName(name: string, span: Span, context: Context): Expr {
  const { names, work } = context;
  if (isOneOf(INPUTS, name)) return lowerInput(name, span, context);
  if (name === 'value') {
    if (!mayRead('`value`', ['later', 'select', 'outlier'], span, context)) return placeholder(span, context);
    return mark({ op: 'value' }, span, context);
  }
  const field = work.flat.fields.get(name);
  if (field !== undefined) {
    const dimensions = arrayDimensions(field);
    if (!mayRead(`the field \`${name}\``, FIELD_MODES, span, context)) return placeholder(span, context);
    if (dimensions > 0) {
      names.report(
        'array-index',
        span,
        `\`${name}\` is an array of ${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'}`,
        `name one of its entries: \`${name}[${Array(dimensions).fill('…').join(', ')}]\``,
      );
    }
    return mark({ op: 'field', name, index: [] }, span, context);
  }
  if (work.flat.lets.some((item) => item.results.includes(name))) {
    if (!mayRead(`the let \`${name}\``, DATA_MODES, span, context)) return placeholder(span, context);
    return mark({ op: 'let', name }, span, context);
  }
  if (isOneOf(BARE_AGGREGATES, name)) {
    if (!mayRead(`\`${name}\``, ['fit', 'select'], span, context)) return placeholder(span, context);
    return mark({ op: 'aggregate', name, of: mark({ op: 'x' }, span, context) }, span, context);
  }
  reportUnknown(name, span, context);
  return placeholder(span, context);
}

/** Modes in which stored fields are known. */
export const FIELD_MODES: readonly Mode[] = ['value', 'later', 'fit', 'select', 'outlier', 'index'];

function lowerInput(name: (typeof INPUTS)[number], span: Span, context: Context): Expr {
  const isShape = name === 'rows' || name === 'cols';
  if (!isShape && !mayRead(`\`${name}\``, DATA_MODES, span, context)) return placeholder(span, context);
  return mark({ op: name }, span, context);
}

function reportUnknown(name: string, span: Span, { names, work }: Context): void {
  const what = names.describe(name);
  if (name in FIT_PROCEDURES) {
    names.report(
      'fit-place',
      span,
      `\`${name}\` is a fitting procedure, which is the whole of a fit or a let and no part of a formula`,
    );
  } else if (what === null) {
    const near = nearestName(name, [
      ...memberNames(work.flat),
      ...INPUTS,
      ...BARE_AGGREGATES,
      ...names.known(),
    ]);
    names.report(
      'unknown-name',
      span,
      `nothing is called \`${name}\` here`,
      near === null ? undefined : `did you mean \`${near}\`?`,
    );
  } else {
    const help =
      what === 'a number type' ? `a level is \`${name}[code]\`, the nearest level \`${name}(x)\`` : undefined;
    names.report('not-readable', span, `\`${name}\` is ${what} and has no value`, help);
  }
}

function lowerIndex(expr: Extract<Expression, { kind: 'index' }>, context: Context): Expr {
  const { names, work } = context;
  const indices = expr.indices.map((index) => lowerExpression(index, context));
  const name = expr.of.kind === 'name' ? expr.of.name.text : null;
  const field = name === null ? undefined : work.flat.fields.get(name);
  if (field !== undefined) {
    if (!mayRead(`the field \`${field.name}\``, FIELD_MODES, expr.span, context))
      return placeholder(expr.span, context);
    const dimensions = arrayDimensions(field);
    if (dimensions !== indices.length) {
      const has =
        dimensions === 0
          ? 'is no array'
          : `has ${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'}`;
      names.report(
        'array-index',
        expr.span,
        `\`${field.name}\` ${has}, and here are ${indices.length} indices`,
      );
    }
    return mark({ op: 'field', name: field.name, index: indices }, expr.span, context);
  }
  const number = numberArgument(expr.of, names);
  if (number === null) return placeholder(expr.span, context);
  const { dimension } = resolveNumber(number.type);
  if (indices.length !== (dimension === 1 ? 1 : 2)) {
    const form = dimension === 1 ? 'its code' : `its code and one of its ${dimension} components`;
    names.report('array-index', expr.span, `a level of this number is named by ${form}`);
    return placeholder(expr.span, context);
  }
  return levelExpr(work.numbers.use(number), indices, expr.span, context);
}

/** A level by its code; that of the code nearest to a value is the nearest level. */
function levelExpr(number: string, [code, component]: readonly Expr[], span: Span, context: Context): Expr {
  if (component === undefined && code!.op === 'code_of' && code!.number === number) {
    return mark({ op: 'nearest', number, of: code!.of }, span, context);
  }
  return mark({ op: 'level', number, code: code!, component: component ?? null }, span, context);
}

function lowerFact(expr: Extract<Expression, { kind: 'fact' }>, context: Context): Expr {
  const name = expr.of.kind === 'name' ? expr.of.name.text : '';
  context.names.report(
    'not-readable',
    expr.span,
    `parts of \`${name}\` cannot be named in a formula`,
    `\`${name}\` itself is the value that its format gives`,
  );
  return placeholder(expr.span, context);
}

/** A whole number of at least `least` that may depend on the shape. */
export function lowerSize(expr: Expression, what: string, least: number, context: Context): Size {
  const sized: Context = { ...context, mode: 'size' };
  if (!isConstant(expr, sized)) return lowerExpression(expr, sized);
  const value = evaluateConstant(expr, context.names);
  if (value !== null && (!Number.isSafeInteger(value) || value < least)) {
    context.names.report(
      'out-of-range',
      expr.span,
      `${what} must be a whole number of at least ${least}, and this is ${value}`,
    );
    return least;
  }
  return value ?? least;
}
