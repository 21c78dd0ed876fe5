/** Vectors of a package: those of peers that stand beside the `.qf`, else what the interpreter makes. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Vector, Vectors } from '@fewerbits/emit';
import { type Codec, formatFacts } from '@fewerbits/format';
import { normal, stochasticDraw } from '@fewerbits/numerics';
import { InputError } from '../input-error.ts';

/**
 * The vectors of a format: `vectors/<label>.json` beside its file, or ours.
 * @throws InputError for a file that holds no vectors
 */
export async function vectorsOf(qf: string, label: string, codec: Codec): Promise<Vectors> {
  const folder = join(dirname(qf), 'vectors');
  const names = await readdir(folder).catch(() => [] as string[]);
  const own = names.find((name) => name === `${label}.json`);
  if (own === undefined) return ourVectors(codec);
  const path = join(folder, own);
  const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Vectors>;
  if (typeof value.origin !== 'string' || !Array.isArray(value.vectors))
    throw new InputError(
      `${path}: vectors are { "origin": text, "vectors": [{ name, shape, weights, streams }] }`,
    );
  return { origin: value.origin, vectors: value.vectors };
}

/** A drawn tensor through the interpreter. */
function ourVectors(codec: Codec): Vectors {
  const { tile } = formatFacts(codec.format);
  const cols = tile.width * Math.max(1, Math.ceil(64 / tile.width));
  const shape = [2, cols];
  const law = normal();
  const weights = Float32Array.from({ length: 2 * cols }, (_, k) => law.quantile(stochasticDraw(7, k)));
  return {
    origin: 'made by the interpreter of fewerbits; no other implementation stores this format',
    vectors: [vectorOf('normal', shape, weights, codec.encode(weights, { shape }).streams)],
  };
}

function vectorOf(
  name: string,
  shape: readonly number[],
  weights: Float32Array,
  streams: Readonly<Record<string, Uint8Array>>,
): Vector {
  return {
    name,
    shape,
    weights: base64(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)),
    streams: Object.fromEntries(Object.entries(streams).map(([key, bytes]) => [key, base64(bytes)])),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
