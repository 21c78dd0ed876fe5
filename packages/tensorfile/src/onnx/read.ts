/**
 * Opens an ONNX model: the initializers and constants of its graphs, wherever their data lies.
 *
 * Specification: onnx/docs/IR.md. The file is walked once; data is read when asked for.
 */
import { lastAxis } from '../axis.ts';
import { TensorFileError } from '../error.ts';
import { elementCount } from '../shape.ts';
import { type ByteSource, openFile } from '../source.ts';
import { type Contents, readDense, type StoredTensor } from '../tensor-file.ts';
import { type GraphTensor, readModel, type Scope } from './graph.ts';
import { nodeAxes, ownerOf } from './node-axis.ts';
import { externalFiles, type Placed, placeTensor } from './place.ts';
import { protoFile } from './proto.ts';

/** A tensor under its full name, with its bytes found. */
interface Found extends GraphTensor {
  readonly name: string;
  readonly placed: Placed;
}

/** The longest list of numbers that is read as a shape. */
const MAX_SHAPE = 64;

/** Opens one ONNX model. Throws TensorFileError. */
export async function openOnnx(path: string): Promise<Contents> {
  const source = await openFile(path);
  try {
    const model = await readModel(protoFile(source, path), source.byteLength);
    const found = await placeAll(path, model.tensors, source);
    const axisOf = nodeAxes(model.nodes, shapeReader(path, found));
    const tensors: StoredTensor[] = [];
    for (const { scope, localName, name, record, placed } of found) {
      const { type, byteLength, unreadable } = placed;
      const axis = (await axisOf(scope, localName, record.dims)) ?? lastAxis(record.dims);
      tensors.push({
        info: {
          name,
          shape: record.dims,
          dtype: type,
          byteLength,
          ...axis,
          ...(unreadable === undefined ? {} : { unreadable }),
        },
        source: placed.source,
        offset: placed.offset,
        floats: (start, out) => readFloats(path, name, placed, start, out),
      });
    }
    return {
      path,
      container: 'onnx',
      metadata: Object.create(null),
      tensors,
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function placeAll(
  path: string,
  tensors: readonly GraphTensor[],
  source: ByteSource,
): Promise<readonly Found[]> {
  const externalFile = externalFiles(path);
  const found: Found[] = [];
  const names = new Set<string>();
  for (const tensor of tensors) {
    const name = tensor.scope.prefix + tensor.localName;
    // Programs keep tensors in plain objects, where this name would set the prototype.
    if (name === '__proto__' || names.has(name))
      throw new TensorFileError(path, `tensor name '${name}' is taken or reserved; rename it`);
    names.add(name);
    found.push({
      ...tensor,
      name,
      placed: await placeTensor(path, name, tensor.record, source, externalFile),
    });
  }
  return found;
}

async function readFloats(
  path: string,
  name: string,
  { source, offset, dtype, unreadable }: Placed,
  start: number,
  out: Float32Array,
): Promise<void> {
  if (dtype === null) throw new TensorFileError(path, `tensor '${name}' ${unreadable}`);
  await readDense({ path, name, source, offset, dtype, bigEndian: false }, start, out);
}

/** Reads the constants that shapes are given by. */
function shapeReader(path: string, found: readonly Found[]) {
  const byScope = new Map<Scope, Map<string, Found>>();
  for (const each of found) {
    const names = byScope.get(each.scope) ?? new Map<string, Found>();
    byScope.set(each.scope, names.set(each.localName, each));
  }
  return async (scope: Scope, name: string): Promise<readonly number[] | null> => {
    const constant = byScope.get(ownerOf(scope, name))?.get(name);
    if (constant === undefined) return null;
    const { record, placed } = constant;
    const count = elementCount(record.dims)!;
    if (placed.type !== 'I64' || record.dims.length !== 1 || count > MAX_SHAPE) return null;
    const values = new Float32Array(count);
    await readFloats(path, constant.name, placed, 0, values);
    return [...values];
  };
}
