/**
 * The one error of a bad stream: which stream, which chunk, which byte, what is wrong.
 * Specification: docs/design/bit-streams.md, "Errors".
 */

/** A stream that no encoder writes: truncated, corrupt, hostile, or meant for another tensor. */
export class StreamError extends RangeError {
  /** The stream's name as the caller gave it. */
  readonly stream: string;
  /** The chunk, or null in the header. */
  readonly chunk: number | null;
  /** Byte offset from the start of the stream. */
  readonly offset: number;

  constructor(stream: string, chunk: number | null, offset: number, problem: string) {
    super(`${stream}, ${chunk === null ? 'header' : `chunk ${chunk}`}, byte ${offset}: ${problem}`);
    this.name = 'StreamError';
    this.stream = stream;
    this.chunk = chunk;
    this.offset = offset;
  }
}

/** Where the bytes at hand come from. */
export interface StreamPlace {
  readonly stream: string;
  readonly chunk: number | null;
  /** Where they begin, in bytes from the start of the stream. */
  readonly base: number;
}

/** Fails at byte `at` of the bytes at hand. @throws StreamError always. */
export function failStream(place: StreamPlace, at: number, problem: string): never {
  throw new StreamError(place.stream, place.chunk, place.base + at, problem);
}
