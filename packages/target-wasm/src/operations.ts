/**
 * Kernel values → WebAssembly instructions: the table of operations. Where operands and results live is decided in
 * `module.ts`, which hands in how to push them.
 *
 * Integer operations decode binary16, so that subnormals and special values are exact on every engine.
 */
import type { At, Program, Value } from '@fewerbits/kernel';
import type { Code } from '@fewerbits/wasm-assembler';
import { bookPlanes, NEXT_LEVELS, singlesAsBytes, wordsAsBytes } from './constants.ts';

/** What the operations need to know of the function that they are written into. */
export interface Scene {
  readonly code: Code;
  readonly kernel: Program;
  /** Pushes a value. */
  push(value: number): void;
  /** Pushes a constant vector. */
  vector(bytes: readonly number[]): void;
  /** Pushes the address of an element of a table or array, or of a byte of a source's unit; what an instruction must add to it. */
  address(of: Root, at: At): number;
  /** Byte of the memory at which a table stands. */
  tableAt(table: number): number;
  /** Pushes what `make` leaves on the stack, computed once for each key. */
  once(key: string, type: 'v128', make: () => void): void;
}

/** What a place lies in; nothing: a place by itself, in steps of one. */
export interface Root {
  readonly source?: number;
  readonly table?: number;
  readonly array?: number;
}

const INTEGERS = {
  i_add: 'i32.add',
  i_sub: 'i32.sub',
  i_mul: 'i32.mul',
  i_and: 'i32.and',
  i_or: 'i32.or',
  i_xor: 'i32.xor',
  i_shl: 'i32.shl',
  i_shr: 'i32.shr_u',
} as const;

const BYTES = { b_and: 'v128.and', b_xor: 'v128.xor', b_add: 'i8x16.add', b_eq: 'i8x16.eq' } as const;

const LOADS = { 1: 'i32.load8_u', 2: 'i32.load16_u', 4: 'i32.load' } as const;

const REALS = {
  neg: 'neg',
  abs: 'abs',
  sqrt: 'sqrt',
  floor: 'floor',
  ceil: 'ceil',
  trunc: 'trunc',
  round: 'nearest',
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  min: 'min',
  max: 'max',
} as const;

