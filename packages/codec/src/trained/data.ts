/**
 * What every training procedure asks of its data: finite values, weights that are not negative, counts that are counts.
 * Knows no procedure.
 */

/** Data to train on. */
export type Data = Float32Array | Float64Array;

/**
 * The largest magnitude of a value or weight: sums of weight · value² over 10^9 of them stay finite in binary64. Every
 * finite binary32 is within it.
 */
export const LARGEST = 1e90;

/**
 * @throws TypeError unless `values` is a Float32Array or Float64Array.
 * @throws RangeError if it is empty or a value is not finite or beyond `LARGEST`, naming the first.
 */
export function requireData(values: Data): void {
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw new TypeError('values: give a Float32Array or a Float64Array');
  }
  if (values.length === 0)
    throw new RangeError('values: there is nothing to train on; give at least one value');
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]) <= LARGEST)) {
      const cure = Number.isFinite(values[i])
        ? `magnitudes go up to ${LARGEST}; scale the data down`
        : 'training needs finite values; mask or replace it';
      throw new RangeError(`values[${i}] is ${values[i]}: ${cure}`);
    }
  }
}

/**
 * The weights if they say anything: null if left out, or if all are equal (then, also if all are 0, every value counts the same).
 * @throws RangeError for a wrong number of weights, or one that is negative, not finite or beyond `LARGEST`.
 */
export function effectiveWeights(
  weights: ArrayLike<number> | undefined,
  length: number,
): ArrayLike<number> | null {
  if (weights === undefined) return null;
  if (weights.length !== length) {
    throw new RangeError(`weights: ${weights.length} weights for ${length} values; give one for each`);
  }
  let differ = false;
  for (let i = 0; i < length; i++) {
    const weight = weights[i];
    if (!(weight >= 0 && weight <= LARGEST)) {
      throw new RangeError(`weights[${i}] is ${weight}; a weight is a number in 0..${LARGEST}`);
    }
    differ ||= weight !== weights[0];
  }
  return differ ? weights : null;
}

/** @throws RangeError unless `value` is a whole number from `least`, naming the argument. */
export function requireWhole(name: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw new RangeError(`${name}: a whole number from ${least}, not ${value}`);
  }
}

/** @throws RangeError unless `value` is finite and positive, naming the argument. */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name}: a positive number, not ${value}`);
}

/** @throws RangeError unless `value` is finite and not negative, naming the argument. */
export function requireFromZero(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name}: a number from 0, not ${value}`);
}
