/**
 * Models of entropy coders that the tensors of a file share: counted over all tensors of a format before any of them is coded.
 */
import { encodeFields, fieldsOfSharedModels, modelTrainer, type SharedModels } from '@fewerbits/codec';
import type { EncodeOptions, Format } from '@fewerbits/format';
import { refusable } from '../input-error.ts';
import { uninterrupted } from '../interrupt.ts';

/** Reads a tensor's weights as rows, and how they will be encoded. */
export type TrainingTensor = () => Promise<{ readonly data: Float32Array; readonly options: EncodeOptions }>;

/**
 * The models of a format over these tensors; none for a format that shares none.
 * @throws InputError for weights that the format refuses.
 */
export async function trainModels(format: Format, tensors: readonly TrainingTensor[]): Promise<SharedModels> {
  if (fieldsOfSharedModels(format).length === 0) return {};
  const trainer = modelTrainer(format);
  for (const read of tensors) {
    const { data, options } = await read();
    refusable(options.name ?? format.name, () =>
      uninterrupted(() => trainer.add(encodeFields(format, data, options))),
    );
  }
  return trainer.models();
}
