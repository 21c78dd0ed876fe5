/**
 * Builds the values of a kernel: equal ones once, constants folded, trivial operations left out.
 *
 * Folding follows the arithmetic of the IR (binary32, one rounding for each operation), so it never changes a result.
 */
import type { BinaryOp, IntOp, Lanes, Type, UnaryOp, Value } from './ir.ts';

export interface Builder {
  readonly values: readonly Value[];
  readonly tables: readonly Float32Array[];
  typeOf(value: number): Type;
  /** Adds a value, or finds the equal one that is there. */
  add(value: Value): number;
  int(value: number): number;
  real(value: number): number;
  integer(op: IntOp, a: number, b: number): number;
  unary(op: UnaryOp, a: number): number;
  binary(op: BinaryOp, a: number, b: number): number;
  pick(condition: number, a: number, b: number): number;
  splat(a: number): number;
  bytes(op: 'b_and' | 'b_xor' | 'b_add', a: number, lanes: Lanes): number;
  /** The index of a table with these levels. */
  table(levels: Float32Array): number;
}

const INTEGERS: Readonly<Record<IntOp, (a: number, b: number) => number>> = {
  i_add: (a, b) => (a + b) | 0,
  i_sub: (a, b) => (a - b) | 0,
  i_mul: Math.imul,
  i_and: (a, b) => a & b,
  i_or: (a, b) => a | b,
  i_xor: (a, b) => a ^ b,
  i_shl: (a, b) => a << b,
  i_shr: (a, b) => (a >>> b) | 0,
  i_max: Math.max,
  i_max_u: (a, b) => Math.max(a >>> 0, b >>> 0) | 0,
  i_min_u: (a, b) => Math.min(a >>> 0, b >>> 0) | 0,
};

/** The operations on integers, on 32 bits; `i_shr` fills with zeros. */
export function integerResult(op: IntOp, a: number, b: number): number {
  return INTEGERS[op](a, b);
}

/** What changes nothing: `x + 0`, `x | 0`, `x << 0`; and for `i_mul` 1. */
const NEUTRAL: Readonly<Partial<Record<IntOp, number>>> = {
  i_add: 0,
  i_sub: 0,
  i_mul: 1,
  i_or: 0,
  i_xor: 0,
  i_shl: 0,
  i_shr: 0,
};

/** A builder of straight lines. */
export function makeBuilder(): Builder {
  const values: Value[] = [];
  const known = new Map<string, number>();
  return builderOver(values, (value) => {
    const key = keyOfValue(value);
    const index = known.get(key);
    if (index !== undefined) return index;
    known.set(key, values.length);
    return values.push(value) - 1;
  });
}

/** A text that equal values share. JSON has no -0 and no NaN, which constants may be. */
export function keyOfValue(value: Value): string {
  if (value.op !== 'real') return JSON.stringify(value);
  return `real ${Object.is(value.value, -0) ? '-0' : value.value}`;
}

/** What every builder has, over its way to add a value. */
export function builderOver(values: readonly Value[], add: (value: Value) => number): Builder {
  const tables: Float32Array[] = [];
  const typeOf = (value: number): Type => values[value]!.type;
  const int = (value: number): number => add({ op: 'int', type: 'i32', value: value | 0 });
  const constant = (index: number): number | null => {
    const value = values[index]!;
    return value.op === 'int' ? value.value : null;
  };
  const splat = (a: number): number =>
    typeOf(a) === 'f32x4' ? a : add({ op: 'splat', type: 'f32x4', args: [a] });
  /** All operands single, or all four wide. */
  const alike = (args: readonly number[]): { type: 'f32' | 'f32x4'; args: readonly number[] } => {
    const wide = args.some((a) => typeOf(a) === 'f32x4');
    return { type: wide ? 'f32x4' : 'f32', args: wide ? args.map(splat) : args };
  };
  return {
    values,
    tables,
    typeOf,
    add,
    int,
    real: (value) => add({ op: 'real', type: 'f32', value: Math.fround(value) }),
    integer: (op, a, b) => {
      const [left, right] = [constant(a), constant(b)];
      if (left !== null && right !== null) return int(integerResult(op, left, right));
      if (right !== null && right === NEUTRAL[op]) return a;
      if (op === 'i_and' && right === -1) return a;
      return add({ op, type: 'i32', args: [a, b] });
    },
    unary: (op, a) => add({ op, type: typeOf(a) as 'f32' | 'f32x4', args: [a] }),
    binary: (op, a, b) => {
      const { type, args } = alike([a, b]);
      return add({ op, type, args: args as [number, number] });
    },
    pick: (condition, a, b) => {
      // A choice inside a choice by the same condition is made already.
      const inner = (value: number, way: 1 | 2): number => {
        const known = values[value]!;
        return known.op === 'pick' && known.args[0] === condition ? known.args[way] : value;
      };
      const { type, args } = alike([condition, inner(a, 1), inner(b, 2)]);
      return add({ op: 'pick', type, args: args as [number, number, number] });
    },
    splat,
    bytes: (op, a, lanes) => {
      const neutral = op === 'b_and' ? 255 : 0;
      return lanes.every((lane) => lane === neutral) ? a : add({ op, type: 'u8x16', args: [a], lanes });
    },
    table: (levels) => {
      const index = tables.findIndex((table) => table === levels || sameBits(table, levels));
      if (index >= 0) return index;
      return tables.push(levels) - 1;
    },
  };
}

/** Whether levels are the same to the bit, so that equal tables are one. */
function sameBits(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  const [x, y] = [a, b].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  return x!.every((bits, i) => bits === y![i]);
}
