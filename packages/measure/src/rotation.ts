/**
 * Dense random orthogonal rotation of rows, as an analysis asks "what if": the limit that structured rotations come close to.
 *
 * Haar-distributed: the product of Householder reflections of Normal vectors of n, n − 1, …, 2 components and random signs (Stewart
 * 1980, "The efficient generation of random orthogonal matrices", SIAM J. Numer. Anal. 17). It is never stored by a format; formats
 * rotate by Hadamard matrices (docs/design/language.md, "Value").
 */
import { normal, stochasticDraw } from '@fewerbits/numerics';

/** A rotation of vectors of one length. */
export interface OrthogonalRotation {
  /** Components of a vector. */
  readonly size: number;
  /**
   * Q · v for each row v; computed in binary64, rounded once. Time: size² multiplications a row.
   * @throws RangeError for data that is no whole number of rows.
   */
  apply(rows: Float32Array | Float64Array): Float32Array;
  /** Qᵀ · v for each row v: undoes `apply` up to rounding. */
  invert(rows: Float32Array | Float64Array): Float32Array;
}

/**
 * A random rotation; equal sizes and seeds give equal ones, up to the rounding of an engine's logarithms. Memory: size² / 2 binary64.
 * @param seed an integer of 32 bits
 * @throws RangeError for a size that is no whole number from 1 to 8192, or a seed that is no such integer.
 */
export function orthogonalRotation(size: number, seed: number): OrthogonalRotation {
  if (!(Number.isInteger(size) && size >= 1 && size <= MOST)) {
    throw new RangeError(`size is ${size}; a rotation has 1 to ${MOST} components`);
  }
  if ((seed | 0) !== seed && seed >>> 0 !== seed)
    throw new RangeError(`seed is ${seed}; an integer of 32 bits`);
  const { reflectors, signs } = drawn(size, seed);
  const each = (rows: Float32Array | Float64Array, turn: (row: Float64Array) => void): Float32Array => {
    if (rows.length % size !== 0)
      throw new RangeError(`${rows.length} values are no whole number of rows of ${size}`);
    const out = new Float32Array(rows.length);
    const row = new Float64Array(size);
    for (let start = 0; start < rows.length; start += size) {
      row.set(rows.subarray(start, start + size));
      turn(row);
      out.set(row, start);
    }
    return out;
  };
  return {
    size,
    apply: (rows) =>
      each(rows, (row) => {
        for (let i = 0; i < size; i++) row[i] = row[i]! * signs[i]!;
        for (let k = reflectors.length - 1; k >= 0; k--) reflect(row, reflectors[k]!);
      }),
    invert: (rows) =>
      each(rows, (row) => {
        for (const reflector of reflectors) reflect(row, reflector);
        for (let i = 0; i < size; i++) row[i] = row[i]! * signs[i]!;
      }),
  };
}

/** A reflector of 8192 components takes 256 MiB with all smaller ones. */
const MOST = 8192;

/** Unit vectors that reflections turn around, of n, n − 1, …, 2 components, and the signs of the axes. */
function drawn(size: number, seed: number): { reflectors: Float64Array[]; signs: Int8Array } {
  const law = normal();
  let draws = 0;
  const next = (): number => {
    const u = stochasticDraw(seed, draws++);
    // Half a step in from the ends, where quantiles are infinite.
    return law.quantile(Math.min(1 - 2 ** -33, Math.max(2 ** -33, u)));
  };
  const signs = new Int8Array(size).fill(1);
  const reflectors: Float64Array[] = [];
  for (let length = size; length >= 2; length--) {
    const vector = Float64Array.from({ length }, next);
    const head = vector[0]!;
    const sign = head < 0 ? -1 : 1;
    let sum = 0;
    for (const value of vector) sum += value * value;
    const norm = Math.sqrt(sum);
    // The reflection that takes the vector to −sign · norm along its first axis; that sign makes the product Haar-distributed.
    signs[size - length] = -sign;
    vector[0] = head + sign * norm;
    const scale = 1 / Math.sqrt(2 * norm * (norm + Math.abs(head)));
    for (let i = 0; i < length; i++) vector[i] = vector[i]! * scale;
    reflectors.push(vector);
  }
  signs[size - 1] = next() < 0 ? -1 : 1;
  return { reflectors, signs };
}

/** v − 2 u (u · v) on the last components; u has unit length. */
function reflect(row: Float64Array, unit: Float64Array): void {
  const start = row.length - unit.length;
  let dot = 0;
  for (let i = 0; i < unit.length; i++) dot += unit[i]! * row[start + i]!;
  dot *= 2;
  for (let i = 0; i < unit.length; i++) row[start + i] = row[start + i]! - dot * unit[i]!;
}
