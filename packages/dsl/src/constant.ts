/**
 * Constant expressions: binary64 arithmetic on literals, parameters, facts and levels of numbers, compiled once into a
 * closure so that a table of 65,536 levels costs 65,536 calls and no walk over the tree.
 *
 * Whole numbers beyond 2^53 stay exact through `+ - *` (as `u32(s * 89226354 + 64248484)` needs) up to 128 bits.
 * Knows nothing of fields or data: a name is a variable of the enclosing lambda, a parameter or a number.
 * Specification: docs/design/language.md, "Expressions" ("a part without data is computed in binary64").
 */
import { FUNCTION_ARITY, FUNCTIONS, type FunctionName } from '@fewerbits/format';
import type { NumberType } from '@fewerbits/numerics';
import { numberFacts, resolveNumber } from '@fewerbits/numerics';
import type { BinaryOperator, Expression, Span } from './ast.ts';
import { isScalar, numberArgument, plainArguments } from './call-arguments.ts';
import { applyFunction, asNumber, binary, bitField, type Constant } from './constant-functions.ts';
import type { Report } from './lower/report.ts';
import { isFunctionName, isOneOf, NUMBER_FACTS, nearestName, suggestion } from './names.ts';

/** A number that an expression names or builds. */
export interface NumberRef {
  readonly type: NumberType;
  /** The declared or prelude name, if the expression is that name and nothing else. */
  readonly name: string | null;
  /** Declared numbers that the type's source text mentions, and so must be declared wherever that text is printed. */
  readonly mentions: ReadonlyMap<string, NumberType>;
}

/** What names mean where an expression stands. */
export interface Names {
  readonly report: Report;
  /** Parameters of type `int` and `real`. */
  readonly constants: ReadonlyMap<string, number>;
  /** The number that an expression denotes; null: one that is wrong (and reported); undefined: not a number at all. */
  readonly number: (expr: Expression) => NumberRef | null | undefined;
  /** What a name that is no constant is (`a field`), or null if it is unknown. */
  readonly describe: (name: string) => string | null;
  /** Every name that may be meant. */
  readonly known: () => readonly string[];
}

interface Compiled {
  /** The value, if no variable is read. */
  readonly constant: Constant | null;
  readonly run: Evaluate;
}

/** A compiled expression; `slots` hold the variables that it was compiled with. */
export type Evaluate = (slots: readonly Constant[]) => Constant;

/** Compiles an expression over variables; null if something was wrong, which is reported. */
export function compileConstant(
  expr: Expression,
  names: Names,
  variables: readonly string[],
): Evaluate | null {
  return compile(expr, names, variables)?.run ?? null;
}

/** The value of a constant expression, or null if it is wrong or not finite, which is reported. */
export function evaluateConstant(expr: Expression, names: Names): number | null {
  const compiled = compile(expr, names, []);
  if (compiled === null) return null;
  const value = compiled.constant ?? compiled.run([]);
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    names.report(
      'not-constant',
      expr.span,
      'this is a vector where a single value is needed',
      'write N[code, component]',
    );
    return null;
  }
  const single = asNumber(value);
  if (!Number.isFinite(single)) {
    names.report('not-finite', expr.span, `this constant is ${String(single)}`);
    return null;
  }
  return single === 0 ? 0 : single;
}

/** A whole constant within bounds, or null, which is reported; `what` names it in the message. */
export function evaluateWhole(
  expr: Expression,
  names: Names,
  what: string,
  least: number,
  most: number,
): number | null {
  const value = evaluateConstant(expr, names);
  if (value === null) return null;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  names.report(
    'out-of-range',
    expr.span,
    `${what} must be a whole number from ${least} to ${most}, and this is ${value}`,
  );
  return null;
}

function compile(expr: Expression, names: Names, variables: readonly string[]): Compiled | null {
  switch (expr.kind) {
    case 'number':
      return fixed(expr.value);
    case 'group':
      return compile(expr.of, names, variables);
    case 'negate':
      return combine1(expr.of, names, variables, negate);
    case 'binary':
      return combine2([expr.left, expr.right], names, variables, operation(expr.operator));
    case 'name':
      return compileName(expr.name.text, expr.span, names, variables);
    case 'call':
      return compileCall(expr, names, variables);
    case 'index':
      return compileLevel(expr, names, variables);
    case 'fact':
      return compileFact(expr, names);
    default:
      names.report('not-constant', expr.span, 'a constant is needed here, and this is a number type');
      return null;
  }
}

