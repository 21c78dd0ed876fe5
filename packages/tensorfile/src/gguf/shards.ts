/**
 * Models cut into several GGUF files: their names, their keys, and which tensor goes where.
 *
 * Specification: llama.cpp, tools/gguf-split and `llama_split_path`: `<name>-00001-of-00003.gguf`; every shard has
 * `split.no` (from 0), `split.count` and `split.tensors.count` (of the whole), the first one all other key-values too.
 */
import type { GgufHeader, GgufKeyValue } from './values.ts';

const SHARD_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/** Keys that speak of the file, not of the model. */
export const SPLIT_KEYS: ReadonlySet<string> = new Set(['split.no', 'split.count', 'split.tensors.count']);

/** Shards that the names and key-values can count. */
export const MAX_SHARDS = 65535;

/** The parts of a shard's file name; `null` for other names. `index` counts from 0. */
export function parseShardName(
  name: string,
): { readonly prefix: string; readonly index: number; readonly count: number } | null {
  const match = SHARD_NAME.exec(name);
  return match === null ? null : { prefix: match[1]!, index: Number(match[2]) - 1, count: Number(match[3]) };
}

/** Name of shard `index` (from 0) of `count`. */
export function shardName(prefix: string, index: number, count: number): string {
  const digits = (number: number) => String(number).padStart(5, '0');
  return `${prefix}-${digits(index + 1)}-of-${digits(count)}.gguf`;
}

/** The keys of shard `index`, with the types that gguf-split gives them. */
export function splitKeyValues(index: number, count: number, tensors: number): readonly GgufKeyValue[] {
  return [
    { key: 'split.no', type: 'UINT16', value: index },
    { key: 'split.count', type: 'UINT16', value: count },
    { key: 'split.tensors.count', type: 'INT32', value: tensors },
  ];
}

/** The whole number under a key of a header, whatever its integer type; undefined when there is none. */
export function wholeNumberAt({ keyValues }: GgufHeader, key: string): number | undefined {
  const value = keyValues.find((known) => known.key === key)?.value;
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

/**
 * Cuts a list of lengths into runs: a run ends before the item that would take it beyond `most`; one item is always taken.
 * @returns the indices at which runs begin, the first of them 0
 */
export function cutIntoRuns(lengths: readonly number[], most: number): readonly number[] {
  const starts = [0];
  let length = 0;
  for (const [index, next] of lengths.entries()) {
    if (index > starts.at(-1)! && length + next > most) {
      starts.push(index);
      length = 0;
    }
    length += next;
  }
  return starts;
}
