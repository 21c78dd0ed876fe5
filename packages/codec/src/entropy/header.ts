/**
 * The head of a stream: what it is, its model, where its chunks are. Read whole and checked before any chunk
 * is. Specification: docs/design/bit-streams.md, "Header".
 */
import { MOST_CHUNK } from '@fewerbits/format';
import { crc32c } from './crc32c.ts';
import { type HuffmanTable, huffmanTable } from './huffman.ts';
import type { Coder, Model } from './model.ts';
import { CODER_IDS, coderOf, modelBytes, modelChecksum, readModel } from './model-bytes.ts';
import { type RansTable, ransTable } from './rans.ts';
import { failStream, type StreamPlace } from './stream-error.ts';
import type { SymbolRange } from './symbol-array.ts';

/** The version of this bit stream. Readers refuse every other. */
export const STREAM_VERSION = 1;
/** Symbols of a chunk unless the caller says otherwise. */
export const DEFAULT_CHUNK = 65536;

const FIXED_BYTES = 20;
const CHUNK_ENTRY_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** Where the model is: nowhere, since there are no symbols; in the header; with whoever reads the stream. */
const MODEL_NONE = 0;
const MODEL_HERE = 1;
const MODEL_ELSEWHERE = 2;

/** The head of a stream, checked. */
export interface StreamHeader {
  /** The stream's name, for errors. */
  readonly stream: string;
  readonly coder: Coder;
  /** Symbols in all. */
  readonly count: number;
  /** Symbols of every chunk but the last, which has the rest. */
  readonly chunk: number;
  /** Null if there are no symbols. */
  readonly model: Model | null;
  /** The look-up that the model gives; null without one. */
  readonly table: RansTable | HuffmanTable | null;
  /** Symbols that the caller allows besides what the array holds. */
  readonly range: SymbolRange;
  /** Chunk c is bytes[edges[c]..edges[c + 1]); the last edge is the length of the stream. */
  readonly edges: Float64Array;
  /** CRC-32C of each chunk's bytes. */
  readonly checksums: Uint32Array;
  /** Bytes of the model in the stream, without padding. */
  readonly modelLength: number;
}

/** What a reader knows besides the bytes. */
export interface ReadOptions {
  /** The model that stands elsewhere. A stream that carries one of its own is then an error. */
  readonly model?: Model;
  /**
   * Symbols that may occur, such as the codes of a number; others are errors. Default: what the array can
   * hold.
   */
  readonly range?: SymbolRange;
}

