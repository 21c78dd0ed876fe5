/**
 * What calls ask of their arguments: how many there are, that one is a number type, that a number is scalar. What is wrong is reported.
 * Specification: docs/design/language.md, "Expressions".
 */
import { resolveNumber } from '@fewerbits/numerics';
import type { Arg, Expression, Span } from './ast.ts';
import type { Names, NumberRef } from './constant.ts';
import type { Report } from './lower/report.ts';
import { suggestion } from './names.ts';

/** The values of arguments without names or ranges, if their count is right. */
export function plainArguments(
  call: { readonly name: { readonly text: string }; readonly args: readonly Arg[]; readonly span: Span },
  names: { readonly report: Report },
  [least, most]: readonly [number, number],
): Expression[] | null {
  const odd = call.args.find((arg) => arg.name !== null || arg.to !== null);
  if (odd !== undefined) {
    names.report(
      'wrong-arguments',
      odd.span,
      `\`${call.name.text}\` takes plain values, without names or ranges`,
    );
    return null;
  }
  if (call.args.length < least || call.args.length > most) {
    const count =
      least === most
        ? `${least}`
        : most === Number.POSITIVE_INFINITY
          ? `at least ${least}`
          : `${least} to ${most}`;
    names.report(
      'wrong-arguments',
      call.span,
      `\`${call.name.text}\` takes ${count} argument${count === '1' ? '' : 's'}, and here are ${call.args.length}`,
    );
    return null;
  }
  return call.args.map((arg) => arg.value);
}

/** The number that an argument must be; reported if it is none. */
export function numberArgument(expr: Expression, names: Names): NumberRef | null {
  const number = names.number(expr);
  if (number !== undefined) return number;
  const name = expr.kind === 'name' ? expr.name.text : null;
  names.report(
    'not-a-number',
    expr.span,
    name === null ? 'a number type is needed here' : `a number type is needed here, and \`${name}\` is none`,
    name === null ? undefined : suggestion(name, names.known()),
  );
  return null;
}

/** Whether a number has single values; vectors are reported. */
export function isScalar(number: NumberRef, span: Span, names: { readonly report: Report }): boolean {
  const { dimension } = resolveNumber(number.type);
  if (dimension === 1) return true;
  names.report(
    'wrong-arguments',
    span,
    `this number is made of vectors of ${dimension}, and a single value is needed`,
  );
  return false;
}
