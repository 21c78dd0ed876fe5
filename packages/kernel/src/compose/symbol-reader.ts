/**
 * Symbols of a coded stream in order, in pieces: what a target offers beside its kernels, and the plain JavaScript that does it
 * by the interpreter's own coders, chunk by chunk. Specification: docs/design/bit-streams.md.
 */
import {
  chunkLength,
  decodeChunk,
  StreamError,
  type StreamHeader,
  type SymbolArray,
  type SymbolRange,
} from '@fewerbits/codec';

/** Bytes of a decoded symbol. */
export type SymbolWidth = 1 | 2 | 4;

/** A stream being read. */
export interface SymbolReader {
  /** Symbols that may be asked for at once. */
  readonly most: number;
  /**
   * The bytes of the next symbols, little-endian; the next call overwrites them. Null for a damaged stream: the interpreter says
   * what is wrong with it.
   */
  read(count: number): Uint8Array | null;
}

/** Opens streams, one after another: a stream ends when the next one is opened. */
export type SymbolOpener = (
  header: StreamHeader,
  bytes: Uint8Array,
  width: SymbolWidth,
  range: SymbolRange,
) => SymbolReader;

/** Arrays of a width; signed ones where symbols may be negative. */
function symbolArray(width: SymbolWidth, signed: boolean, length: number): SymbolArray {
  if (width === 1) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (width === 2) return signed ? new Int16Array(length) : new Uint16Array(length);
  return signed ? new Int32Array(length) : new Uint32Array(length);
}

const MOST = 16_384;

/** Opens streams in plain JavaScript; a reader holds one chunk. */
export const plainSymbols: SymbolOpener = (header, bytes, width, range) => {
  const room = symbolArray(width, range.min < 0, Math.min(header.chunk, header.count) + MOST);
  const bytesOf = new Uint8Array(room.buffer);
  let chunk = 0;
  let from = 0;
  let to = 0;
  return {
    most: MOST,
    read: (count) => {
      try {
        while (to - from < count) {
          bytesOf.copyWithin(0, from * width, to * width);
          to -= from;
          from = 0;
          decodeChunk(header, bytes, chunk, room, to);
          to += chunkLength(header, chunk++);
        }
      } catch (error) {
        if (error instanceof StreamError) return null;
        throw error;
      }
      from += count;
      return bytesOf.subarray((from - count) * width, from * width);
    },
  };
};
