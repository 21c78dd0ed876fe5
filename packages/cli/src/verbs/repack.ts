/**
 * `repack`: encoded tensors of a model in another format that holds the same numbers; refused where a weight would change.
 */
import { bytesText, shapeText, textTable } from '@fewerbits/compare';
import { type EncodedTensor, type ModelOutput, repack as repackTensor } from '@fewerbits/modelfile';
import { type ChosenFormat, chooseFormat } from '../format-argument.ts';
import { InputError, refusable } from '../input-error.ts';
import { uninterrupted } from '../interrupt.ts';
import type { Context, Options } from '../main.ts';
import { asItIs } from '../model/floats.ts';
import { openModelFile } from '../model/open.ts';
import { outputContainer, whyNotHeld, writeModel } from '../model/write.ts';
import { openOptions, patternOption, sizeOption, targetOption, textOption } from '../option-values.ts';
import { type Target, targetCodec } from '../target.ts';
import { requirePlace } from '../write-file.ts';

/** Repacks; there are never findings. */
export async function repack(context: Context, input: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const target = targetOption(options);
  const output = textOption(options, 'output')!;
  const container = outputContainer(output);
  await requirePlace(output);
  const to = await chooseFormat(textOption(options, 'to')!);
  const pattern = patternOption(options, 'tensor');
  const held = await whyNotHeld(container, to.format);
  if (held !== null) throw new InputError(`--to ${to.label}: ${held}`);
  const model = await openModelFile(io, input, openOptions(options));
  try {
    const how = new Map<string, string>();
    const outputs = model.tensors.map((tensor): ModelOutput => {
      const isMeant = tensor.kind === 'encoded' && (pattern?.test(tensor.name) ?? true);
      if (!isMeant) return asItIs(model.file, tensor);
      how.set(tensor.name, '');
      return repacked(context, tensor, to, target, (by) => how.set(tensor.name, by));
    });
    if (how.size === 0)
      throw new InputError(
        `${input} has no encoded tensor${pattern === undefined ? '' : ' that --tensor matches'}; quantize encodes plain ones`,
      );
    const { paths, sizes } = await writeModel(
      output,
      model.file,
      outputs,
      signal,
      sizeOption(options, 'split'),
    );
    const tensors = model.tensors.flatMap((tensor) =>
      tensor.kind === 'encoded' && how.has(tensor.name)
        ? [
            {
              name: tensor.name,
              shape: tensor.shape,
              from: tensor.label,
              to: to.label,
              by: how.get(tensor.name)!,
            },
          ]
        : [],
    );
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (json) io.out(`${JSON.stringify({ version: 1, tensors, bytes, written: paths }, null, 2)}\n`);
    else {
      const columns = ['tensor', 'shape', 'was', 'is', 'codes'].map((title) => ({ title }));
      const rows = tensors.map(({ name, shape, from, by }) => [name, shapeText(shape), from, to.label, by]);
      io.out(textTable(columns, rows));
      io.note(`${output}: ${bytesText(bytes)}\n`);
    }
    return false;
  } finally {
    await model.close();
  }
}

/** A tensor in its new format; `tell` hears how its codes were found. */
function repacked(
  { signal }: Context,
  tensor: EncodedTensor,
  to: ChosenFormat,
  target: Target | null,
  tell: (by: string) => void,
): ModelOutput {
  const { name, shape, axis, format, models } = tensor;
  return {
    kind: 'encoded',
    name,
    shape,
    axis,
    format: to.format,
    models: {},
    async encode() {
      const packed = await tensor.readPacked();
      signal.throwIfAborted();
      const { packed: next, by } = refusable(name, () =>
        uninterrupted(() =>
          repackTensor(
            targetCodec(format, target, models).codec,
            targetCodec(to.format, target).codec,
            packed,
            name,
          ),
        ),
      );
      tell(by);
      return next;
    },
  };
}
