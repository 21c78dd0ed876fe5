/**
 * An encoder's values → WebAssembly SIMD with a unit in each of four lanes: the table of operations. A single value becomes a
 * vector of four, so sums keep the order that they have in one unit.
 */
import type { At, EncodeKernel, Value } from '@fewerbits/kernel';
import type { Code } from '@fewerbits/wasm-assembler';

/** Units side by side. */
export const UNITS = 4;

/** Bytes of a vector. */
export const VECTOR = 16;

/** What the operations need to know of the function that they are written into. */
export interface LaneScene {
  readonly code: Code;
  readonly kernel: EncodeKernel;
  /** Whether the text should be short rather than fast. */
  readonly short: boolean;
  /** Pushes a value, a vector of four. */
  push(value: number): void;
  /** Pushes a constant vector of four equal words. */
  words(bits: number): void;
  /** Pushes a constant vector of bytes. */
  vector(bytes: readonly number[]): void;
  /** Pushes how many bytes loops move a place of elements of a size. */
  moved(at: At, bytes: number): void;
  /** Byte of the memory at which the weights of four units stand, a vector for each place in the unit. */
  readonly weightsAt: number;
  /** The same for a table (single values), and for a scratch array (vectors). */
  tableAt(table: number): number;
  arrayAt(array: number): number;
  /** Pushes what a loop carries, or has at its end. */
  carried(loop: number, slot: number): void;
  /** A local for vectors. */
  scratch(): number;
}

const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);
const PLAIN: Readonly<Partial<Record<Value['op'], string>>> = {
  i_add: 'i32x4.add',
  i_sub: 'i32x4.sub',
  i_mul: 'i32x4.mul',
  i_and: 'v128.and',
  i_or: 'v128.or',
  i_xor: 'v128.xor',
  i_max: 'i32x4.max_s',
  i_max_u: 'i32x4.max_u',
  i_min_u: 'i32x4.min_u',
  neg: 'f32x4.neg',
  abs: 'f32x4.abs',
  sqrt: 'f32x4.sqrt',
  floor: 'f32x4.floor',
  ceil: 'f32x4.ceil',
  trunc: 'f32x4.trunc',
  round: 'f32x4.nearest',
  whole: 'f32x4.nearest',
  add: 'f32x4.add',
  sub: 'f32x4.sub',
  mul: 'f32x4.mul',
  div: 'f32x4.div',
  lesser: 'f32x4.pmin',
  greater: 'f32x4.pmax',
  greatest: 'i32x4.max_s',
};

/** Beside this the units of a binary32 are its last bits. */
export const WHOLE = 0x4b400000;

const scratchBits = new DataView(new ArrayBuffer(4));

/** The bits of a binary32. */
export function bitsOf(value: number): number {
  scratchBits.setFloat32(0, value);
  return scratchBits.getInt32(0);
}

/** How often an operation pushes each of its operands. */
export function pushesIn(op: Value['op']): number {
  return op === 'from_f16' ? 3 : op === 'min' || op === 'max' ? 2 : 1;
}

/** Pushes a value by its operands. */
export function emitLanes(index: number, scene: LaneScene): void {
  const { code, kernel, push, words } = scene;
  const value = kernel.values[index]!;
  const operands = (): void => {
    if ('args' in value) for (const k of value.args) push(k);
  };
  switch (value.op) {
    case 'int':
      words(value.value);
      return;
    case 'real':
      words(bitsOf(value.value));
      return;
    case 'weight':
      loadVector(value.at, scene.weightsAt, scene);
      return;
    case 'get':
    case 'peek':
      loadVector(value.at, scene.arrayAt(value.array), scene);
      return;
    case 'listed':
      scene.moved(value.at, 4);
      code.load('v128.load32_splat', scene.tableAt(value.table) + 4 * value.at.base);
      return;
    case 'turn':
      scene.moved({ base: 0, steps: [{ loop: value.loop, by: 1 }] }, 1);
      code.op('f32.convert_i32_u');
      code.op('f32x4.splat');
      return;
    case 'carried':
    case 'result':
      scene.carried(value.loop, value.slot);
      return;
    case 'i_shl':
    case 'i_shr':
      push(value.args[0]);
      code.i32(constantOf(kernel, value.args[1]));
      code.op(value.op === 'i_shl' ? 'i32x4.shl' : 'i32x4.shr_u');
      return;
    case 'to_real':
      operands();
      code.op(value.signed ? 'f32x4.convert_i32x4_s' : 'f32x4.convert_i32x4_u');
      return;
    case 'bits_of':
    case 'from_f32':
      operands();
      return;
    case 'from_f16':
      halves(value.args[0], scene);
      return;
    case 'min':
    case 'max':
      ends(value.op, value.args, scene);
      return;
    case 'to_int':
      integers(value.args[0], value.less, scene);
      return;
    case 'pick':
    case 'i_pick':
      if (isZero(kernel, value.args[1])) {
        push(value.args[2]);
        mask(value.args[0], scene);
        code.op('v128.andnot');
        return;
      }
      push(value.args[1]);
      push(value.args[2]);
      mask(value.args[0], scene);
      code.op('v128.bitselect');
      return;
    case 'rank':
      rank(value, scene);
      return;
    case 'i_look':
      scene.vector(value.lanes);
      operands();
      code.op('i8x16.swizzle');
      words(0xff);
      code.op('v128.and');
      return;
    case 'table':
      table(value, scene);
      return;
    default: {
      if (COMPARISONS.has(value.op)) {
        mask(index, scene);
        words(bitsOf(1));
        code.op('v128.and');
        return;
      }
      const name = PLAIN[value.op];
      if (name === undefined) throw new Error(`${value.op} belongs to decoders`);
      operands();
      code.op(name);
    }
  }
}

