/**
 * Parameters of families: arguments matched with names, values checked against types and ranges.
 * Specification: docs/design/language.md, "Parameters".
 */
import { describeNumber } from '@fewerbits/numerics';
import type { Arg, Expression, Param } from '../ast.ts';
import { numberArgument } from '../call-arguments.ts';
import { evaluateConstant, type Names, type NumberRef } from '../constant.ts';
import type { CheckCode } from '../diagnostics/check-codes.ts';
import { suggestion } from '../names.ts';

/** Values of parameters. */
export interface Bindings {
  readonly constants: ReadonlyMap<string, number>;
  readonly numbers: ReadonlyMap<string, NumberRef>;
}

/** No parameters. */
export const NO_BINDINGS: Bindings = { constants: new Map(), numbers: new Map() };

/** A value given for a parameter, and where a complaint about it belongs. */
export interface Given {
  readonly value: number | NumberRef;
  readonly complain: (code: CheckCode, message: string, help?: string) => void;
}

/** The `.qf` text of a number, as it names parameters: its name, or its type written out. */
export function numberText(ref: NumberRef): string {
  return ref.name ?? describeNumber(ref.type);
}

/** Arguments by the names of parameters; evaluated in the caller's file. Null if one is wrong, which is reported. */
export function matchArguments(
  params: readonly Param[],
  args: readonly Arg[],
  owner: string,
  caller: Names,
): Map<string, Given> | null {
  const given = new Map<string, Given>();
  let good = true;
  let position = 0;
  for (const arg of args) {
    const param =
      arg.name === null ? params[position++] : params.find(({ name }) => name.text === arg.name!.text);
    if (param === undefined) {
      good = false;
      if (arg.name === null) {
        const count = params.length === 1 ? 'one parameter' : `${params.length} parameters`;
        caller.report(
          'wrong-arguments',
          arg.span,
          `${owner} has ${count}, and this argument is one too many`,
        );
      } else {
        const help = suggestion(
          arg.name.text,
          params.map(({ name }) => name.text),
        );
        caller.report(
          'wrong-arguments',
          arg.name.span,
          `${owner} has no parameter \`${arg.name.text}\``,
          help,
        );
      }
      continue;
    }
    const name = param.name.text;
    if (given.has(name) || arg.to !== null) {
      const message =
        arg.to === null ? `\`${name}\` is given twice` : `\`${name}\` is one value, not a range`;
      caller.report('wrong-arguments', arg.span, message);
      good = false;
      continue;
    }
    const value =
      param.type.text === 'number' ? numberArgument(arg.value, caller) : evaluateConstant(arg.value, caller);
    if (value === null) good = false;
    else
      given.set(name, {
        value,
        complain: (code, message, help) => caller.report(code, arg.span, message, help),
      });
  }
  return good ? given : null;
}

/**
 * Values of all parameters: given ones, else defaults, which may use the parameters before them.
 * Null if one is missing, of another type or out of range, which is reported.
 */
export function bindParameters(
  params: readonly Param[],
  given: ReadonlyMap<string, Given>,
  namesWith: (bindings: Bindings) => Names,
  missing: (message: string, help?: string) => void,
): Bindings | null {
  const constants = new Map<string, number>();
  const numbers = new Map<string, NumberRef>();
  const names = namesWith({ constants, numbers });
  let good = true;
  for (const param of params) {
    const value = parameterValue(param, given.get(param.name.text), names, missing);
    if (value === null) good = false;
    else if (typeof value === 'number') constants.set(param.name.text, value);
    else numbers.set(param.name.text, value);
  }
  return good ? { constants, numbers } : null;
}

function parameterValue(
  param: Param,
  given: Given | undefined,
  names: Names,
  missing: (message: string, help?: string) => void,
): number | NumberRef | null {
  const { type, name } = param;
  if (type.text !== 'int' && type.text !== 'real' && type.text !== 'number') {
    const help = suggestion(type.text, ['int', 'real', 'number']);
    names.report('unknown-word', type.span, `there is no parameter type \`${type.text}\``, help);
    return null;
  }
  if (given === undefined && param.default === null) {
    missing(`the parameter \`${name.text}\` has no default and is not given`, `write \`${name.text}: …\``);
    return null;
  }
  const complain: Given['complain'] =
    given?.complain ?? ((code, message, help) => names.report(code, param.span, message, help));
  const value = given?.value ?? defaultOf(param, param.default!, names);
  if (value === null) return null;
  if (type.text === 'number') {
    if (typeof value !== 'number') return value;
    complain('parameter-type', `\`${name.text}\` is a number type, and ${value} is a plain value`);
    return null;
  }
  if (typeof value !== 'number') {
    complain(
      'parameter-type',
      `\`${name.text}\` is ${type.text === 'int' ? 'a whole number' : 'a plain value'}, and this is a number type`,
    );
    return null;
  }
  if (type.text === 'int' && !Number.isSafeInteger(value)) {
    complain('parameter-type', `\`${name.text}\` is a whole number, and ${value} is none`);
    return null;
  }
  return inRange(param, value, names, complain) ? value : null;
}

function defaultOf(param: Param, expr: Expression, names: Names): number | NumberRef | null {
  return param.type.text === 'number' ? numberArgument(expr, names) : evaluateConstant(expr, names);
}

function inRange(param: Param, value: number, names: Names, complain: Given['complain']): boolean {
  const range = parameterRange(param, names);
  if (range === null) return true;
  const good = 'list' in range ? range.list.includes(value) : value >= range.from && value <= range.to;
  if (good) return true;
  const allowed = 'list' in range ? `one of ${range.list.join(', ')}` : `in ${range.from}..${range.to}`;
  complain('parameter-range', `\`${param.name.text}\` must be ${allowed}, and this is ${value}`);
  return false;
}

/** The values that a parameter allows; null if it does not say. */
export type ParameterRange =
  | { readonly list: readonly number[] }
  | { readonly from: number; readonly to: number };

/** The evaluated range of a parameter; null if it has none (or a wrong one, which is reported). */
export function parameterRange(param: Param, names: Names): ParameterRange | null {
  const { range } = param;
  if (range === null) return null;
  if (param.type.text === 'number') {
    names.report('parameter-range', param.span, 'a parameter that is a number type has no range');
    return null;
  }
  if ('list' in range) {
    const list = range.list.map((item) => evaluateConstant(item, names));
    return list.every((item) => item !== null) ? { list } : null;
  }
  const from = evaluateConstant(range.from, names);
  const to = evaluateConstant(range.to, names);
  if (from === null || to === null) return null;
  if (from <= to) return { from, to };
  names.report(
    'parameter-range',
    param.span,
    `the range ${from}..${to} of \`${param.name.text}\` holds nothing`,
  );
  return null;
}
