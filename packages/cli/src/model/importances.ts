/**
 * Importances of columns for many tensors: mean squared activations by the name of the tensor.
 *
 * Two kinds of files: tensors of any container under the names of the weights, and what llama-imatrix writes as GGUF, where a weight `w`
 * has sums `w.in_sum2` and `w.counts` (their quotient is the mean). Specification: llama.cpp tools/imatrix/README.md.
 */
import { openTensorFile, type TensorFile } from '@fewerbits/tensorfile';
import { InputError } from '../input-error.ts';

/** Importances of a model. */
export interface Importances {
  /** One for each column, or `null` where the file says nothing of the tensor. */
  of(name: string, cols: number): Promise<Float32Array | null>;
  close(): Promise<void>;
}

/** Opens a file of importances. @throws TensorFileError */
export async function openImportances(path: string): Promise<Importances> {
  const file = await openTensorFile(path);
  const names = new Set(file.tensors.map(({ name }) => name));
  return {
    async of(name, cols) {
      const values = names.has(`${name}.in_sum2`)
        ? await meanSquares(file, name)
        : names.has(name)
          ? await file.readFloats(name)
          : null;
      if (values !== null) requireImportances(path, name, values, cols);
      return values;
    },
    close: () => file.close(),
  };
}

async function meanSquares(file: TensorFile, name: string): Promise<Float32Array> {
  const sums = await file.readFloats(`${name}.in_sum2`);
  const counts = await file.readFloats(`${name}.counts`);
  if (counts.length !== 1 || !(counts[0]! > 0))
    throw new InputError(
      `${file.path}: ${name}.counts has ${counts.length} values; importances of one matrix, not of experts, are read`,
    );
  return sums.map((sum) => sum / counts[0]!);
}

/** @throws InputError for a wrong number of values, or one that is no importance. */
export function requireImportances(path: string, name: string, values: Float32Array, cols: number): void {
  if (values.length !== cols)
    throw new InputError(
      `--importance ${path}: ${name} has ${values.length} values for ${cols} columns (the contraction axis)`,
    );
  const wrong = values.findIndex((value) => !(value >= 0 && value < Infinity));
  if (wrong >= 0)
    throw new InputError(
      `--importance ${path}: value ${wrong} of ${name} is ${values[wrong]}; finite and not negative is needed`,
    );
}
