/** Lengths of an ideal order-0 code: −log2 of each symbol's share (Shannon 1948). Knows counts only. */
import { portableLog2 } from '../entropy/logarithm.ts';

/** Bits for each count; Infinity for 0, a symbol that was not seen. The same bits on every engine. */
export function idealLengths(counts: ArrayLike<number>): Float64Array {
  let total = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k];
  return Float64Array.from(counts, (count) => (count > 0 ? portableLog2(total / count) : Infinity));
}
