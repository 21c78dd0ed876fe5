/**
 * `decode`: a file that `encode` wrote back to weights; bare bytes where format and shape are given.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { canonicalName, encodedLength, formatFacts, type Packed } from '@fewerbits/format';
import { fromRows, openTensorFile, writeNpy, writeSafetensors } from '@fewerbits/tensorfile';
import { sharedFloats } from '@fewerbits/workers';
import { type Description, readDescription, readStreams, rowsShape } from '../encoded-file.ts';
import { chooseFormat } from '../format-argument.ts';
import { asRefusal, InputError, refusable } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { decodeOne } from '../one-codec.ts';
import { countOption, jobsOption, STREAM, shapeOption, targetOption, textOption } from '../option-values.ts';
import { targetCodec } from '../target.ts';
import { requirePlace, writeFileWhole } from '../write-file.ts';

/** Decodes; there are never findings. */
export async function decode(context: Context, input: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const threads = jobsOption(options);
  const output = textOption(options, 'output')!;
  if (output === STREAM && json)
    throw new InputError('-o -: standard output takes the weights or the JSON object; leave one out');
  if (output !== STREAM && !/\.(npy|f32|bin|raw|safetensors)$/.test(output))
    throw new InputError(`-o ${output}: the ending says what to write; use .npy, .f32 or .safetensors`);
  if (output !== STREAM) await requirePlace(output);
  const { about, packed } =
    options.raw === true ? await readRaw(input, options) : await readEncoded(input, options);
  const { format, tensor, shape, axis, models } = about;
  const wanted = targetOption(options);
  const { target, reason } = refusable(input, () => targetCodec(format, wanted, models));
  if (wanted !== null && target !== wanted)
    io.note(`${canonicalName(format)} has no ${wanted} kernel (${reason}); the ${target} decodes it\n`);
  const count = shape.reduce((product, size) => product * size, 1);
  const rows = await decodeOne(
    context,
    { format, target: wanted, models },
    packed,
    sharedFloats(count),
    threads,
  ).catch((error: unknown) => {
    throw asRefusal(input, error);
  });
  const weights = refusable(input, () => fromRows(rows, shape, axis));
  signal.throwIfAborted();
  if (output === STREAM) io.out(littleEndian(weights));
  else await write(output, tensor, shape, weights, signal);
  const result = {
    tensor,
    shape,
    axis,
    format: canonicalName(format),
    weights: weights.length,
    target,
    written: [output],
  };
  if (json) io.out(`${JSON.stringify({ version: 1, ...result }, null, 2)}\n`);
  else io.note(`${tensor} [${shape.join(', ')}] from ${result.format}\n`);
  return false;
}

interface Encoded {
  readonly about: Description;
  readonly packed: Packed;
}

async function readEncoded(input: string, options: Options): Promise<Encoded> {
  for (const name of ['format', 'shape', 'axis'])
    if (options[name] !== undefined)
      throw new InputError(`--${name}: the file says this itself; it is for --raw input`);
  const file = await openTensorFile(input);
  try {
    const about = readDescription(file);
    if (about === null)
      throw new InputError(
        `${input} does not say how it was encoded; for bare bytes give --raw, --format and --shape`,
      );
    return {
      about,
      packed: { shape: rowsShape(about.shape, about.axis), streams: await readStreams(file, about) },
    };
  } finally {
    await file.close();
  }
}

async function readRaw(input: string, options: Options): Promise<Encoded> {
  const shape = shapeOption(options);
  const text = textOption(options, 'format');
  if (text === undefined || shape === undefined)
    throw new InputError('--raw needs --format and --shape: bare bytes do not say them');
  const { format, label } = await chooseFormat(text);
  if (format.layout.length !== 1)
    throw new InputError(`--raw: ${label} has ${format.layout.length} streams, which no bare file can hold`);
  if (!formatFacts(format).fixedLength)
    throw new InputError(
      `--raw: the length of ${label} depends on the data; such tensors are read from the file that encode wrote`,
    );
  const axis = countOption(options, 'axis', 0) ?? null;
  if (axis !== null && axis >= shape.length)
    throw new InputError(`--axis ${axis}: the shape has ${shape.length} axes, counted from 0`);
  const bytes = await (input === STREAM ? buffer(process.stdin) : readFile(input)).catch(
    (error: NodeJS.ErrnoException) => {
      throw new InputError(`cannot read ${input} (${error.code ?? error.message}); check the path`, {
        cause: error,
      });
    },
  );
  const rows = rowsShape(shape, axis);
  const wanted = refusable(label, () => encodedLength(format, rows));
  if (bytes.length !== wanted)
    throw new InputError(
      `${input} has ${bytes.length} bytes; ${label} of shape ${shape.join(', ')} takes ${wanted}; check --format and --shape`,
    );
  return {
    about: { format, tensor: 'tensor', shape, axis, models: {} },
    packed: { shape: rows, streams: { [format.layout[0]!.name]: new Uint8Array(bytes) } },
  };
}

async function write(
  output: string,
  name: string,
  shape: readonly number[],
  weights: Float32Array,
  signal: AbortSignal,
): Promise<void> {
  if (output.endsWith('.npy')) return writeNpy(output, { shape, data: weights }, { signal });
  const bytes = littleEndian(weights);
  if (!output.endsWith('.safetensors')) return writeFileWhole(output, bytes, signal);
  return writeSafetensors(
    output,
    [{ name, dtype: 'F32', shape, bytes, byteLength: bytes.length }],
    {},
    { signal },
  );
}

/** The bytes of binary32 weights; on nearly every machine those that they have in memory. */
function littleEndian(weights: Float32Array): Uint8Array {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1)
    return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const view = new DataView(new ArrayBuffer(weights.length * 4));
  for (let i = 0; i < weights.length; i++) view.setFloat32(i * 4, weights[i]!, true);
  return new Uint8Array(view.buffer);
}
