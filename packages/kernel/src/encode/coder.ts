/**
 * Values → codes of a number, as operations: whole numbers by rounding, plain floats by their bits, short lists of levels by
 * comparing with the boundaries between them. Each way gives the codes that the number's own coder gives (`numerics`).
 */
import { fromFloat32Bits, type ResolvedNumber, toFloat32Bits } from '@fewerbits/numerics';
import type { Builder } from '../builder.ts';
import { NoKernel } from '../no-kernel.ts';

/** A code, and what must hold for it: values that are 1 where they do. */
export interface Coded {
  readonly code: number;
  readonly sound: readonly number[];
}

/** Numbers of more levels are no list to compare with. */
const MOST_LEVELS = 64;

/**
 * The code of a value (an `f32`) that is not NaN.
 * @param clamps whether values beyond the ends take the last code, as codes do; others are unsound
 * @throws NoKernel for a number that has no cheap way
 */
export function codeOfValue(b: Builder, number: ResolvedNumber, value: number, clamps: boolean): Coded {
  const { rounding, dimension, type } = number;
  if (dimension !== 1) throw new NoKernel('vectors are searched');
  if (typeof rounding === 'object') throw new NoKernel('rounding is random');
  if (clamps && (number.overflow === 'inf' || number.overflow === 'nan'))
    throw new NoKernel('a code may be no number');
  const held = clamps || number.overflow === 'saturate';
  const sound = held ? [] : inRange(b, number, value);
  if (type.base.kind === 'int') {
    const code = integerCode(b, number, value);
    if (code !== null) return { code, sound };
  }
  if (type.base.kind === 'float' && type.moves.length === 0 && type.except.length === 0) {
    const coded = floatCode(b, number, value, held);
    if (coded !== null) return { code: coded.code, sound: [...sound, ...coded.sound] };
  }
  return { code: listedCode(b, number, value), sound };
}

/** Binary32 values in ascending order are integers in ascending order. */
const keyOf = (x: number): number => {
  const bits = toFloat32Bits(x) | 0;
  return bits < 0 ? -(bits & 0x7fffffff) - 1 : bits;
};
const realOf = (key: number): number => fromFloat32Bits((key < 0 ? (-key - 1) | 0x80000000 : key) >>> 0);

const LARGEST = 3.4028234663852886e38;
const LEAST_NORMAL = 2 ** -126;

/** The smallest binary32 in from..to for which a condition holds that holds from there on; null if it holds for none. */
function firstWhere(from: number, to: number, holds: (x: number) => boolean): number | null {
  if (!holds(to)) return null;
  let [low, high] = [keyOf(from) - 1, keyOf(to)];
  while (high - low > 1) {
    const half = Math.floor((low + high) / 2);
    if (holds(realOf(half))) high = half;
    else low = half;
  }
  return realOf(high);
}

/** Values that do not overflow: below the first that does, and above the last. */
function inRange(b: Builder, number: ResolvedNumber, value: number): number[] {
  const high = firstWhere(0, LARGEST, (x) => number.overflows(x));
  const low = firstWhere(0, LARGEST, (x) => number.overflows(-x));
  if (high !== null && high === low) return [b.binary('lt', b.unary('abs', value), b.real(high))];
  return [
    ...(high === null ? [] : [b.binary('lt', value, b.real(high))]),
    ...(low === null ? [] : [b.binary('gt', value, b.real(-low))]),
  ];
}

// ---------------------------------------------------------------------------------------------- whole numbers

/** Integers in steps of one, perhaps moved by a whole even number; null for others. */
function integerCode(b: Builder, number: ResolvedNumber, value: number): number | null {
  const { base, moves, except } = number.type;
  if (base.kind !== 'int' || except.length > 0 || base.coding === 'sign_magnitude') return null;
  let moved = 0;
  for (const { op, constant, swapped } of moves) {
    if (op !== '+' && (op !== '-' || swapped)) return null;
    moved += op === '+' ? constant : -constant;
  }
  // Ties go to what was even before the move.
  if (moved % 2 !== 0 || Math.abs(moved) > 2 ** 20) return null;
  const { low, high } = base;
  if (Math.max(Math.abs(low), Math.abs(high)) + Math.abs(moved) >= 2 ** 22) return null;
  // Rounding to the nearest comes last: the bounds are whole, and a target may round as it makes integers.
  const isLast = number.rounding === 'even';
  const whole = isLast ? value : wholeOf(b, number.rounding, value);
  if (whole === null) return null;
  const least = b.binary('greater', whole, b.real(low + moved));
  const held = b.binary('lesser', least, b.real(high + moved));
  const last = isLast ? b.unary('whole', held) : held;
  const start = base.coding === 'offset' ? low : 0;
  const code = b.add({ op: 'to_int', type: 'i32', args: [last], less: start + moved });
  return low < 0 && base.coding === 'twos' ? b.integer('i_and', code, b.int(2 ** number.bits - 1)) : code;
}

