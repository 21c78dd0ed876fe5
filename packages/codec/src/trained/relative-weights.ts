/** Weights as importance: relative to their mean, so that what a bit is worth does not hang on their unit. */

/** Weights divided by their mean; null stays null. At least one must be positive. */
export function relativeWeights(weights: ArrayLike<number> | null): Float64Array | null {
  if (weights === null) return null;
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  const mean = sum / weights.length;
  return Float64Array.from(weights, (weight) => weight / mean);
}
