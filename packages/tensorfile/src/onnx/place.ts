/**
 * From a tensor's description to its bytes: checks type, shape and size against the data, and finds that in the file,
 * number by number, or in a file beside it.
 *
 * Specification: onnx/onnx.proto (TensorProto) and onnx/docs/ExternalData.md.
 */
import { dirname } from 'node:path';
import type { Dtype } from '../dtype.ts';
import { TensorFileError } from '../error.ts';
import { pathInside } from '../inside.ts';
import { elementCount, shapeText } from '../shape.ts';
import { type ByteSource, concatenatedFiles } from '../source.ts';
import { readability } from '../tensor-file.ts';
import { type Element, elementOf, packedByteLength, STRING, WORDS } from './elements.ts';
import { countBounds } from './runs.ts';
import { type External, STORED, type TensorRecord } from './tensor.ts';
import { wordSource } from './words.ts';

/** Where bytes start. */
interface Place {
  readonly source: ByteSource;
  readonly offset: number;
}

/** Bytes of a tensor and what they mean. */
export interface Placed extends Place {
  /** Name of the type, `STRING` and the like included. */
  readonly type: string;
  /** Null for what has no numbers to read. */
  readonly dtype: Dtype | null;
  readonly byteLength: number;
  /** Why it cannot be read as floats. */
  readonly unreadable?: string;
}

/** A file beside the model, or the error of one that is not to be had. */
export type ExternalFile = (location: string) => Promise<ByteSource>;

/** Files beside the model at `path`, each looked up once and open only while it is read. */
export function externalFiles(path: string): ExternalFile {
  const files = new Map<string, Promise<ByteSource>>();
  return (location) => {
    let file = files.get(location);
    if (file === undefined) {
      file = pathInside(dirname(path), location, path).then((real) => concatenatedFiles([real]));
      files.set(location, file);
    }
    return file;
  };
}

/**
 * Finds the bytes of the tensor that is called `name`.
 * @param source the model file
 * @throws TensorFileError for shapes, sizes and places that do not fit each other.
 */
export async function placeTensor(
  path: string,
  name: string,
  record: TensorRecord,
  source: ByteSource,
  externalFile: ExternalFile,
): Promise<Placed> {
  const wrong = (what: string) =>
    new TensorFileError(path, `tensor '${name}' (byte ${record.at}): ${what}; the file is damaged`);
  const { dims, dataType, raw } = record;
  const count = elementCount(dims);
  if (count === null)
    throw wrong(`its shape ${shapeText(dims)} is not of whole numbers >= 0 with a product below 2^53`);
  const element = elementOf(dataType);
  if (record.sparse || element === undefined)
    return unreadable(path, name, record, element, whyUnreadable(record));
  const { dtype } = element;
  const byteLength = packedByteLength(dtype, count);
  if (!Number.isSafeInteger(byteLength)) throw wrong(`its shape ${shapeText(dims)} takes 2^53 bytes or more`);
  const fields = [...record.words.keys(), ...(raw === null ? [] : [9]), ...(record.external ? [13] : [])];
  if (fields.length > 1) throw wrong(`its data is given in several fields (${fields.join(', ')})`);
  const place = async (): Promise<Place> => {
    if (record.external !== null) return placeExternal(record.external, byteLength, externalFile, wrong);
    if (record.words.size > 0) return placeWords(path, name, record, element, byteLength, source, wrong);
    const held = raw === null ? 0 : raw.end - raw.start;
    if (held !== byteLength)
      throw wrong(
        `${element.onnx} ${shapeText(dims)} takes ${byteLength} bytes, but it ${held === 0 ? 'has no data' : `holds ${held}`}`,
      );
    return { source, offset: raw?.start ?? 0 };
  };
  return { type: dtype.name, dtype, byteLength, ...(await place()), ...readability(dtype) };
}

function whyUnreadable({ sparse, dataType }: TensorRecord): string {
  if (sparse)
    return 'is sparse (values and their indices), which is not read; make it dense and export again';
  if (dataType === STRING) return 'holds strings, which are no weights';
  return `has the ONNX data type ${dataType}, which this version does not read`;
}

/** A tensor that is listed and refuses to be read. */
function unreadable(
  path: string,
  name: string,
  record: TensorRecord,
  element: Element | undefined,
  reason: string,
): Placed {
  const { dataType, raw, textBytes } = record;
  const wordBytes = [...record.words].reduce(
    (sum, [, runs]) => sum + runs.reduce((bytes, { start, end }) => bytes + end - start, 0),
    0,
  );
  const byteLength = textBytes + wordBytes + (raw === null ? 0 : raw.end - raw.start);
  const source: ByteSource = {
    byteLength,
    async read() {
      throw new TensorFileError(path, `tensor '${name}' ${reason}`);
    },
    async close() {},
  };
  const type = element?.dtype.name ?? (dataType === STRING ? 'STRING' : `ONNX_${dataType}`);
  return { type, dtype: null, byteLength, source, offset: 0, unreadable: reason };
}

/** Data in one of the fields for single numbers. */
function placeWords(
  path: string,
  name: string,
  { words }: TensorRecord,
  { onnx, dtype, words: field, least, most }: Element,
  byteLength: number,
  source: ByteSource,
  wrong: (what: string) => TensorFileError,
): Place {
  const runs = field === null ? undefined : words.get(field);
  if (field === null || runs === undefined)
    throw wrong(`its numbers are in field ${[...words.keys()][0]}, which is not for ${onnx}`);
  const stored = STORED[field];
  const width = stored === 'varint' ? Math.max(1, dtype.bits / 8) : stored;
  const count = byteLength / width;
  const bounds = countBounds(runs);
  if (count < bounds.least || count > bounds.most)
    throw wrong(`its type and shape take ${count} numbers, but it holds ${boundsText(bounds)}`);
  const [only] = runs;
  if (runs.length === 1 && stored !== 'varint' && !only!.tagged) return { source, offset: only!.start };
  const int32 = field === WORDS.int32;
  return {
    source: wordSource({ path, name, source, runs, stored, count, width, int32, least, most }),
    offset: 0,
  };
}

function boundsText({ least, most }: { least: number; most: number }): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

async function placeExternal(
  { location, offset, length }: External,
  byteLength: number,
  externalFile: ExternalFile,
  wrong: (what: string) => TensorFileError,
): Promise<Place> {
  if (location === '') throw wrong("its external data has no 'location'");
  const start = wholeNumber(offset ?? '0');
  if (start === null || (length !== undefined && wholeNumber(length) === null))
    throw wrong(`the offset '${offset ?? ''}' or length '${length ?? ''}' of its data is no whole number`);
  if (length !== undefined && wholeNumber(length) !== byteLength)
    throw wrong(`its type and shape take ${byteLength} bytes, but its external data has ${length}`);
  const source = await externalFile(location);
  if (byteLength > source.byteLength - start)
    throw wrong(
      `its ${byteLength} bytes from byte ${start} on are not in '${location}', which has ${source.byteLength}`,
    );
  return { source, offset: start };
}

function wholeNumber(text: string): number | null {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
