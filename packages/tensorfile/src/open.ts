/**
 * Opens a tensor file of any container: finds out which one it is and hands over.
 *
 * The content decides; the extension only where bytes carry no mark (raw binary32) and in messages.
 */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { overrideAxis } from './axis.ts';
import { fileSystemError, TensorFileError } from './error.ts';
import { isGguf } from './gguf/header.ts';
import { openGguf } from './gguf/read.ts';
import { parseShardName } from './gguf/shards.ts';
import { isObject, parseJsonObject } from './json.ts';
import { LLAMA2C_HEAD_BYTES, llama2cLayout } from './llama2c/layout.ts';
import { openLlama2c } from './llama2c/read.ts';
import { isNpy } from './npy/header.ts';
import { openNpy } from './npy/read.ts';
import { openOnnx } from './onnx/read.ts';
import { isOnnx } from './onnx/recognise.ts';
import { openRaw } from './raw.ts';
import { openSafetensors, openSafetensorsIndex } from './safetensors/read.ts';
import { checkedCount } from './shape.ts';
import { openFile } from './source.ts';
import { type Contents, tensorFile } from './tensor-file.ts';
import { openTfjs } from './tfjs/read.ts';
import type { OpenOptions, TensorFile } from './types.ts';

/** A model.json with its topology stays far below; it is read whole. */
const MAX_JSON_BYTES = 256_000_000;

/**
 * Opens a tensor file.
 *
 * @param path a `.safetensors` file or its `.safetensors.index.json`, an `.npy` file, an `.onnx` model, a
 *   `.gguf` file or any shard of one, a llama2.c checkpoint, a TF.js `model.json`, a raw little-endian binary32 file (with `options.shape`), or
 *   a folder that holds exactly one of these models
 * @throws TensorFileError when the file cannot be read, is damaged, or is of another kind; the message says what to do.
 * @throws TypeError, RangeError for bad options.
 */
export async function openTensorFile(path: string, options: OpenOptions = {}): Promise<TensorFile> {
  if (typeof path !== 'string' || path === '') throw new TypeError('path must be a non-empty string');
  const { axis, shape } = options;
  if (axis !== undefined && (!Number.isInteger(axis) || axis < 0))
    throw new RangeError(`options.axis must be a whole number >= 0, not ${axis}`);
  const count = shape === undefined ? undefined : checkedCount('options.shape', shape);
  const file = await modelInFolder(path);
  const contents = await openContents(file, shape, count);
  try {
    const infos = overrideAxis(
      path,
      contents.tensors.map(({ info }) => info),
      axis,
    );
    const tensors = contents.tensors.map((tensor, at) => ({ ...tensor, info: infos[at]! }));
    return tensorFile({ ...contents, path, tensors });
  } catch (error) {
    await contents.close();
    throw error;
  }
}

/** The path itself, or, for a folder, the one model in it. */
async function modelInFolder(path: string): Promise<string> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileSystemError(path, 'open the file', error);
  });
  if (!stats.isDirectory()) return path;
  const names = (await readdir(path)).sort();
  const indexed = names.filter((name) => name.endsWith('.safetensors.index.json'));
  const models = names.filter((name) => name === 'model.json');
  // The shards of an index are not models of their own.
  const single = indexed.length > 0 ? [] : names.filter((name) => name.endsWith('.safetensors'));
  const onnx = names.filter((name) => name.endsWith('.onnx'));
  // Shards of GGUF have no index; the first one stands for them.
  const gguf = names.filter((name) => name.endsWith('.gguf') && (parseShardName(name)?.index ?? 0) === 0);
  const found = [...indexed, ...models, ...single, ...onnx, ...gguf];
  if (found.length === 1) return join(path, found[0]!);
  if (found.length === 0)
    throw new TensorFileError(
      path,
      'is a folder without *.safetensors, *.safetensors.index.json, *.onnx, *.gguf or model.json; name a file',
    );
  throw new TensorFileError(
    path,
    `is a folder with several models (${found.slice(0, 4).join(', ')}); name one of them`,
  );
}