/** Pushes a value by its operands. */
export function emitValue(index: number, scene: Scene): void {
  const { code, kernel, push } = scene;
  const value = kernel.values[index]!;
  const operands = (): void => {
    if ('args' in value) for (const k of value.args) push(k);
  };
  switch (value.op) {
    case 'int':
      code.i32(value.value);
      return;
    case 'real':
      code.f32(value.value);
      return;
    case 'load':
      code.load(LOADS[value.bytes], scene.address({ source: value.source }, unmoved(value.offset)));
      return;
    case 'read':
      code.load(LOADS[value.bytes], scene.address({ source: value.source }, value.at));
      return;
    case 'placed': {
      const base = scene.address({}, value.at);
      if (base === 0) return;
      code.i32(base);
      code.op('i32.add');
      return;
    }
    case 'get':
      code.load('f32.load', scene.address({ array: value.array }, value.at));
      return;
    case 'listed':
      code.load(
        value.type === 'f32' ? 'f32.load' : 'v128.load',
        scene.address({ table: value.table }, value.at),
      );
      return;
    case 'i_add':
    case 'i_sub':
    case 'i_mul':
    case 'i_and':
    case 'i_or':
    case 'i_xor':
    case 'i_shl':
    case 'i_shr':
      operands();
      code.op(INTEGERS[value.op]);
      return;
    case 'to_real':
      operands();
      code.op(value.signed ? 'f32.convert_i32_s' : 'f32.convert_i32_u');
      return;
    case 'from_f32':
      operands();
      code.op('f32.reinterpret_i32');
      return;
    case 'from_f16':
      halfValue(code, () => push(value.args[0]));
      return;
    case 'table':
      address(value.args[0], scene);
      code.load(
        value.type === 'f32' ? 'f32.load' : 'v128.load',
        scene.tableAt(value.table) + 4 * value.offset,
      );
      return;
    case 'splat':
      operands();
      code.op('f32x4.splat');
      return;
    case 'join':
      join(value.args, scene);
      return;
    case 'pick':
      pick(value, scene);
      return;
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      operands();
      code.op(`${value.type}.${value.op}`);
      if (value.type === 'f32') code.op('f32.convert_i32_u');
      else {
        scene.vector(singlesAsBytes(1));
        code.op('v128.and');
      }
      return;
    case 'load16':
      code.load('v128.load', scene.address({ source: value.source }, unmoved(value.offset)));
      return;
    case 'read16':
      code.load('v128.load', scene.address({ source: value.source }, value.at));
      return;
    case 'swizzle':
      // Lanes that hold nothing (255) are masked away later: any byte does.
      push(value.args[0]);
      push(value.args[0]);
      code.shuffle(value.lanes.map((lane, k) => (lane > 15 ? k : lane)));
      return;
    case 'down':
      operands();
      code.op('i16x8.shr_u');
      return;
    case 'shift':
      operands();
      code.i32(Math.abs(value.by));
      code.op(value.by > 0 ? 'i16x8.shl' : 'i16x8.shr_u');
      return;
    case 'b_and':
    case 'b_xor':
    case 'b_add':
    case 'b_eq':
      operands();
      scene.vector(value.lanes);
      code.op(BYTES[value.op]);
      return;
    case 'mul16':
      operands();
      scene.vector(wordsAsBytes(value.factors));
      code.op('i16x8.mul');
      return;
    case 'narrow':
      operands();
      code.op('i8x16.narrow_i16x8_u');
      return;
    case 'b_or':
      operands();
      code.op('v128.or');
      return;
    case 'b_look':
      scene.vector(value.lanes);
      operands();
      code.op('i8x16.swizzle');
      return;
    case 'lane':
      operands();
      code.lane('i8x16.extract_lane_u', value.lane);
      return;
    case 'reals':
      reals(value, scene);
      return;
    case 'book':
      book(value, scene);
      return;
    case 'whole':
    case 'i_max':
    case 'i_max_u':
    case 'i_min_u':
    case 'weight':
    case 'peek':
    case 'turn':
    case 'carried':
    case 'result':
    case 'to_int':
    case 'bits_of':
    case 'i_pick':
    case 'rank':
    case 'i_look':
    case 'lesser':
    case 'greater':
    case 'greatest':
      throw new Error(`${value.op} belongs to encoders`);
    default:
      operands();
      code.op(`${value.type}.${REALS[value.op]}`);
      return;
  }
}

function unmoved(base: number): At {
  return { base, steps: [] };
}

/** How often an operation pushes each of its operands. */
export function pushesOf(op: Value['op']): number {
  return op === 'book' ? 8 : op === 'swizzle' || op === 'from_f16' ? 2 : 1;
}

/** The binary32 of a binary16: exponent and mantissa moved into place are 2^112 too small, or all ones. */
function halfValue(code: Code, pushHalf: () => void): void {
  // The sign goes along: it fills the bits above, of which one is kept.
  pushHalf();
  code.op('i32.extend16_s');
  code.i32(13);
  code.op('i32.shl');
  code.i32(0x8fffe000);
  code.op('i32.and');
  code.op('f32.reinterpret_i32');
  code.f32(2 ** 112);
  code.op('f32.mul');
  code.op('i32.reinterpret_f32');
  pushHalf();
  code.i32(0x7c00);
  code.op('i32.and');
  code.i32(0x7c00);
  code.op('i32.eq');
  code.i32(0x7f800000);
  code.op('i32.mul');
  code.op('i32.or');
  code.op('f32.reinterpret_i32');
}

/** The byte offset of an element of a table. */
function address(index: number, { code, push }: Scene): void {
  push(index);
  code.i32(2);
  code.op('i32.shl');
}

