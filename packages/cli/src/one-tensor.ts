/**
 * `FILE` and `FILE#tensor`: one tensor of a file, read whole.
 */

import { existsSync } from 'node:fs';
import { type OpenOptions, openTensorFile, type Rows, type TensorInfo } from '@fewerbits/tensorfile';
import { sharedFloats } from '@fewerbits/workers';
import { InputError } from './input-error.ts';
import { readRows } from './read-rows.ts';

/** A tensor as rows along its contraction axis, in memory that threads see. */
export interface OneTensor extends Rows {
  readonly info: TensorInfo;
}

/**
 * Reads the tensor that `FILE#tensor` names; the part after `#` may be left out where the file has one tensor.
 * @throws InputError for a name that the file does not have, TensorFileError for a file that cannot be read, the signal's reason.
 */
export async function openTensor(
  input: string,
  options: OpenOptions,
  signal?: AbortSignal,
): Promise<OneTensor> {
  const { path, name } = splitInput(input);
  const file = await openTensorFile(path, options);
  try {
    const info = pick(file.tensors, path, name);
    return { info, ...(await readRows(file, info, sharedFloats, signal)) };
  } finally {
    await file.close();
  }
}

/** `FILE#TENSOR` taken apart. File names may hold a `#` themselves: a path that is there is taken as it is. */
export function splitInput(input: string): { path: string; name: string | null } {
  const at = input.indexOf('#');
  if (at < 0 || existsSync(input)) return { path: input, name: null };
  return { path: input.slice(0, at), name: input.slice(at + 1) };
}

/**
 * The tensor of that name, or the only one.
 * @throws InputError naming those that are there.
 */
export function pick<T extends { readonly name: string }>(
  tensors: readonly T[],
  path: string,
  name: string | null,
): T {
  const names = tensors.map((tensor) => tensor.name);
  const listed = `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
  if (name === null) {
    if (names.length === 1) return tensors[0]!;
    throw new InputError(`${path} has ${names.length} tensors; name one as ${path}#NAME (${listed})`);
  }
  const found = tensors.find((tensor) => tensor.name === name);
  if (found !== undefined) return found;
  throw new InputError(`${path} has no tensor '${name}'; it has ${listed}`);
}
