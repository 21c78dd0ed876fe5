/**
 * Files as peers write them, made from bytes that our interpreter packs: names, types and shapes are the peers', the bytes are held to
 * the peers' own by the golden vectors (packages/testkit).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFormatSync } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import type { Format, FormatSpec, Packed } from '@fewerbits/format';
import { type OutputTensor, writeSafetensors } from '@fewerbits/tensorfile';
import { afterAll } from 'vitest';

/** Formats at their defaults, so that the compiler is not needed; the parameters that were asked for are kept for the test. */
export function defaultFormats(): { asked: FormatSpec[]; formatOf(spec: FormatSpec): Promise<Format> } {
  const asked: FormatSpec[] = [];
  return {
    asked,
    async formatOf(spec) {
      asked.push(spec);
      return loadFormatSync(spec.name);
    },
  };
}

/** Weights that look like weights. */
export function weights(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 0.2;
  });
}

/** A tensor in a format of the catalogue, and the weights that its bytes mean. */
export function encoded(
  name: string,
  shape: readonly number[],
  seed = 1,
): { packed: Packed; decoded: Float32Array } {
  const codec = interpreter(loadFormatSync(name));
  const count = shape.reduce((product, size) => product * size, 1);
  const packed = codec.encode(weights(count, seed), { shape });
  return { packed, decoded: codec.decode(packed) };
}

export function tensor(
  name: string,
  dtype: string,
  shape: readonly number[],
  bytes: Uint8Array,
): OutputTensor {
  return { name, dtype, shape, bytes, byteLength: bytes.length };
}

/** A text in a U8 tensor. */
export function textTensor(name: string, text: string): OutputTensor {
  const bytes = new TextEncoder().encode(text);
  return tensor(name, 'U8', [bytes.length], bytes);
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

/** An empty folder, removed after the tests of a file. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fewerbits-modelfile-'));
  folders.push(path);
  return path;
}

/** Writes a file in a folder of its own, so that no settings stand beside it. */
export async function fileWith(
  tensors: readonly OutputTensor[],
  metadata: Record<string, string> = {},
): Promise<string> {
  const path = join(await folder(), 'model.safetensors');
  await writeSafetensors(path, tensors, metadata);
  return path;
}
