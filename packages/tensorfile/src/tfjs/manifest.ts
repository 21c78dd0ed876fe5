/**
 * The `weightsManifest` of a TF.js `model.json`: groups of shard files and the weights that lie in them, one after another.
 *
 * Specification: `WeightsManifestConfig` of @tensorflow/tfjs-core (io/types.ts) and its `decodeWeights`. Pure: knows no
 * file system.
 */
import { byteLengthOf, type Dtype, dtypeNamed } from '../dtype.ts';
import { TensorFileError } from '../error.ts';
import { isArray, isObject, type JsonObject, type JsonValue, stringAt } from '../json.ts';
import { elementCount, isCount } from '../shape.ts';

/** How integers of a converter-quantised weight become values: `code * scale + min`. */
export interface Affine {
  readonly scale: number;
  readonly min: number;
  /** The weight is an int32 one: its values are rounded, halves up. */
  readonly integer: boolean;
}

/** A weight; `start..end` are byte offsets into its group. */
export interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** What is stored, after quantisation. */
  readonly dtype: Dtype;
  readonly affine: Affine | null;
  readonly start: number;
  readonly end: number;
}

export interface ManifestGroup {
  /** Shard files, relative to model.json, in the order of their bytes. */
  readonly paths: readonly string[];
  readonly weights: readonly ManifestWeight[];
  readonly byteLength: number;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['float32', 'F32'],
  ['float16', 'F16'],
  ['int32', 'I32'],
  ['int16', 'I16'],
  ['int8', 'I8'],
  ['uint16', 'U16'],
  ['uint8', 'U8'],
  ['bool', 'BOOL'],
  ['complex64', 'C64'],
]);

/**
 * Reads the manifest of a parsed model.json.
 * @throws TensorFileError for a missing or malformed manifest, repeated or reserved names, unknown types (strings among them: their
 *   length is not in the manifest), and quantisation that TF.js does not define.
 */
export function readManifest(model: JsonObject, path: string): readonly ManifestGroup[] {
  const manifest = model.get('weightsManifest');
  if (!isArray(manifest))
    throw new TensorFileError(
      path,
      "has no 'weightsManifest' list; export the model with weights in separate files",
    );
  const names = new Set<string>();
  return manifest.map((group, index) => {
    const where = `weightsManifest[${index}]`;
    const paths = isObject(group) ? group.get('paths') : undefined;
    const weights = isObject(group) ? group.get('weights') : undefined;
    if (!isArray(paths) || !isArray(weights) || !paths.every((file) => typeof file === 'string'))
      throw new TensorFileError(
        path,
        `${where} must have 'paths', a list of file names, and 'weights', a list`,
      );
    let start = 0;
    const read = weights.map((value, at) => {
      const weight = readWeight(value, start, `${where}.weights[${at}]`, path);
      if (names.has(weight.name) || weight.name === '__proto__')
        throw new TensorFileError(
          path,
          `${where}: the weight name '${weight.name}' is taken or reserved; rename it`,
        );
      names.add(weight.name);
      start = weight.end;
      return weight;
    });
    if (!isCount(start)) throw new TensorFileError(path, `${where} promises more than 2^53 bytes`);
    return { paths: paths as readonly string[], weights: read, byteLength: start };
  });
}

function readWeight(value: JsonValue, start: number, where: string, path: string): ManifestWeight {
  const wrong = (message: string) => new TensorFileError(path, `${where}: ${message}`);
  if (!isObject(value)) throw wrong('must be an object');
  const name = stringAt(value, 'name');
  const declared = stringAt(value, 'dtype');
  const shape = value.get('shape');
  const count = isArray(shape) ? elementCount(shape) : null;
  if (name === undefined || declared === undefined) throw wrong("must have 'name' and 'dtype'");
  if (!isArray(shape) || count === null)
    throw wrong(`'${name}': shape must be a list of whole numbers with a product below 2^53`);
  if (declared === 'string')
    throw wrong(
      `'${name}' holds strings, so the places of the weights after it are unknown; export the model without string constants`,
    );
  const quantization = value.get('quantization');
  const stored =
    quantization === undefined ? { type: declared, affine: null } : readQuantization(quantization, declared);
  if (typeof stored === 'string') throw wrong(`'${name}': ${stored}`);
  const dtype = dtypeNamed(TYPES.get(stored.type) ?? '');
  if (dtype === undefined) throw wrong(`'${name}' has the unknown dtype '${stored.type}'`);
  const end = start + byteLengthOf(dtype, count)!;
  return { name, shape: shape as readonly number[], dtype, affine: stored.affine, start, end };
}

/** The stored type, or what is wrong. TF.js ignores `original_dtype` and so do we. */
function readQuantization(
  value: JsonValue,
  declared: string,
): { type: string; affine: Affine | null } | string {
  const type = isObject(value) ? stringAt(value, 'dtype') : undefined;
  if (!isObject(value) || type === undefined) return "quantization must be an object with 'dtype'";
  if (type === 'float16')
    return declared === 'float32' ? { type, affine: null } : 'only float32 can be stored as float16';
  if (type !== 'uint8' && type !== 'uint16')
    return `unknown quantization dtype '${type}'; TF.js has uint8, uint16 and float16`;
  if (declared !== 'float32' && declared !== 'int32')
    return `only float32 and int32 can be quantised, not ${declared}`;
  const scale = value.get('scale');
  const min = value.get('min');
  if (
    typeof scale !== 'number' ||
    typeof min !== 'number' ||
    !Number.isFinite(scale) ||
    !Number.isFinite(min)
  )
    return `quantization ${type} needs finite numbers 'scale' and 'min'`;
  return { type, affine: { scale, min, integer: declared === 'int32' } };
}
