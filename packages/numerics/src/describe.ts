/**
 * A number as `.qf` text, in one canonical form, and equality of numbers by meaning.
 *
 * Printing what it reads back: prelude names where the base is one, only arguments that differ from the defaults, modifiers in one
 * order. Specification: docs/design/language.md, grammar rule `type`.
 */
import { constantText, defaultBias } from './build.ts';
import { PRELUDE } from './prelude.ts';
import type { FloatBase, IntBase, Move, NumberBase, NumberType, Rounding } from './types.ts';

/** The type expression of a number: `int(-7..8, offset) - 0.5 round half_up except 8: 0`. */
export function describeNumber(type: NumberType): string {
  const parts = [describeMoves(baseText(type.base), type.base, type.moves)];
  const round = roundOf(type);
  if (type.round !== null && ruleText(round) !== ruleText(defaultRound(type.base)))
    parts.push(`round ${ruleText(round)}`);
  if (type.overflow !== null)
    parts.push(type.overflow === 'saturate' ? 'saturate' : `overflow ${type.overflow}`);
  if (type.except.length > 0) {
    parts.push(
      `except ${sortedExcept(type)
        .map(([code, level]) => `${code}: ${constantText(level)}`)
        .join(', ')}`,
    );
  }
  return parts.join(' ');
}

/**
 * Whether two numbers mean the same, by their data: the same base (listed levels by their bits, whatever their source says), moves,
 * exceptions, rounding (a default and the same rule said are equal) and overflow.
 */
export function sameNumber(a: NumberType, b: NumberType): boolean {
  return a === b || meaning(a) === meaning(b);
}

function meaning(type: NumberType): string {
  const constants = type.moves.map(({ op, constant, swapped }) => [op, constantText(constant), swapped]);
  const except = sortedExcept(type).map(([code, level]) => [code, constantText(level)]);
  return JSON.stringify([baseMeaning(type.base), constants, except, ruleText(roundOf(type)), type.overflow]);
}

function baseMeaning(base: NumberBase): readonly (string | number | boolean)[] {
  switch (base.kind) {
    case 'int':
      return ['int', base.low, base.high, base.coding];
    case 'float':
      return ['float', base.exponent, base.mantissa, base.bias, base.signed, base.subnormals, base.specials];
    case 'levels':
      return ['levels', base.dimension, base.order, base.keepEqual, base.precision, base.levels];
    case 'signs':
      return ['signs', base.dimension, base.even];
    case 'grid':
      return ['grid'];
  }
}

function sortedExcept(type: NumberType): NumberType['except'] {
  return [...type.except].sort(([a], [b]) => a - b);
}

function defaultRound(base: NumberBase): Rounding {
  return base.kind === 'levels' || base.kind === 'signs' ? 'half_down' : 'even';
}

function roundOf(type: NumberType): Rounding {
  return type.round ?? defaultRound(type.base);
}

function ruleText(rule: Rounding): string {
  return typeof rule === 'object' ? `stochastic(${rule.stochastic})` : rule;
}

const PRELUDE_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(PRELUDE).map(([name, { base }]) => [JSON.stringify(baseMeaning(base)), name]),
);

function baseText(base: NumberBase): string {
  const name = PRELUDE_NAMES.get(JSON.stringify(baseMeaning(base)));
  if (name !== undefined) return name;
  switch (base.kind) {
    case 'int':
      return intText(base);
    case 'float':
      return floatText(base);
    case 'levels':
      return base.source;
    case 'signs':
      return base.even ? `signs(${base.dimension}, even)` : `signs(${base.dimension})`;
    case 'grid':
      return 'grid';
  }
}

function intText({ low, high, coding }: IntBase): string {
  const unsignedBits = exactLog2(high + 1);
  if (low === 0 && coding === 'offset' && unsignedBits !== null) return `u${unsignedBits}`;
  const signedBits = exactLog2(high - low + 1);
  if (coding === 'twos' && low === -1 - high && signedBits !== null) return `i${signedBits}`;
  const isDefault = coding === (low < 0 ? 'twos' : 'offset');
  return `int(${low}..${high}${isDefault ? '' : `, ${coding}`})`;
}

/** b if n = 2^b for a b in 1..32. */
function exactLog2(n: number): number | null {
  for (let bits = 1; bits <= 32; bits++) if (n === 2 ** bits) return bits;
  return null;
}

function floatText({ exponent, mantissa, bias, signed, subnormals, specials }: FloatBase): string {
  const args = [`exponent: ${exponent}`, `mantissa: ${mantissa}`];
  if (bias !== defaultBias(exponent)) args.push(`bias: ${bias}`);
  if (!signed) args.push('signed: no');
  if (!subnormals) args.push('subnormals: no');
  if (specials !== 'none') args.push(`specials: ${specials}`);
  return `float(${args.join(', ')})`;
}

/** Whether an expression may stand in a product or a sum without parentheses. */
type Binding = 'sum' | 'product' | 'primary' | 'open';

function describeMoves(base: string, { kind }: NumberBase, moves: readonly Move[]): string {
  let text = base;
  // The last operand of a listed number (`… in 16`) would swallow what follows it.
  let binding: Binding = kind === 'levels' && !PRELUDE_NAME.test(base) ? 'open' : 'primary';
  for (const { op, constant, swapped } of moves) {
    const isSum = op === '+' || op === '-';
    // `a - (b - c)` and `a / (b / c)` need their parentheses on the right; on the left equal binding is enough.
    const isLoose =
      binding === 'open' ||
      (binding === 'sum' && (!isSum || swapped)) ||
      (binding === 'product' && !isSum && swapped);
    const operand = isLoose ? `(${text})` : text;
    text = swapped
      ? `${constantText(constant)} ${op} ${operand}`
      : `${operand} ${op} ${constantText(constant)}`;
    binding = isSum ? 'sum' : 'product';
  }
  return text;
}

const PRELUDE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
