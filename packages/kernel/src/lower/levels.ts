/**
 * Codes → levels: the level of one code as integer operations or a look-up, and of sixteen codes at a time.
 *
 * Every way gives the exact binary32 level that the Format holds; they differ in cost only.
 */
import type { ResolvedNumber } from '@fewerbits/numerics';
import type { Builder } from '../builder.ts';

/** Codes up to this width are looked up in a table where nothing cheaper is exact. */
const TABLE_BITS = 16;

/** Codes up to this width are looked up in vectors. */
const BOOK_BITS = 6;

/** A lowering asks for the same table for each weight. */
const tables = new WeakMap<ResolvedNumber, Float32Array>();

/** The binary32 level of each code of a number of at most 16 bits, code-major; codes beyond a list have its last. Not to be changed. */
export function levelTable(number: ResolvedNumber): Float32Array {
  const table = tables.get(number) ?? makeTable(number);
  tables.set(number, table);
  return table;
}

function makeTable(number: ResolvedNumber): Float32Array {
  const { bits, dimension } = number;
  const levels = new Float32Array(2 ** bits * dimension);
  for (let code = 0; code < 2 ** bits; code++) {
    const level = Math.min(code, number.codes - 1);
    for (let k = 0; k < dimension; k++) levels[code * dimension + k] = number.levelOf(level, k);
  }
  return levels;
}

/** Why no kernel reads levels of this number, or null. */
export function whyNoLevels(number: ResolvedNumber): string | null {
  const { base, moves } = number.type;
  if (base.kind === 'grid') return 'a grid has no width';
  if (number.bits <= TABLE_BITS || plainFloat(number) !== null) return null;
  const shifted = base.kind === 'int' && base.coding !== 'twos' && base.low !== 0;
  if (base.kind === 'int' && moves.length === 0 && !shifted) return null;
  return `a number of ${number.bits} bits has no cheap levels and is too wide for a table`;
}

/** Whether a float is binary32, binary16 or bfloat16 as IEEE 754 has them. */
function plainFloat({ type }: ResolvedNumber): 'f32' | 'f16' | 'bf16' | null {
  const { base, moves, except } = type;
  if (base.kind !== 'float' || moves.length > 0 || except.length > 0) return null;
  if (base.specials !== 'ieee' || !base.signed || !base.subnormals) return null;
  if (base.bias !== 2 ** (base.exponent - 1) - 1) return null;
  if (base.exponent === 8 && base.mantissa === 23) return 'f32';
  if (base.exponent === 5 && base.mantissa === 10) return 'f16';
  return base.exponent === 8 && base.mantissa === 7 ? 'bf16' : null;
}

/** Integers in steps of one from the level of code 0, or of two's complement; null for anything else. */
function integerLevels(levels: Float32Array): { low: number; twos: boolean } | null {
  const low = levels[0]!;
  const half = levels.length / 2;
  const whole = (level: number) =>
    Number.isInteger(level) && Math.abs(level) < 2 ** 24 && !Object.is(level, -0);
  if (!levels.every(whole)) return null;
  if (levels.every((level, code) => level === low + code)) return { low, twos: false };
  const twos = levels.every((level, code) => level === (code < half ? code : code - 2 * half));
  return twos ? { low: 0, twos: true } : null;
}

/** Whether codes become levels without a look-up: integers of at most 8 bits. */
export function areIntegers(number: ResolvedNumber): boolean {
  return number.bits <= 8 && number.dimension === 1 && integerLevels(levelTable(number)) !== null;
}

/** The level of one code (an `i32`) of a scalar number. */
export function levelOfCode(b: Builder, number: ResolvedNumber, code: number): number {
  switch (plainFloat(number)) {
    case 'f32':
      return b.add({ op: 'from_f32', type: 'f32', args: [code] });
    case 'f16':
      return b.add({ op: 'from_f16', type: 'f32', args: [code] });
    case 'bf16':
      return b.add({ op: 'from_f32', type: 'f32', args: [b.integer('i_shl', code, b.int(16))] });
    case null:
      break;
  }
  const real = (value: number, signed: boolean) =>
    b.add({ op: 'to_real', type: 'f32', args: [value], signed });
  if (number.bits > TABLE_BITS) return wideInteger(b, number, code, real);
  const levels = levelTable(number);
  if (arePowers(levels)) return powerOfTwo(b, code);
  const integers = integerLevels(levels);
  if (integers === null)
    return b.add({ op: 'table', type: 'f32', table: b.table(levels), args: [code], offset: 0 });
  if (!integers.twos) return real(b.integer('i_add', code, b.int(integers.low)), true);
  return real(signExtended(b, code, number.bits), true);
}