const EVERY_SYMBOL: SymbolRange = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** The bytes of a header for chunks that are already coded. */
export function headerBytes(
  coder: Coder,
  count: number,
  chunk: number,
  model: Model | null,
  isElsewhere: boolean,
  chunks: readonly Uint8Array[],
): Uint8Array {
  const stored = model === null || isElsewhere ? new Uint8Array(0) : modelBytes(model);
  const tableAt = FIXED_BYTES + 4 * Math.ceil(stored.length / 4);
  const bytes = new Uint8Array(tableAt + CHUNK_ENTRY_BYTES * chunks.length + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = STREAM_VERSION;
  bytes[1] = CODER_IDS[coder];
  bytes[2] = model === null ? MODEL_NONE : isElsewhere ? MODEL_ELSEWHERE : MODEL_HERE;
  view.setUint32(4, chunk, true);
  view.setUint32(8, count % 2 ** 32, true);
  view.setUint32(12, Math.floor(count / 2 ** 32), true);
  view.setUint32(16, model !== null && isElsewhere ? modelChecksum(model) : stored.length, true);
  bytes.set(stored, FIXED_BYTES);
  let words = 0;
  chunks.forEach((payload, c) => {
    words += payload.length / 4;
    view.setUint32(tableAt + CHUNK_ENTRY_BYTES * c, words, true);
    view.setUint32(tableAt + CHUNK_ENTRY_BYTES * c + 4, crc32c(payload), true);
  });
  if (words >= 2 ** 32) throw new RangeError('the chunks take 16 GiB or more; store the tensor in parts');
  const end = bytes.length - CHECKSUM_BYTES;
  view.setUint32(end, crc32c(bytes, 0, end), true);
  return bytes;
}

/**
 * Reads and checks the head of a stream; the chunks are not looked at. `stream` names it in errors. Memory is
 * bounded by the length of the stream and the widest table (512 KiB).
 * @throws StreamError if the head is not what an encoder writes, or the stream needs another model.
 */
export function readHeader(bytes: Uint8Array, stream: string, options: ReadOptions = {}): StreamHeader {
  const place: StreamPlace = { stream, chunk: null, base: 0 };
  if (bytes.length < FIXED_BYTES + CHECKSUM_BYTES) {
    failStream(
      place,
      bytes.length,
      `${bytes.length} bytes; a header has ${FIXED_BYTES + CHECKSUM_BYTES} at least`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] !== STREAM_VERSION) {
    failStream(
      place,
      0,
      `version ${bytes[0]} of the bit stream is unknown; this reader knows ${STREAM_VERSION}`,
    );
  }
  const coder = coderOf(bytes[1]);
  if (coder === null) failStream(place, 1, `there is no coder ${bytes[1]}`);
  const where = bytes[2];
  if (where > MODEL_ELSEWHERE) failStream(place, 2, `there is no place ${where} for a model`);
  if (bytes[3] !== 0) failStream(place, 3, `the reserved byte is ${bytes[3]}, not 0`);
  const chunk = view.getUint32(4, true);
  if (chunk < 1 || chunk > MOST_CHUNK) failStream(place, 4, `chunks of ${chunk} symbols; 1..${MOST_CHUNK}`);
  const count = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
  if (count > Number.MAX_SAFE_INTEGER) failStream(place, 8, `${count} symbols; 2^53 - 1 at most`);
  if ((count === 0) !== (where === MODEL_NONE)) {
    failStream(place, 2, `${count} symbols ${where === MODEL_NONE ? 'without' : 'with'} a model`);
  }
  const field = view.getUint32(16, true);
  const modelLength = where === MODEL_HERE ? field : 0;
  const chunks = Math.ceil(count / chunk);
  const tableAt = FIXED_BYTES + 4 * Math.ceil(modelLength / 4);
  const tableEnd = tableAt + CHUNK_ENTRY_BYTES * chunks;
  const first = tableEnd + CHECKSUM_BYTES;
  if (first > bytes.length) {
    failStream(
      place,
      bytes.length,
      `a model of ${modelLength} bytes and ${chunks} chunks need a header of ${first} bytes, the stream has ${bytes.length}`,
    );
  }
  if (crc32c(bytes, 0, tableEnd) !== view.getUint32(tableEnd, true)) {
    failStream(place, tableEnd, 'the header does not have its checksum');
  }
  if (where === MODEL_NONE && field !== 0) failStream(place, 16, `a model of ${field} bytes for no symbols`);
  const model = findModel(bytes, place, where, coder, field, options.model);
  for (let at = FIXED_BYTES + modelLength; at < tableAt; at++) {
    if (bytes[at] !== 0) failStream(place, at, 'padding after the model is not zero');
  }
  const edges = new Float64Array(chunks + 1).fill(first);
  const checksums = new Uint32Array(chunks);
  for (let c = 0; c < chunks; c++) {
    const at = tableAt + CHUNK_ENTRY_BYTES * c;
    edges[c + 1] = first + 4 * view.getUint32(at, true);
    checksums[c] = view.getUint32(at + 4, true);
    if (edges[c + 1] < edges[c]) failStream(place, at, `chunk ${c} ends before it begins`);
    if (edges[c + 1] > bytes.length) {
      failStream(place, at, `chunk ${c} ends at byte ${edges[c + 1]}, the stream at ${bytes.length}`);
    }
  }
  if (edges[chunks] !== bytes.length) {
    failStream(place, edges[chunks], `${bytes.length - edges[chunks]} bytes follow the last chunk`);
  }
  const table = model === null ? null : model.coder === 'rans' ? ransTable(model) : huffmanTable(model);
  const range = options.range ?? EVERY_SYMBOL;
  return { stream, coder, count, chunk, model, table, range, edges, checksums, modelLength };
}

function findModel(
  bytes: Uint8Array,
  place: StreamPlace,
  where: number,
  coder: Coder,
  field: number,
  given: Model | undefined,
): Model | null {
  if (where === MODEL_NONE) return null;
  if (where === MODEL_HERE) {
    if (given !== undefined)
      failStream(place, 2, 'it carries a model of its own, and its model stands elsewhere');
    const model = readModel(bytes.subarray(FIXED_BYTES, FIXED_BYTES + field), {
      ...place,
      base: FIXED_BYTES,
    });
    if (model.coder !== coder) failStream(place, FIXED_BYTES, `a ${model.coder} model in a ${coder} stream`);
    return model;
  }
  if (given === undefined) failStream(place, 2, 'its model stands elsewhere and was not given');
  if (given.coder !== coder || modelChecksum(given) !== field) {
    failStream(place, 16, 'the model that was given is not the one it was coded with');
  }
  return given;
}

/** What a stream spends its bits on; their sum is 8 times its length. */
export interface StreamSize {
  /** Fixed fields and checksum. */
  readonly header: number;
  /** The model, padded to whole words; 0 if it stands elsewhere. */
  readonly model: number;
  /** Offset and checksum of each chunk. */
  readonly chunkTable: number;
  /** Codes, states, lengths of segments, escaped values and padding. */
  readonly chunks: number;
}

/** The size of a stream in bits, by part. */
export function streamSize(header: StreamHeader): StreamSize {
  const { edges, checksums, modelLength } = header;
  return {
    header: 8 * (FIXED_BYTES + CHECKSUM_BYTES),
    model: 32 * Math.ceil(modelLength / 4),
    chunkTable: 8 * CHUNK_ENTRY_BYTES * checksums.length,
    chunks: 8 * (edges[checksums.length] - edges[0]),
  };
}
