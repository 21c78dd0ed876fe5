/**
 * `encode`: one tensor of a file into a safetensors that describes itself, or into bare bytes.
 */
import {
  encodeFields,
  fieldsOfSharedModels,
  fieldsToGive,
  modelTrainer,
  requireExecutable,
  type SharedModels,
} from '@fewerbits/codec';
import { canonicalName, type EncodeOptions, type Format, formatId, sameDecoding } from '@fewerbits/format';
import { openTensorFile, writeSafetensors } from '@fewerbits/tensorfile';
import { encodedTensors, readDescription } from '../encoded-file.ts';
import { chooseFormat } from '../format-argument.ts';
import { asRefusal, InputError, refusable } from '../input-error.ts';
import { uninterrupted } from '../interrupt.ts';
import type { Context, Options } from '../main.ts';
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
  const fit = fitOf(
    options,
    chosen.fit,
    format.fits.map(({ name }) => name),
    label,
  );
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
  const given = await readModels(textOption(options, 'models'), format, label);
  const wanted = targetOption(options);
  const { models, target } = refusable(label, () =>
    uninterrupted(() => {
      const models = given ?? trained(format, data, how);
      return { models, target: targetCodec(format, wanted, models).encoder };
    }),
  );
  const packed = await encodeOne(context, { format, target: wanted, models }, data, how, threads).catch(
    (error: unknown) => {
      throw asRefusal(label, error);
    },
  );
  signal.throwIfAborted();
  const { name, shape, contractionAxis: axis } = tensor.info;
  if (output !== undefined) {
    const { tensors, metadata } = encodedTensors({ format, tensor: name, shape, axis, models }, packed);
    await refusableWrite(output, () => writeSafetensors(output, tensors, metadata, { signal }));
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

/** Models that this tensor alone is the example of; none for a format that shares none. */
function trained(format: Format, data: Float32Array, how: EncodeOptions): SharedModels {
  if (fieldsOfSharedModels(format).length === 0) return {};
  const trainer = modelTrainer(format);
  trainer.add(encodeFields(format, data, how));
  return trainer.models();
}

/** The models of a file that `encode` wrote, for another tensor in the same format; null without the option. */
async function readModels(
  path: string | undefined,
  format: Format,
  label: string,
): Promise<SharedModels | null> {
  if (path === undefined) return null;
  if (fieldsOfSharedModels(format).length === 0)
    throw new InputError(`--models: ${label} shares no models between tensors; leave it out`);
  const file = await openTensorFile(path);
  try {
    const about = readDescription(file);
    if (about === null || !sameDecoding(about.format, format))
      throw new InputError(
        `--models ${path}: ${about === null ? 'it was not written by encode' : `it holds ${canonicalName(about.format)}`}; give a file that encode wrote in ${label}`,
      );
    return about.models;
  } finally {
    await file.close();
  }
}

/** The fit that reads an importance matrix, where a format has one. */
const IMPORTANCE_FIT = 'imatrix';

function fitOf(
  options: Options,
  named: string | null,
  known: readonly string[],
  label: string,
): string | null {
  // Formats whose libraries have a second search for importances name it so; the first would not read them.
  const usual = options.importance !== undefined && known.includes(IMPORTANCE_FIT) ? IMPORTANCE_FIT : null;
  const fit = textOption(options, 'fit')?.replaceAll('-', '_') ?? named ?? usual;
  if (fit === null || known.includes(fit)) return fit;
  throw new InputError(
    `--fit ${fit}: ${label} has ${known.length === 0 ? 'no named fits; leave it out' : `the fits ${known.join(', ')}`}`,
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
    if (importance.length !== cols)
      throw new InputError(
        `--importance ${path}: ${importance.length} values for ${cols} columns (the contraction axis)`,
      );
    const wrong = importance.findIndex((value) => !(value >= 0 && value < Infinity));
    if (wrong >= 0)
      throw new InputError(
        `--importance ${path}: value ${wrong} is ${importance[wrong]}; finite and not negative is needed`,
      );
    return importance;
  } finally {
    await file.close();
  }
}

/** A name of a tensor that safetensors cannot hold is the input's fault. */
async function refusableWrite(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw error instanceof RangeError ? new InputError(`${path}: ${error.message}`, { cause: error }) : error;
  }
}