/** Four singles; levels from tables go to their lanes without a detour. */
function join(args: readonly number[], scene: Scene): void {
  const { code, kernel, push } = scene;
  const values = args.map((k) => kernel.values[k]!);
  if (values.every((value) => value.op === 'table' && value.type === 'f32')) {
    const at = (k: number): number => {
      const value = values[k] as Extract<Value, { op: 'table' }>;
      return scene.tableAt(value.table) + 4 * value.offset;
    };
    const indexOf = (k: number): number => (values[k] as Extract<Value, { op: 'table' }>).args[0];
    // The address of a lane's load stands below the vector: addresses go first, the last lane's lowest.
    for (let k = 3; k >= 0; k--) address(indexOf(k), scene);
    code.load('v128.load32_zero', at(0));
    for (let k = 1; k < 4; k++) code.loadLane('v128.load32_lane', k, at(k));
    return;
  }
  push(args[0]!);
  code.op('f32x4.splat');
  for (let k = 1; k < 4; k++) {
    push(args[k]!);
    code.lane('f32x4.replace_lane', k);
  }
}

function pick(value: Extract<Value, { op: 'pick' }>, { code, push, vector }: Scene): void {
  const [condition, a, b] = value.args;
  push(a);
  push(b);
  push(condition);
  if (value.type === 'f32') {
    code.f32(0);
    code.op('f32.ne');
    code.op('select');
    return;
  }
  vector(singlesAsBytes(0));
  code.op('f32x4.ne');
  code.op('v128.bitselect');
}

/** Sixteen bytes are eight 16-bit integers twice; four of those are one `f32x4`. */
function reals(value: Extract<Value, { op: 'reals' }>, { code, push, once }: Scene): void {
  const sign = value.signed ? 's' : 'u';
  const half = value.part < 2 ? 'low' : 'high';
  once(`halves ${value.args[0]} ${half} ${sign}`, 'v128', () => {
    push(value.args[0]);
    code.op(`i16x8.extend_${half}_i8x16_${sign}`);
  });
  code.op(`i32x4.extend_${value.part % 2 === 0 ? 'low' : 'high'}_i16x8_${sign}`);
  code.op('f32x4.convert_i32x4_s');
}

/**
 * Byte planes of the levels looked up by code, then interleaved: bytes to pairs, pairs to binary32. A look-up gives 0 for a
 * code beyond its sixteen levels, so further levels are looked up by what is left of the code and joined.
 */
function book(value: Extract<Value, { op: 'book' }>, scene: Scene): void {
  const { code, kernel, push, once, vector } = scene;
  const planes = bookPlanes(kernel.tables[value.table]!);
  const key = `book ${value.args[0]} ${value.table}`;
  /** Codes less 16 · part; those below wrap and are beyond any look-up. */
  const codes = (part: number): void => {
    if (part === 0) push(value.args[0]);
    else
      once(`codes ${value.args[0]} ${part}`, 'v128', () => {
        codes(part - 1);
        vector(NEXT_LEVELS);
        code.op('i8x16.add');
      });
  };
  const plane = (k: number): void =>
    once(`${key} plane ${k}`, 'v128', () => {
      for (const [part, vectors] of planes.entries()) {
        vector(vectors[k]!);
        codes(part);
        code.op('i8x16.swizzle');
        if (part > 0) code.op('v128.or');
      }
    });
  const high = value.part >= 2;
  const pairs = (k: number): void =>
    once(`${key} pairs ${k} ${high}`, 'v128', () => {
      plane(k);
      plane(k + 1);
      code.shuffle(interleaved(1, high));
    });
  pairs(0);
  pairs(2);
  code.shuffle(interleaved(2, value.part % 2 === 1));
}

/** The shuffle that takes units of some bytes from two vectors in turn, from their low or their high halves. */
function interleaved(size: number, high: boolean): number[] {
  const start = high ? 8 : 0;
  return Array.from({ length: 16 }, (_, k) => {
    const unit = Math.floor(k / (2 * size));
    const second = Math.floor(k / size) % 2 === 1;
    return (second ? 16 : 0) + start + unit * size + (k % size);
  });
}
