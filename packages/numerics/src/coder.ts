/**
 * From a value to a code: search of a ladder by the rounding rule, and what becomes of values beyond its ends.
 *
 * Every coder here equals the obvious rule over all levels (test/rounding.test.ts); they differ in speed only.
 * Specification: docs/design/language.md, "Numbers" and "What cannot be represented".
 */
import type { OutsideLevel } from './base.ts';
import { fromFloat32Bits } from './float32.ts';
import type { Ladder } from './ladder.ts';
import { boundary, type Neighbour, stochasticDraw } from './rounding.ts';
import type { Overflow, Rounding } from './types.ts';

/** Codes of one array: `Int32Array` only for a `grid`, whose codes are the integers themselves. */
export type CodeArray = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** What `codeOf` returns for a value that overflows under `overflow error`. */
export const OVERFLOW = -1;

/** The rule for values in range: `index` is the element's, for stochastic rounding. */
export type InRange = (x: number, index: number) => number;

/** The ends of a number and what is written beyond them. */
export interface Ends {
  /** Values from here up overflow, as rounding with further levels would leave the range. */
  readonly high: number;
  /** Values below overflow. */
  readonly low: number;
  readonly highest: number;
  readonly lowest: number;
  readonly overflow: Overflow | null;
  readonly nanCode: number | null;
  readonly infCode: number | null;
  readonly negativeInfCode: number | null;
}

/** A deterministic rule: what `stochastic` falls back to where no draw is made. */
export function steadyRule(rule: Rounding, fallback: 'even' | 'down'): Exclude<Rounding, object> {
  return typeof rule === 'object' ? fallback : rule;
}

/** Where overflow begins at the upper and the lower end of a ladder, given the levels that would stand outside. */
export function limits(
  ladder: Ladder,
  outside: readonly OutsideLevel[],
  rule: Rounding,
): { low: number; high: number } {
  const bottom = ladder.at(0);
  const top = ladder.at(ladder.count - 1);
  const step = ladder.count > 1 ? ladder.count - 2 : 0;
  const over = outside
    .filter(({ value }) => value > top.value && value < Infinity)
    .sort((a, b) => a.value - b.value)[0];
  const under = outside
    .filter(({ value }) => value < bottom.value && value > -Infinity)
    .sort((a, b) => b.value - a.value)[0];
  const steady = steadyRule(rule, 'even');
  // Listed levels have nothing outside: the last gap is taken once more.
  const above = virtual(over, 2 * top.value - ladder.at(step).value, top);
  const below = virtual(under, 2 * bottom.value - ladder.at(ladder.count > 1 ? 1 : 0).value, bottom);
  const single = ladder.count === 1 && over === undefined && under === undefined;
  return {
    high: single ? Infinity : boundary(top, above, (top.value + above.value) / 2, steady),
    // A number without negative levels takes its lowest one for everything below; only -Infinity is beyond it.
    low:
      single || bottom.value >= 0
        ? -Number.MAX_VALUE
        : boundary(below, bottom, (below.value + bottom.value) / 2, steady),
  };
}

function virtual(level: OutsideLevel | undefined, fallback: number, end: Neighbour): Neighbour {
  return { value: level?.value ?? fallback, parity: level?.parity ?? 1 - end.parity, code: Infinity };
}

/** The code of a value that is NaN, infinite or beyond the ends. */
export function codeBeyond(x: number, ends: Ends): number {
  if (Number.isNaN(x)) return ends.nanCode ?? 0;
  const inf = x > 0 ? ends.infCode : ends.negativeInfCode;
  if (!Number.isFinite(x) && inf !== null && ends.overflow !== 'saturate') return inf;
  // Not the sign of x: all levels may lie on one side of zero.
  const end = x < ends.high ? ends.lowest : ends.highest;
  switch (ends.overflow) {
    case null:
    case 'saturate':
      return end;
    case 'error':
      return OVERFLOW;
    case 'nan':
      return ends.nanCode ?? end;
    case 'inf':
      return inf ?? end;
  }
}

/** Search by halving through a ladder that is computed rank by rank. */
export function computedSearch(ladder: Ladder, rule: Rounding): InRange {
  const steady = steadyRule(rule, 'down');
  return (x, index) => {
    // The highest rank at or below x, or the lowest rank of all.
    let rank = 0;
    let end = ladder.count;
    while (end - rank > 1) {
      const half = Math.floor((rank + end) / 2);
      if (ladder.at(half).value <= x) rank = half;
      else end = half;
    }
    let level = ladder.at(rank);
    if (x > level.value && rank + 1 < ladder.count) {
      const above = ladder.at(rank + 1);
      const goesUp =
        typeof rule === 'object'
          ? (x - level.value) / (above.value - level.value) > stochasticDraw(rule.stochastic, index)
          : x >= boundary(level, above, (level.value + above.value) / 2, steady);
      if (goesUp) level = above;
    }
    return level.value === 0 && ladder.negativeZero !== null && 1 / x < 0 ? ladder.negativeZero : level.code;
  };
}

