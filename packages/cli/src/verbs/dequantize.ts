/**
 * `dequantize`: every encoded tensor of a model back to floating point, whatever layout it is packed in.
 */
import { bytesText, shapeText, textTable } from '@fewerbits/compare';
import type { ModelOutput } from '@fewerbits/modelfile';
import { InputError } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { floatType } from '../model/choice.ts';
import { asItIs, decoded } from '../model/floats.ts';
import { openModelFile } from '../model/open.ts';
import { decodeModelTensor, runningOf } from '../model/run.ts';
import { outputContainer, writeModel } from '../model/write.ts';
import { openOptions, sizeOption, textOption } from '../option-values.ts';
import { requirePlace } from '../write-file.ts';

/** Dequantises; there are never findings. */
export async function dequantize(context: Context, input: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const running = runningOf(context, options);
  const output = textOption(options, 'output')!;
  outputContainer(output);
  await requirePlace(output);
  const dtype = floatType(textOption(options, 'dtype') ?? 'f32')!;
  const model = await openModelFile(io, input, openOptions(options));
  try {
    const encoded = model.tensors.filter((tensor) => tensor.kind === 'encoded');
    if (encoded.length === 0)
      throw new InputError(`${input} has no encoded tensor that is known here; there is nothing to decode`);
    if (!json)
      io.out(
        textTable(
          [{ title: 'tensor' }, { title: 'shape' }, { title: 'is' }, { title: 'as' }],
          encoded.map(({ name, shape, label, layout }) => [name, shapeText(shape), label, layout]),
        ),
      );
    const outputs = model.tensors.map(
      (tensor): ModelOutput =>
        tensor.kind === 'encoded'
          ? decoded(tensor.name, tensor.shape, dtype, () => decodeModelTensor(running, tensor))
          : asItIs(model.file, tensor),
    );
    const { paths, sizes } = await writeModel(
      output,
      model.file,
      outputs,
      signal,
      sizeOption(options, 'split'),
    );
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const tensors = encoded.map(({ name, shape, label, layout }) => ({ name, shape, format: label, layout }));
    if (json) io.out(`${JSON.stringify({ version: 1, tensors, dtype, bytes, written: paths }, null, 2)}\n`);
    else io.note(`${output}: ${bytesText(bytes)}, ${encoded.length} tensors decoded to ${dtype}\n`);
    return false;
  } finally {
    await model.close();
  }
}
