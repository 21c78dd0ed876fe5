/** clamp(round(inverse · (x − shift)), low, high): the codes that a search of ggml tries. Mirrors `codec/src/fits/rounded-codes.ts`. */
import type { Nest } from '../../loops/nest.ts';

/** The code of one weight, a whole number as an `f32`; `shift` null: none. */
export function roundedCode(
  b: Nest,
  x: number,
  inverse: number,
  shift: number | null,
  low: number,
  high: number,
): number {
  const moved = shift === null ? x : b.binary('sub', x, shift);
  const scaled = b.binary('mul', inverse, moved);
  // Between whole bounds rounding may come last. Zeros have no sign that lasts: codes are multiplied, added and compared.
  return b.unary('whole', b.binary('greater', b.binary('lesser', scaled, b.real(high)), b.real(low)));
}
