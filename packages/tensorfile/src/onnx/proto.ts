/**
 * A walk over a protobuf file that stays on disk: the fields of a message, one at a time, and seeks over the rest.
 *
 * Specification: protobuf.dev/programming-guides/encoding. Memory is one window, whatever lengths the file claims; what
 * callers keep is counted here, so that a hostile file runs into a limit. Knows no message type.
 */
import { TensorFileError } from '../error.ts';
import type { ByteSource } from '../source.ts';
import { type Halves, MAX_VARINT_BYTES, readVarint, unsigned } from './varint.ts';

/** Bytes `start..end` of the file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Kinds of payload: 0 varint, 1 eight bytes, 2 counted bytes (text, message, packed list), 5 four bytes. */
export type Wire = 0 | 1 | 2 | 5;

/** One field; `start..end` is its payload, without tag and length. */
export interface Field extends Range, Readonly<Halves> {
  readonly number: number;
  readonly wire: Wire;
  /** Position of the tag. */
  readonly tag: number;
}

/** What a visitor may give back: a promise is awaited before the next field. */
type Visited = Promise<void> | undefined;

/** A protobuf file being walked. One walk at a time; it may nest. */
export interface Proto {
  readonly path: string;
  /**
   * Visits the fields of a message in file order. `message` names it in errors; the numbers and wire types that `schema`
   * lists must agree, other numbers are passed by unvisited.
   * @throws TensorFileError for anything that is not protobuf.
   */
  walk(message: string, schema: Schema, range: Range, visit: (field: Field) => Visited): Promise<void>;
  /** Visits the varints that fill a range. */
  varints(message: string, range: Range, visit: (value: Readonly<Halves>) => void): Promise<void>;
  /** UTF-8 text of at most `limit` bytes, counted as kept. */
  text(message: string, range: Range, limit?: number): Promise<string>;
  /** Counts something that the caller keeps; what `text` gives is counted already. */
  keep(bytes?: number): void;
}

/** Field numbers that are read, with the wire types they may come in. */
export type Schema = ReadonlyMap<number, readonly Wire[]>;

/** Bytes read at a time. Skipped payloads are longer as a rule, so that more would be read for nothing. */
const WINDOW_BYTES = 1 << 16;
/** A tag and a length, or two varints of a list. */
const LOOK_AHEAD = 2 * MAX_VARINT_BYTES;
/** What one kept thing weighs beside its text. */
const KEPT_OVERHEAD = 128;
/** Longest name in bytes. */
const MAX_TEXT_BYTES = 65_536;

/** How much a file may make its reader work. */
export interface Limits {
  /** Bytes that are kept of it. */
  readonly kept: number;
  /** Fields and listed numbers that are looked at. */
  readonly fields: number;
}

/** Ten times what the graphs of the largest published models take, half a million nodes. */
const LIMITS: Limits = { kept: 256_000_000, fields: 50_000_000 };

/** Starts walking a file. Reads nothing yet. */
export function protoFile(source: ByteSource, path: string, limits = LIMITS): Proto {
  const buffer = new Uint8Array(WINDOW_BYTES);
  const value: Halves = { low: 0, high: 0 };
  let window: Range = { start: 0, end: 0 };
  let kept = 0;
  let fields = 0;

  const damaged = (message: string, at: number, what: string) =>
    new TensorFileError(path, `byte ${at}, in ${message}: ${what}; the file is damaged or no ONNX model`);

  /** Makes the next bytes of a message readable: all of them, or as many as the largest number takes. */
  async function look(at: number, end: number, bytes = LOOK_AHEAD): Promise<void> {
    if (at >= window.start && Math.min(end, at + bytes) <= window.end) return;
    window = { start: at, end: at };
    const length = Math.min(WINDOW_BYTES, source.byteLength - at);
    await source.read(at, buffer.subarray(0, length));
    window = { start: at, end: at + length };
  }

  /** Reads a varint out of the window into `value`; returns the position after it. */
  function varint(message: string, at: number, end: number): number {
    const limit = Math.min(end, window.end) - window.start;
    const after = readVarint(buffer, at - window.start, limit, value);
    if (after === -1) throw damaged(message, at, 'a number does not end within its message or 64 bits');
    return after + window.start;
  }

  function field(message: string, schema: Schema, tag: number, end: number): Field {
    const start = varint(message, tag, end);
    const number = Math.floor(unsigned(value) / 8);
    const wire = value.low & 7;
    if (number === 0 || value.high !== 0) throw damaged(message, tag, `there is no field ${number}`);
    if (wire === 3 || wire === 4 || wire > 5)
      throw damaged(message, tag, `field ${number} has wire type ${wire}, which ONNX does not use`);
    const allowed = schema.get(number);
    if (allowed !== undefined && !allowed.includes(wire as Wire))
      throw damaged(message, tag, `field ${number} has wire type ${wire}, not ${allowed.join(' or ')}`);
    const read = { number, wire: wire as Wire, tag, low: 0, high: 0 };
    if (wire === 0) {
      const after = varint(message, start, end);
      return { ...read, start, end: after, low: value.low, high: value.high };
    }
    const from = wire === 2 ? varint(message, start, end) : start;
    const length = wire === 2 ? unsigned(value) : wire === 1 ? 8 : 4;
    if (length > end - from)
      throw damaged(message, tag, `field ${number} takes ${length} bytes where ${end - from} are left`);
    return { ...read, start: from, end: from + length };
  }

  function count(): void {
    if (++fields > limits.fields)
      throw new TensorFileError(path, `has more than ${limits.fields} fields; no real model comes near`);
  }

  function keep(bytes = 0): void {
    kept += bytes + KEPT_OVERHEAD;
    if (kept > limits.kept)
      throw new TensorFileError(
        path,
        `its nodes, names and tensors take more than ${limits.kept} bytes; no real model comes near`,
      );
  }

  return {
    path,
    keep,
    async walk(message, schema, range, visit) {
      for (let at = range.start; at < range.end; ) {
        await look(at, range.end);
        const next = field(message, schema, at, range.end);
        count();
        const visited = schema.has(next.number) ? visit(next) : undefined;
        if (visited !== undefined) await visited;
        at = next.end;
      }
    },
    async varints(message, range, visit) {
      for (let at = range.start; at < range.end; ) {
        await look(at, range.end);
        at = varint(message, at, range.end);
        count();
        visit(value);
      }
    },
    async text(message, range, limit = MAX_TEXT_BYTES) {
      const length = range.end - range.start;
      if (length > limit)
        throw damaged(message, range.start, `a name of ${length} bytes; the most that is read is ${limit}`);
      keep(length);
      await look(range.start, range.end, length);
      const from = range.start - window.start;
      try {
        return utf8.decode(buffer.subarray(from, from + length));
      } catch {
        throw damaged(message, range.start, 'a name is not valid UTF-8');
      }
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
