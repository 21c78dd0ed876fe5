/**
 * The numbers of a repeated protobuf field as if they were `raw_data`: little-endian, one after another.
 *
 * Varints have no fixed places, so the first read notes where every 65,536th number starts and counts them; later reads
 * begin at such a mark. Memory is a chunk and the marks.
 */
import { TensorFileError } from '../error.ts';
import type { ByteSource } from '../source.ts';
import type { Run, Stored } from './runs.ts';
import { type Halves, MAX_VARINT_BYTES, readVarint, unsigned } from './varint.ts';

/** Numbers to serve. */
export interface Words {
  readonly path: string;
  /** The tensor, for messages. */
  readonly name: string;
  readonly source: ByteSource;
  readonly runs: readonly Run[];
  readonly stored: Stored;
  /** How many there must be. */
  readonly count: number;
  /** Bytes that each becomes: 1, 2, 4 or 8. */
  readonly width: number;
  /** Varints are cut to 32 bits and read as signed, which is what an `int32` field means. */
  readonly int32: boolean;
  /** Smallest and largest value that may be stored, where `width` is below 8. */
  readonly least: number;
  readonly most: number;
}

/** Where a number (or its tag) starts. */
interface Mark {
  readonly run: number;
  readonly at: number;
}

const MARK_EVERY = 1 << 16;
const CHUNK_BYTES = 1 << 16;
/** A tag and a number. */
const LONGEST = 2 * MAX_VARINT_BYTES;

/** A source of `count * width` bytes. Reading throws TensorFileError where the field does not hold what it should. */
export function wordSource(words: Words): ByteSource {
  const { width, count } = words;
  let marks: Promise<readonly Mark[]> | undefined;
  return {
    byteLength: count * width,
    async read(offset, into) {
      if (into.length === 0) return;
      marks ??= findMarks(words);
      const first = Math.floor(offset / width);
      const last = Math.ceil((offset + into.length) / width);
      const near = Math.floor(first / MARK_EVERY);
      const from = (await marks)[near]!;
      const bytes = new Uint8Array(width);
      const view = new DataView(bytes.buffer);
      const end = await scan(words, from, near * MARK_EVERY, last, (value, word) => {
        if (word < first) return;
        put(words, view, value, word);
        const at = word * width - offset;
        for (let i = Math.max(0, -at); i < width && at + i < into.length; i++) into[at + i] = bytes[i]!;
      });
      if (end < last)
        throw new TensorFileError(words.path, `tensor '${words.name}' has shrunk; the file has changed`);
    },
    // The file it reads from belongs to somebody else.
    async close() {},
  };
}

/** Checks a number and writes its bytes. */
function put(words: Words, view: DataView, value: Readonly<Halves>, word: number): void {
  const { width, least, most, stored } = words;
  if (width < 8 && stored === 'varint') {
    const number = words.int32 ? value.low | 0 : unsigned(value);
    if (number < least || number > most)
      throw new TensorFileError(
        words.path,
        `tensor '${words.name}', number ${word} is ${number}, outside ${least}…${most}; the file is damaged`,
      );
  }
  if (width === 1) view.setUint8(0, value.low);
  else if (width === 2) view.setUint16(0, value.low, true);
  else view.setUint32(0, value.low, true);
  if (width === 8) view.setUint32(4, value.high, true);
}

/** One pass over all of them: marks, and the proof that there are as many as promised. */
async function findMarks(words: Words): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  const note = (run: number, at: number, word: number) => {
    if (word % MARK_EVERY === 0) marks.push({ run, at });
  };
  const found = await scan(words, { run: 0, at: words.runs[0]!.start }, 0, Infinity, () => {}, note);
  if (found !== words.count)
    throw new TensorFileError(
      words.path,
      `tensor '${words.name}' holds ${found} numbers where its type and shape take ${words.count}; the file is damaged`,
    );
  return marks;
}

/**
 * Visits numbers `first..last`, the first of which lies at `from`; `before` sees their places. Stops early at the end
 * and returns the number of the one after the last visited.
 */
async function scan(
  words: Words,
  from: Mark,
  first: number,
  last: number,
  visit: (value: Readonly<Halves>, word: number) => void,
  before?: (run: number, at: number, word: number) => void,
): Promise<number> {
  const { source, runs, stored } = words;
  const buffer = new Uint8Array(CHUNK_BYTES);
  const view = new DataView(buffer.buffer);
  const value: Halves = { low: 0, high: 0 };
  const bytes = stored === 8 ? 8 : 4;
  let word = first;
  for (let run = from.run; run < runs.length && word < last; run++) {
    const { end, tagged, start } = runs[run]!;
    for (let at = run === from.run ? from.at : start; at < end && word < last; ) {
      const length = Math.min(CHUNK_BYTES, end - at);
      await source.read(at, buffer.subarray(0, length));
      // What the next chunk continues is left to it.
      const safe = at + length === end ? length : length - LONGEST;
      let position = 0;
      for (; position < safe && word < last; word++) {
        before?.(run, at + position, word);
        let next = tagged ? readVarint(buffer, position, length, value) : position;
        if (next !== -1 && stored === 'varint') next = readVarint(buffer, next, length, value);
        else if (next !== -1 && next + bytes > length) next = -1;
        else if (next !== -1) {
          value.low = view.getUint32(next, true);
          value.high = stored === 8 ? view.getUint32(next + 4, true) : 0;
          next += bytes;
        }
        if (next === -1)
          throw new TensorFileError(
            words.path,
            `tensor '${words.name}', byte ${at + position}: a number does not end within its field or 64 bits; the file is damaged`,
          );
        visit(value, word);
        position = next;
      }
      at += position;
    }
  }
  return word;
}