async function openContents(
  path: string,
  shape: readonly number[] | undefined,
  count: number | undefined,
): Promise<Contents> {
  const { head, byteLength } = await readHead(path);
  const extension = extname(path).toLowerCase();
  const rawName = extension === '.f32' || extension === '.bin' || extension === '.raw';
  const marked = kindOf(head, byteLength);
  // Bare numbers may look like anything, so a raw name with a shape is believed.
  if (shape !== undefined && (rawName || marked === 'unknown')) return openRaw(path, shape, count!);
  if (shape !== undefined)
    throw new TensorFileError(
      path,
      'carries its own shapes; leave the shape out (it is for raw binary32 files)',
    );
  if (marked === 'npy') return openNpy(path);
  if (marked === 'gguf') return openGguf(path);
  if (marked === 'safetensors') return openSafetensors(path);
  // No mark of the oldest version, but sizes that explain the file's length to the byte.
  const checkpoint = llama2cLayout(head, byteLength, path);
  if (checkpoint !== null) return openLlama2c(path, checkpoint);
  if (marked === 'onnx' && !rawName) return openOnnx(path);
  if (marked === 'json' && !rawName) return openJson(path, byteLength);
  const foreign = FOREIGN.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
  if (foreign !== undefined) throw new TensorFileError(path, foreign.cure);
  // A damaged file is best explained by the reader of its kind.
  if (extension === '.safetensors') return openSafetensors(path);
  if (extension === '.npy') return openNpy(path);
  if (extension === '.onnx') return openOnnx(path);
  if (extension === '.gguf') return openGguf(path);
  throw new TensorFileError(path, CURES.get(extension) ?? UNKNOWN);
}

async function readHead(path: string): Promise<{ head: Uint8Array; byteLength: number }> {
  const source = await openFile(path);
  try {
    const head = new Uint8Array(Math.min(LLAMA2C_HEAD_BYTES, source.byteLength));
    await source.read(0, head);
    return { head, byteLength: source.byteLength };
  } finally {
    await source.close();
  }
}

type Kind = 'npy' | 'gguf' | 'safetensors' | 'onnx' | 'json' | 'unknown';

function kindOf(head: Uint8Array, byteLength: number): Kind {
  if (isNpy(head)) return 'npy';
  if (isGguf(head)) return 'gguf';
  if (head.length >= 10) {
    const headerLength = new DataView(head.buffer).getBigUint64(0, true);
    if (headerLength >= 2n && headerLength <= BigInt(byteLength - 8) && head[8] === 0x7b)
      return 'safetensors';
  }
  if (isOnnx(head, byteLength)) return 'onnx';
  const first = head.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b ? 'json' : 'unknown';
}

async function openJson(path: string, byteLength: number): Promise<Contents> {
  if (byteLength > MAX_JSON_BYTES)
    throw new TensorFileError(
      path,
      `is JSON of ${byteLength} bytes; an index or model.json has at most ${MAX_JSON_BYTES}`,
    );
  const source = await openFile(path);
  const bytes = new Uint8Array(source.byteLength);
  try {
    await source.read(0, bytes);
  } finally {
    await source.close();
  }
  const json = parseJsonObject(bytes, path, 'the file');
  if (isObject(json.get('weight_map'))) return openSafetensorsIndex(path, json);
  if (json.has('weightsManifest') || json.has('modelTopology')) return openTfjs(path, json);
  throw new TensorFileError(
    path,
    "is JSON, but neither a safetensors index ('weight_map') nor a TF.js model ('weightsManifest')",
  );
}

const ascii = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));

/** Files people are likely to bring that are not read, by their first bytes. */
const FOREIGN: readonly { magic: readonly number[]; cure: string }[] = [
  {
    magic: ascii('PK\x03\x04'),
    cure: 'is a zip (npz, PyTorch or Keras); unzip an npz, save the others as safetensors',
  },
  { magic: [0x89, ...ascii('HDF')], cure: 'is an HDF5 file; save the weights as safetensors' },
  {
    magic: [0x80, 0x02],
    cure: 'is a Python pickle, which only running it could read; save the weights as safetensors',
  },
  { magic: [0x1f, 0x8b], cure: 'is compressed with gzip; decompress it first' },
];

const UNKNOWN =
  'is no tensor file of a known kind: safetensors, npy, ONNX, GGUF, TF.js model.json, or raw binary32, which needs its shape';
const RAW_CURE = 'raw binary32 needs its shape; give it (shape [rows, columns])';
const CURES: ReadonlyMap<string, string> = new Map([
  ['.f32', RAW_CURE],
  ['.bin', RAW_CURE],
  ['.raw', RAW_CURE],
  ['.json', 'is not JSON; the file is damaged'],
]);
