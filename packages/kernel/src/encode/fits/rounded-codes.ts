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
  const code = b.unary('round', b.binary('mul', inverse, moved));
  // Zeros and NaN come out another way than in `Math.max`; neither lasts: codes are added and compared, and NaN is unsound.
  return b.binary('greater', b.binary('lesser', code, b.real(high)), b.real(low));
}