/** Whether the levels are those of E8M0: 2^(code − 127), NaN at the end. */
function arePowers(levels: Float32Array): boolean {
  return (
    levels.length === 256 &&
    levels.every((level, code) => (code === 255 ? Number.isNaN(level) : level === 2 ** (code - 127)))
  );
}

/** The code is the exponent of a binary32, but for the first, which is subnormal there, and the last: both have a first mantissa bit. */
function powerOfTwo(b: Builder, code: number): number {
  const fromLast = b.integer('i_and', b.integer('i_add', code, b.int(1)), b.int(255));
  const isEnd = b.integer('i_shr', b.integer('i_sub', fromLast, b.int(2)), b.int(31));
  const exponent = b.integer('i_shl', code, b.int(23));
  const bits = b.integer('i_or', exponent, b.integer('i_shl', isEnd, b.int(22)));
  return b.add({ op: 'from_f32', type: 'f32', args: [bits] });
}

function signExtended(b: Builder, code: number, bits: number): number {
  if (bits >= 32) return code;
  const half = b.int(2 ** (bits - 1));
  return b.integer('i_sub', b.integer('i_xor', code, half), half);
}

/** An integer of more than 16 bits; binary64 holds it exactly and binary32 takes the nearest, as a conversion does. */
function wideInteger(
  b: Builder,
  number: ResolvedNumber,
  code: number,
  real: (value: number, signed: boolean) => number,
): number {
  const { base } = number.type;
  const signed = base.kind === 'int' && base.low < 0;
  return signed ? real(signExtended(b, code, number.bits), true) : real(code, false);
}

/** The levels of codes 4·part … 4·part + 3 of sixteen (a `u8x16`), of a scalar number of at most 8 bits. */
export function levelsOfCodes(b: Builder, number: ResolvedNumber, codes: number, part: number): number {
  const levels = levelTable(number);
  const reals = (bytes: number, signed: boolean) =>
    b.add({ op: 'reals', type: 'f32x4', args: [bytes], part, signed });
  const integers = integerLevels(levels);
  if (integers !== null) {
    const high = Math.max(...levels);
    if (integers.low >= 0 && !integers.twos && high < 256) {
      return reals(b.bytes('b_add', codes, sixteen(integers.low)), false);
    }
    if (integers.twos) {
      const half = 2 ** (number.bits - 1);
      const flipped = half === 128 ? codes : b.bytes('b_xor', codes, sixteen(half));
      return reals(half === 128 ? codes : b.bytes('b_add', flipped, sixteen(256 - half)), true);
    }
    if (integers.low >= -128 && high < 128) {
      return reals(b.bytes('b_add', codes, sixteen(integers.low + 256)), true);
    }
  }
  if (number.bits <= BOOK_BITS) {
    const length = Math.max(16, 2 ** number.bits);
    const book = Array.from({ length }, (_, code) => levels[Math.min(code, levels.length - 1)]!);
    const bytes =
      length === 16 &&
      book.every((level) => Number.isInteger(level) && Math.abs(level) < 128 && !Object.is(level, -0));
    if (bytes)
      return reals(
        b.add({ op: 'b_look', type: 'u8x16', args: [codes], lanes: book.map((v) => v & 255) }),
        true,
      );
    return b.add({ op: 'book', type: 'f32x4', args: [codes], part, table: b.table(Float32Array.from(book)) });
  }
  const table = b.table(levels);
  const level = (k: number) => {
    const code = b.add({ op: 'lane', type: 'i32', args: [codes], lane: 4 * part + k });
    return b.add({ op: 'table', type: 'f32', table, args: [code], offset: 0 });
  };
  return b.add({ op: 'join', type: 'f32x4', args: [level(0), level(1), level(2), level(3)] });
}

function sixteen(byte: number): number[] {
  return new Array<number>(16).fill(byte & 255);
}
