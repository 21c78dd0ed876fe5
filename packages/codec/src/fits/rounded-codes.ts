/** The codes that a search of ggml tries: weights under one inverse scale, rounded half to even and clamped. */
import { roundHalfEven } from '@fewerbits/numerics';
import type { Reals } from '../values.ts';

/**
 * clamp(round(inverse · (x - shift)), low, high) for each weight, in binary32. A plain loop into a typed array: `from` with a
 * function is several times slower, and the searches of the k-quants spend most of their time here.
 */
export function roundedCodes(
  x: Reals,
  inverse: number,
  shift: number,
  low: number,
  high: number,
): Float32Array {
  const codes = new Float32Array(x.length);
  for (let i = 0; i < codes.length; i++) {
    const scaled = Math.fround(inverse * Math.fround(x[i]! - shift));
    codes[i] = Math.max(low, Math.min(high, roundHalfEven(scaled)));
  }
  return codes;
}
