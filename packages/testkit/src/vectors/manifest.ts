/**
 * Golden vectors as data: the manifest, its cases, and reading the arrays that they refer to.
 *
 * Knows no format and no file system: the caller hands over bytes by file name. Arrays are little-endian, whatever the
 * machine. Specification: the README and `rules` of the vectors themselves.
 */

/** Element types of the arrays. */
export type Dtype = 'f32' | 'f64' | 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32';

/** A piece of a file: `bytes` bytes from `offset`, `shape` elements of `dtype`, row-major and little-endian. */
export interface ArrayRef {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** One case: what every case has, and the arrays and settings of its group by name. */
export interface VectorCase {
  readonly id: string;
  readonly group: string;
  readonly type: string;
  readonly op: string;
  /** The name of the rule that the peer followed; its text stands in `rules` of the manifest. */
  readonly rule: string;
  readonly [key: string]: unknown;
}

/** The manifest: `rules` say exactly what each rule name means, `files` how long each file is and its SHA-256. */
export interface Manifest {
  readonly sources?: Readonly<Record<string, string>>;
  readonly rules: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  readonly cases: readonly VectorCase[];
}

/** Where the bytes come from. */
export interface VectorFiles {
  /** The whole of a file by its name in the manifest. */
  readonly readFile: (file: string) => Uint8Array | Promise<Uint8Array>;
  /** SHA-256 as lower-case hex; without it only the length of a file is checked. */
  readonly digest?: (bytes: Uint8Array) => string | Promise<string>;
}

/** Reads the arrays of cases; a file is read and checked once. */
export interface ArrayReader {
  /** The bytes themselves. @throws RangeError if the file is not as long as the manifest says, or its digest differs. */
  bytes(ref: ArrayRef): Promise<Uint8Array>;
  /** A binary32 array, NaN payloads kept. @throws TypeError for another element type. */
  floats(ref: ArrayRef): Promise<Float32Array>;
  /** An array of integers as numbers. @throws TypeError for floats. */
  integers(ref: ArrayRef): Promise<Float64Array>;
}

/** A reader over the files of a manifest. */
export function arrayReader(manifest: Manifest, files: VectorFiles): ArrayReader {
  const known = new Map<string, Promise<Uint8Array>>();
  const load = async (file: string): Promise<Uint8Array> => {
    const entry = manifest.files[file];
    const data = await files.readFile(file);
    if (entry === undefined) throw new RangeError(`${file}: the manifest does not list this file`);
    if (data.length !== entry.bytes) {
      throw new RangeError(`${file}: ${data.length} bytes, the manifest says ${entry.bytes}; fetch it again`);
    }
    const digest = await files.digest?.(data);
    if (digest !== undefined && digest !== entry.sha256) {
      throw new RangeError(`${file}: SHA-256 ${digest}, the manifest says ${entry.sha256}; fetch it again`);
    }
    return data;
  };
  const bytes = async (ref: ArrayRef): Promise<Uint8Array> => {
    let data = known.get(ref.file);
    if (data === undefined) {
      data = load(ref.file);
      known.set(ref.file, data);
    }
    const end = ref.offset + ref.bytes;
    const whole = await data;
    if (end > whole.length) throw new RangeError(`${ref.file}: ${whole.length} bytes, an array ends at ${end}`);
    return whole.slice(ref.offset, end);
  };
  const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.length);
  return {
    bytes,
    async floats(ref) {
      if (ref.dtype !== 'f32') throw new TypeError(`${ref.file}: an array of ${ref.dtype} where f32 is expected`);
      const data = view(await bytes(ref));
      // Bits are copied: a float passed as a number may lose its NaN payload.
      const bits = Uint32Array.from({ length: ref.bytes / 4 }, (_, i) => data.getUint32(i * 4, true));
      return new Float32Array(bits.buffer);
    },
    async integers(ref) {
      const data = view(await bytes(ref));
      const { width, read } = integerReader(ref, data);
      return Float64Array.from({ length: ref.bytes / width }, (_, i) => read(i * width));
    },
  };
}

function integerReader(ref: ArrayRef, data: DataView): { width: number; read: (at: number) => number } {
  switch (ref.dtype) {
    case 'u8':
      return { width: 1, read: (at) => data.getUint8(at) };
    case 'i8':
      return { width: 1, read: (at) => data.getInt8(at) };
    case 'u16':
      return { width: 2, read: (at) => data.getUint16(at, true) };
    case 'i16':
      return { width: 2, read: (at) => data.getInt16(at, true) };
    case 'u32':
      return { width: 4, read: (at) => data.getUint32(at, true) };
    case 'i32':
      return { width: 4, read: (at) => data.getInt32(at, true) };
    case 'f32':
    case 'f64':
      throw new TypeError(`${ref.file}: an array of ${ref.dtype} where integers are expected`);
  }
}

/** Whether a part of a case is an array. */
export function isArrayRef(part: unknown): part is ArrayRef {
  return typeof part === 'object' && part !== null && 'file' in part && 'dtype' in part;
}

/** The array of a case by name. @throws RangeError naming the case and the array if it has none. */
export function arrayOf(vector: Readonly<Record<string, unknown>>, name: string): ArrayRef {
  const part = vector[name];
  if (!isArrayRef(part)) throw new RangeError(`${String(vector.id)}: the case has no array '${name}'`);
  return part;
}

/** A number of a case by name. @throws RangeError naming the case and the setting if it has none. */
export function numberOf(vector: Readonly<Record<string, unknown>>, name: string): number {
  const part = vector[name];
  if (typeof part !== 'number') throw new RangeError(`${String(vector.id)}: the case has no number '${name}'`);
  return part;
}
