/**
 * `decode`: a file that `encode` wrote back to weights; bare bytes where format and shape are given.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { canonicalName, encodedLength, formatFacts } from '@fewerbits/format';
import { type Decodable, matrixOf } from '@fewerbits/modelfile';
import { writeNpy, writeSafetensors } from '@fewerbits/tensorfile';
import { chooseFormat } from '../format-argument.ts';
import { InputError, refusable } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { openModelFile } from '../model/open.ts';
import { decodeModelTensor, type Running, runningOf } from '../model/run.ts';
import { pick, splitInput } from '../one-tensor.ts';
import { countOption, STREAM, shapeOption, textOption } from '../option-values.ts';
import { type Target, targetCodec } from '../target.ts';
import { requirePlace, writeFileWhole } from '../write-file.ts';

/** Decodes; there are never findings. */
export async function decode(context: Context, input: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const running = runningOf(context, options);
  const output = textOption(options, 'output')!;
  if (output === STREAM && json)
    throw new InputError('-o -: standard output takes the weights or the JSON object; leave one out');
  if (output !== STREAM && !/\.(npy|f32|bin|raw|safetensors)$/.test(output))
    throw new InputError(`-o ${output}: the ending says what to write; use .npy, .f32 or .safetensors`);
  if (output !== STREAM) await requirePlace(output);
  const decoded =
    options.raw === true
      ? await decodeTensor(running, await rawTensor(input, options))
      : await decodeEncoded(running, input, options);
  const { tensor, weights, target } = decoded;
  const { name, shape, axis, format } = tensor;
  if (output === STREAM) io.out(littleEndian(weights));
  else await write(output, name, shape, weights, signal);
  const result = {
    tensor: name,
    shape,
    axis,
    format: canonicalName(format),
    weights: weights.length,
    target,
    written: [output],
  };
  if (json) io.out(`${JSON.stringify({ version: 1, ...result }, null, 2)}\n`);
  else io.note(`${name} [${shape.join(', ')}] from ${result.format}\n`);
  return false;
}

interface Decoded {
  readonly tensor: Decodable;
  readonly weights: Float32Array;
  readonly target: Target;
}

async function decodeTensor(running: Running, tensor: Decodable): Promise<Decoded> {
  const { io } = running.context;
  const { target: wanted } = running;
  const { format, models } = tensor;
  const { target, reason } = refusable(tensor.name, () => targetCodec(format, wanted, models));
  if (wanted !== null && target !== wanted)
    io.note(`${canonicalName(format)} has no ${wanted} kernel (${reason}); the ${target} decodes it\n`);
  return { tensor, weights: await decodeModelTensor(running, tensor), target };
}

async function decodeEncoded(running: Running, input: string, options: Options): Promise<Decoded> {
  for (const name of ['format', 'shape', 'axis'])
    if (options[name] !== undefined)
      throw new InputError(`--${name}: the file says this itself; it is for --raw input`);
  const { path, name } = splitInput(input);
  const model = await openModelFile(running.context.io, path, {});
  try {
    const encoded = model.tensors.filter((tensor) => tensor.kind === 'encoded');
    if (encoded.length === 0)
      throw new InputError(
        `${path} does not say how it was encoded; for bare bytes give --raw, --format and --shape`,
      );
    return await decodeTensor(running, pick(encoded, path, name));
  } finally {
    await model.close();
  }
}

async function rawTensor(input: string, options: Options): Promise<Decodable> {
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
  const matrix = matrixOf(shape, axis);
  const wanted = refusable(label, () => encodedLength(format, matrix));
  if (bytes.length !== wanted)
    throw new InputError(
      `${input} has ${bytes.length} bytes; ${label} of shape ${shape.join(', ')} takes ${wanted}; check --format and --shape`,
    );
  const streams = { [format.layout[0]!.name]: new Uint8Array(bytes) };
  return {
    name: 'tensor',
    shape,
    axis,
    format,
    models: {},
    readPacked: async () => ({ shape: matrix, streams }),
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
