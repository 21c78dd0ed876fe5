/**
 * Arithmetic on constants: binary64, with whole numbers kept exact beyond 2^53 and up to 2^128, and vectors of levels
 * taken component by component. Total: what has no value is NaN.
 * Specification: docs/design/language.md, "Expressions"; the functions themselves are `FUNCTIONS` of `@fewerbits/format`.
 */
import type { FunctionName } from '@fewerbits/format';
import { FUNCTIONS } from '@fewerbits/format';
import type { BinaryOperator } from './ast.ts';

/** A value while constants are computed; a `bigint` is a whole number beyond 2^53, an array a level with several components. */
export type Constant = number | bigint | readonly number[];

const EXACT = 2n ** 128n;

/** The binary64 nearest to a single value; a vector has none (NaN). */
export function asNumber(value: Constant): number {
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : Number.NaN;
}

/** One operation of two constants. */
export function binary(operator: BinaryOperator, left: Constant, right: Constant): Constant {
  if (typeof left === 'number' && typeof right === 'number') {
    const value = real(operator, left, right);
    const exact = operator === '+' || operator === '-' || operator === '*';
    return exact && !Number.isSafeInteger(value) ? wide(operator, left, right, value) : value;
  }
  if (typeof left === 'object' || typeof right === 'object') return componentwise(operator, left, right);
  return wide(operator, left, right, real(operator, asNumber(left), asNumber(right)));
}

function real(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    case '>':
      return Number(a > b);
    case '>=':
      return Number(a >= b);
  }
}

/** The exact result where both are whole and it stays below 2^128; else the rounded one. */
function wide(
  operator: BinaryOperator,
  left: number | bigint,
  right: number | bigint,
  rounded: number,
): Constant {
  const a = whole(left);
  const b = whole(right);
  if (a === null || b === null) return rounded;
  switch (operator) {
    case '+':
      return narrow(a + b, rounded);
    case '-':
      return narrow(a - b, rounded);
    case '*':
      return narrow(a * b, rounded);
    case '/':
      return rounded;
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    case '>':
      return Number(a > b);
    case '>=':
      return Number(a >= b);
  }
}

function whole(value: number | bigint): bigint | null {
  if (typeof value === 'bigint') return value;
  return Number.isInteger(value) && Math.abs(value) < 2 ** 64 ? BigInt(value) : null;
}

function narrow(value: bigint, rounded: number): Constant {
  const size = value < 0n ? -value : value;
  if (size <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  return size < EXACT ? value : rounded;
}

function componentwise(operator: BinaryOperator, left: Constant, right: Constant): Constant {
  const length = Math.max(components(left), components(right));
  const part = (value: Constant, index: number): number =>
    typeof value === 'object' ? (value[index] ?? Number.NaN) : asNumber(value);
  return Array.from({ length }, (_, index) => real(operator, part(left, index), part(right, index)));
}

function components(value: Constant): number {
  return typeof value === 'object' ? value.length : 1;
}

/** A function of constants; exact on wide whole numbers for those that work on bits. */
export function applyFunction(name: FunctionName, args: readonly Constant[]): Constant {
  if (name === 'if') return asNumber(args[0]!) !== 0 ? args[1]! : args[2]!;
  if (args.some((arg) => typeof arg === 'bigint')) return applyWide(name, args);
  return FUNCTIONS[name](...args.map(asNumber));
}

function applyWide(name: FunctionName, args: readonly Constant[]): Constant {
  const [a, b] = args.map((arg) => (typeof arg === 'object' ? null : whole(arg)));
  const one = a ?? null;
  const two = b ?? null;
  const plain = (): number => FUNCTIONS[name](...args.map(asNumber));
  switch (name) {
    case 'floor':
    case 'ceil':
    case 'trunc':
    case 'round':
      return args[0]!;
    case 'u32':
      return one === null ? plain() : Number(BigInt.asUintN(32, one));
    case 'parity':
      return one === null ? plain() : parity(BigInt.asUintN(128, one));
    case 'and':
      return one === null || two === null ? plain() : narrow(one & two, plain());
    case 'or':
      return one === null || two === null ? plain() : narrow(one | two, plain());
    case 'xor':
      return one === null || two === null ? plain() : narrow(one ^ two, plain());
    case 'mod':
      return one === null || two === null || two === 0n
        ? plain()
        : narrow(((one % two) + two) % two, plain());
    default:
      return plain();
  }
}

function parity(value: bigint): number {
  let odd = 0n;
  for (let rest = value; rest > 0n; rest >>= 1n) odd ^= rest & 1n;
  return Number(odd);
}

/** Bits `from..to` of a whole number that is not negative, as a whole number. */
export function bitField(value: Constant, from: number, to: number): number {
  if (typeof value === 'number' && to <= 31 && value >= 0 && value <= 0x7fffffff && Number.isInteger(value)) {
    return (value >> from) & ((1 << (to - from)) - 1);
  }
  if (typeof value === 'bigint') return Number((value >> BigInt(from)) & ((1n << BigInt(to - from)) - 1n));
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return Number.NaN;
  return Math.floor(value / 2 ** from) % 2 ** (to - from);
}
