/**
 * The code of a vector: the level of least squared distance, the lowest code among equals.
 *
 * Lists are gone through; vectors of signs, which may be too many to list, are decided component by component. Distances are in
 * binary64. Specification: docs/design/language.md, "Fit" (fits of vectors).
 */
import type { ResolvedNumber } from './resolved.ts';

/**
 * The code nearest to `dimension` values from `start` on. A NaN, or a place beyond the end of `values`, has no say.
 * @throws RangeError for a number of one component, or one whose levels are neither listed nor signs.
 */
export function nearestVector(number: ResolvedNumber, values: ArrayLike<number>, start = 0): number {
  if (number.dimension === 1)
    throw new RangeError('nearestVector: this number has one component; use codeOf');
  const { base, except } = number.type;
  if (base.kind === 'signs' && except.length === 0) return nearestSigns(number, values, start, base.even);
  const { levels } = number;
  if (levels === null) throw new RangeError('nearestVector: the levels of this number are not listed');
  const listed = codesBySum(number, levels).get(weightedSum(values, start, number.dimension));
  return listed !== undefined && isLevel(levels, listed, number.dimension, values, start)
    ? listed
    : nearestListed(levels, number.codes, number.dimension, values, start);
}

/** The lowest code for each weighted sum of components: a search mostly asks for vectors that are in the list. */
const tables = new WeakMap<ResolvedNumber, ReadonlyMap<number, number>>();

function codesBySum(number: ResolvedNumber, levels: Float64Array): ReadonlyMap<number, number> {
  const known = tables.get(number);
  if (known !== undefined) return known;
  const table = new Map<number, number>();
  for (let code = number.codes - 1; code >= 0; code--)
    table.set(weightedSum(levels, code * number.dimension, number.dimension), code);
  tables.set(number, table);
  return table;
}

/** A number that two different vectors rarely share. */
function weightedSum(values: ArrayLike<number>, start: number, dimension: number): number {
  let sum = 0;
  for (let i = 0; i < dimension; i++) sum = sum * 1.618033988749895 + values[start + i]!;
  return sum;
}

function isLevel(
  levels: Float64Array,
  code: number,
  dimension: number,
  values: ArrayLike<number>,
  start: number,
): boolean {
  for (let i = 0; i < dimension; i++) if (levels[code * dimension + i] !== values[start + i]) return false;
  return true;
}

function nearestListed(
  levels: Float64Array,
  codes: number,
  dimension: number,
  values: ArrayLike<number>,
  start: number,
): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < codes && least > 0; code++) {
    const from = code * dimension;
    let distance = 0;
    for (let i = 0; i < dimension && distance < least; i++) {
      const difference = levels[from + i]! - values[start + i]!;
      if (!Number.isNaN(difference)) distance += difference * difference;
    }
    if (distance < least) {
      least = distance;
      best = code;
    }
  }
  return best;
}

/** Each sign by itself; where their number of minuses must be even and is not, the change that costs least. */
function nearestSigns(
  number: ResolvedNumber,
  values: ArrayLike<number>,
  start: number,
  even: boolean,
): number {
  const { dimension, bits } = number;
  const plus = number.levelOf(0, 0);
  const minus = number.levelOf(1, 0);
  const weightOf = (component: number): number => (component < bits ? 2 ** component : 0);
  let code = 0;
  let minuses = 0;
  let least = Number.POSITIVE_INFINITY;
  /** What turning the sign of least cost adds to the code: the least of them among equals. */
  let change = 0;
  for (let i = 0; i < dimension; i++) {
    const value = values[start + i]!;
    // The squares' difference, without squares that would swallow it.
    const gain = (plus - minus) * (plus + minus - 2 * value);
    const isMinus = gain > 0;
    const cost = Number.isNaN(gain) ? 0 : Math.abs(gain);
    const turned = isMinus ? -weightOf(i) : weightOf(i);
    if (isMinus) {
      minuses++;
      code += weightOf(i);
    }
    if (cost < least || (cost === least && turned < change)) {
      least = cost;
      change = turned;
    }
  }
  return even && minuses % 2 === 1 ? code + change : code;
}
