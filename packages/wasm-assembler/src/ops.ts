/**
 * Every instruction without a structure of its own: name → opcode and what it does to the stack. The one table.
 *
 * Written as runs of names with consecutive opcodes, as the specification lists them. Specification: WebAssembly core 2.0,
 * 5.4 and 7.10; SIMD opcodes stand behind the prefix 0xfd.
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Bytes of the opcode, types taken from the stack (the last is on top), and the type left there. */
export interface Op {
  readonly code: readonly number[];
  readonly takes: readonly ValueType[];
  readonly gives: ValueType | null;
}

/** `takes->gives`, one letter a type: i I f F v; nothing for none. */
const LETTERS: Readonly<Record<string, ValueType>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64', v: 'v128' };

function signature(text: string): Pick<Op, 'takes' | 'gives'> {
  const [takes, gives] = text.split('->');
  return {
    takes: [...takes!].map((letter) => LETTERS[letter]!),
    gives: gives === '' ? null : LETTERS[gives!]!,
  };
}

const BINARY_INTEGER = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const COMPARE_INTEGER = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const COMPARE_REAL = 'eq ne lt gt le ge';
const BINARY_REAL = 'add sub mul div min max copysign';
const UNARY_REAL = 'abs neg ceil floor trunc nearest sqrt';

/** [first opcode, names, signature]; a dash leaves an opcode out. */
type Run = readonly [first: number, names: string, signature: string];

const named = (prefix: string, names: string): string =>
  names.replace(/[^ ]+/g, (name) => (name === '-' ? '-' : `${prefix}.${name}`));

const PLAIN_RUNS: readonly Run[] = [
  [0x45, 'i32.eqz', 'i->i'],
  [0x46, named('i32', COMPARE_INTEGER), 'ii->i'],
  [0x50, 'i64.eqz', 'I->i'],
  [0x51, named('i64', COMPARE_INTEGER), 'II->i'],
  [0x5b, named('f32', COMPARE_REAL), 'ff->i'],
  [0x61, named('f64', COMPARE_REAL), 'FF->i'],
  [0x67, named('i32', 'clz ctz popcnt'), 'i->i'],
  [0x6a, named('i32', BINARY_INTEGER), 'ii->i'],
  [0x79, named('i64', 'clz ctz popcnt'), 'I->I'],
  [0x7c, named('i64', BINARY_INTEGER), 'II->I'],
  [0x8b, named('f32', UNARY_REAL), 'f->f'],
  [0x92, named('f32', BINARY_REAL), 'ff->f'],
  [0x99, named('f64', UNARY_REAL), 'F->F'],
  [0xa0, named('f64', BINARY_REAL), 'FF->F'],
  [0xa7, 'i32.wrap_i64', 'I->i'],
  [0xa8, 'i32.trunc_f32_s i32.trunc_f32_u', 'f->i'],
  [0xaa, 'i32.trunc_f64_s i32.trunc_f64_u', 'F->i'],
  [0xac, 'i64.extend_i32_s i64.extend_i32_u', 'i->I'],
  [0xae, 'i64.trunc_f32_s i64.trunc_f32_u', 'f->I'],
  [0xb0, 'i64.trunc_f64_s i64.trunc_f64_u', 'F->I'],
  [0xb2, 'f32.convert_i32_s f32.convert_i32_u', 'i->f'],
  [0xb4, 'f32.convert_i64_s f32.convert_i64_u', 'I->f'],
  [0xb6, 'f32.demote_f64', 'F->f'],
  [0xb7, 'f64.convert_i32_s f64.convert_i32_u', 'i->F'],
  [0xb9, 'f64.convert_i64_s f64.convert_i64_u', 'I->F'],
  [0xbb, 'f64.promote_f32', 'f->F'],
  [0xbc, 'i32.reinterpret_f32', 'f->i'],
  [0xbd, 'i64.reinterpret_f64', 'F->I'],
  [0xbe, 'f32.reinterpret_i32', 'i->f'],
  [0xbf, 'f64.reinterpret_i64', 'I->F'],
  [0xc0, 'i32.extend8_s i32.extend16_s', 'i->i'],
];

