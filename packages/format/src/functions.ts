/**
 * The functions of the language on binary64 numbers: one definition for constant folding, sizes and the interpreter
 * (which rounds each result to the Format's arithmetic).
 * Specification: docs/design/language.md, "Expressions".
 */
import { ceilPow2, floorPow2, roundHalfEven, roundMantissa } from '@fewerbits/numerics';
import type { FunctionName } from './types.ts';

const TWO_32 = 2 ** 32;

/** How many arguments each function takes: [least, most]. */
export const FUNCTION_ARITY: Readonly<Record<FunctionName, readonly [number, number]>> = {
  abs: [1, 1],
  sign: [1, 1],
  sqrt: [1, 1],
  floor: [1, 1],
  ceil: [1, 1],
  trunc: [1, 1],
  round: [1, 1],
  min: [2, Number.POSITIVE_INFINITY],
  max: [2, Number.POSITIVE_INFINITY],
  clamp: [3, 3],
  mod: [2, 2],
  if: [3, 3],
  choose: [2, Number.POSITIVE_INFINITY],
  exp: [1, 1],
  log: [1, 1],
  exp2: [1, 1],
  log2: [1, 1],
  pow: [2, 2],
  floor_pow2: [1, 1],
  ceil_pow2: [1, 1],
  round_mantissa: [2, 2],
  and: [2, 2],
  or: [2, 2],
  xor: [2, 2],
  parity: [1, 1],
  u32: [1, 1],
};

/** The functions by name: exact or correctly rounded to binary64 (`exp log log2 pow` as the engine has them). */
export const FUNCTIONS: Readonly<Record<FunctionName, (...args: number[]) => number>> = {
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: roundHalfEven,
  min: Math.min,
  max: Math.max,
  clamp: (x, low, high) => Math.min(high!, Math.max(low!, x!)),
  mod: (a, b) => {
    // Adding b first would lose a small remainder.
    const rest = a! % b!;
    return rest !== 0 && rest < 0 !== b! < 0 ? rest + b! : rest;
  },
  if: (condition, a, b) => (condition !== 0 ? a! : b!),
  choose: (k, ...rest) => rest[Math.min(rest.length - 1, Math.max(0, Math.trunc(k!) || 0))]!,
  exp: Math.exp,
  log: Math.log,
  exp2: (x) => 2 ** x!,
  log2: Math.log2,
  pow: Math.pow,
  floor_pow2: floorPow2,
  ceil_pow2: ceilPow2,
  round_mantissa: roundMantissa,
  and: (a, b) => wholeBits(a!, b!, (x, y) => x & y),
  or: (a, b) => wholeBits(a!, b!, (x, y) => x | y),
  xor: (a, b) => wholeBits(a!, b!, (x, y) => x ^ y),
  parity: (a) => parityOf(a!),
  u32: (a) => Math.floor(a!) - Math.floor(a! / TWO_32) * TWO_32,
};

/** A bitwise operation on whole numbers below 2^53: the two halves apart, since JavaScript's operators hold 32 bits. */
function wholeBits(a: number, b: number, op: (x: number, y: number) => number): number {
  const low = op((a % TWO_32) | 0, (b % TWO_32) | 0) >>> 0;
  const high = op(Math.floor(a / TWO_32), Math.floor(b / TWO_32)) >>> 0;
  return high * TWO_32 + low;
}

function parityOf(a: number): number {
  let bits = ((a % TWO_32) | 0) ^ Math.floor(a / TWO_32);
  for (let shift = 16; shift > 0; shift >>= 1) bits ^= bits >>> shift;
  return bits & 1;
}
