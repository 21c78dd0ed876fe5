/**
 * The rounding rules: which of two neighbouring levels a value between them takes, and integers as the special case.
 *
 * Every deterministic rule is a boundary: the smallest binary64 that takes the upper level. Encoders search boundaries
 * and never ask for the rule again. Specification: docs/design/language.md, "Numbers"; `Rounding` in types.ts.
 */
import { nextUp } from './float32.ts';
import type { Rounding } from './types.ts';

/** One of two neighbouring levels. */
export interface Neighbour {
  readonly value: number;
  readonly code: number;
  /** 1 if a tie rule sees it as odd. */
  readonly parity: number;
}

/**
 * The smallest binary64 that rounds to `above` rather than `below` (below.value <= above.value).
 *
 * Directed rules and `odd` leave a value that is a level where it is. Where no rule can tell two levels apart (equal magnitudes
 * under `half_away` and `half_zero`, equal parities) the upper is taken. In a gap that holds zero but no level zero, `out` follows
 * the sign of the value, and `in` takes the level of smaller magnitude. `stochastic` has no boundary: the caller draws.
 *
 * @param middle the midpoint, in the precision that the number's boundaries have
 */
export function boundary(
  below: Neighbour,
  above: Neighbour,
  middle: number,
  rule: Exclude<Rounding, object>,
): number {
  const a = Math.abs(below.value);
  const b = Math.abs(above.value);
  switch (rule) {
    case 'even':
      return below.parity === 0 ? nextUp(middle) : middle;
    case 'half_down':
      return nextUp(middle);
    case 'half_up':
      return middle;
    case 'half_away':
      return a > b ? nextUp(middle) : middle;
    case 'half_zero':
      return a < b ? nextUp(middle) : middle;
    case 'first':
      return below.code < above.code ? nextUp(middle) : middle;
    case 'down':
      return above.value;
    case 'up':
      return nextUp(below.value);
    case 'in':
      return a < b ? above.value : nextUp(below.value);
    case 'out':
      if (below.value < 0 && above.value > 0) return 0;
      return a > b ? above.value : nextUp(below.value);
    case 'odd':
      return below.parity === 1 ? above.value : nextUp(below.value);
  }
}

/**
 * x rounded to an integer by the rule, never -0; |x| < 2^52. `first` takes the lower integer, as where codes rise with them.
 * @param draw in [0, 1), decides `stochastic`
 */
export function roundToInteger(x: number, rule: Rounding, draw: number): number {
  // The rest beside the truncated value is exact; beside the floor it would not be just below zero.
  const inner = Math.trunc(x) + 0;
  const rest = Math.abs(x - inner);
  if (rest === 0) return inner;
  const outer = x < 0 ? inner - 1 : inner + 1;
  const lower = x < 0 ? outer : inner;
  const upper = x < 0 ? inner : outer;
  if (typeof rule === 'object') return (x < 0 ? 1 - rest : rest) > draw ? upper : lower;
  switch (rule) {
    case 'up':
      return upper;
    case 'down':
      return lower;
    case 'in':
      return inner;
    case 'out':
      return outer;
    case 'odd':
      return inner % 2 === 0 ? outer : inner;
  }
  if (rest !== 0.5) return rest < 0.5 ? inner : outer;
  switch (rule) {
    case 'even':
      return inner % 2 === 0 ? inner : outer;
    case 'half_down':
    case 'first':
      return lower;
    case 'half_up':
      return upper;
    case 'half_away':
      return outer;
    case 'half_zero':
      return inner;
  }
}

/**
 * The draw of stochastic rounding: 32 uniform bits from a seed and the index of the element, so threads never change bytes.
 *
 * draw = mix(mix(mix(seed xor 0x9e3779b9) xor low) + high), low and high the index's 32-bit halves, sums modulo 2^32, and mix the
 * bijection x ^= x >> 16, x *= 0x21f0aaad, x ^= x >> 15, x *= 0x735a2d97, x ^= x >> 15 (C. Wellons, "Hash Prospector",
 * bias 0.107), as a fraction of 2^32. A value at distance d above a level (as a share of the gap) goes up if draw < d.
 *
 * @returns a number in [0, 1)
 */
export function stochasticDraw(seed: number, index: number): number {
  const low = index >>> 0;
  const high = Math.floor(index / 4294967296) >>> 0;
  return mix(mix(mix(seed ^ 0x9e3779b9) ^ low) + high) / 4294967296;
}

function mix(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
