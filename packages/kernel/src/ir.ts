/**
 * The kernel IR: one unit of weights as typed operations, run over a tensor by one loop. Decoders and encoders have loops over the
 * blocks and weights of their unit; unpacking is a straight line.
 *
 * A unit is a run of weights of one row whose bits stand at fixed places and whose distance to the next unit is a whole
 * number of bytes (see `unit.ts`). Values are single (`i32`, `f32`) or parallel (`f32x4`: four weights, `u8x16`: the codes
 * of sixteen). Arithmetic on `f32` and `f32x4` rounds once for each operation and is never fused.
 * Knows no format, no target and no memory. Design: docs/design/kernels.md.
 */
import type { Piece } from './unit.ts';

export type Type = 'i32' | 'f32' | 'f32x4' | 'u8x16';

/** Operations that take and give `i32`; `i_min_u` and `i_max_u` take their bits as numbers without a sign. */
export type IntOp =
  | 'i_add'
  | 'i_sub'
  | 'i_mul'
  | 'i_and'
  | 'i_or'
  | 'i_xor'
  | 'i_shl'
  | 'i_shr'
  | 'i_max'
  | 'i_max_u'
  | 'i_min_u';

/**
 * Operations that take and give `f32` or `f32x4`, all operands of one type. Comparisons give 1 or 0. `min` and `max` spread NaN and
 * put −0 below +0; `lesser` and `greater` give the second operand where it is less (greater) than the first, else the first: one
 * instruction each, for operands that are no NaN and whose zeros have no sign that matters. `greatest` is `max` of operands that are
 * not negative: there bits order as values do, NaN above all. `whole` is `round` of magnitudes below 2^22, whose zeros have no sign.
 */
export type UnaryOp = 'neg' | 'abs' | 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'round' | 'whole';
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'min'
  | 'max'
  | 'lesser'
  | 'greater'
  | 'greatest'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge';

