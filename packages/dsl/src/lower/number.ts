/**
 * Numbers: from a type expression to a NumberType with its rounding, overflow and moves.
 * Knows files and parameters, nothing of formats. Everything wrong is reported and gives null.
 * Specification: docs/design/language.md, "Numbers".
 */

import type { IntCoding, NumberType, Rounding, Specials } from '@fewerbits/numerics';
import {
  float,
  grid,
  int,
  move,
  preludeNumber,
  ROUNDINGS,
  resolveNumber,
  signs,
  uint,
  withExcept,
  withOverflow,
  withRounding,
} from '@fewerbits/numerics';
import type { Arg, Expression, Modifier, Span, TypeExpr } from '../ast.ts';
import { evaluateConstant, evaluateWhole, type Names, type NumberRef } from '../constant.ts';
import { CODINGS, isOneOf, OVERFLOWS, SPECIALS, suggestion } from '../names.ts';
import { lowerDensity } from './density.ts';
import { lowerCodebook, lowerCurve, lowerTable, type Precision } from './levels.ts';

/** What number expressions may refer to. */
export interface NumberScope {
  readonly precision: Precision;
  /** Whether a declared number (with or without parameters) has this name. */
  readonly isDeclared: (name: string) => 'plain' | 'family' | null;
  /** A declared number with arguments; null if it is wrong. */
  readonly declared: (name: string, args: readonly Arg[], span: Span) => NumberRef | null;
  /** Parameters of type `number`. */
  readonly parameters: ReadonlyMap<string, NumberRef>;
}

const NONE: ReadonlyMap<string, NumberType> = new Map();

/** The number of a type expression with its modifiers. */
export function lowerType(type: TypeExpr, names: Names): NumberRef | null {
  let ref = names.number(type.expr);
  if (ref === undefined) {
    reportNoNumber(type.expr, names);
    return null;
  }
  for (const modifier of type.modifiers) {
    if (ref === null) return null;
    const changed = modified(ref.type, modifier, names);
    ref = changed === null ? null : { type: changed, name: null, mentions: ref.mentions };
  }
  return ref;
}

function reportNoNumber(expr: Expression, names: Names): void {
  const name = expr.kind === 'name' || expr.kind === 'call' ? expr.name : null;
  if (name === null) {
    names.report('not-a-number', expr.span, 'a number type is needed here, and this is a plain value');
    return;
  }
  const what = names.describe(name.text);
  const message =
    what === null ? `there is no number \`${name.text}\`` : `\`${name.text}\` is ${what} and no number type`;
  names.report(
    'not-a-number',
    name.span,
    message,
    what === null ? suggestion(name.text, names.known()) : undefined,
  );
}

/**
 * The number that an expression denotes: null if it is one but wrong, which is reported; undefined if it is none.
 */
export function lowerNumber(
  expr: Expression,
  names: Names,
  scope: NumberScope,
): NumberRef | null | undefined {
  switch (expr.kind) {
    case 'group':
      return lowerNumber(expr.of, names, scope);
    case 'name':
      return lowerName(expr.name.text, expr.span, names, scope);
    case 'call':
      return lowerCall(expr, names, scope);
    case 'codebook':
      return lowerCodebook(expr, names, scope.precision);
    case 'curve':
      return lowerCurve(expr, names, scope.precision);
    case 'table':
      return lowerTable(expr, names, scope.precision);
    case 'density':
      return lowerDensity(expr, names, scope.precision);
    case 'negate':
      return denotesNumber(expr.of, names, scope)
        ? moved(expr.of, '*', -1, false, expr.span, names, scope)
        : undefined;
    case 'binary':
      return lowerMove(expr, names, scope);
    default:
      return undefined;
  }
}

/** Whether an expression is about a number type at all, right or wrong; evaluates nothing. */
function denotesNumber(expr: Expression, names: Names, scope: NumberScope): boolean {
  switch (expr.kind) {
    case 'group':
    case 'negate':
      return denotesNumber(expr.of, names, scope);
    case 'binary':
      return (
        isArithmetic(expr.operator) &&
        (denotesNumber(expr.left, names, scope) || denotesNumber(expr.right, names, scope))
      );
    case 'name': {
      const name = expr.name.text;
      if (names.constants.has(name)) return false;
      return (
        name === 'grid' ||
        scope.parameters.has(name) ||
        scope.isDeclared(name) !== null ||
        prelude(name) !== null
      );
    }
    case 'call':
      return (
        ['uint', 'int', 'float', 'signs'].includes(expr.name.text) ||
        scope.isDeclared(expr.name.text) === 'family'
      );
    case 'codebook':
    case 'curve':
    case 'table':
    case 'density':
      return true;
    default:
      return false;
  }
}

function isArithmetic(operator: string): operator is '+' | '-' | '*' | '/' {
  return operator === '+' || operator === '-' || operator === '*' || operator === '/';
}

