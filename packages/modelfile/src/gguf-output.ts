/**
 * Models as GGUF: block types of ggml where a Format is one, the container's own numbers otherwise.
 *
 * GGUF keeps rows along the last axis, so a tensor whose contraction axis is another one is stored turned.
 */
import { type Format, type Packed, sameDecoding } from '@fewerbits/format';
import {
  type GgufHeader,
  type GgufKeyValue,
  type GgufOutputTensor,
  ggmlTypeNamed,
  type WriteGgufOptions,
  writeGguf,
} from '@fewerbits/tensorfile';
import type { EncodedOutput, ModelOutput } from './output.ts';
import { FORMAT_OF_GGML_TYPE } from './recognise/gguf.ts';
import { type FormatOf, weightsOf } from './types.ts';

/** The ggml type that a Format is, by what it decodes; `null` for a Format that ggml does not know. */
export async function ggmlTypeOfFormat(format: Format, formatOf: FormatOf): Promise<string | null> {
  for (const [type, name] of Object.entries(FORMAT_OF_GGML_TYPE)) {
    const known = await formatOf({ name, args: {}, fit: null });
    // Most types differ in their fields, and telling so is cheaper than writing out what they decode.
    if (known.fields.length === format.fields.length && sameDecoding(known, format)) return type;
  }
  return null;
}

/**
 * Writes a GGUF file, or its shards.
 * @param header key-values to take over, such as those of the file that the model came from; what they say of its file type, which
 *   readers find from the tensors themselves, is left out
 * @returns the paths, and bytes of each tensor by name
 * @throws RangeError for a tensor that GGUF cannot hold; what `encode` throws, or the signal's reason.
 */
export async function writeModelGguf(
  path: string,
  tensors: readonly ModelOutput[],
  header: GgufHeader | null,
  formatOf: FormatOf,
  options: WriteGgufOptions = {},
): Promise<{ readonly paths: readonly string[]; readonly sizes: ReadonlyMap<string, number> }> {
  const stored: GgufOutputTensor[] = [];
  for (const tensor of tensors)
    stored.push(tensor.kind === 'plain' ? plainTensor(tensor) : await encodedTensor(tensor, formatOf));
  const keyValues = withVersion(header?.keyValues ?? [], tensors);
  const paths = await writeGguf(
    path,
    stored,
    header === null ? { keyValues } : { ...header, keyValues },
    options,
  );
  return { paths, sizes: new Map(stored.map(({ name, byteLength }) => [name, byteLength])) };
}

function plainTensor({
  name,
  shape,
  dtype,
  byteLength,
  bytes,
}: Extract<ModelOutput, { kind: 'plain' }>): GgufOutputTensor {
  const type = ggmlTypeNamed(dtype);
  if (type === undefined || type.elements > 1)
    throw new RangeError(
      `tensor ${name} is ${dtype}, which is no type of ggml; leave it out, or write .safetensors`,
    );
  return {
    name,
    shape,
    type: dtype,
    byteLength,
    bytes: { [Symbol.asyncIterator]: () => bytes()[Symbol.asyncIterator]() },
  };
}

async function encodedTensor(
  { name, shape, axis, format, encode }: EncodedOutput,
  formatOf: FormatOf,
): Promise<GgufOutputTensor> {
  const type = await ggmlTypeOfFormat(format, formatOf);
  const known = type === null ? undefined : ggmlTypeNamed(type);
  if (known === undefined)
    throw new RangeError(
      `tensor ${name}: ${format.name} is no type of ggml, and GGUF holds no others; write .safetensors`,
    );
  return {
    name,
    shape: turned(shape, axis),
    type: known.name,
    byteLength: (weightsOf(shape) / known.elements) * known.bytes,
    bytes: onlyStream(encode),
  };
}

/** The shape with the contraction axis last. */
function turned(shape: readonly number[], axis: number | null): readonly number[] {
  if (axis === null || axis === shape.length - 1) return shape;
  return [...shape.slice(0, axis), ...shape.slice(axis + 1), shape[axis]!];
}

async function* onlyStream(encode: () => Promise<Packed>): AsyncIterable<Uint8Array> {
  yield* Object.values((await encode()).streams);
}

/** Which revision of block types the file has (GGML_QNT_VERSION), and nothing of what its types were before. */
function withVersion(keyValues: readonly GgufKeyValue[], tensors: readonly ModelOutput[]): GgufKeyValue[] {
  const kept = keyValues.filter(
    ({ key }) => key !== 'general.file_type' && key !== 'general.quantization_version',
  );
  if (tensors.every(({ kind }) => kind === 'plain')) return kept;
  return [...kept, { key: 'general.quantization_version', type: 'UINT32', value: 2 }];
}
