/**
 * An entropy-coded stream → symbols, whole or chunk by chunk, in any order. Total: bytes give either symbols
 * or a StreamError. Specification: docs/design/bit-streams.md.
 */
import { crc32c } from './crc32c.ts';
import { type Escapes, NO_ESCAPES, readEscapes } from './escapes.ts';
import { type ReadOptions, readHeader, type StreamHeader } from './header.ts';
import { decodeHuffman } from './huffman.ts';
import { hasEntry, hasEscape } from './model.ts';
import { decodeRans } from './rans.ts';
import { failStream, type StreamPlace } from './stream-error.ts';
import { overlap, rangeOfArray, type SymbolArray, type SymbolRange } from './symbol-array.ts';

/**
 * Decodes all symbols of a stream into out[0..expectedCount). `stream` names it in errors. After an error
 * `out` is undefined.
 * @throws StreamError if the bytes are not a stream of that many symbols that `out` can hold.
 * @throws RangeError if `out` is shorter; TypeError if it holds no integers.
 */
export function decodeSymbols(
  bytes: Uint8Array,
  out: SymbolArray,
  expectedCount: number,
  stream: string,
  options: ReadOptions = {},
): void {
  if (!(Number.isSafeInteger(expectedCount) && expectedCount >= 0)) {
    throw new RangeError(`expectedCount is ${expectedCount}; a whole number`);
  }
  const header = readHeader(bytes, stream, options);
  if (header.count !== expectedCount) {
    failStream(headerPlace(header), 8, `it has ${header.count} symbols, not ${expectedCount}`);
  }
  for (let c = 0; c < header.checksums.length; c++) decodeChunk(header, bytes, c, out, c * header.chunk);
}

/** Symbols of a chunk: `header.chunk`, or the rest in the last one. */
export function chunkLength(header: StreamHeader, index: number): number {
  return Math.min(header.chunk, header.count - index * header.chunk);
}

/** A chunk whose checksum and side list hold; what the coder wrote stands in bytes[escapes.end..]. */
export interface OpenChunk {
  readonly bytes: Uint8Array;
  readonly escapes: Escapes;
  readonly place: StreamPlace;
}

/**
 * Checks what stands around a chunk's codes: for decoders that read the codes themselves.
 * @param range symbols that may occur, besides what the header's reader allowed
 * @param checksum CRC-32C of bytes, for those who have a faster one
 * @throws StreamError if the chunk is not what an encoder writes, or has a symbol outside of the range.
 * @throws RangeError if the stream has no such chunk.
 */
export function openChunk(
  header: StreamHeader,
  bytes: Uint8Array,
  index: number,
  range: SymbolRange,
  checksum: (bytes: Uint8Array) => number = crc32c,
): OpenChunk {
  const { stream, edges, model } = header;
  const chunks = header.checksums.length;
  if (!(Number.isInteger(index) && index >= 0 && index < chunks)) {
    throw new RangeError(`index is ${index}; ${stream} has ${chunks} chunks`);
  }
  if (bytes.length !== edges[chunks]) {
    throw new RangeError(`bytes has ${bytes.length} bytes, but the header belongs to ${edges[chunks]}`);
  }
  if (model === null) throw new RangeError('header has chunks but no model');
  const allowed = overlap(header.range, range);
  // Ascending, so the ends speak for all.
  requireSymbols(model.symbols.subarray(0, 1), allowed, headerPlace(header), 'its model');
  requireSymbols(model.symbols.subarray(-1), allowed, headerPlace(header), 'its model');
  const place: StreamPlace = { stream, chunk: index, base: edges[index] };
  const chunk = bytes.subarray(edges[index], edges[index + 1]);
  if (checksum(chunk) !== header.checksums[index]) {
    failStream(place, 0, 'the chunk does not have its checksum');
  }
  const n = chunkLength(header, index);
  const escapes = hasEscape(model) ? readEscapes(chunk, n, place) : NO_ESCAPES;
  for (const symbol of escapes.values) {
    if (hasEntry(model, symbol)) failStream(place, 0, `symbol ${symbol} escapes, but the model has it`);
  }
  requireSymbols(escapes.values, allowed, place, 'the side list');
  return { bytes: chunk, escapes, place };
}

/**
 * Values of a chunk's side list, nothing else of it checked: none where the model has no escape.
 * @throws StreamError as `openChunk` for a list that does not fit
 */
export function readEscapesOf(header: StreamHeader, bytes: Uint8Array, index: number): Int32Array {
  const { stream, edges, model } = header;
  if (model === null || !hasEscape(model)) return NO_ESCAPES.values;
  const place: StreamPlace = { stream, chunk: index, base: edges[index] };
  return readEscapes(bytes.subarray(edges[index], edges[index + 1]), chunkLength(header, index), place)
    .values;
}

/**
 * Decodes one chunk into out[offset..offset + chunkLength(header, index)); no other chunk is looked at. After
 * an error `out` is undefined.
 * @param header what `readHeader` returned for the same bytes
 * @throws StreamError if the chunk is not what an encoder writes, or has a symbol that `out` cannot hold.
 * @throws RangeError if there is no such chunk or `out` has no room; TypeError if it holds no integers.
 */
export function decodeChunk(
  header: StreamHeader,
  bytes: Uint8Array,
  index: number,
  out: SymbolArray,
  offset: number,
): void {
  const range = rangeOfArray(out);
  const n = chunkLength(header, index);
  if (!(Number.isInteger(offset) && offset >= 0 && offset + n <= out.length)) {
    throw new RangeError(`out has ${out.length} places, ${n} symbols at ${offset} need ${offset + n}`);
  }
  const { bytes: chunk, escapes, place } = openChunk(header, bytes, index, range);
  const table = header.table!;
  if (table.coder === 'rans') decodeRans(table, chunk, escapes.end, out, offset, n, escapes, place);
  else decodeHuffman(table, chunk, escapes.end, out, offset, n, escapes, place);
}

function headerPlace({ stream }: StreamHeader): StreamPlace {
  return { stream, chunk: null, base: 0 };
}

/** Checked before a symbol is written, so that none is wrapped by the array. */
function requireSymbols(symbols: Int32Array, range: SymbolRange, place: StreamPlace, where: string): void {
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] >= range.min && symbols[i] <= range.max) continue;
    failStream(place, 0, `${where} has symbol ${symbols[i]}, outside ${range.min}..${range.max}`);
  }
}
