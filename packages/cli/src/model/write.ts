/**
 * Writing a model to where the user says: the ending names the container.
 */
import type { Format } from '@fewerbits/format';
import { ggmlTypeOf, type ModelOutput, writeModelGguf, writeModelSafetensors } from '@fewerbits/modelfile';
import type { TensorFile } from '@fewerbits/tensorfile';
import { InputError } from '../input-error.ts';
import { catalogueFormat } from './open.ts';

/** Containers that models are written to. */
export type OutputContainer = 'safetensors' | 'gguf';

/** The container that an ending names. @throws InputError for another ending. */
export function outputContainer(path: string): OutputContainer {
  if (path.endsWith('.safetensors')) return 'safetensors';
  if (path.endsWith('.gguf')) return 'gguf';
  throw new InputError(`-o ${path}: models are written as .safetensors or .gguf; the ending says which`);
}

/** Why a container cannot hold a format, or `null`. */
export async function whyNotHeld(container: OutputContainer, format: Format): Promise<string | null> {
  if (container === 'safetensors') return null;
  if (format.tail === 'pad')
    return 'rows of GGUF are whole blocks, so none can be filled up; keep such tensors with --on-ragged keep';
  if ((await ggmlTypeOf(format, catalogueFormat)) !== null) return null;
  return `${format.name} is no type of ggml, and GGUF holds no others; write .safetensors`;
}

/**
 * Writes a model; what the container of `from` says beside its tensors is taken over where the new one can say it.
 * @returns bytes of each tensor by name
 * @throws InputError for a tensor that the container cannot hold, TensorFileError, or the signal's reason.
 */
export async function writeModel(
  path: string,
  from: TensorFile,
  outputs: readonly ModelOutput[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  try {
    if (outputContainer(path) === 'gguf')
      return await writeModelGguf(path, outputs, null, catalogueFormat, { signal });
    return await writeModelSafetensors(path, outputs, from.metadata, { signal });
  } catch (error) {
    // Names that a container cannot hold, and the like.
    if (error instanceof RangeError) throw new InputError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
