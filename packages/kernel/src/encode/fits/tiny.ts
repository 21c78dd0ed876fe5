/** ggml's GROUP_MAX_EPS: a block whose largest magnitude is below it is all zero. As `codec/src/fits/extremes.ts`. */
import type { Nest } from '../../loops/nest.ts';

/** The least binary32 that is not below 10^-15. */
const LEAST = (() => {
  const nearest = Math.fround(1e-15);
  return nearest >= 1e-15 ? nearest : Math.fround(nearest * (1 + 2 ** -23));
})();

/** 1 where the magnitude of a block's largest weight is below 10^-15. */
export function isTiny(b: Nest, max: number): number {
  return b.binary('lt', b.unary('abs', max), b.real(LEAST));
}
