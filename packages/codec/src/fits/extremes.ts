/** What the searches of ggml share: the signed maximum, and below which magnitude a block counts as zero. */
import type { Reals } from '../values.ts';

/** ggml's GROUP_MAX_EPS: a block whose largest magnitude is below it is all zero. */
export const TINY = 1e-15;

/** The first weight of largest magnitude, with its sign; 0 for none. */
export function signedMaximum(x: Reals): number {
  let largest = 0;
  let signed = 0;
  for (let i = 0; i < x.length; i++) {
    if (Math.abs(x[i]!) > largest) {
      largest = Math.abs(x[i]!);
      signed = x[i]!;
    }
  }
  return signed;
}
