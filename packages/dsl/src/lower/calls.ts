/**
 * Calls in the expressions of a format: functions, aggregates, levels of numbers and the calls with a form of their own.
 * Specification: docs/design/language.md, "Expressions" (the table of functions).
 */
import { type Expr, FUNCTION_ARITY } from '@fewerbits/format';
import type { Expression } from '../ast.ts';
import { isScalar, numberArgument, plainArguments } from '../call-arguments.ts';
import { bitRange, evaluateWhole } from '../constant.ts';
import { AGGREGATES, FIT_PROCEDURES, isFunctionName, isOneOf, SPECIAL_CALLS, suggestion } from '../names.ts';
import { arrayDimensions, bare, type Context, isScope, mark, scopeNames } from './context.ts';
import { FIELD_MODES, lowerExpression, mayRead, placeholder } from './expression.ts';
import type { FlatField } from './flatten.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** Lowers a call that reads data or positions; what is wrong is reported. */
export function lowerCall(expr: Call, context: Context): Expr {
  return lower(expr, context) ?? placeholder(expr.span, context);
}

function lower(expr: Call, context: Context): Expr | null {
  const name = expr.name.text;
  if (isOneOf(SPECIAL_CALLS, name)) return lowerSpecial(name, expr, context);
  const reduces = isOneOf(AGGREGATES, name) && (!isFunctionName(name) || expr.args.length === 1);
  if (reduces) {
    const operands = plainArguments(expr, context.names, [1, 1]);
    if (operands === null || !mayRead(`\`${name}\``, ['fit', 'select'], expr.span, context)) return null;
    return mark({ op: 'aggregate', name, of: lowerExpression(operands[0]!, context) }, expr.span, context);
  }
  if (isFunctionName(name)) {
    const operands = plainArguments(expr, context.names, FUNCTION_ARITY[name]);
    if (operands === null) return null;
    return mark(
      { op: 'call', name, args: operands.map((operand) => lowerExpression(operand, context)) },
      expr.span,
      context,
    );
  }
  return lowerNearest(expr, context);
}

/** `N(x)`: the nearest level. */
function lowerNearest(expr: Call, context: Context): Expr | null {
  const { names, work } = context;
  const name = expr.name.text;
  const number = names.number({ kind: 'name', name: expr.name, span: expr.name.span });
  if (number === null) return null;
  if (number === undefined) {
    if (name in FIT_PROCEDURES) {
      names.report(
        'fit-place',
        expr.span,
        `\`${name}\` is a fitting procedure, which is the whole of a fit or a let and no part of a formula`,
      );
    } else {
      const known = [
        ...Object.keys(FUNCTION_ARITY),
        ...AGGREGATES,
        ...SPECIAL_CALLS,
        ...Object.keys(FIT_PROCEDURES),
        ...names.known(),
      ];
      names.report(
        'unknown-function',
        expr.name.span,
        `there is no function or number \`${name}\``,
        suggestion(name, known),
      );
    }
    return null;
  }
  const operands = plainArguments(expr, names, [1, 1]);
  if (operands === null || !isScalar(number, expr.span, names)) return null;
  return mark(
    { op: 'nearest', number: work.numbers.use(number), of: lowerExpression(operands[0]!, context) },
    expr.span,
    context,
  );
}

function lowerSpecial(name: (typeof SPECIAL_CALLS)[number], expr: Call, context: Context): Expr | null {
  const { names, work } = context;
  switch (name) {
    case 'bits': {
      const range = bitRange(expr, names);
      if (range === null) return null;
      return mark(
        { op: 'bits', of: lowerExpression(expr.args[0]!.value, context), ...range },
        expr.span,
        context,
      );
    }
    case 'code_of': {
      const operands = plainArguments(expr, names, [2, 2]);
      const number = operands === null ? null : numberArgument(operands[0]!, names);
      if (number === null || !isScalar(number, expr.span, names)) return null;
      const of = lowerExpression(operands![1]!, context);
      return mark({ op: 'code_of', number: work.numbers.use(number), of }, expr.span, context);
    }
    case 'at':
      return lowerAt(expr, context);
    case 'unrounded': {
      const operands = plainArguments(expr, names, [1, 1]);
      const field = operands === null ? null : fieldArgument(operands[0]!, context);
      if (field === null || !mayRead('what storage rounded away', ['fit', 'outlier'], expr.span, context))
        return null;
      if (field.fit === null) {
        names.report(
          'not-readable',
          expr.span,
          `\`${field.name}\` has no fit, so there is nothing that storage rounds`,
        );
        return null;
      }
      return mark({ op: 'unrounded', field: field.name }, expr.span, context);
    }
    case 'window':
      return lowerWindow(expr, context);
    case 'dot': {
      const operands = plainArguments(expr, names, [2, 2]);
      const left = operands === null ? null : fieldArgument(operands[0]!, context);
      const right = operands === null ? null : fieldArgument(operands[1]!, context);
      if (left === null || right === null) return null;
      if (arrayDimensions(left) !== 1 || arrayDimensions(right) !== 1) {
        names.report('array-index', expr.span, '`dot` takes two fields that are arrays of one dimension');
        return null;
      }
      return mark({ op: 'dot', left: left.name, right: right.name }, expr.span, context);
    }
  }
}

function lowerAt(expr: Call, context: Context): Expr | null {
  const operands = plainArguments(expr, context.names, [1, 1]);
  if (operands === null || !mayRead('a position', FIELD_MODES, expr.span, context)) return null;
  const operand = bare(operands[0]!);
  const scope = operand.kind === 'name' ? operand.name.text : null;
  if (scope !== null && isScope(context.work.flat, scope))
    return mark({ op: 'at', scope }, expr.span, context);
  const message = scope === null ? '`at` takes a scope' : `there is no scope \`${scope}\``;
  context.names.report(
    'unknown-scope',
    operand.span,
    message,
    suggestion(scope ?? '', scopeNames(context.work.flat)),
  );
  return null;
}

function lowerWindow(expr: Call, context: Context): Expr | null {
  const operands = plainArguments(expr, context.names, [2, 2]);
  const field = operands === null ? null : fieldArgument(operands[0]!, context);
  const bits = operands === null ? null : evaluateWhole(operands[1]!, context.names, 'a window', 1, 32);
  if (field === null || bits === null) return null;
  if (field.scope !== 'each' || arrayDimensions(field) > 0) {
    context.names.report(
      'not-readable',
      expr.span,
      `a window runs over codes in \`each\`, and \`${field.name}\` is not one`,
    );
    return null;
  }
  return mark({ op: 'window', field: field.name, bits }, expr.span, context);
}

function fieldArgument(expr: Expression, context: Context): FlatField | null {
  const { names, work } = context;
  const operand = bare(expr);
  const name = operand.kind === 'name' ? operand.name.text : null;
  const field = name === null ? undefined : work.flat.fields.get(name);
  if (field === undefined) {
    const message = name === null ? 'a field is needed here' : `there is no field \`${name}\``;
    names.report('unknown-name', operand.span, message, suggestion(name ?? '', [...work.flat.fields.keys()]));
    return null;
  }
  return mayRead(`the field \`${field.name}\``, FIELD_MODES, expr.span, context) ? field : null;
}