/** A ladder as arrays: boundaries to search and codes to write. */
export interface ListedSearch {
  readonly inRange: InRange;
  /** Writes the codes of binary32 values; everything not in low..high is left to `beyond`. */
  readonly encode: (
    x: Float32Array,
    out: CodeArray,
    ends: Ends,
    first: number,
    beyond: (x: number, i: number) => number,
  ) => void;
}

/**
 * Search by halving through the boundaries of a listed ladder.
 *
 * @param middle the midpoint of two levels, in the precision that the number's boundaries have
 */
export function listedSearch(
  ladder: Ladder,
  rule: Rounding,
  middle: (a: number, b: number) => number,
): ListedSearch {
  const steady = steadyRule(rule, 'down');
  const count = ladder.count;
  const codes = new Uint16Array(count);
  const values = new Float64Array(count);
  const boundaries = new Float64Array(count - 1);
  let zeroRank = -1;
  for (let rank = 0; rank < count; rank++) {
    const level = ladder.at(rank);
    codes[rank] = level.code;
    values[rank] = level.value;
    if (level.value === 0 && ladder.negativeZero !== null) zeroRank = rank;
    if (rank > 0) {
      const below = ladder.at(rank - 1);
      boundaries[rank - 1] = boundary(below, level, middle(below.value, level.value), steady);
    }
  }
  const negativeZero = ladder.negativeZero ?? 0;
  const rankIn = (x: number, from: number, to: number) => {
    let low = from;
    let high = to;
    while (low < high) {
      const half = (low + high) >>> 1;
      if (boundaries[half]! <= x) low = half + 1;
      else high = half;
    }
    return low;
  };
  const inRange: InRange = (x, index) => {
    let rank = rankIn(x, 0, count - 1);
    if (typeof rule === 'object' && rank + 1 < count && x > values[rank]!) {
      const share = (x - values[rank]!) / (values[rank + 1]! - values[rank]!);
      if (share > stochasticDraw(rule.stochastic, index)) rank++;
    }
    return rank === zeroRank && 1 / x < 0 ? negativeZero : codes[rank]!;
  };
  let starts: Uint16Array | null = null;
  const encode: ListedSearch['encode'] = (x, out, { low, high }, first, beyond) => {
    const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
    const bucketBits = count > 4096 ? 16 : 12;
    const shift = 32 - bucketBits;
    starts ??= bucketStarts(bucketBits, (value) => rankIn(value, 0, count - 1), count - 1);
    const isStochastic = typeof rule === 'object';
    for (let i = 0; i < x.length; i++) {
      const value = x[i]!;
      if (!(value >= low && value < high)) {
        out[i] = beyond(value, i);
        continue;
      }
      if (isStochastic) {
        out[i] = inRange(value, first + i);
        continue;
      }
      const word = bits[i]!;
      const bucket = (word ^ ((word >> 31) | 0x80000000)) >>> shift;
      let from = starts[bucket]!;
      let to = starts[bucket + 1]!;
      while (from < to) {
        const half = (from + to) >>> 1;
        if (boundaries[half]! <= value) from = half + 1;
        else to = half;
      }
      out[i] = from === zeroRank && 1 / value < 0 ? negativeZero : codes[from]!;
    }
  };
  return { inRange, encode };
}

/**
 * Binary32 values in order, cut into buckets by their leading bits (sign, exponent, first mantissa bits; negative ones complemented):
 * the rank at the low end of each bucket, and after the last. It leaves a search of a step or two where halving takes `log2 count`.
 */
function bucketStarts(bucketBits: number, rankOf: (x: number) => number, last: number): Uint16Array {
  const starts = new Uint16Array(2 ** bucketBits + 1);
  for (let bucket = 0; bucket < 2 ** bucketBits; bucket++) {
    const key = bucket * 2 ** (32 - bucketBits);
    const edge = fromFloat32Bits(key >= 2 ** 31 ? key - 2 ** 31 : 2 ** 32 - 1 - key);
    starts[bucket] = Number.isNaN(edge) ? (key >= 2 ** 31 ? last : 0) : rankOf(edge);
  }
  starts[2 ** bucketBits] = last;
  return starts;
}