/**
 * The lesser or the greater of two that are no NaN, −0 below +0: of equal zeros each way round gives another one, and −0 is all bits of
 * both, +0 what they share. Engines spend seven instructions on `f32x4.min`, since it spreads NaN, which no sound unit has here.
 */
function ends(op: 'min' | 'max', [a, b]: readonly number[], { code, push }: LaneScene): void {
  const name = op === 'min' ? 'f32x4.pmin' : 'f32x4.pmax';
  for (const [first, second] of [
    [a, b],
    [b, a],
  ]) {
    push(first!);
    push(second!);
    code.op(name);
  }
  code.op(op === 'min' ? 'v128.or' : 'v128.and');
}

/**
 * Whole numbers as integers: beside 1.5 · 2^23 their units are the last bits of a binary32. The sum is rounded to the nearest, half
 * to even, so what is about to be rounded so needs no rounding of its own.
 */
function integers(index: number, less: number, { code, kernel, push, words }: LaneScene): void {
  const value = kernel.values[index]!;
  push(value.op === 'whole' ? value.args[0] : index);
  words(WHOLE);
  code.op('f32x4.add');
  words(WHOLE + less);
  code.op('i32x4.sub');
}

function isZero({ values }: EncodeKernel, index: number): boolean {
  const value = values[index]!;
  return (value.op === 'real' || value.op === 'int') && Object.is(value.value, 0);
}

function loadVector(at: At, from: number, { code, moved }: LaneScene): void {
  moved(at, VECTOR);
  code.load('v128.load', from + VECTOR * at.base);
}

/** All bits of a lane where a value is not 0. A comparison gives them without a detour. */
export function mask(condition: number, { code, kernel, push, words }: LaneScene): void {
  const value = kernel.values[condition]!;
  if (COMPARISONS.has(value.op) && 'args' in value) {
    for (const k of value.args) push(k);
    code.op(`f32x4.${value.op}`);
    return;
  }
  push(condition);
  words(0);
  code.op('f32x4.ne');
}

/** A comparison is −1 where it holds: subtracted, it counts. */
function rank({ args, table: index }: Extract<Value, { op: 'rank' }>, scene: LaneScene): void {
  const { code, kernel, push, words } = scene;
  const x = scene.scratch();
  push(args[0]);
  code.set(x);
  words(0);
  if (scene.short) {
    rankInLoop(kernel.tables[index]!.length, x, scene.tableAt(index), scene);
    return;
  }
  for (const threshold of kernel.tables[index]!) {
    code.get(x);
    words(bitsOf(threshold));
    code.op('f32x4.ge');
    code.op('i32x4.sub');
  }
}

/** The same over the table in memory, counting from what is pushed. */
function rankInLoop(length: number, x: number, table: number, { code, scratch }: LaneScene): void {
  const count = scratch();
  const at = code.local('i32');
  code.set(count);
  code.i32(table);
  code.set(at);
  code.loop(() => {
    code.get(count);
    code.get(x);
    code.get(at);
    code.load('v128.load32_splat', 0);
    code.op('f32x4.ge');
    code.op('i32x4.sub');
    code.set(count);
    code.get(at);
    code.i32(4);
    code.op('i32.add');
    code.tee(at);
    code.i32(table + 4 * length);
    code.op('i32.lt_u');
    code.brIf(0);
  });
  code.get(count);
}

/** A load for each lane. */
function table({ args, table: index, offset }: Extract<Value, { op: 'table' }>, scene: LaneScene): void {
  const { code, push } = scene;
  const at = scene.scratch();
  push(args[0]);
  code.i32(2);
  code.op('i32x4.shl');
  code.set(at);
  // The address of a lane's load stands below the vector.
  for (let lane = UNITS - 1; lane >= 0; lane--) {
    code.get(at);
    code.lane('i32x4.extract_lane', lane);
  }
  code.load('v128.load32_zero', scene.tableAt(index) + 4 * offset);
  for (let lane = 1; lane < UNITS; lane++)
    code.loadLane('v128.load32_lane', lane, scene.tableAt(index) + 4 * offset);
}

/** Values of binary16: exponent and mantissa moved into place are 2^112 too small, or all ones. */
function halves(half: number, { code, push, words }: LaneScene): void {
  push(half);
  words(0x7fff);
  code.op('v128.and');
  code.i32(13);
  code.op('i32x4.shl');
  words(bitsOf(2 ** 112));
  code.op('f32x4.mul');
  push(half);
  words(0x7c00);
  code.op('v128.and');
  words(0x7c00);
  code.op('i32x4.eq');
  words(0x7f800000);
  code.op('v128.and');
  code.op('v128.or');
  push(half);
  words(0x8000);
  code.op('v128.and');
  code.i32(16);
  code.op('i32x4.shl');
  code.op('v128.or');
}

function constantOf({ values }: EncodeKernel, index: number): number {
  const value = values[index]!;
  if (value.op !== 'int') throw new Error('lanes are shifted by constants');
  return value.value;
}
