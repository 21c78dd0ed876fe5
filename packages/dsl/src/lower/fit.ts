/**
 * Fits and lets: an expression, or one of the documented fitting procedures with its arguments.
 * Specification: docs/design/language.md, "Fit".
 */
import type { Expr, FitArgument } from '@fewerbits/format';
import type { Arg, Expression, Span } from '../ast.ts';
import type { Names } from '../constant.ts';
import { FIT_PROCEDURES, type FitProcedure, suggestion } from '../names.ts';
import { bare, type Context, isScope, mark, scopeNames } from './context.ts';
import { lowerExpression, placeholder } from './expression.ts';
import { memberNames } from './flatten.ts';

/** A fit for `count` results; what is wrong is reported. */
export function lowerFit(expr: Expression, count: number, context: Context): Expr {
  const call = procedureCall(expr, context);
  if (call === null) {
    if (count > 1) {
      context.names.report(
        'fit-results',
        expr.span,
        `${count} names share one value here`,
        'a formula has one result; only a fitting procedure has several',
      );
    }
    return lowerExpression(expr, context);
  }
  const procedure = FIT_PROCEDURES[call.name]!;
  if (count > procedure.results.length) {
    const results = procedure.results.join(', ');
    context.names.report(
      'fit-results',
      expr.span,
      `\`${call.name}\` gives ${results}, and here are ${count} names`,
    );
  }
  return lowerProcedure(call, procedure, expr, context) ?? placeholder(expr.span, context);
}

/** Reports a procedure with several results where `fields` fields would each get the first one. */
export function reportSharedResults(fields: number, expr: Expression, names: Names, span: Span): void {
  const call = bare(expr);
  const name = call.kind === 'call' ? call.name.text : '';
  if (fields === 1 || (FIT_PROCEDURES[name]?.results.length ?? 1) === 1) return;
  names.report(
    'fit-results',
    span,
    `the results of \`${name}\` are not shared out over fields`,
    `take them with \`let a, b = ${name}(…)\``,
  );
}

interface ProcedureCall {
  readonly name: string;
  readonly args: readonly Arg[];
}

function procedureCall(expr: Expression, { work }: Context): ProcedureCall | null {
  const inner = bare(expr);
  if (inner.kind !== 'call' && inner.kind !== 'name') return null;
  const name = inner.name.text;
  if (!Object.hasOwn(FIT_PROCEDURES, name)) return null;
  if (inner.kind === 'call') return { name, args: inner.args };
  return memberNames(work.flat).includes(name) ? null : { name, args: [] };
}

function lowerProcedure(
  { name, args }: ProcedureCall,
  procedure: FitProcedure,
  expr: Expression,
  context: Context,
): Expr | null {
  const { names } = context;
  const lowered: Record<string, FitArgument> = {};
  let position = 0;
  let good = true;
  for (const arg of args) {
    const place = arg.name === null ? position++ : 0;
    const key = arg.name?.text ?? procedure.also?.[place] ?? String(place);
    const known = arg.name === null ? position <= procedure.positional[1] : procedure.named.includes(key);
    if (!known || Object.hasOwn(lowered, key)) {
      good = false;
      if (arg.name === null) {
        const help =
          procedure.named.length > 0 ? `its arguments have names: ${procedure.named.join(', ')}` : undefined;
        names.report(
          'wrong-arguments',
          arg.span,
          `\`${name}\` takes ${procedure.positional[1]} arguments without a name`,
          help,
        );
      } else {
        const message = known ? `\`${key}\` is given twice` : `\`${name}\` has no argument \`${key}\``;
        names.report(
          'wrong-arguments',
          arg.name.span,
          message,
          known ? undefined : suggestion(key, procedure.named),
        );
      }
      continue;
    }
    const value = lowerArgument(key, arg, procedure, context);
    if (value === null) good = false;
    else lowered[key] = value;
  }
  const missing = procedure.required.find(
    (key) => !Object.hasOwn(lowered, key) && !args.some((arg) => arg.name?.text === key),
  );
  if (missing !== undefined || position < procedure.positional[0]) {
    const what =
      missing === undefined ? `${procedure.positional[0]} arguments without a name` : `\`${missing}:\``;
    names.report('wrong-arguments', expr.span, `\`${name}\` needs ${what}`);
    return null;
  }
  return good ? mark({ op: 'fit', name, args: lowered }, expr.span, context) : null;
}

function lowerArgument(key: string, arg: Arg, procedure: FitProcedure, context: Context): FitArgument | null {
  const { names, work } = context;
  const value = bare(arg.value);
  if (arg.to !== null) {
    return { arg: 'range', from: lowerExpression(arg.value, context), to: lowerExpression(arg.to, context) };
  }
  const words = procedure.words?.[key];
  if (words !== undefined || key === 'across') {
    const word = value.kind === 'name' ? value.name.text : '';
    if (words?.includes(word) ?? isScope(work.flat, word)) return { arg: 'word', word };
    names.report(
      'unknown-word',
      arg.span,
      `\`${key}:\` takes ${words === undefined ? 'a scope' : 'one of a few words'}`,
      suggestion(word, words ?? scopeNames(work.flat)),
    );
    return null;
  }
  if (key === 'levels') {
    const number = names.number(value);
    if (number === null) return null;
    if (number !== undefined) return { arg: 'number', number: work.numbers.use(number) };
  }
  return { arg: 'expr', expr: lowerExpression(arg.value, context) };
}
