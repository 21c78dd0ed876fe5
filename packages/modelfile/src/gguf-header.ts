/**
 * What a GGUF file says beside its tensors, as text in the metadata of safetensors, so that a model can come back as GGUF.
 *
 * `gguf` in the metadata is JSON: {"alignment", "keyValues": [{"key", "type", "items"?, "value"}]}. 64-bit integers are texts, as are
 * numbers that JSON does not have.
 */
import {
  type GgufArray,
  type GgufHeader,
  type GgufKeyValue,
  type GgufValue,
  type TensorFile,
  TensorFileError,
} from '@fewerbits/tensorfile';

const KEY = 'gguf';

/** The header of a file: its own, or the one that stands in its metadata; `null` without one. @throws TensorFileError for a damaged one. */
export function ggufHeaderOf(file: TensorFile): GgufHeader | null {
  if (file.gguf !== undefined) return file.gguf;
  const text = file.metadata[KEY];
  if (text === undefined) return null;
  try {
    const { alignment, keyValues } = JSON.parse(text) as { alignment: number; keyValues: Written[] };
    return { version: 3, alignment, keyValues: keyValues.map(readKeyValue) };
  } catch (cause) {
    throw new TensorFileError(
      file.path,
      `has '${KEY}' in its metadata, but that text is damaged; take it out`,
      { cause },
    );
  }
}

/** Metadata that hold the header. */
export function withGgufHeader(
  metadata: Readonly<Record<string, string>>,
  { alignment, keyValues }: GgufHeader,
): Record<string, string> {
  return { ...metadata, [KEY]: JSON.stringify({ alignment, keyValues }, asText) };
}

/** A value as JSON has it. */
interface Written {
  readonly key: string;
  readonly type: GgufValue['type'];
  readonly items?: GgufArray['items'];
  readonly value: unknown;
}

function asText(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`;
  return ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value;
}

function readKeyValue(written: Written): GgufKeyValue {
  if (typeof written.key !== 'string') throw new TypeError('a key must be a text');
  return { key: written.key, ...readValue(written) } as GgufKeyValue;
}

function readValue({ type, items, value }: Omit<Written, 'key'>): Omit<Written, 'key'> {
  if (type !== 'ARRAY') return { type, value: readScalar(type, value) };
  if (items === undefined || !Array.isArray(value)) throw new TypeError('an array must have items');
  const read = (one: unknown): unknown =>
    items === 'ARRAY' ? readValue(one as Omit<Written, 'key'>) : readScalar(items, one);
  return { type, items, value: value.map(read) };
}

/** Whether a value is of its type is checked when it is written. */
function readScalar(type: string, value: unknown): unknown {
  if (type === 'UINT64' || type === 'INT64') return BigInt(value as string);
  return /^(U?INT|FLOAT)/.test(type) ? Number(value) : value;
}