/** The whole number that a value is rounded to, or null for rules that ask for more. */
function wholeOf(b: Builder, rounding: ResolvedNumber['rounding'], value: number): number | null {
  switch (rounding) {
    case 'down':
      return b.unary('floor', value);
    case 'up':
      return b.unary('ceil', value);
    case 'in':
      return b.unary('trunc', value);
    case 'half_away': {
      // value − trunc(value) is exact; adding a half first would not be.
      const whole = b.unary('trunc', value);
      const rest = b.binary('sub', value, whole);
      const up = b.binary('ge', rest, b.real(0.5));
      const down = b.binary('le', rest, b.real(-0.5));
      return b.binary('add', whole, b.binary('sub', up, down));
    }
    default:
      return null;
  }
}

// ---------------------------------------------------------------------------------------------- floats

/** Floats whose mantissa binary32 holds, rounded by its bits; null for others. */
function floatCode(b: Builder, number: ResolvedNumber, value: number, held: boolean): Coded | null {
  const { base } = number.type;
  if (base.kind !== 'float') return null;
  const { exponent, mantissa, bias, signed, subnormals } = base;
  const rounds = number.rounding === 'even' || number.rounding === 'out' || number.rounding === 'in';
  if (!rounds || exponent === 0 || bias > 127) return null;
  if (!signed) return mantissa === 0 && exponent === 8 && bias === 127 ? powerCode(b, number, value) : null;
  if (!subnormals || !agrees(number)) return null;
  if (mantissa === 23 && exponent === 8)
    return { code: b.add({ op: 'bits_of', type: 'i32', args: [value] }), sound: [] };
  const magnitude = b.unary('abs', value);
  const most = b.real(number.facts.max);
  const limited = held ? b.binary('lesser', magnitude, most) : magnitude;
  const code =
    number.rounding === 'even' && exponent < 8
      ? evenCode(b, limited, mantissa, bias)
      : codeByBits(b, limited, number.rounding as 'even' | 'out' | 'in', mantissa, bias);
  const own = b.add({ op: 'bits_of', type: 'i32', args: [value] });
  const sign = b.integer('i_shl', b.integer('i_shr', own, b.int(31)), b.int(number.bits - 1));
  return { code: b.integer('i_or', code, sign), sound: [] };
}

/**
 * The code of a magnitude, rounded to the nearest: beside a power of two whose last place is that of the result, an addition rounds,
 * and what it adds to the bits are the steps of that place. Below the least normal number the place stays.
 */
function evenCode(b: Builder, magnitude: number, mantissa: number, bias: number): number {
  const bits = b.add({ op: 'bits_of', type: 'i32', args: [magnitude] });
  const own = b.integer('i_and', bits, b.int(0x7f800000));
  const exponent = b.integer('i_max', own, b.int((128 - bias) << 23));
  const besides = b.integer('i_add', exponent, b.int((23 - mantissa) << 23));
  const large = b.add({ op: 'from_f32', type: 'f32', args: [besides] });
  const sum = b.add({ op: 'bits_of', type: 'i32', args: [b.binary('add', magnitude, large)] });
  const steps = b.integer('i_sub', sum, besides);
  const least = b.integer('i_shr', exponent, b.int(23 - mantissa));
  return b.integer('i_add', steps, b.integer('i_sub', least, b.int((128 - bias) << mantissa)));
}

/** The code of a magnitude by its bits; below the least normal number levels are even, multiples of the smallest. */
function codeByBits(
  b: Builder,
  magnitude: number,
  rule: 'even' | 'out' | 'in',
  mantissa: number,
  bias: number,
): number {
  const bits = b.add({ op: 'bits_of', type: 'i32', args: [magnitude] });
  const kept = roundedBits(b, bits, 23 - mantissa, rule);
  const normal = b.integer('i_sub', kept, b.int((127 - bias) * 2 ** mantissa));
  if (bias === 127) return normal;
  const steps = b.binary('mul', magnitude, b.real(2 ** (bias - 1 + mantissa)));
  const whole = b.unary(({ even: 'round', out: 'ceil', in: 'trunc' } as const)[rule], steps);
  const small = b.add({ op: 'to_int', type: 'i32', args: [whole], less: 0 });
  const isSmall = b.binary('lt', magnitude, b.real(2 ** (1 - bias)));
  return b.add({ op: 'i_pick', type: 'i32', args: [isSmall, small, normal] });
}

/** Whether codes are the bits of the number as described: zero and one have the codes that they would. */
function agrees(number: ResolvedNumber): boolean {
  const { base } = number.type;
  if (base.kind !== 'float') return false;
  const one = base.bias * 2 ** base.mantissa;
  const half = 2 ** (number.bits - 1);
  const samples = [number.codeOf(1) === one, number.codeOf(-1) === one + half, number.codeOf(0) === 0];
  return samples.every(Boolean) && number.codeOf(-0) === half;
}

