/**
 * Models of the command line: opened with the formats of the catalogue.
 */
import { type FormatSpec, specText } from '@fewerbits/format';
import { type ModelFile, openModel } from '@fewerbits/modelfile';
import type { OpenOptions } from '@fewerbits/tensorfile';
import { resolveArgument } from '../format-argument.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../shown-path.ts';

/** The Format that a recognised layout names. */
export async function catalogueFormat(spec: FormatSpec) {
  return (await resolveArgument({ kind: 'catalogue', spec }, specText(spec))).format;
}

/** Opens a model and tells what in it could not be recognised. @throws TensorFileError */
export async function openModelFile(io: Io, path: string, options: OpenOptions): Promise<ModelFile> {
  const model = await openModel(path, catalogueFormat, options);
  for (const note of model.notes) io.note(`${shownPath(path)}: ${note}\n`);
  return model;
}
