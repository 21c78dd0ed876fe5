/**
 * The vectors that a codebook is trained on: all of a small tensor, evenly spaced ones of a large one, in binary64 with a
 * weight for each component. Knows no procedure.
 */
import { type Data, effectiveWeights, requireData, requireWhole } from './data.ts';
import { strideIndex } from './stride.ts';

export interface TrainingVectors {
  readonly dimension: number;
  readonly size: number;
  /** Row-major, size × dimension. */
  readonly vectors: Float64Array;
  /** One for each component; 1 where weights say nothing. */
  readonly weights: Float64Array;
}

/** More than this many vectors are sampled: vector i of the sample is number floor(i · n / 2^17) of n. */
export const TRAINING_LIMIT = 2 ** 17;

/**
 * Takes the vectors from row-major values. Weights are given for each vector, or for each component.
 * @throws TypeError, RangeError as `requireData`; RangeError if the values are no whole number of vectors, or for weights of another
 *   number or out of range.
 */
export function trainingVectors(values: Data, dimension: number, given?: ArrayLike<number>): TrainingVectors {
  requireWhole('dimension', dimension, 1);
  requireData(values);
  const n = values.length / dimension;
  if (!Number.isInteger(n)) {
    throw new RangeError(`values: ${values.length} values are no whole number of vectors of ${dimension}`);
  }
  const forEach = given !== undefined && given.length === n ? 'vector' : 'component';
  if (given !== undefined && given.length !== n && given.length !== values.length) {
    throw new RangeError(
      `weights: ${given.length} weights for ${n} vectors of ${dimension}; give one for each vector or each component`,
    );
  }
  const weighting = effectiveWeights(given, forEach === 'vector' ? n : values.length);
  const size = Math.min(n, TRAINING_LIMIT);
  const vectors = new Float64Array(size * dimension);
  const weights = new Float64Array(size * dimension).fill(1);
  let heaviest = 0;
  for (let i = 0; i < size; i++) {
    const index = strideIndex(i, size, n);
    for (let j = 0; j < dimension; j++) {
      const at = index * dimension + j;
      vectors[i * dimension + j] = values[at];
      if (weighting === null) continue;
      const weight = weighting[forEach === 'vector' ? index : at];
      weights[i * dimension + j] = weight;
      heaviest = Math.max(heaviest, weight);
    }
  }
  // A sample that caught nothing but weights of 0 has nothing to go by.
  if (weighting !== null && heaviest === 0) weights.fill(1);
  return { dimension, size, vectors, weights };
}