/** The bits of a positive binary32 without the last `dropped`, rounded. */
function roundedBits(b: Builder, bits: number, dropped: number, rule: 'even' | 'out' | 'in'): number {
  if (dropped === 0 || rule === 'in') return b.integer('i_shr', bits, b.int(dropped));
  let added = b.int(2 ** dropped - 1);
  if (rule === 'even') {
    const odd = b.integer('i_and', b.integer('i_shr', bits, b.int(dropped)), b.int(1));
    added = b.integer('i_add', b.int(2 ** (dropped - 1) - 1), odd);
  }
  return b.integer('i_shr', b.integer('i_add', bits, added), b.int(dropped));
}

/** E8M0: the exponent of a value, zero and what is below with code 0. */
function powerCode(b: Builder, number: ResolvedNumber, value: number): Coded {
  const bits = b.add({ op: 'bits_of', type: 'i32', args: [b.binary('greater', value, b.real(0))] });
  const normal = roundedBits(b, bits, 23, number.rounding as 'even' | 'out' | 'in');
  // Subnormal values have code 0 or 1, by the number's own rule.
  const first = firstWhere(0, LEAST_NORMAL, (x) => number.codeOf(x) > 0) ?? LEAST_NORMAL;
  const small = b.pick(b.binary('ge', value, b.real(first)), b.real(1), b.real(0));
  const isSmall = b.binary('lt', value, b.real(LEAST_NORMAL));
  const smallCode = b.add({ op: 'to_int', type: 'i32', args: [small], less: 0 });
  const code = b.add({ op: 'i_pick', type: 'i32', args: [isSmall, smallCode, normal] });
  // The rule for ties below the largest power is that of the ends; rather than copy it, leave them out.
  return { code, sound: [b.binary('le', value, b.real(2 ** 127))] };
}

// ---------------------------------------------------------------------------------------------- lists

/** Levels by rank: a comparison with each boundary. */
function listedCode(b: Builder, number: ResolvedNumber, value: number): number {
  const { levels } = number;
  if (levels === null || number.codes > MOST_LEVELS)
    throw new NoKernel('its levels are too many to compare with');
  if (number.codeOf(-0) !== number.codeOf(0)) return signedCode(b, number, levels, value);
  return mapped(b, ladderOf(number, levels), value);
}

/** A sign beside a ladder of magnitudes, where −0 has a code. */
function signedCode(b: Builder, number: ResolvedNumber, levels: ArrayLike<number>, value: number): number {
  const half = 2 ** (number.bits - 1);
  const ladder = ladderOf(
    number,
    Array.from(levels).filter((level) => level >= 0),
  );
  const symmetric = [...ladder.thresholds, ...ladder.thresholds.map((x) => realOf(keyOf(x) - 1)), 0].every(
    (x) => number.codeOf(-x) === number.codeOf(x) + half,
  );
  if (!symmetric) throw new NoKernel('its negative levels are not the others with a sign');
  const code = mapped(b, ladder, b.unary('abs', value));
  const bits = b.add({ op: 'bits_of', type: 'i32', args: [value] });
  const sign = b.integer('i_shl', b.integer('i_shr', bits, b.int(31)), b.int(number.bits - 1));
  return b.integer('i_or', code, sign);
}

/** Codes in the order of their values, and the first value of each but the lowest. */
interface Ladder {
  readonly thresholds: readonly number[];
  readonly codes: readonly number[];
}

/** Found by asking the number's own coder, whatever its rounding rule. */
function ladderOf(number: ResolvedNumber, levels: ArrayLike<number>): Ladder {
  const finite = Array.from(levels)
    .filter(Number.isFinite)
    .map((level) => level + 0);
  const ascending = [...new Set(finite)].sort((p, q) => p - q);
  const thresholds: number[] = [];
  let start = ascending[0]!;
  const codes = [number.codeOf(start)];
  for (const end of ascending) {
    for (;;) {
      const current = codes.at(-1)!;
      // Monotone from level to level, so the first other code is the next one.
      const next = firstWhere(start, end, (x) => number.codeOf(x) !== current);
      if (next === null) break;
      thresholds.push(next);
      codes.push(number.codeOf(next));
      start = next;
      if (codes.length > 2 * MOST_LEVELS) throw new NoKernel('its codes do not rise with its values');
    }
    start = end;
  }
  if (new Set(codes).size !== codes.length) throw new NoKernel('its codes do not rise with its values');
  return { thresholds, codes };
}

function mapped(b: Builder, { thresholds, codes }: Ladder, value: number): number {
  if (thresholds.length === 0) return b.int(codes[0]!);
  const table = b.table(Float32Array.from(thresholds));
  const rank = b.add({ op: 'rank', type: 'i32', args: [value], table });
  const first = codes[0]!;
  if (codes.every((code, k) => code === first + k)) return b.integer('i_add', rank, b.int(first));
  if (codes.every((code, k) => code === first - k)) return b.integer('i_sub', b.int(first), rank);
  if (codes.length > 16) throw new NoKernel('its codes stand in no order');
  const lanes = Array.from({ length: 16 }, (_, k) => codes[Math.min(k, codes.length - 1)]!);
  return b.add({ op: 'i_look', type: 'i32', args: [rank], lanes });
}
