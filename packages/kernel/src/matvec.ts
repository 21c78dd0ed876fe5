/**
 * Packed weights times a vector: the product of every row, without the weights ever standing anywhere.
 *
 * The order of the sum is part of the kernel, so every target gives the same bits: weight `col` of a row adds its product (rounded to
 * binary32, as is the sum) to partial sum `col mod 16`; then the sixteen sums are added 4 and 4 lanes at a time, halves first.
 */
import type { Format, Packed } from '@fewerbits/format';
import { bindingsOf, type Run } from './bind.ts';
import { interpretLoops } from './interpret-loops.ts';
import type { LoopKernel } from './ir.ts';

/** Partial sums of a row. */
export const PARTIAL_SUMS = 16;

/** Products of rows with a vector. */
export interface Matvec {
  readonly format: Format;
  /**
   * out[row] = Σ weight[row, col] · vector[col].
   * @throws RangeError for a tensor that the kernel does not fit, streams or a vector of the wrong length.
   */
  multiply(packed: Packed, vector: Float32Array, out?: Float32Array): Float32Array;
}

/** Multiplies the rows of a run, all of whole units. */
export type MultiplyRun = (run: Run, vector: Float32Array, out: Float32Array) => void;

/** Products by a target's execution of a decode kernel. */
export function matvecOf(format: Format, kernel: LoopKernel, run: MultiplyRun): Matvec {
  const bindingOf = bindingsOf(kernel, format);
  return {
    format,
    multiply: (packed, vector, given) => {
      const rows = bindingOf(packed.shape)?.rows(packed) ?? null;
      if (rows === null) {
        throw new RangeError(
          `${format.name}: rows of [${packed.shape.join(', ')}] are no whole units of ${kernel.width} weights; decode and multiply`,
        );
      }
      if (vector.length !== rows.cols)
        throw new RangeError(`vector has ${vector.length} elements, rows have ${rows.cols}`);
      const out = given ?? new Float32Array(rows.rows);
      if (out.length !== rows.rows)
        throw new RangeError(`out has ${out.length} elements, there are ${rows.rows} rows`);
      if (rows.cols > 0 && rows.rows > 0) run(rows, vector, out);
      else out.fill(0);
      return out;
    },
  };
}

/** The products of decoded weights in the order of the kernels: what a target is held to. */
export function multiplyRows(weights: Float32Array, vector: Float32Array): Float32Array {
  const cols = vector.length;
  const sums = new Float32Array(PARTIAL_SUMS);
  return Float32Array.from({ length: cols === 0 ? 0 : weights.length / cols }, (_, row) => {
    sums.fill(0);
    for (let col = 0; col < cols; col++) {
      const at = col % PARTIAL_SUMS;
      sums[at] = sums[at]! + Math.fround(weights[row * cols + col]! * vector[col]!);
    }
    for (let half = PARTIAL_SUMS / 2; half >= 1; half /= 2)
      for (let k = 0; k < half; k++) sums[k] = sums[k]! + sums[k + half]!;
    return sums[0]!;
  });
}

/** The kernel's own interpreter as a target. */
export function interpretMatvec(kernel: LoopKernel): MultiplyRun {
  return (run, vector, out) => {
    const weights = new Float32Array(run.rows * run.cols);
    interpretLoops(kernel, run, weights);
    out.set(multiplyRows(weights, vector));
  };
}