/** One value; operands are indices of earlier values. */
export type Value =
  | { readonly op: 'int'; readonly type: 'i32'; readonly value: number }
  | { readonly op: 'real'; readonly type: 'f32'; readonly value: number }
  /** An unsigned integer of 1, 2 or 4 bytes, little-endian, at a byte of the unit's place in a source. */
  | {
      readonly op: 'load';
      readonly type: 'i32';
      readonly source: number;
      readonly offset: number;
      readonly bytes: 1 | 2 | 4;
    }
  /** The same at a byte that loops move. */
  | {
      readonly op: 'read';
      readonly type: 'i32';
      readonly source: number;
      readonly at: At;
      readonly bytes: 1 | 2 | 4;
    }
  /** Sixteen bytes from there; may reach up to 15 bytes past the source's end. */
  | { readonly op: 'read16'; readonly type: 'u8x16'; readonly source: number; readonly at: At }
  /** A place as an integer. */
  | { readonly op: 'placed'; readonly type: 'i32'; readonly at: At }
  | { readonly op: IntOp; readonly type: 'i32'; readonly args: readonly [number, number] }
  /** An integer as a real, rounded to the nearest. */
  | {
      readonly op: 'to_real';
      readonly type: 'f32';
      readonly args: readonly [number];
      readonly signed: boolean;
    }
  /** The real whose binary32 (of 32 bits) or binary16 (of the low 16) the integer is. */
  | { readonly op: 'from_f32' | 'from_f16'; readonly type: 'f32'; readonly args: readonly [number] }
  /** Element `index + offset` of a table, or four from there. */
  | {
      readonly op: 'table';
      readonly type: 'f32' | 'f32x4';
      readonly table: number;
      readonly args: readonly [number];
      readonly offset: number;
    }
  | { readonly op: UnaryOp; readonly type: 'f32' | 'f32x4'; readonly args: readonly [number] }
  | { readonly op: BinaryOp; readonly type: 'f32' | 'f32x4'; readonly args: readonly [number, number] }
  /** A weight of the unit: what an encoder reads. */
  | { readonly op: 'weight'; readonly type: 'f32'; readonly at: At }
  /** An element of a table that is named by loops, or four from there. */
  | { readonly op: 'listed'; readonly type: 'f32' | 'f32x4'; readonly table: number; readonly at: At }
  /** An element of a scratch array: `get` of one that is filled once, before it is read; `peek` of what it holds at this moment. */
  | { readonly op: 'get' | 'peek'; readonly type: 'i32' | 'f32'; readonly array: number; readonly at: At }
  /** The turn of a loop around, from 0. */
  | { readonly op: 'turn'; readonly type: 'f32'; readonly loop: number }
  /** What a loop carries from one turn to the next, inside the loop; and what it has at the end. */
  | {
      readonly op: 'carried' | 'result';
      readonly type: 'i32' | 'f32';
      readonly loop: number;
      readonly slot: number;
    }
  /** A whole number of magnitude below 2^22, less a constant, as an integer. */
  | { readonly op: 'to_int'; readonly type: 'i32'; readonly args: readonly [number]; readonly less: number }
  /** The bits of a real. */
  | { readonly op: 'bits_of'; readonly type: 'i32'; readonly args: readonly [number] }
  /** The second (an integer) where the first (a real) is not 0, else the third. */
  | { readonly op: 'i_pick'; readonly type: 'i32'; readonly args: readonly [number, number, number] }
  /** How many of a table's values, which ascend, are at most the real. */
  | { readonly op: 'rank'; readonly type: 'i32'; readonly args: readonly [number]; readonly table: number }
  /** Byte `lanes[k]` for an integer k below 16. */
  | { readonly op: 'i_look'; readonly type: 'i32'; readonly args: readonly [number]; readonly lanes: Lanes }
  /** The second where the first is not 0, else the third. */
  | { readonly op: 'pick'; readonly type: 'f32' | 'f32x4'; readonly args: readonly [number, number, number] }
  | { readonly op: 'splat'; readonly type: 'f32x4'; readonly args: readonly [number] }
  /** Four singles side by side. */
  | {
      readonly op: 'join';
      readonly type: 'f32x4';
      readonly args: readonly [number, number, number, number];
    }
  /** Sixteen bytes at a byte of the unit's place in a source; may reach up to 15 bytes past the source's end. */
  | { readonly op: 'load16'; readonly type: 'u8x16'; readonly source: number; readonly offset: number }
  /** Lane k takes byte `lanes[k]` of the operand; 0 where that is 255. */
  | {
      readonly op: 'swizzle';
      readonly type: 'u8x16';
      readonly args: readonly [number];
      readonly lanes: Lanes;
    }
  /** Pairs of bytes as 16-bit integers, each times `factors[k]` (k 0 … 7), the low 16 bits kept. */
  | {
      readonly op: 'mul16';
      readonly type: 'u8x16';
      readonly args: readonly [number];
      readonly factors: readonly number[];
    }
  /** The low bytes of eight and eight 16-bit integers, all below 256. */
  | { readonly op: 'narrow'; readonly type: 'u8x16'; readonly args: readonly [number, number] }
  /** Pairs of bytes as 16-bit integers, shifted: left where positive. What crosses into a neighbour must be masked away. */
  | { readonly op: 'shift'; readonly type: 'u8x16'; readonly args: readonly [number]; readonly by: number }
  /** The same to the right, by an integer below 16. */
  | { readonly op: 'down'; readonly type: 'u8x16'; readonly args: readonly [number, number] }
  /** Each byte with one of sixteen; `b_eq` gives 255 where they are equal, else 0. */
  | {
      readonly op: 'b_and' | 'b_xor' | 'b_add' | 'b_eq';
      readonly type: 'u8x16';
      readonly args: readonly [number];
      readonly lanes: Lanes;
    }
  | { readonly op: 'b_or'; readonly type: 'u8x16'; readonly args: readonly [number, number] }
  /** Byte `lanes[code]` for each code, all codes below 16. */
  | { readonly op: 'b_look'; readonly type: 'u8x16'; readonly args: readonly [number]; readonly lanes: Lanes }
  | { readonly op: 'lane'; readonly type: 'i32'; readonly args: readonly [number]; readonly lane: number }
  /** Lanes 4·part … 4·part + 3 as reals. */
  | {
      readonly op: 'reals';
      readonly type: 'f32x4';
      readonly args: readonly [number];
      readonly part: number;
      readonly signed: boolean;
    }
  /** Levels of codes below 64 (the table has 16, 32 or 64), for lanes 4·part … 4·part + 3. */
  | {
      readonly op: 'book';
      readonly type: 'f32x4';
      readonly args: readonly [number];
      readonly part: number;
      readonly table: number;
    };

/** A place that loops move: `base` and, for each loop around it, the loop's turn (from 0) times `by`. */
export interface At {
  readonly base: number;
  readonly steps: readonly { readonly loop: number; readonly by: number }[];
}

/** What a kernel with loops does, in order. */
export type Item =
  /** Computes a value: before this its operands are known, after it whatever reads it may stand, here or in loops that follow. */
  | { readonly do: 'value'; readonly value: number }
  | {
      readonly do: 'loop';
      readonly loop: number;
      /** Slot k starts as one value and is another after each turn. */
      readonly carried: readonly { readonly start: number; readonly next: number }[];
      /** If not null an `f32` known before the loop: where it is 0 the loop changes nothing, and may be left out. */
      readonly when: number | null;
      /** If not null an `f32` of the loop's body: where it is 0, further turns change nothing, and may be left out. */
      readonly more: number | null;
      readonly body: readonly Item[];
    }
  /** Puts a value into a scratch array; an `f32x4`, four from there. */
  | { readonly do: 'put'; readonly array: number; readonly at: At; readonly value: number }
  /** The low bytes of an integer, little-endian, at a byte of the unit's place in a source. */
  | {
      readonly do: 'store';
      readonly source: number;
      readonly at: At;
      readonly bytes: 1 | 2 | 4;
      readonly value: number;
    }
  /** A weight of the unit, or four from there (`f32x4`). */
  | { readonly do: 'give'; readonly at: At; readonly value: number }
  /** The unit is unsound unless this is 1: something is left to the interpreter, such as a scale that cannot be stored. */
  | { readonly do: 'require'; readonly value: number };

