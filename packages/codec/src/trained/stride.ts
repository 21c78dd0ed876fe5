/** Fewer values of a large tensor to train on: evenly apart, so the same ones whatever the machine. Knows no procedure. */

/** The index of sample i of `size` out of `length`: floor(i · length / size). */
export function strideIndex(i: number, size: number, length: number): number {
  return Math.floor((i * length) / size);
}