function fixed(value: Constant): Compiled {
  return { constant: value, run: () => value };
}

type Unary = (value: Constant) => Constant;
type Binary = (left: Constant, right: Constant) => Constant;

/** One operand; folded where it reads no variable. */
function combine1(
  operand: Expression,
  names: Names,
  variables: readonly string[],
  apply: Unary,
): Compiled | null {
  const part = compile(operand, names, variables);
  if (part === null) return null;
  if (part.constant !== null) return fixed(apply(part.constant));
  const { run } = part;
  return { constant: null, run: (slots) => apply(run(slots)) };
}

/** Two operands; both are compiled, so that both may complain. */
function combine2(
  operands: readonly Expression[],
  names: Names,
  variables: readonly string[],
  apply: Binary,
): Compiled | null {
  const [left, right] = operands.map((operand) => compile(operand, names, variables));
  if (left === null || right === null) return null;
  if (left!.constant !== null && right!.constant !== null)
    return fixed(apply(left!.constant, right!.constant));
  const [a, b] = [left!.run, right!.run];
  return { constant: null, run: (slots) => apply(a(slots), b(slots)) };
}

/** Any number of operands. */
function combine(
  operands: readonly Expression[],
  names: Names,
  variables: readonly string[],
  apply: (values: readonly Constant[]) => Constant,
): Compiled | null {
  const parts = operands.map((operand) => compile(operand, names, variables));
  if (!parts.every((part) => part !== null)) return null;
  if (parts.every((part) => part.constant !== null)) return fixed(apply(parts.map((part) => part.constant!)));
  const runs = parts.map((part) => part.run);
  return { constant: null, run: (slots) => apply(runs.map((run) => run(slots))) };
}

function compileName(name: string, span: Span, names: Names, variables: readonly string[]): Compiled | null {
  const slot = variables.lastIndexOf(name);
  if (slot >= 0) return { constant: null, run: (slots) => slots[slot]! };
  const value = names.constants.get(name);
  if (value !== undefined) return fixed(value);
  const what = names.describe(name);
  if (what === null) {
    names.report('unknown-name', span, `nothing is called \`${name}\` here`, nearest(name, names, variables));
  } else names.report('not-constant', span, `a constant is needed here, and \`${name}\` is ${what}`);
  return null;
}

function nearest(name: string, names: Names, variables: readonly string[]): string | undefined {
  const found = nearestName(name, [...variables, ...names.known()]);
  return found === null ? undefined : `did you mean \`${found}\`?`;
}

type Call = Extract<Expression, { kind: 'call' }>;

function compileCall(expr: Call, names: Names, variables: readonly string[]): Compiled | null {
  const name = expr.name.text;
  if (name === 'bits') return compileBits(expr, names, variables);
  if (name === 'code_of') return compileCodeOf(expr, names, variables);
  if (name === 'sum' && expr.args.length === 1) {
    return combine1(expr.args[0]!.value, names, variables, total);
  }
  if (isFunctionName(name)) {
    const operands = plainArguments(expr, names, FUNCTION_ARITY[name]);
    if (operands === null) return null;
    return compileFunction(name, operands, names, variables);
  }
  const number = names.number({ kind: 'name', name: expr.name, span: expr.name.span });
  if (number === null) return null;
  if (number === undefined) {
    const known = [...Object.keys(FUNCTION_ARITY), 'bits', 'sum', 'code_of', ...names.known()];
    names.report(
      'unknown-function',
      expr.name.span,
      `there is no function or number \`${name}\``,
      suggestion(name, known),
    );
    return null;
  }
  const operands = plainArguments(expr, names, [1, 1]);
  if (operands === null || !isScalar(number, expr.span, names)) return null;
  const resolved = resolveNumber(number.type);
  return combine1(operands[0]!, names, variables, (value) =>
    resolved.levelOf(resolved.codeOf(asNumber(value))),
  );
}

function compileFunction(
  name: FunctionName,
  operands: readonly Expression[],
  names: Names,
  variables: readonly string[],
): Compiled | null {
  const apply = FUNCTIONS[name];
  const isNumber = (value: Constant): value is number => typeof value === 'number';
  // Nearly every call has one or two plain operands: no list is made for them.
  if (operands.length === 1) {
    return combine1(operands[0]!, names, variables, (a) =>
      isNumber(a) ? apply(a) : applyFunction(name, [a]),
    );
  }
  if (operands.length === 2) {
    return combine2(operands, names, variables, (a, b) =>
      isNumber(a) && isNumber(b) ? apply(a, b) : applyFunction(name, [a, b]),
    );
  }
  return combine(operands, names, variables, (values) => applyFunction(name, values));
}