/** Room for values between loops, of one unit. */
export interface ScratchArray {
  readonly type: 'i32' | 'f32';
  readonly length: number;
}

/** A code, or sixteen of at most 8 bits, of an output, from an entry of the unit on. */
export interface CodeStore {
  readonly output: number;
  readonly entry: number;
  readonly value: number;
}

/** The codes of a field: how many a unit has, and the bytes of each. */
export interface Output {
  readonly field: string;
  readonly entries: number;
  readonly bytes: 1 | 2 | 4;
}

/** Sixteen bytes. */
export type Lanes = readonly number[];

/**
 * Bytes that a kernel reads: part of a stream. `unit`: they move on by `stride` bytes from unit to unit through the whole
 * tensor; `column`: from unit to unit of a row and back at the next; `row`: from row to row; `tensor`: not at all.
 */
export interface Source {
  readonly stream: string;
  /** Index of the stream's segment in the bit plan that holds the bytes. */
  readonly segment: number;
  readonly moves: 'unit' | 'column' | 'row' | 'tensor';
  readonly stride: number;
}

/** A program over one unit of a format, and where the unit's bytes lie. */
export interface Program {
  /** The format's name. */
  readonly name: string;
  /** Weights of a unit. */
  readonly width: number;
  readonly sources: readonly Source[];
  /** How many segments the bit plan has in each stream, and the bits of a segment's body by `stream/segment`: what a tensor must agree with. */
  readonly segments: Readonly<Record<string, number>>;
  readonly bodies: Readonly<Record<string, number>>;
  /** Exact binary32 levels. */
  readonly tables: readonly Float32Array[];
  readonly values: readonly Value[];
}

/** A program with loops and without branches. */
export interface Looped extends Program {
  /** Turns of each loop, at least 2. */
  readonly loops: readonly number[];
  readonly arrays: readonly ScratchArray[];
  readonly body: readonly Item[];
}

/** Bytes → weights. Its values `read`, its items `give`. */
export interface LoopKernel extends Looped {
  readonly kind: 'decode';
  /** Weights that are given at a time: 1, of single values only, for targets without vectors; or 4. */
  readonly lanes: 1 | 4;
}

/**
 * Weights → bytes, of single values only: a target may run several units side by side, each in a lane of its own, and sums keep their order. Every
 * source moves with the unit. A unit with weights that are not finite is unsound. Its items `store` and `require`.
 */
export interface EncodeKernel extends Looped {
  readonly kind: 'encode';
}

/** Bytes → codes, for fields whose codes all move with the unit. */
export interface UnpackKernel extends Program {
  readonly outputs: readonly Output[];
  readonly stores: readonly CodeStore[];
  /** Fields that no unit holds, read beside the program. */
  readonly fixed: readonly FixedOutput[];
}

/** The codes of a field of the whole tensor, or of a row: pieces of bits of each entry, in sources that move so. */
export interface FixedOutput {
  readonly field: string;
  readonly bytes: Output['bytes'];
  readonly moves: 'row' | 'tensor';
  readonly entries: readonly (readonly Piece[])[];
}

/** Every item of a body, those of inner loops with their loop. */
export function* itemsOf(body: readonly Item[]): Generator<Item> {
  for (const item of body) {
    yield item;
    if (item.do === 'loop') yield* itemsOf(item.body);
  }
}

/** The operands of a value. */
export function operandsOf(value: Value): readonly number[] {
  return 'args' in value ? value.args : [];
}

/**
 * For each value whether it is the same in every unit of a row: constants, and what depends only on sources that stay.
 * Targets compute those before the loop.
 */
export function fixedInRow(kernel: Program): boolean[] {
  const fixed: boolean[] = [];
  for (const value of kernel.values) {
    const stays = (source: number): boolean => ['row', 'tensor'].includes(kernel.sources[source]!.moves);
    const own = 'source' in value ? stays(value.source) : !UNIT_VALUES.has(value.op);
    fixed.push(own && operandsOf(value).every((k) => fixed[k]!));
  }
  return fixed;
}

/** What is another value in every unit, or in every turn of a loop. */
const UNIT_VALUES: ReadonlySet<Value['op']> = new Set([
  'weight',
  'placed',
  'get',
  'peek',
  'turn',
  'carried',
  'result',
]);

/** Whether the units of a tensor can be run through as one row: nothing starts again with a row. */
export function runsFlat(kernel: Program): boolean {
  return kernel.sources.every(({ moves }) => moves === 'unit' || moves === 'tensor');
}