const SATURATING = 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u';
const EXTEND = 'extend_low_# extend_high_# extend_low_@ extend_high_@';
const extend = (from: string): string => EXTEND.replaceAll('#', `${from}_s`).replaceAll('@', `${from}_u`);
const multiply = (from: string): string => extend(from).replaceAll('extend', 'extmul');

const SIMD_RUNS: readonly Run[] = [
  [14, 'i8x16.swizzle', 'vv->v'],
  [15, 'i8x16.splat i16x8.splat i32x4.splat', 'i->v'],
  [18, 'i64x2.splat', 'I->v'],
  [19, 'f32x4.splat', 'f->v'],
  [20, 'f64x2.splat', 'F->v'],
  [35, named('i8x16', COMPARE_INTEGER), 'vv->v'],
  [45, named('i16x8', COMPARE_INTEGER), 'vv->v'],
  [55, named('i32x4', COMPARE_INTEGER), 'vv->v'],
  [65, named('f32x4', COMPARE_REAL), 'vv->v'],
  [71, named('f64x2', COMPARE_REAL), 'vv->v'],
  [77, 'v128.not', 'v->v'],
  [78, 'v128.and v128.andnot v128.or v128.xor', 'vv->v'],
  [82, 'v128.bitselect', 'vvv->v'],
  [83, 'v128.any_true', 'v->i'],
  [94, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4 i8x16.abs i8x16.neg i8x16.popcnt', 'v->v'],
  [99, 'i8x16.all_true i8x16.bitmask', 'v->i'],
  [101, 'i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u', 'vv->v'],
  [103, named('f32x4', 'ceil floor trunc nearest'), 'v->v'],
  [107, 'i8x16.shl i8x16.shr_s i8x16.shr_u', 'vi->v'],
  [110, named('i8x16', SATURATING), 'vv->v'],
  [116, 'f64x2.ceil f64x2.floor', 'v->v'],
  [118, 'i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u', 'vv->v'],
  [122, 'f64x2.trunc', 'v->v'],
  [123, 'i8x16.avgr_u', 'vv->v'],
  [124, named('i16x8', 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u'), 'v->v'],
  [126, named('i32x4', 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u'), 'v->v'],
  [128, 'i16x8.abs i16x8.neg', 'v->v'],
  [130, 'i16x8.q15mulr_sat_s', 'vv->v'],
  [131, 'i16x8.all_true i16x8.bitmask', 'v->i'],
  [133, 'i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u', 'vv->v'],
  [135, named('i16x8', extend('i8x16')), 'v->v'],
  [139, 'i16x8.shl i16x8.shr_s i16x8.shr_u', 'vi->v'],
  [142, named('i16x8', SATURATING), 'vv->v'],
  [148, 'f64x2.nearest', 'v->v'],
  [149, named('i16x8', 'mul min_s min_u max_s max_u - avgr_u'), 'vv->v'],
  [156, named('i16x8', multiply('i8x16')), 'vv->v'],
  [160, 'i32x4.abs i32x4.neg', 'v->v'],
  [163, 'i32x4.all_true i32x4.bitmask', 'v->i'],
  [167, named('i32x4', extend('i16x8')), 'v->v'],
  [171, 'i32x4.shl i32x4.shr_s i32x4.shr_u', 'vi->v'],
  [174, named('i32x4', 'add - - sub - - - mul min_s min_u max_s max_u dot_i16x8_s'), 'vv->v'],
  [188, named('i32x4', multiply('i16x8')), 'vv->v'],
  [192, 'i64x2.abs i64x2.neg', 'v->v'],
  [195, 'i64x2.all_true i64x2.bitmask', 'v->i'],
  [199, named('i64x2', extend('i32x4')), 'v->v'],
  [203, 'i64x2.shl i64x2.shr_s i64x2.shr_u', 'vi->v'],
  [206, named('i64x2', 'add - - sub - - - mul eq ne lt_s gt_s le_s ge_s'), 'vv->v'],
  [220, named('i64x2', multiply('i32x4')), 'vv->v'],
  [224, named('f32x4', 'abs neg - sqrt'), 'v->v'],
  [228, named('f32x4', 'add sub mul div min max pmin pmax'), 'vv->v'],
  [236, named('f64x2', 'abs neg - sqrt'), 'v->v'],
  [240, named('f64x2', 'add sub mul div min max pmin pmax'), 'vv->v'],
  [
    248,
    'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u',
    'v->v',
  ],
  [252, named('i32x4', 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero'), 'v->v'],
  [254, 'f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u', 'v->v'],
];

/** Loads take an address. */
const LOAD_RUNS: readonly Run[] = [
  [0x28, 'i32.load', 'i->i'],
  [0x29, 'i64.load', 'i->I'],
  [0x2a, 'f32.load', 'i->f'],
  [0x2b, 'f64.load', 'i->F'],
  [0x2c, named('i32', 'load8_s load8_u load16_s load16_u'), 'i->i'],
  [0x30, named('i64', 'load8_s load8_u load16_s load16_u load32_s load32_u'), 'i->I'],
];

const SIMD_LOAD_RUNS: readonly Run[] = [
  [0, named('v128', 'load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u'), 'i->v'],
  [7, named('v128', 'load8_splat load16_splat load32_splat load64_splat'), 'i->v'],
  [92, 'v128.load32_zero v128.load64_zero', 'i->v'],
];

const STORE_RUNS: readonly Run[] = [
  [0x36, 'i32.store', 'ii->'],
  [0x37, 'i64.store', 'iI->'],
  [0x38, 'f32.store', 'if->'],
  [0x39, 'f64.store', 'iF->'],
  [0x3a, 'i32.store8 i32.store16', 'ii->'],
  [0x3c, 'i64.store8 i64.store16 i64.store32', 'iI->'],
];

const SIMD_STORE_RUNS: readonly Run[] = [[11, 'v128.store', 'iv->']];

const LANE_RUNS: readonly Run[] = [
  [21, 'i8x16.extract_lane_s i8x16.extract_lane_u', 'v->i'],
  [23, 'i8x16.replace_lane', 'vi->v'],
  [24, 'i16x8.extract_lane_s i16x8.extract_lane_u', 'v->i'],
  [26, 'i16x8.replace_lane', 'vi->v'],
  [27, 'i32x4.extract_lane', 'v->i'],
  [28, 'i32x4.replace_lane', 'vi->v'],
  [29, 'i64x2.extract_lane', 'v->I'],
  [30, 'i64x2.replace_lane', 'vI->v'],
  [31, 'f32x4.extract_lane', 'v->f'],
  [32, 'f32x4.replace_lane', 'vf->v'],
  [33, 'f64x2.extract_lane', 'v->F'],
  [34, 'f64x2.replace_lane', 'vF->v'],
];

const LANE_LOAD_RUNS: readonly Run[] = [
  [84, named('v128', 'load8_lane load16_lane load32_lane load64_lane'), 'iv->v'],
  [88, named('v128', 'store8_lane store16_lane store32_lane store64_lane'), 'iv->'],
];

function table(plain: readonly Run[], simd: readonly Run[]): ReadonlyMap<string, Op> {
  const ops = new Map<string, Op>();
  const add = (runs: readonly Run[], bytes: (opcode: number) => number[]): void => {
    for (const [first, names, types] of runs)
      for (const [k, name] of names.split(' ').entries())
        if (name !== '-') ops.set(name, { code: bytes(first + k), ...signature(types) });
  };
  add(plain, (opcode) => [opcode]);
  // Opcodes behind a prefix are LEB128.
  add(simd, (opcode) =>
    opcode < 128 ? [0xfd, opcode] : [0xfd, (opcode % 128) + 128, Math.floor(opcode / 128)],
  );
  return ops;
}

/** Instructions without immediates. */
export const PLAIN = table(PLAIN_RUNS, SIMD_RUNS);
/** Loads; the address is on the stack. */
export const LOADS = table(LOAD_RUNS, SIMD_LOAD_RUNS);
/** Stores; below the value stands the address. */
export const STORES = table(STORE_RUNS, SIMD_STORE_RUNS);
/** Instructions on one lane. */
export const LANES = table([], LANE_RUNS);
/** Loads and stores of one lane; below the vector stands the address. */
export const LANE_LOADS = table([], LANE_LOAD_RUNS);

/** How many lanes the instruction's vector has: `i8x16.…` 16; `v128.load32_lane` 4. */
export function laneCount(name: string): number {
  const shaped = /x(\d+)\./.exec(name);
  if (shaped !== null) return Number(shaped[1]);
  return 128 / Number(/(\d+)_lane$/.exec(name)![1]);
}
