/**
 * Writes safetensors in one pass: the header first, so every length is given beforehand, then the bytes as they come.
 *
 * Specification: as in header.ts. As the reference writer does, the header is padded with spaces to 8 bytes and wider
 * element types come first, so every tensor is aligned in a mapped file.
 */
import { byteLengthOf, type Dtype, dtypeNamed } from '../dtype.ts';
import { appendBytes, checkBytes, type WriteOptions, writeWhole } from '../output.ts';
import { checkedCount, shapeText } from '../shape.ts';
import { checkText } from '../text.ts';
import { MAX_HEADER_BYTES } from './header.ts';

/** A tensor to write. `bytes` are little-endian, row-major, `byteLength` in total. */
export interface OutputTensor {
  readonly name: string;
  /** A safetensors type name: `F32`, `BF16`, `U8`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** A stream is consumed when its turn comes, and its chunks are not kept. */
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
  readonly byteLength: number;
}

/**
 * Writes `tensors` to `path`, whole or not at all: into a temporary file beside it, then renamed.
 *
 * The tensors are collected before anything is written (the header needs them); streams among their `bytes` are not.
 * They are stored by element width, widest first, otherwise in the given order, and streams are consumed in that order.
 * @param metadata `__metadata__`: strings by key
 * @throws TypeError, RangeError naming the tensor: a bad or repeated name, an unknown type, sizes that disagree, a stream
 *   that yields too few or too many bytes, metadata that is no string.
 * @throws TensorFileError from the file system; the signal's reason after an abort.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<OutputTensor> | AsyncIterable<OutputTensor>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): Promise<void> {
  const entries: Entry[] = [];
  const names = new Set<string>();
  for await (const tensor of tensors) {
    const entry = checkTensor(tensor, entries.length);
    if (names.has(tensor.name))
      throw new RangeError(`two tensors have the name '${tensor.name}'; names must differ`);
    names.add(tensor.name);
    entries.push(entry);
  }
  entries.sort((a, b) => b.dtype.bits - a.dtype.bits);
  const header = encodeHeader(entries, metadata);
  await writeWhole(
    path,
    async (append) => {
      await append(header);
      for (const { tensor } of entries) await appendBytes(tensor, append);
    },
    options,
  );
}

interface Entry {
  readonly tensor: OutputTensor;
  readonly dtype: Dtype;
}

function checkTensor(tensor: OutputTensor, index: number): Entry {
  const { name, shape, byteLength } = tensor;
  checkText(name, `tensors[${index}].name`);
  if (name === '__metadata__' || name === '__proto__')
    throw new RangeError(`tensors[${index}].name '${name}' is reserved; rename the tensor`);
  const dtype = dtypeNamed(tensor.dtype);
  if (dtype === undefined)
    throw new RangeError(
      `tensor '${name}': dtype '${tensor.dtype}' is no safetensors type; store other bits as U8`,
    );
  const count = checkedCount(`tensor '${name}': shape`, shape);
  const needed = byteLengthOf(dtype, count);
  if (needed === null)
    throw new RangeError(`tensor '${name}': ${count} elements of ${dtype.name} do not fill whole bytes`);
  if (byteLength !== needed)
    throw new RangeError(
      `tensor '${name}': ${dtype.name} ${shapeText(shape)} takes ${needed} bytes, byteLength says ${byteLength}`,
    );
  checkBytes(tensor);
  return { tensor: { ...tensor, shape: [...shape] }, dtype };
}

function encodeHeader(entries: readonly Entry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const fields: string[] = [];
  const pairs = Object.entries(metadata);
  for (const [key, value] of pairs) {
    checkText(key, 'a key of metadata');
    if (key === '__proto__') throw new RangeError("metadata must not have the key '__proto__'");
    checkText(value, `metadata['${key}']`);
  }
  if (pairs.length > 0)
    fields.push(
      `"__metadata__":{${pairs.map((pair) => pair.map((text) => JSON.stringify(text)).join(':')).join(',')}}`,
    );
  let start = 0;
  for (const { tensor, dtype } of entries) {
    const end = start + tensor.byteLength;
    const entry = { dtype: dtype.name, shape: tensor.shape, data_offsets: [start, end] };
    fields.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(entry)}`);
    start = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES)
    throw new RangeError(
      `the header would take ${length} bytes, and readers refuse more than 100 MB; split the file`,
    );
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}
