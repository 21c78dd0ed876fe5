/** The values that a number's codes are chosen from, as fits that go through all of them need them. */
import type { ResolvedNumber } from '@fewerbits/numerics';

/** The finite levels that are ever written, ascending, each once; null for `grid`, vectors and codes wider than 16 bits. */
export function finiteLevels(number: ResolvedNumber): Float64Array | null {
  if (number.levels === null || number.dimension !== 1) return null;
  const { min, max } = number.facts;
  const inside = number.levels.filter((level) => level >= min && level <= max).sort();
  return inside.filter((level, k) => k === 0 || level !== inside[k - 1]);
}
