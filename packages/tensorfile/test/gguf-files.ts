/** GGUF files made by hand, without the code under test, true or false. */

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export const string = (text: string | Buffer): Buffer => {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([u64(bytes.length), bytes]);
};

/** Numbers of the value types, copied from ggml's docs/gguf.md. */
export const GGUF_TYPE_IDS = {
  UINT8: 0,
  INT8: 1,
  UINT16: 2,
  INT16: 3,
  UINT32: 4,
  INT32: 5,
  FLOAT32: 6,
  BOOL: 7,
  STRING: 8,
  ARRAY: 9,
  UINT64: 10,
  INT64: 11,
  FLOAT64: 12,
} as const;

/** A key, a value type by number, and the bytes of the value. */
export const keyValue = (key: string | Buffer, type: number, value: Buffer): Buffer =>
  Buffer.concat([string(key), u32(type), value]);

/** A tensor of the list; axes fastest first. */
export const info = (
  name: string | Buffer,
  axes: readonly (number | bigint)[],
  type: number,
  offset: number | bigint,
): Buffer => Buffer.concat([string(name), u32(axes.length), ...axes.map(u64), u32(type), u64(offset)]);

export interface HandMade {
  readonly version?: number;
  readonly tensors?: readonly Buffer[];
  readonly keyValues?: readonly Buffer[];
  readonly counts?: readonly [tensors: number | bigint, keyValues: number | bigint];
  readonly data?: Uint8Array;
  readonly alignment?: number;
}

/** A file of such parts, its data aligned. */
export function ggufBytes(parts: HandMade): Buffer {
  const { tensors = [], keyValues = [], data = new Uint8Array(0), alignment = 32 } = parts;
  const counts = parts.counts ?? [tensors.length, keyValues.length];
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(parts.version ?? 3),
    ...counts.map(u64),
    ...keyValues,
    ...tensors,
  ]);
  return Buffer.concat([head, Buffer.alloc((alignment - (head.length % alignment)) % alignment), data]);
}
