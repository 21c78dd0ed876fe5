/**
 * Runs a kernel value by value: what the IR means, in the plainest words. Slow; every target is held to it in tests.
 */
import type { Codes } from '@fewerbits/format';
import { roundHalfEven } from '@fewerbits/numerics';
import type { Bound, Run } from './bind.ts';
import { integerResult } from './builder.ts';
import { operandsOf, type Program, type UnpackKernel, type Value } from './ir.ts';

/** A value is a number, or its lanes. */
export type Result = number | readonly number[];

const UNARY: Readonly<Record<string, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: roundHalfEven,
  whole: (a) => roundHalfEven(a) + 0,
};

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  lesser: Math.min,
  greater: Math.max,
  greatest: Math.max,
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
};

/** Unpacks the units of a run, all of them whole. Bytes beyond a source's end read as 0. */
export function interpretUnpackKernel(kernel: UnpackKernel, { sources }: Run, codes: readonly Codes[]): void {
  const units = codes[0]!.length / kernel.outputs[0]!.entries;
  for (let unit = 0; unit < units; unit++) {
    const at = sources.map(({ bytes, stride }) => ({ bytes, from: unit * stride }));
    const results = resultsOf(kernel, at);
    for (const { output, entry, value } of kernel.stores)
      for (const [k, code] of lanesOf(results[value]!).entries())
        codes[output]![unit * kernel.outputs[output]!.entries + entry + k] = code;
  }
}

function resultsOf(program: Program, sources: readonly Place[]): Result[] {
  const results: Result[] = [];
  for (const value of program.values) {
    const args = operandsOf(value).map((k) => results[k]!);
    results.push(resultOf(value, args, program, sources));
  }
  return results;
}

/** A source at one unit. */
interface Place {
  readonly bytes: Bound['bytes'];
  readonly from: number;
}

/** The lanes of a result; a single is one. */
export function lanesOf(result: Result): readonly number[] {
  return typeof result === 'number' ? [result] : result;
}

/** What an operation gives for its operands. */
export function resultOf(
  value: Value,
  args: readonly Result[],
  kernel: Program,
  sources: readonly Place[],
): Result {
  const byte = (source: number, offset: number) => {
    const { bytes, from } = sources[source]!;
    return bytes[from + offset] ?? 0;
  };
  const first = args[0] as number;
  switch (value.op) {
    case 'int':
    case 'real':
      return value.value;
    case 'load': {
      let word = 0;
      for (let k = value.bytes - 1; k >= 0; k--) word = (word << 8) | byte(value.source, value.offset + k);
      return word;
    }
    case 'to_real':
      return Math.fround(value.signed ? first : first >>> 0);
    case 'from_f32':
      return new Float32Array(Int32Array.of(first).buffer)[0]!;
    case 'from_f16':
      return halfValue(first & 0xffff);
    case 'to_int':
      return (first - value.less) | 0;
    case 'bits_of':
      return new Int32Array(Float32Array.of(first).buffer)[0]!;
    case 'i_pick':
      return first !== 0 ? args[1]! : args[2]!;
    case 'rank':
      return kernel.tables[value.table]!.filter((threshold) => threshold <= first).length;
    case 'i_look':
      return value.lanes[first]!;
    case 'weight':
    case 'listed':
    case 'read':
    case 'read16':
    case 'placed':
    case 'get':
    case 'peek':
    case 'turn':
    case 'carried':
    case 'result':
      throw new Error(`${value.op} belongs to kernels with loops`);
    case 'table': {
      const table = kernel.tables[value.table]!;
      const at = first + value.offset;
      return value.type === 'f32' ? table[at]! : [...table.subarray(at, at + 4)];
    }
    case 'splat':
      return [first, first, first, first];
    case 'join':
      return args as readonly number[];
    case 'pick':
      return laneByLane(args, ([c, a, b]) => (c !== 0 ? a! : b!));
    case 'load16':
      return Array.from({ length: 16 }, (_, k) => byte(value.source, value.offset + k));
    case 'swizzle':
      return value.lanes.map((lane) => lanesOf(args[0]!)[lane] ?? 0);
    case 'shift':
      return wordwise(lanesOf(args[0]!), (word) => (value.by > 0 ? word << value.by : word >>> -value.by));
    case 'down':
      return wordwise(lanesOf(args[0]!), (word) => word >>> (args[1] as number));
    case 'b_and':
    case 'b_xor':
    case 'b_add': {
      const op = value.op === 'b_and' ? 'i_and' : value.op === 'b_xor' ? 'i_xor' : 'i_add';
      return lanesOf(args[0]!).map((lane, k) => integerResult(op, lane, value.lanes[k]!) & 255);
    }
    case 'b_eq':
      return lanesOf(args[0]!).map((lane, k) => (lane === value.lanes[k] ? 255 : 0));
    case 'mul16':
      return wordwise(lanesOf(args[0]!), (word, k) => word * value.factors[k]!);
    case 'narrow':
      return args.flatMap((arg) => lanesOf(arg).filter((_, k) => k % 2 === 0));
    case 'b_or':
      return laneByLane(args, ([a, b]) => a! | b!);
    case 'b_look':
      return lanesOf(args[0]!).map((lane) => value.lanes[lane] ?? 0);
    case 'lane':
      return lanesOf(args[0]!)[value.lane]!;
    case 'reals':
    case 'book': {
      const four = lanesOf(args[0]!).slice(4 * value.part, 4 * value.part + 4);
      if (value.op === 'book') return four.map((lane) => kernel.tables[value.table]![lane]!);
      return value.signed ? four.map((lane) => (lane << 24) >> 24) : four;
    }
    default: {
      if (value.type === 'i32') return integerResult(value.op, first, args[1] as number);
      const unary = UNARY[value.op];
      if (unary !== undefined) return laneByLane(args, ([a]) => Math.fround(unary(a!)));
      const binary = BINARY[value.op]!;
      return laneByLane(args, ([a, b]) => Math.fround(binary(a!, b!)));
    }
  }
}

/** One operation on singles, or on each lane. */
function laneByLane(args: readonly Result[], op: (operands: readonly number[]) => number): Result {
  const [first] = args;
  if (typeof first === 'number') return op(args as readonly number[]);
  return first!.map((_, k) => op(args.map((arg) => (arg as readonly number[])[k]!)));
}

/** Pairs of bytes as 16-bit integers through an operation; the low 16 bits are kept. */
function wordwise(bytes: readonly number[], op: (word: number, k: number) => number): number[] {
  const out: number[] = [];
  for (let k = 0; k < 8; k++) {
    const word = op(bytes[2 * k]! | (bytes[2 * k + 1]! << 8), k) & 0xffff;
    out.push(word & 255, word >>> 8);
  }
  return out;
}

/** The value of a binary16. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}
