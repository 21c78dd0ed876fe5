/**
 * An entropy-coded stream → symbols, whole or chunk by chunk, in any order. Total: bytes give either symbols
 * or a StreamError. Specification: docs/design/bit-streams.md.
 */
import { crc32c } from './crc32c.ts';
import { NO_ESCAPES, readEscapes } from './escapes.ts';
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
  const { stream, edges, model, table } = header;
  const chunks = header.checksums.length;
  if (!(Number.isInteger(index) && index >= 0 && index < chunks)) {
    throw new RangeError(`index is ${index}; ${stream} has ${chunks} chunks`);
  }
  if (bytes.length !== edges[chunks]) {
    throw new RangeError(`bytes has ${bytes.length} bytes, but the header belongs to ${edges[chunks]}`);
  }
  const n = chunkLength(header, index);
  if (!(Number.isInteger(offset) && offset >= 0 && offset + n <= out.length)) {
    throw new RangeError(`out has ${out.length} places, ${n} symbols at ${offset} need ${offset + n}`);
  }
  if (model === null || table === null) throw new RangeError('header has chunks but no model');
  const range = overlap(header.range, rangeOfArray(out));
  // Ascending, so the ends speak for all.
  requireSymbols(model.symbols.subarray(0, 1), range, headerPlace(header), 'its model');
  requireSymbols(model.symbols.subarray(-1), range, headerPlace(header), 'its model');
  const place: StreamPlace = { stream, chunk: index, base: edges[index] };
  const chunk = bytes.subarray(edges[index], edges[index + 1]);
  if (crc32c(chunk) !== header.checksums[index]) failStream(place, 0, 'the chunk does not have its checksum');
  const escapes = hasEscape(model) ? readEscapes(chunk, n, place) : NO_ESCAPES;
  for (const symbol of escapes.values) {
    if (hasEntry(model, symbol)) failStream(place, 0, `symbol ${symbol} escapes, but the model has it`);
  }
  requireSymbols(escapes.values, range, place, 'the side list');
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
