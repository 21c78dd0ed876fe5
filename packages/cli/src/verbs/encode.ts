/**
 * `encode`: one tensor of a file into a safetensors that describes itself, or into bare bytes.
 */
import { fieldsOfSharedModels, fieldsToGive, requireExecutable, type SharedModels } from '@fewerbits/codec';
import { canonicalName, type Format, formatId, sameDecoding } from '@fewerbits/format';
import { writeModelSafetensors } from '@fewerbits/modelfile';
import { openTensorFile } from '@fewerbits/tensorfile';
import { type ChosenFormat, chooseFormat } from '../format-argument.ts';
import { asRefusal, InputError, refusable } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { fitFor } from '../model/fit.ts';
import { requireImportances } from '../model/importances.ts';
import { openModelFile } from '../model/open.ts';
import { trainModels } from '../model/shared-models.ts';
import { encodeOne } from '../one-codec.ts';
import { openTensor } from '../one-tensor.ts';
import { jobsOption, openOptions, STREAM, targetOption, textOption } from '../option-values.ts';
import { targetCodec } from '../target.ts';
import { requirePlace, writeFileWhole } from '../write-file.ts';

/** Encodes; there are never findings. */
export async function encode(context: Context, input: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const threads = jobsOption(options);
  const output = textOption(options, 'output');
  const raw = textOption(options, 'raw');
  if (output === undefined && raw === undefined)
    throw new InputError('say where to write: -o OUT.safetensors or --raw OUT.bin');
  if (output !== undefined && !output.endsWith('.safetensors'))
    throw new InputError(
      `-o ${output}: encoded tensors are written as .safetensors; for bare bytes there is --raw`,
    );
  if (raw === STREAM && json)
    throw new InputError('--raw -: standard output takes the bytes or the JSON object; leave one out');
  for (const path of [output, raw]) if (path !== undefined && path !== STREAM) await requirePlace(path);
  const chosen = await chooseFormat(textOption(options, 'format')!);
  const { format, label } = chosen;
  const fit = fitOf(options, chosen);
  if (raw !== undefined && format.layout.length !== 1)
    throw new InputError(
      `--raw: ${label} has ${format.layout.length} streams (${format.layout.map(({ name }) => name).join(', ')}); write it with -o OUT.safetensors`,
    );
  const missing = fieldsToGive(format);
  if (missing.length > 0)
    throw new InputError(
      `${label} decodes only: it has no fit for ${missing.join(', ')}, which a procedure outside the format chooses`,
    );
  refusable(label, () => requireExecutable(format));
  const tensor = await openTensor(input, openOptions(options), signal);
  const { data, rows, cols } = tensor;
  const importance = await readImportance(textOption(options, 'importance'), cols);
  const how = {
    shape: [rows, cols],
    name: tensor.info.name,
    ...(fit === null ? {} : { fit }),
    ...(importance === null ? {} : { importance }),
  };
  const wanted = targetOption(options);
  const given = await readModels(context, textOption(options, 'models'), format, label);
  // Without models of other tensors, this one alone is the example of its own.
  const models = given ?? (await trainModels(format, [async () => ({ data, options: how })]));
  const { encoder: target } = refusable(label, () => targetCodec(format, wanted, models));
  const packed = await encodeOne(context, { format, target: wanted, models }, data, how, threads).catch(
    (error: unknown) => {
      throw asRefusal(label, error);
    },
  );
  signal.throwIfAborted();
  const { name, shape, contractionAxis: axis } = tensor.info;
  if (output !== undefined) {
    const encoded = {
      kind: 'encoded',
      name,
      shape,
      axis,
      format,
      models,
      encode: async () => packed,
    } as const;
    await refusableWrite(output, () => writeModelSafetensors(output, [encoded], {}, { signal }));
  }
  if (raw !== undefined) {
    const streams = Object.entries(packed.streams);
    if (streams.length !== 1)
      throw new InputError(
        `--raw: the ${streams.map(([stream]) => stream).join(' and ')} of this shape do not fit one stream; use -o`,
      );
    if (raw === STREAM) io.out(streams[0]![1]);
    else await writeFileWhole(raw, streams[0]![1], signal);
  }
  const bytes = Object.values(packed.streams).reduce((sum, stream) => sum + stream.length, 0);
  const result = {
    tensor: name,
    shape,
    axis,
    axisReason: tensor.info.axisReason,
    format: canonicalName(format),
    formatId: formatId(format),
    fit,
    target,
    weights: data.length,
    bytes,
    bitsPerParam: data.length === 0 ? 0 : (8 * bytes) / data.length,
    streams: Object.fromEntries(
      Object.entries(packed.streams).map(([stream, part]) => [stream, part.length]),
    ),
    written: [output, raw].filter((path) => path !== undefined),
  };
  if (json) io.out(`${JSON.stringify({ version: 1, ...result }, null, 2)}\n`);
  else
    io.note(
      `${name} [${shape.join(', ')}] as ${label}${fit === null || fit === chosen.fit ? '' : `@${fit}`}: ${bytes} bytes, ${Number(result.bitsPerParam.toFixed(4))} bits per parameter; ` +
        `blocks along ${axis === null ? 'the last axis' : `axis ${axis}`}: ${tensor.info.axisReason}\n`,
    );
  return false;
}

/** The models of a file that `encode` wrote, for another tensor in the same format; null without the option. */
async function readModels(
  { io }: Context,
  path: string | undefined,
  format: Format,
  label: string,
): Promise<SharedModels | null> {
  if (path === undefined) return null;
  if (fieldsOfSharedModels(format).length === 0)
    throw new InputError(`--models: ${label} shares no models between tensors; leave it out`);
  const model = await openModelFile(io, path, {});
  try {
    const encoded = model.tensors.filter((tensor) => tensor.kind === 'encoded');
    const same = encoded.find((tensor) => sameDecoding(tensor.format, format));
    if (same !== undefined) return same.models;
    const held = encoded.map((tensor) => canonicalName(tensor.format));
    throw new InputError(
      `--models ${path}: ${held.length === 0 ? 'it was not written by encode' : `it holds ${held.join(', ')}`}; give a file that encode wrote in ${label}`,
    );
  } finally {
    await model.close();
  }
}

/** The fit by name, checked. */
function fitOf(options: Options, chosen: ChosenFormat): string | null {
  const named = textOption(options, 'fit')?.replaceAll('-', '_');
  if (named === undefined) return fitFor(chosen, options.importance !== undefined);
  const known = chosen.format.fits.map(({ name }) => name);
  if (known.includes(named)) return named;
  throw new InputError(
    `--fit ${named}: ${chosen.label} has ${known.length === 0 ? 'no named fits; leave it out' : `the fits ${known.join(', ')}`}`,
  );
}

async function readImportance(path: string | undefined, cols: number): Promise<Float32Array | null> {
  if (path === undefined) return null;
  const file = await openTensorFile(path);
  try {
    const [info] = file.tensors;
    if (info === undefined || file.tensors.length > 1)
      throw new InputError(
        `--importance ${path}: a file with one tensor is needed; it has ${file.tensors.length}`,
      );
    const importance = await file.readFloats(info.name);
    requireImportances(path, info.name, importance, cols);
    return importance;
  } finally {
    await file.close();
  }
}

/** A name of a tensor that safetensors cannot hold is the input's fault. */
async function refusableWrite(path: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw error instanceof RangeError ? new InputError(`${path}: ${error.message}`, { cause: error }) : error;
  }
}
