/**
 * Tensors of finite weights as they occur, and as they break codecs: bell-shaped, heavy-tailed with outliers, constant, with
 * blocks of zeros, at tiny and huge scales. Arithmetic only, so that a seed means the same weights on every engine.
 */
import * as fc from 'fast-check';

/** What is drawn. */
export interface WeightOptions {
  /** Sizes of the axes; the array holds their product. */
  readonly shape: readonly number[];
  /** `moderate` (default): magnitudes that every scale type can hold. `any`: also near both ends of binary32. */
  readonly magnitudes?: 'moderate' | 'any';
}

/** Draws in [-1, 1) become weights: one shape of distribution. */
type Profile = (u: number, index: number) => number;

/** Steps of the uniform draws that profiles start from. */
const STEPS = 2 ** 20;

const profiles: readonly Profile[] = [
  (u) => u,
  // Dense in the middle, thin at the ends: near enough to a normal.
  (u) => (u * (1 + 2 * u * u)) / 3,
  // A tail as of Student's t with few degrees of freedom.
  (u) => u / Math.sqrt(1.0001 - u * u),
  (u, i) => (i % 89 === 7 ? u * 60 : u / 4),
  // Runs of zeros as long as blocks are.
  (u, i) => (Math.floor(i / 16) % 2 === 0 ? 0 : u),
  (u) => Math.abs(u),
  // Few distinct values: ties.
  (u) => Math.round(u * 4) / 4,
];

/** Weights of a shape, all finite; shrinks towards zeros. */
export function weights({ shape, magnitudes = 'moderate' }: WeightOptions): fc.Arbitrary<Float32Array> {
  const length = shape.reduce((a, b) => a * b, 1);
  const draws = fc.int32Array({ minLength: length, maxLength: length, min: -STEPS, max: STEPS - 1 });
  const constant = fc.integer({ min: -64, max: 64 }).map((k) => new Float32Array(length).fill(k / 16));
  const scale = fc
    .integer(magnitudes === 'any' ? { min: -149, max: 120 } : { min: -9, max: 6 })
    .map((e) => 2 ** e);
  const drawn = fc
    .tuple(draws, fc.constantFrom(...profiles), scale)
    .map(([ints, profile, factor]) => Float32Array.from(ints, (k, i) => profile(k / STEPS, i) * factor));
  return fc.oneof({ weight: 8, arbitrary: drawn }, { weight: 1, arbitrary: constant });
}
