/**
 * One TensorProto (or SparseTensorProto) as the file describes it: name, type, shape, and where its data lies.
 *
 * Specification: onnx/onnx.proto, messages TensorProto, SparseTensorProto, StringStringEntryProto. Reads no data and
 * judges none; place.ts does.
 */
import { TensorFileError } from '../error.ts';
import { FLOAT, INT64, STRING, WORDS, type WordsField } from './elements.ts';
import type { Field, Proto, Range, Schema, Wire } from './proto.ts';
import { addRun, type Run, type Stored, WIRES } from './runs.ts';
import { signed, unsigned } from './varint.ts';

/** Where an external tensor says its data lies; numbers are text in the file. */
export interface External {
  readonly location: string;
  readonly offset: string | undefined;
  readonly length: string | undefined;
}

/** A tensor as described. */
export interface TensorRecord {
  /** Position in the file, for messages. */
  readonly at: number;
  /** Its own name, which a Constant node overrules. */
  readonly name: string;
  readonly dims: readonly number[];
  /** `TensorProto.DataType`. */
  readonly dataType: number;
  /** `raw_data`; absent or empty is `null`. */
  readonly raw: Range | null;
  /** Numbers stored one by one, by field. */
  readonly words: ReadonlyMap<WordsField, readonly Run[]>;
  /** Bytes of text, for strings. */
  readonly textBytes: number;
  /** Null unless the data lies in another file. */
  readonly external: External | null;
  readonly sparse: boolean;
}

/** The most axes of a tensor; frameworks stop at 8 to 64. */
const MAX_RANK = 64;
/** Longest path to external data. */
const MAX_LOCATION_BYTES = 4096;

/** How each field of numbers stores them. */
export const STORED: Readonly<Record<WordsField, Stored>> = {
  [WORDS.float]: 4,
  [WORDS.int32]: 'varint',
  [WORDS.int64]: 'varint',
  [WORDS.double]: 8,
  [WORDS.uint64]: 'varint',
};

const TENSOR: Schema = new Map<number, readonly Wire[]>([
  [1, WIRES.varint], // dims
  [2, [0]], // data_type
  [WORDS.float, WIRES[4]],
  [WORDS.int32, WIRES.varint],
  [6, [2]], // string_data
  [WORDS.int64, WIRES.varint],
  [8, [2]], // name
  [9, [2]], // raw_data
  [WORDS.double, WIRES[8]],
  [WORDS.uint64, WIRES.varint],
  [13, [2]], // external_data
  [14, [0]], // data_location
]);
const SPARSE: Schema = new Map<number, readonly Wire[]>([
  [1, [2]], // values
  [3, WIRES.varint], // dims
]);
const ENTRY: Schema = new Map<number, readonly Wire[]>([
  [1, [2]], // key
  [2, [2]], // value
]);

/** Reads a TensorProto. Throws TensorFileError. */
export async function readTensor(proto: Proto, range: Range): Promise<TensorRecord> {
  proto.keep();
  const dims: number[] = [];
  const words = new Map<WordsField, Run[]>();
  const entries = new Map<string, string>();
  let name = '';
  let dataType = 0;
  let raw: Range | null = null;
  let textBytes = 0;
  let isExternal = false;
  await proto.walk('TensorProto', TENSOR, range, (field) => {
    switch (field.number) {
      case 1:
        return readDims(proto, field, dims);
      case 2:
        dataType = unsigned(field);
        return;
      case 6:
        textBytes += field.end - field.start;
        return;
      case 8:
        return proto.text('TensorProto.name', field).then((text) => {
          name = text;
        });
      case 9:
        raw = field.start === field.end ? null : { start: field.start, end: field.end };
        return;
      case 13:
        return readEntry(proto, field, entries);
      case 14:
        isExternal = field.low === 1;
        return;
      default: {
        const number = field.number as WordsField;
        const runs = words.get(number) ?? [];
        addRun(proto, runs, field, STORED[number]);
        if (runs.length > 0) words.set(number, runs);
        return;
      }
    }
  });
  const external = isExternal
    ? {
        location: entries.get('location') ?? '',
        offset: entries.get('offset'),
        length: entries.get('length'),
      }
    : null;
  return { at: range.start, name, dims, dataType, raw, words, textBytes, external, sparse: false };
}

/** Reads a SparseTensorProto: the record of its values, with the shape of the whole. Throws TensorFileError. */
export async function readSparseTensor(proto: Proto, range: Range): Promise<TensorRecord> {
  const dims: number[] = [];
  let values: Range = { start: range.start, end: range.start };
  await proto.walk('SparseTensorProto', SPARSE, range, (field) => {
    if (field.number === 3) return readDims(proto, field, dims);
    values = { start: field.start, end: field.end };
    return;
  });
  return { ...(await readTensor(proto, values)), at: range.start, dims, sparse: true };
}

/** The tensor that a `value_float` or `value_floats`, `value_int` or `value_ints` of a Constant stands for. */
export function numbersRecord(
  at: number,
  type: 'float' | 'int',
  dims: readonly number[],
  runs: readonly Run[],
): TensorRecord {
  const field = type === 'float' ? WORDS.float : WORDS.int64;
  const words = new Map(runs.length > 0 ? [[field, runs]] : []);
  const dataType = type === 'float' ? FLOAT : INT64;
  return { at, name: '', dims, dataType, raw: null, words, textBytes: 0, external: null, sparse: false };
}

/** The tensor that a `value_string` or `value_strings` of a Constant stands for. */
export function stringsRecord(at: number, dims: readonly number[], textBytes: number): TensorRecord {
  const words = new Map<WordsField, readonly Run[]>();
  return { at, name: '', dims, dataType: STRING, raw: null, words, textBytes, external: null, sparse: false };
}

function readDims(proto: Proto, field: Field, dims: number[]): Promise<void> | undefined {
  const add = (extent: number) => {
    if (dims.length === MAX_RANK)
      throw new TensorFileError(proto.path, `byte ${field.tag}: a tensor has more than ${MAX_RANK} axes`);
    dims.push(extent);
  };
  if (field.wire === 2) return proto.varints('dims', field, (value) => add(signed(value)));
  add(signed(field));
  return;
}

async function readEntry(proto: Proto, range: Range, entries: Map<string, string>): Promise<void> {
  const texts = ['', ''];
  await proto.walk('external_data', ENTRY, range, (field) =>
    proto.text('external_data', field, MAX_LOCATION_BYTES).then((text) => {
      texts[field.number - 1] = text;
    }),
  );
  entries.set(texts[0]!, texts[1]!);
}
