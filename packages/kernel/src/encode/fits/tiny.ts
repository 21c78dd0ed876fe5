/** Blocks that the searches of ggml take for zero (`TINY`), asked of a binary32. */
import { TINY } from '@fewerbits/codec';
import type { Nest } from '../../loops/nest.ts';

/** The least binary32 that is not below it: comparing with that is the same. */
const LEAST = (() => {
  const nearest = Math.fround(TINY);
  return nearest >= TINY ? nearest : Math.fround(nearest * (1 + 2 ** -23));
})();

/** 1 where the magnitude of a block's largest weight is below `TINY`. */
export function isTiny(b: Nest, max: number): number {
  return b.binary('lt', b.unary('abs', max), b.real(LEAST));
}
