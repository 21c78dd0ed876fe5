/**
 * Bytes that ggml's encoder writes by mistake, found from the weights: what decodes to other weights is no golden vector.
 *
 * IQ3_S (`quantize_row_iq3_s_impl`): a block of 32 zeros is left by `continue` before the pointers to the grid indices and the signs
 * move on, so the later blocks of that superblock are stored one place too early and decode with their neighbours' indices. Our
 * encoder stores every block at its place. docs/design/bit-layouts.md, "Grid types".
 */

/** Bytes from..to of the stream that are the peer's mistake. */
export interface Mistake {
  readonly from: number;
  readonly to: number;
}

const SUPERBLOCK = 256;
const BLOCK = 32;
const IQ3_S_BYTES = 110;

/** The superblocks that the peer stores wrongly; none for any type but IQ3_S. */
export function mistakesOf(type: string, weights: Float32Array): Mistake[] {
  if (type !== 'IQ3_S') return [];
  const mistakes: Mistake[] = [];
  for (let start = 0; start < weights.length; start += SUPERBLOCK) {
    const isZero = Array.from({ length: SUPERBLOCK / BLOCK }, (_, block) =>
      weights.subarray(start + block * BLOCK, start + (block + 1) * BLOCK).every((weight) => weight === 0),
    );
    const from = (start / SUPERBLOCK) * IQ3_S_BYTES;
    if (isZero.includes(true) && isZero.indexOf(true) < isZero.lastIndexOf(false))
      mistakes.push({ from, to: from + IQ3_S_BYTES });
  }
  return mistakes;
}
