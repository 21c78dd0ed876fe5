/**
 * The header of an npy file: a Python dict literal that gives element type, axis order and shape.
 *
 * Specification: NumPy's NEP 1 and `numpy.lib.format`, versions 1.0, 2.0 and 3.0. Only the literals that NumPy writes
 * are read (strings, True and False, tuples of integers); nothing is evaluated. Pure: knows no file system.
 */
import { type Dtype, dtypeNamed } from '../dtype.ts';
import { TensorFileError } from '../error.ts';
import { elementCount } from '../shape.ts';

/** Everything before the data: magic, version, length field, dict. */
export interface NpyHeader {
  readonly dtype: Dtype;
  readonly bigEndian: boolean;
  /** True where the first axis is the fastest in the file. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Bytes that `npyDictPlace` needs to see: magic, version and the longer of the two length fields. */
export const NPY_PREFIX_BYTES = 12;

/** NumPy's own headers stay far below; only structured types, which are refused, need more. */
const MAX_DICT_BYTES = 1 << 16;

/** NumPy's own limit (NPY_MAXDIMS). */
const MAX_AXES = 64;

/** True when the bytes begin with npy's magic. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY';
}

/**
 * Where the dict lies in the file, from its first bytes.
 * @throws TensorFileError when the file is cut, of an unknown version, or promises a dict beyond its end or 64 KiB.
 */
export function npyDictPlace(
  prefix: Uint8Array,
  fileLength: number,
  path: string,
): { start: number; end: number } {
  if (!isNpy(prefix)) throw new TensorFileError(path, 'does not begin with the magic of npy');
  const major = prefix[6];
  const minor = prefix[7];
  if (minor !== 0 || major === undefined || major < 1 || major > 3)
    throw new TensorFileError(
      path,
      `is npy version ${major}.${minor}; versions 1.0, 2.0 and 3.0 are read, save it with one of them`,
    );
  const start = major === 1 ? 10 : 12;
  if (prefix.length < start)
    throw new TensorFileError(path, `is cut after ${prefix.length} bytes, inside the npy header`);
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_DICT_BYTES || start + length > fileLength)
    throw new TensorFileError(
      path,
      `promises an npy header of ${length} bytes; the file has ${fileLength - start} more and 64 KiB is the limit`,
    );
  return { start, end: start + length };
}

/**
 * Reads the dict.
 * @throws TensorFileError for text NumPy would not write, element types that are no plain numbers, and counts beyond 2^53.
 */
export function parseNpyDict(bytes: Uint8Array, path: string): NpyHeader {
  // Versions 1 and 2 are Latin-1, version 3 UTF-8; a header that is read has ASCII keys and types only.
  const text = new TextDecoder('latin1').decode(bytes);
  const found = new Map<string, string>();
  const entry = /\s*'(\w+)'\s*:\s*('[^'\\]*'|True|False|\([\d\sL,]*\)|\[[^\]]*\])\s*(?:,|(?=\}))/y;
  const open = /^\s*\{/.exec(text);
  if (open === null) throw new TensorFileError(path, 'the npy header is no Python dict; the file is damaged');
  entry.lastIndex = open[0].length;
  let at = entry.lastIndex;
  for (let match = entry.exec(text); match !== null; match = entry.exec(text)) {
    const [, key, value] = match;
    if (found.has(key!)) throw new TensorFileError(path, `the npy header has the key '${key}' twice`);
    found.set(key!, value!);
    at = entry.lastIndex;
  }
  if (!/^\s*\}\s*$/.test(text.slice(at)))
    throw new TensorFileError(path, `the npy header cannot be read at character ${at}; the file is damaged`);
  const descr = found.get('descr');
  const order = found.get('fortran_order');
  const shape = found.get('shape');
  if (
    descr === undefined ||
    shape === undefined ||
    (order !== 'True' && order !== 'False') ||
    found.size !== 3
  )
    throw new TensorFileError(path, "the npy header must have exactly 'descr', 'fortran_order' and 'shape'");
  return { ...elementType(descr, path), fortranOrder: order === 'True', shape: readShape(shape, path) };
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['f2', 'F16'],
  ['f4', 'F32'],
  ['f8', 'F64'],
  ['i1', 'I8'],
  ['i2', 'I16'],
  ['i4', 'I32'],
  ['i8', 'I64'],
  ['u1', 'U8'],
  ['u2', 'U16'],
  ['u4', 'U32'],
  ['u8', 'U64'],
  ['b1', 'BOOL'],
  ['c8', 'C64'],
]);

function elementType(descr: string, path: string): Pick<NpyHeader, 'dtype' | 'bigEndian'> {
  const refuse = (why: string) => new TensorFileError(path, `holds ${why} (descr ${descr.slice(0, 60)})`);
  if (descr.startsWith('['))
    throw refuse('structured elements; save one field, array["field"], as its own npy');
  const match = /^'([<>|])([a-zA-Z])(\d*)'$/.exec(descr);
  if (match === null)
    throw refuse('elements of a type that cannot be read; save array.astype(numpy.float32)');
  const [, order, kind, size] = match;
  if (kind === 'O')
    throw refuse(
      'Python objects, which only running their pickle could read; save array.astype(numpy.float32)',
    );
  if (kind === 'V')
    throw refuse(
      'void elements: numpy.save drops the type of bfloat16 and float8; save array.astype(numpy.float32) or write safetensors',
    );
  const dtype = dtypeNamed(TYPES.get(`${kind}${size}`) ?? '');
  if (dtype === undefined)
    throw refuse('elements that are no plain numbers; save array.astype(numpy.float32)');
  if (order === '|' && dtype.width > 1) throw refuse('numbers without a byte order; the file is damaged');
  return { dtype, bigEndian: order === '>' };
}

function readShape(literal: string, path: string): readonly number[] {
  // `(3)` is a number in Python, `(3,)` a tuple; Python 2 wrote long integers as `3L`.
  const match = /^\(\s*(?:(\d+L?\s*,\s*)+(\d+L?\s*)?)?\)$/.exec(literal);
  const shape = literal.match(/\d+/g)?.map(Number) ?? [];
  if (match === null || shape.length > MAX_AXES || elementCount(shape) === null)
    throw new TensorFileError(
      path,
      `the npy shape ${literal.slice(0, 60)} is no tuple of at most ${MAX_AXES} whole numbers with a product below 2^53`,
    );
  return shape;
}
