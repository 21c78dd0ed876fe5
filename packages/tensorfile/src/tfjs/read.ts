/**
 * Opens a TF.js model: the weights that `model.json` lists, out of the shard files beside it.
 */
import { dirname } from 'node:path';
import { type Axis, lastAxis } from '../axis.ts';
import { TensorFileError } from '../error.ts';
import { pathInside } from '../inside.ts';
import { isArray, isObject, type JsonObject } from '../json.ts';
import { elementCount } from '../shape.ts';
import { type ByteSource, concatenatedFiles } from '../source.ts';
import { beyondBinary32, type Contents, type Dense, readDense, type StoredTensor } from '../tensor-file.ts';
import { graphAxes } from './graph-axis.ts';
import { layersAxes } from './layers-axis.ts';
import { type Affine, type ManifestGroup, type ManifestWeight, readManifest } from './manifest.ts';

/** Opens the weights of `model`, the parsed content of the file `path`. Throws TensorFileError. */
export async function openTfjs(path: string, model: JsonObject): Promise<Contents> {
  const groups: { group: ManifestGroup; source: ByteSource }[] = [];
  for (const group of readManifest(model, path)) groups.push({ group, source: await openGroup(path, group) });
  const stored = groups.flatMap(({ group, source }) =>
    group.weights.map((weight) => ({ weight, dense: denseOf(path, weight, source) })),
  );
  const axisOf = axisAdvice(model, new Map(stored.map((each) => [each.weight.name, each])));
  const tensors: StoredTensor[] = [];
  for (const { weight, dense } of stored) {
    const { name, shape, dtype, start, end, affine } = weight;
    const axis = (await axisOf(name, shape)) ?? lastAxis(shape);
    tensors.push({
      info: { name, shape, dtype: dtype.name, byteLength: end - start, ...axis },
      source: dense.source,
      offset: start,
      floats: (from, out) => readWeight(dense, affine, from, out),
    });
  }
  return {
    path,
    container: 'tfjs',
    metadata: Object.create(null),
    tensors,
    async close() {
      for (const { source } of groups) await source.close();
    },
  };
}

async function openGroup(path: string, group: ManifestGroup): Promise<ByteSource> {
  const files: string[] = [];
  for (const name of group.paths) files.push(await pathInside(dirname(path), name, path));
  const source = await concatenatedFiles(files);
  if (source.byteLength !== group.byteLength)
    throw new TensorFileError(
      path,
      `its weights ${group.weights[0]?.name ?? ''} … take ${group.byteLength} bytes, but the shards ` +
        `${group.paths.slice(0, 3).join(', ')}${group.paths.length > 3 ? ', …' : ''} hold ${source.byteLength}; fetch the shards again`,
    );
  return source;
}

function denseOf(path: string, { name, dtype, start }: ManifestWeight, source: ByteSource): Dense {
  return { path, name, source, offset: start, dtype, bigEndian: false };
}

async function readWeight(
  dense: Dense,
  affine: Affine | null,
  start: number,
  out: Float32Array,
): Promise<void> {
  await readDense(dense, start, out);
  if (affine === null) return;
  const { scale, min, integer } = affine;
  for (let i = 0; i < out.length; i++) {
    // As TF.js computes it: in binary64, rounded to binary32 once.
    const value = out[i]! * scale + min;
    out[i] = integer ? Math.round(value) : value;
    if (!Number.isFinite(out[i]!)) throw beyondBinary32(dense.path, dense.name, start + i);
  }
}

interface Stored {
  readonly weight: ManifestWeight;
  readonly dense: Dense;
}

/** What the topology tells about axes; a graph also has constants to read, which are weights themselves. */
function axisAdvice(
  model: JsonObject,
  stored: ReadonlyMap<string, Stored>,
): (name: string, shape: readonly number[]) => Promise<Axis | null> {
  const topology = model.get('modelTopology');
  if (!isObject(topology)) return async () => null;
  if (isArray(topology.get('node')))
    return graphAxes(topology, async (name) => {
      const constant = stored.get(name);
      if (constant === undefined) return null;
      const { shape, dtype } = constant.weight;
      const count = elementCount(shape)!;
      if (dtype.name !== 'I32' || shape.length !== 1 || count > 16) return null;
      const values = new Float32Array(count);
      await readDense(constant.dense, 0, values);
      return [...values];
    });
  const axes = layersAxes(topology);
  return async (name, shape) => axes(name, shape);
}
