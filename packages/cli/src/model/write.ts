/**
 * Writing a model to where the user says: the ending names the container.
 */
import type { Format } from '@fewerbits/format';
import {
  ggmlTypeOfFormat,
  ggufHeaderOf,
  type ModelOutput,
  withGgufHeader,
  writeModelGguf,
  writeModelSafetensors,
} from '@fewerbits/modelfile';
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
  if ((await ggmlTypeOfFormat(format, catalogueFormat)) !== null) return null;
  return `${format.name} is no type of ggml, and GGUF holds no others; write .safetensors`;
}

/** What was written. */
export interface Written {
  readonly paths: readonly string[];
  /** Bytes of each tensor by name. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Writes a model; what the container of `from` says beside its tensors is taken over where the new one can say it.
 * @param splitBytes most bytes of tensors in a file; GGUF only
 * @throws InputError for a tensor that the container cannot hold, TensorFileError, or the signal's reason.
 */
export async function writeModel(
  path: string,
  from: TensorFile,
  outputs: readonly ModelOutput[],
  signal: AbortSignal,
  splitBytes?: number,
): Promise<Written> {
  const header = ggufHeaderOf(from);
  try {
    if (outputContainer(path) === 'gguf') {
      const options = { signal, ...(splitBytes === undefined ? {} : { splitBytes }) };
      return await writeModelGguf(path, outputs, header, catalogueFormat, options);
    }
    const metadata = header === null ? from.metadata : withGgufHeader(from.metadata, header);
    return { paths: [path], sizes: await writeModelSafetensors(path, outputs, metadata, { signal }) };
  } catch (error) {
    // Names that a container cannot hold, and the like.
    if (error instanceof RangeError) throw new InputError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
