/**
 * Opens safetensors: one file, or the shards that a `*.safetensors.index.json` lists.
 *
 * The index is Hugging Face's: `{"metadata": …, "weight_map": {tensor: file}}`; it must name every tensor of its shards.
 */
import { basename, dirname } from 'node:path';
import { conventionalAxis } from '../axis.ts';
import { TensorFileError } from '../error.ts';
import { pathInside } from '../inside.ts';
import { isObject, type JsonObject } from '../json.ts';
import { openFile } from '../source.ts';
import { type Contents, readability, readDense, type StoredTensor } from '../tensor-file.ts';
import { parseSafetensorsHeader, safetensorsHeaderLength } from './header.ts';

/** Opens one safetensors file. Throws TensorFileError. */
export async function openSafetensors(path: string): Promise<Contents> {
  const source = await openFile(path);
  try {
    const first = new Uint8Array(Math.min(8, source.byteLength));
    await source.read(0, first);
    const json = new Uint8Array(safetensorsHeaderLength(first, source.byteLength, path));
    await source.read(8, json);
    const dataStart = 8 + json.length;
    const { tensors, metadata } = parseSafetensorsHeader(json, source.byteLength - dataStart, path);
    return {
      path,
      container: 'safetensors',
      metadata,
      tensors: tensors.map(({ name, dtype, shape, start, end }): StoredTensor => {
        const offset = dataStart + start;
        const dense = { path, name, source, offset, dtype, bigEndian: false };
        const axis = conventionalAxis(name, shape, metadata.format);
        return {
          info: { name, shape, dtype: dtype.name, byteLength: end - start, ...axis, ...readability(dtype) },
          source,
          offset,
          floats: (from, out) => readDense(dense, from, out),
        };
      }),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Opens the shards that `index`, the parsed content of the file `path`, lists. A tensor that the index promises and its
 * shard lacks, or the reverse, is an error: one of them is out of date.
 */
export async function openSafetensorsIndex(path: string, index: JsonObject): Promise<Contents> {
  const map = index.get('weight_map');
  if (!isObject(map))
    throw new TensorFileError(path, "has no 'weight_map' object; it is no safetensors index");
  const named = new Map<string, Set<string>>();
  for (const [tensor, shard] of map) {
    if (typeof shard !== 'string')
      throw new TensorFileError(path, `weight_map entry '${tensor}' must be a file name`);
    const tensors = named.get(shard) ?? new Set();
    named.set(shard, tensors.add(tensor));
  }
  const shards: Contents[] = [];
  const close = async () => {
    for (const shard of shards) await shard.close();
  };
  try {
    for (const [shard, expected] of named) {
      const contents = await openSafetensors(await pathInside(dirname(path), shard, path));
      shards.push(contents);
      compareNames(path, shard, expected, contents);
    }
    return {
      path,
      container: 'safetensors',
      tensors: shards.flatMap(({ tensors }) => tensors),
      metadata: mergeMetadata(shards),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function compareNames(path: string, shard: string, expected: ReadonlySet<string>, contents: Contents): void {
  const present = new Set(contents.tensors.map(({ info }) => info.name));
  for (const name of expected)
    if (!present.has(name))
      throw new TensorFileError(
        path,
        `says that ${shard} holds tensor '${name}', which it does not; fetch both again`,
      );
  for (const name of present)
    if (!expected.has(name))
      throw new TensorFileError(path, `does not list tensor '${name}' of ${shard}; fetch both again`);
}

/** Keys on which all shards that have them agree, plainly; the others once per shard, as `<file>:<key>`. */
function mergeMetadata(shards: readonly Contents[]): Readonly<Record<string, string>> {
  const values = new Map<string, Set<string>>();
  for (const { metadata } of shards)
    for (const [key, value] of Object.entries(metadata))
      values.set(key, (values.get(key) ?? new Set()).add(value));
  const merged: Record<string, string> = Object.create(null);
  for (const { path, metadata } of shards)
    for (const [key, value] of Object.entries(metadata))
      merged[values.get(key)!.size === 1 ? key : `${basename(path)}:${key}`] = value;
  return merged;
}