function prelude(name: string): NumberType | null {
  return preludeNumber(name) ?? null;
}

function lowerName(name: string, span: Span, names: Names, scope: NumberScope): NumberRef | null | undefined {
  if (names.constants.has(name)) return undefined;
  const parameter = scope.parameters.get(name);
  if (parameter !== undefined) return parameter;
  if (scope.isDeclared(name) !== null) return scope.declared(name, [], span);
  const known = prelude(name);
  if (known !== null) return { type: known, name, mentions: NONE };
  return name === 'grid' ? { type: grid(), name: null, mentions: NONE } : undefined;
}

type Call = Extract<Expression, { kind: 'call' }>;

function lowerCall(expr: Call, names: Names, scope: NumberScope): NumberRef | null | undefined {
  const made = (type: NumberType | null): NumberRef | null =>
    type === null ? null : { type, name: null, mentions: NONE };
  switch (expr.name.text) {
    case 'uint':
      return made(lowerUint(expr, names));
    case 'int':
      return made(lowerInt(expr, names));
    case 'float':
      return made(lowerFloat(expr, names));
    case 'signs':
      return made(lowerSigns(expr, names));
    case 'grid':
      return made(attempt(() => grid(), expr.span, names));
    default:
      if (scope.isDeclared(expr.name.text) !== 'family') return undefined;
      return scope.declared(expr.name.text, expr.args, expr.span);
  }
}

/** Runs a constructor of `@fewerbits/numerics`, whose refusals become diagnostics. */
function attempt(build: () => NumberType, span: Span, names: Names): NumberType | null {
  try {
    const type = build();
    resolveNumber(type);
    return type;
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
    names.report('bad-number', span, error.message);
    return null;
  }
}

function lowerUint(expr: Call, names: Names): NumberType | null {
  const [width] = expr.args;
  if (expr.args.length !== 1 || width!.to !== null)
    return wrong(expr, names, '`uint` takes its width in bits', '`uint(4)`');
  const bits = evaluateWhole(width!.value, names, 'the width of an integer', 1, 32);
  return bits === null ? null : attempt(() => uint(bits), expr.span, names);
}

function lowerInt(expr: Call, names: Names): NumberType | null {
  const [range, coding] = expr.args;
  if (range === undefined || range.to === null || expr.args.length > 2) {
    return wrong(
      expr,
      names,
      '`int` takes a range and, if it likes, a coding',
      '`int(-7..7)` or `int(-7..8, offset)`',
    );
  }
  const word = coding === undefined ? null : wordArgument(coding, CODINGS, 'a coding', names);
  if (coding !== undefined && word === null) return null;
  const low = evaluateConstant(range.value, names);
  const high = evaluateConstant(range.to, names);
  if (low === null || high === null) return null;
  if (!Number.isInteger(low) || !Number.isInteger(high) || low >= high) {
    names.report(
      'out-of-range',
      range.span,
      `the range ${low}..${high} is not one of whole numbers that rise`,
    );
    return null;
  }
  return attempt(
    () => (word === null ? int(low, high) : int(low, high, word as IntCoding)),
    expr.span,
    names,
  );
}

/** An argument that must be one of a few words. */
function wordArgument<T extends string>(arg: Arg, words: readonly T[], what: string, names: Names): T | null {
  const word = arg.value.kind === 'name' && arg.to === null ? arg.value.name.text : null;
  if (word !== null && isOneOf(words, word)) return word;
  const message = word === null ? `${what} is one word` : `\`${word}\` is not ${what}`;
  names.report('unknown-word', arg.span, message, suggestion(word ?? '', words));
  return null;
}

const FLOAT_ARGUMENTS = ['exponent', 'mantissa', 'bias', 'signed', 'subnormals', 'specials'] as const;

function lowerFloat(expr: Call, names: Names): NumberType | null {
  const numbers: { exponent?: number; mantissa?: number; bias?: number } = {};
  const flags: { signed?: boolean; subnormals?: boolean; specials?: Specials } = {};
  const seen = new Set<string>();
  for (const arg of expr.args) {
    const name = arg.name?.text ?? null;
    if (name === null || !isOneOf(FLOAT_ARGUMENTS, name) || seen.has(name)) {
      const message =
        name === null
          ? 'the arguments of `float` have names'
          : `\`float\` takes no ${seen.has(name) ? 'second ' : ''}\`${name}\``;
      names.report('wrong-arguments', arg.span, message, suggestion(name ?? '', FLOAT_ARGUMENTS));
      return null;
    }
    seen.add(name);
    if (name === 'specials') {
      const word = wordArgument(arg, SPECIALS, 'a kind of specials', names);
      if (word === null) return null;
      flags.specials = word;
    } else if (name === 'signed' || name === 'subnormals') {
      const word = wordArgument(arg, ['yes', 'no'] as const, '`yes` or `no`', names);
      if (word === null) return null;
      flags[name] = word === 'yes';
    } else {
      const value = evaluateWhole(
        arg.value,
        names,
        `the ${name}`,
        name === 'bias' ? -1024 : 0,
        name === 'bias' ? 1024 : 31,
      );
      if (value === null) return null;
      numbers[name] = value;
    }
  }
  const { exponent, mantissa } = numbers;
  if (exponent === undefined || mantissa === undefined) {
    return wrong(expr, names, '`float` needs `exponent` and `mantissa`', '`float(exponent: 4, mantissa: 3)`');
  }
  return attempt(() => float({ ...numbers, ...flags, exponent, mantissa }), expr.span, names);
}