function compileBits(expr: Call, names: Names, variables: readonly string[]): Compiled | null {
  const range = bitRange(expr, names);
  if (range === null) return null;
  return combine1(expr.args[0]!.value, names, variables, (value) => bitField(value, range.from, range.to));
}

/** The two ends of `bits(x, from..to)`. */
export function bitRange(expr: Call, names: Names): { from: number; to: number } | null {
  const [value, range] = expr.args;
  if (expr.args.length !== 2 || value!.to !== null || range!.to === null || value!.name !== null) {
    names.report(
      'wrong-arguments',
      expr.span,
      '`bits` takes a value and a range of bits',
      'write `bits(x, 0..4)`',
    );
    return null;
  }
  const from = evaluateWhole(range!.value, names, 'the first bit', 0, 63);
  const to = evaluateWhole(range!.to, names, 'the bit after the last', 1, 64);
  if (from === null || to === null) return null;
  if (from < to) return { from, to };
  names.report('out-of-range', range!.span, `the range ${from}..${to} holds no bits`);
  return null;
}

function compileCodeOf(expr: Call, names: Names, variables: readonly string[]): Compiled | null {
  const operands = plainArguments(expr, names, [2, 2]);
  if (operands === null) return null;
  const number = numberArgument(operands[0]!, names);
  if (number === null || !isScalar(number, expr.span, names)) return null;
  const resolved = resolveNumber(number.type);
  return combine1(operands[1]!, names, variables, (value) => resolved.codeOf(asNumber(value)));
}

type Index = Extract<Expression, { kind: 'index' }>;

function compileLevel(expr: Index, names: Names, variables: readonly string[]): Compiled | null {
  const number = numberArgument(expr.of, names);
  if (number === null) return null;
  const resolved = resolveNumber(number.type);
  const { codes, dimension, levels } = resolved;
  const level = (index: Constant, component: number): number => {
    const at = asNumber(index);
    const isThere = at >= 0 && at < codes && Number.isInteger(at) && component >= 0 && component < dimension;
    if (!isThere) return Number.NaN;
    return levels === null ? resolved.levelOf(at, component) : levels[at * dimension + component]!;
  };
  if (expr.indices.length === 2) {
    return combine2(expr.indices, names, variables, (at, part) => level(at, asNumber(part)));
  }
  if (expr.indices.length !== 1) {
    names.report('wrong-arguments', expr.span, 'a level is named by its code, and for vectors its component');
    return null;
  }
  const [index] = expr.indices;
  if (dimension === 1) return combine1(index!, names, variables, (at) => level(at, 0));
  return combine1(index!, names, variables, (at) => {
    const vector = new Array<number>(dimension);
    for (let component = 0; component < dimension; component++) vector[component] = level(at, component);
    return vector;
  });
}

function compileFact(expr: Extract<Expression, { kind: 'fact' }>, names: Names): Compiled | null {
  const number = numberArgument(expr.of, names);
  if (number === null) return null;
  const value = numberFact(number.type, expr.name.text);
  if (value !== null) return fixed(value);
  if (isOneOf(NUMBER_FACTS, expr.name.text)) {
    names.report('unknown-fact', expr.name.span, `this number has no \`${expr.name.text}\``);
  } else {
    const help = suggestion(expr.name.text, NUMBER_FACTS);
    names.report('unknown-fact', expr.name.span, `numbers have no fact called \`${expr.name.text}\``, help);
  }
  return null;
}

/** A fact of a number (`max`, `min`, `levels`, `bits`, `mantissa`, `emax`), or null if it has none of that name. */
export function numberFact(type: NumberType, name: string): number | null {
  if (!isOneOf(NUMBER_FACTS, name)) return null;
  const value = numberFacts(resolveNumber(type))[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function negate(value: Constant): Constant {
  return typeof value === 'bigint' ? -value : typeof value === 'number' ? -value : value.map((part) => -part);
}

function operation(operator: BinaryOperator): Binary {
  return (left, right) => binary(operator, left, right);
}

function total(value: Constant): number {
  if (typeof value === 'number' || typeof value === 'bigint') return asNumber(value);
  let sum = 0;
  for (const part of value) sum += part;
  return sum;
}
