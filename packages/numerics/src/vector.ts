/**
 * What a number of several components does: its levels can be read, its code is never chosen one component at a time.
 *
 * Specification: docs/design/language.md, "Fit" (all codes of a tile are chosen together).
 */
import type { Base } from './base.ts';
import { exponentOf } from './float32.ts';
import type { NumberFacts } from './resolved.ts';
import type { Behaviour } from './scalar.ts';

/** The facts of a vector number, and verbs that refuse. */
export function vectorBehaviour(
  base: Base,
  levels: Float64Array | null,
  levelOf: (code: number, component?: number) => number,
): Behaviour & { facts: NumberFacts } {
  const refuse = (verb: string) => () => {
    throw new RangeError(
      `${verb}: a vector of ${base.dimension} components is chosen and read as a whole; use levelOf(code, component)`,
    );
  };
  let max = -Infinity;
  let min = Infinity;
  // Vectors too wide to list are vectors of signs, all of whose components take the same two levels.
  const sample = levels ?? [levelOf(0, 0), levelOf(1, 0)];
  for (const level of sample) {
    max = Math.max(max, level);
    min = Math.min(min, level);
  }
  return {
    facts: {
      max,
      min,
      levels: base.codes,
      bits: base.bits,
      mantissa: 0,
      emax: exponentOf(max > 0 ? max : min),
    },
    codeOf: refuse('codeOf'),
    overflows: refuse('overflows'),
    decodeInto: refuse('decodeInto'),
    encodeInto: refuse('encodeInto'),
  };
}