function lowerSigns(expr: Call, names: Names): NumberType | null {
  const [count, parity] = expr.args;
  if (count === undefined || expr.args.length > 2)
    return wrong(expr, names, '`signs` takes a dimension and, if it likes, `even`', '`signs(8, even)`');
  if (parity !== undefined && wordArgument(parity, ['even'] as const, 'a parity', names) === null)
    return null;
  const dimension = evaluateWhole(count.value, names, 'the dimension of signs', 1, 32);
  return dimension === null ? null : attempt(() => signs(dimension, parity !== undefined), expr.span, names);
}

function wrong(expr: Call, names: Names, message: string, form: string): null {
  names.report('wrong-arguments', expr.span, message, `write ${form}`);
  return null;
}

function lowerMove(
  expr: Extract<Expression, { kind: 'binary' }>,
  names: Names,
  scope: NumberScope,
): NumberRef | null | undefined {
  if (!isArithmetic(expr.operator)) return undefined;
  const left = denotesNumber(expr.left, names, scope);
  const right = denotesNumber(expr.right, names, scope);
  if (!left && !right) return undefined;
  if (left && right) {
    names.report('not-constant', expr.span, 'a number is moved by a constant, and here are two numbers');
    return null;
  }
  const constant = evaluateConstant(left ? expr.right : expr.left, names);
  if (constant === null) return null;
  return moved(left ? expr.left : expr.right, expr.operator, constant, right, expr.span, names, scope);
}

function moved(
  of: Expression,
  op: '+' | '-' | '*' | '/',
  constant: number,
  swapped: boolean,
  span: Span,
  names: Names,
  scope: NumberScope,
): NumberRef | null {
  const inner = lowerNumber(of, names, scope);
  if (inner === null || inner === undefined) return null;
  const type = attempt(() => move(inner.type, op, constant, swapped), span, names);
  return type === null ? null : { type, name: null, mentions: inner.mentions };
}

function modified(type: NumberType, modifier: Modifier, names: Names): NumberType | null {
  switch (modifier.kind) {
    case 'round': {
      const rule = rounding(modifier, names);
      if (rule === null) return null;
      // Said or not, the default is the same rule, and one spelling keeps equal formats equal.
      return rule === defaultRounding(type)
        ? { ...type, round: null }
        : attempt(() => withRounding(type, rule), modifier.span, names);
    }
    case 'overflow': {
      const { rule } = modifier;
      if (!isOneOf(OVERFLOWS, rule.text)) {
        names.report(
          'unknown-word',
          rule.span,
          `there is no overflow rule \`${rule.text}\``,
          suggestion(rule.text, OVERFLOWS),
        );
        return null;
      }
      const word = rule.text;
      return attempt(() => withOverflow(type, word), modifier.span, names);
    }
    case 'except': {
      const pairs: (readonly [number, number])[] = [];
      for (const { code, level } of modifier.levels) {
        const value = evaluateConstant(level, names);
        if (value === null) return null;
        pairs.push([code.value, value]);
      }
      return attempt(() => withExcept(type, pairs), modifier.span, names);
    }
  }
}

function rounding(modifier: Extract<Modifier, { kind: 'round' }>, names: Names): Rounding | null {
  const { rule, args } = modifier;
  if (rule.text === 'stochastic') {
    const seed = args.length === 1 ? evaluateWhole(args[0]!.value, names, 'a seed', 0, 2 ** 32 - 1) : null;
    if (args.length !== 1)
      names.report(
        'wrong-arguments',
        modifier.span,
        '`stochastic` takes a seed',
        'write `round stochastic(1)`',
      );
    return seed === null ? null : { stochastic: seed };
  }
  if (!isOneOf(ROUNDINGS, rule.text)) {
    names.report(
      'unknown-word',
      rule.span,
      `there is no rounding rule \`${rule.text}\``,
      suggestion(rule.text, [...ROUNDINGS, 'stochastic']),
    );
    return null;
  }
  if (args.length > 0)
    names.report('wrong-arguments', modifier.span, `\`round ${rule.text}\` takes no arguments`);
  return args.length > 0 ? null : rule.text;
}

function defaultRounding({ base }: NumberType): Rounding {
  return base.kind === 'levels' || base.kind === 'signs' ? 'half_down' : 'even';
}
