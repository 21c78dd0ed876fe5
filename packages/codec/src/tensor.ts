/**
 * Weights in and out of the stored matrix: views, tails, and what the format says of NaN and infinities.
 */
import type { Format, Geometry } from '@fewerbits/format';
import type { RealArray, Reals } from './values.ts';

/**
 * The stored matrix of a tensor: zeros beyond its edge under `tail pad`, cut to whole tiles under `tail keep`.
 * @throws RangeError for a weight that is not finite under `nonfinite error`, naming tensor and index.
 */
export function storedMatrix(
  weights: Float32Array,
  format: Format,
  geometry: Geometry,
  name: string,
): { x: Reals; kept: Float32Array } {
  const { rows, cols, storedRows, storedCols } = geometry;
  const clean = checkFinite(weights, format, name, cols);
  const real = arithmetic(format);
  if (rows === storedRows && cols === storedCols) {
    return { x: real === Float32Array ? clean : Float64Array.from(clean), kept: new Float32Array(0) };
  }
  const x = new real(storedRows * storedCols);
  for (let row = 0; row < Math.min(rows, storedRows); row++) {
    x.set(clean.subarray(row * cols, row * cols + Math.min(cols, storedCols)), row * storedCols);
  }
  return { x, kept: format.tail === 'keep' ? beyondTiles(clean, geometry) : new Float32Array(0) };
}

/** The tensor that a stored matrix and the weights kept beside it stand for. */
export function fromStoredMatrix(
  values: Reals,
  kept: Float32Array,
  format: Format,
  geometry: Geometry,
  out: Reals,
): void {
  const { rows, cols, storedRows, storedCols } = geometry;
  if (rows === storedRows && cols === storedCols) {
    out.set(values);
    return;
  }
  const width = Math.min(cols, storedCols);
  for (let row = 0; row < Math.min(rows, storedRows); row++) {
    out.set(values.subarray(row * storedCols, row * storedCols + width), row * cols);
  }
  if (format.tail !== 'keep') return;
  const beyond = rows * cols - storedRows * storedCols;
  if (kept.length !== beyond)
    throw new RangeError(`${format.name}: ${beyond} weights are kept as they are, ${kept.length} are given`);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = row < storedRows ? storedCols : 0; col < cols; col++)
      out[row * cols + col] = kept[next++]!;
  }
}

/** Arrays of the format's arithmetic. */
export function arithmetic(format: Format): RealArray {
  return format.arithmetic === 'f64' ? Float64Array : Float32Array;
}

function beyondTiles(weights: Float32Array, { rows, cols, storedRows, storedCols }: Geometry): Float32Array {
  const kept = new Float32Array(rows * cols - storedRows * storedCols);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = row < storedRows ? storedCols : 0; col < cols; col++)
      kept[next++] = weights[row * cols + col]!;
  }
  return kept;
}

function checkFinite(weights: Float32Array, format: Format, name: string, cols: number): Float32Array {
  if (format.nonfinite === 'keep') return weights;
  const first = weights.findIndex((v) => v - v !== 0);
  if (first < 0) return weights;
  if (format.nonfinite === 'zero') return weights.map((v) => (v - v === 0 ? v : 0));
  throw new RangeError(
    `${name}: the weight at row ${Math.floor(first / cols)}, column ${first % cols} is ${weights[first]}; ` +
      `${format.name} takes finite weights only (a format may say \`nonfinite zero\` or \`nonfinite keep\`)`,
  );
}
