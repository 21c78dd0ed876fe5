/**
 * A coded stream's symbols in order, a window at a time, by the WebAssembly coders. Its memory has room for a window and the
 * tables, however long chunks are.
 *
 * Checks all that the interpreter checks and takes exactly the streams that it takes, but says only that one is damaged: the
 * interpreter says how. Specification: docs/design/bit-streams.md.
 */
import {
  checksumTables,
  chunkLength,
  type OpenChunk,
  openChunk,
  SEGMENT,
  StreamError,
  type StreamHeader,
} from '@fewerbits/codec';
import type { SymbolOpener, SymbolWidth } from '@fewerbits/kernel';
import { checksumModule, SLICES } from './checksum.ts';
import { ABREAST, entryBytes, huffmanEntries, huffmanModule, lookupBits, RECORD } from './huffman.ts';
import { deals, isPacked, LANES, packedEntry, type RansVariant, ransModule } from './rans.ts';

/** Symbols that a reader is asked for at once, at most. */
const MOST = 16_384;
/** Symbols of one call of a coder. */
const GROUP = ABREAST * SEGMENT;
/** Where rANS starts and ends. */
const LEAST_STATE = 65_536;

/** What a group reads at most: two bytes a symbol, or four segments of 16-bit lengths, and what a damaged one runs on. */
const INPUT = ABREAST * 8192 + 2 * SEGMENT + 64;

/** Bytes of the memory. */
const AT = layOut({
  states: 4 * LANES,
  deals: 256,
  listEnd: 16,
  segments: ABREAST * RECORD.bytes,
  checksum: 16 * 1024,
  input: INPUT,
  lists: ABREAST * 4 * (SEGMENT + 4),
  window: 4 * (MOST + 2 * GROUP),
  /** Steps of rANS or entries of Huffman, then symbols or lengths: 2^16 places of eight bytes and four. */
  steps: 8 * 2 ** 16,
  symbols: 4 * 2 ** 16,
});

function layOut<K extends string>(sizes: Readonly<Record<K, number>>): Record<K | 'end', number> {
  let end = 0;
  const at: Record<string, number> = {};
  for (const [name, size] of Object.entries<number>(sizes)) {
    at[name] = end;
    end += Math.ceil(size / 64) * 64;
  }
  return { ...at, end } as Record<K | 'end', number>;
}

type Rans = (rows: number, words: number, out: number, list: number) => number;
type Huffman = () => void;
type Checksum = (sum: number, from: number, to: number) => number;

/** One step of a chunk: symbols decoded to the address, or null if the chunk is damaged. */
interface ChunkDecoder {
  next(to: number): number | null;
}

/**
 * Opens streams in a memory of its own of about a megabyte.
 * @throws WebAssembly.CompileError where the engine refuses the coders
 */
export function wasmSymbols(): SymbolOpener {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(AT.end / 65_536) });
  const { buffer } = memory;
  const bytesOf = new Uint8Array(buffer);
  const shorts = new Uint16Array(buffer);
  const words = new Int32Array(buffer);
  const compile = (module: Uint8Array<ArrayBuffer>): WebAssembly.Exports =>
    new WebAssembly.Instance(new WebAssembly.Module(module), { fewerbits: { memory } }).exports;
  const compiled = new Map<string, WebAssembly.Exports>();
  const coder = (key: object, module: () => Uint8Array<ArrayBuffer>): WebAssembly.Exports => {
    const name = JSON.stringify(key);
    const known = compiled.get(name) ?? compile(module());
    compiled.set(name, known);
    return known;
  };
  bytesOf.set(deals(), AT.deals);
  words.set(checksumTables(SLICES), AT.checksum / 4);
  const sum = compile(checksumModule(AT.checksum)).checksum as Checksum;

  /** CRC-32C, through the input window. */
  const checksum = (bytes: Uint8Array): number => {
    let rest = -1;
    for (let at = 0; at < bytes.length; at += 32_768) {
      const part = bytes.subarray(at, at + 32_768);
      bytesOf.set(part, AT.input);
      rest = sum(rest, AT.input, AT.input + part.length);
    }
    return ~rest >>> 0;
  };

  const store = (address: number, symbol: number, width: SymbolWidth): void => {
    if (width === 1) bytesOf[address] = symbol;
    else if (width === 2) shorts[address / 2] = symbol;
    else words[address / 4] = symbol;
  };

  /** Puts values to where symbols escaped; how many, or null if there are too few. */
  const fill = (from: number, to: number, values: Int32Array, first: number, width: SymbolWidth) => {
    const count = (to - from) / 4;
    if (first + count > values.length) return null;
    for (let k = 0; k < count; k++) store(words[from / 4 + k]!, values[first + k]!, width);
    return first + count;
  };

  const rans = (header: StreamHeader, width: SymbolWidth) => {
    const table = header.table!;
    if (table.coder !== 'rans') throw new RangeError('a table of another coder');
    const { bits, escapeFrom } = table;
    const most = header.model!.weights.reduce((a, b) => Math.max(a, b), 0);
    const packed = isPacked(bits, width, most);
    const places = 2 ** bits;
    for (let place = 0; place < places; place++) {
      const [step, symbol] = [table.steps[place]!, table.symbols[place]!];
      words[AT.steps / 4 + place] = packed ? packedEntry(symbol, step) : step;
      if (!packed) store(AT.symbols + place * width, symbol, width);
    }
    const variant: RansVariant = { bits, width, packed, escapeFrom: escapeFrom < places ? escapeFrom : null };
    const run = coder(variant, () => ransModule(variant, AT)).rans as Rans;
    const states = new Int32Array(buffer, AT.states, LANES);

    return (chunk: OpenChunk, n: number): ChunkDecoder | null => {
      const { bytes, escapes } = chunk;
      const { values } = escapes;
      const lanes = Math.min(LANES, n);
      let at = escapes.end + 4 * lanes;
      const end = bytes.length;
      if (at > end) return null;
      const stored = new DataView(bytes.buffer, bytes.byteOffset + escapes.end, 4 * lanes);
      for (let lane = 0; lane < lanes; lane++) states[lane] = stored.getInt32(4 * lane, true);
      if (states.subarray(0, lanes).some((state) => state >>> 16 === 0)) return null;
      let left = n;
      let escaped = 0;
      /** Fewer than a row: by the interpreter's table. */
      const few = (to: number): number | null => {
        const mask = places - 1;
        for (let lane = 0; lane < left; lane++) {
          const state = states[lane]!;
          const slot = state & mask;
          const step = table.steps[slot]!;
          let next = (Math.imul((step & 0xffff) + 1, state >>> bits) + (step >>> 16)) | 0;
          if (next >>> 16 === 0) {
            if (at >= end) return null;
            next = (next << 16) | bytes[at]! | (bytes[at + 1]! << 8);
            at += 2;
          }
          states[lane] = next;
          if (slot >= escapeFrom && escaped === values.length) return null;
          store(to + lane * width, slot < escapeFrom ? table.symbols[slot]! : values[escaped++]!, width);
        }
        return left;
      };
      const ended = (): boolean => {
        if (escaped !== values.length || end - at >= 4) return false;
        for (let k = at; k < end; k++) if (bytes[k] !== 0) return false;
        return states.subarray(0, lanes).every((state) => state === LEAST_STATE);
      };
      return {
        next: (to) => {
          const rows = Math.min(GROUP / LANES, Math.floor(left / LANES));
          let count = rows * LANES;
          if (rows === 0) {
            const done = few(to);
            if (done === null) return null;
            count = done;
          } else {
            bytesOf.set(bytes.subarray(at, at + 2 * count), AT.input);
            at += run(rows, AT.input, to, AT.lists) - AT.input;
            const filled = fill(AT.lists, words[AT.listEnd / 4]!, values, escaped, width);
            if (at > end || filled === null) return null;
            escaped = filled;
          }
          left -= count;
          if (left === 0 && !ended()) return null;
          return count;
        },
      };
    };
  };

  const huffman = (header: StreamHeader, width: SymbolWidth) => {
    const table = header.table!;
    if (table.coder !== 'huffman') throw new RangeError('a table of another coder');
    const bits = lookupBits(table.bits);
    const { entries, lengths } = huffmanEntries(table, bits, width);
    words.set(entries, AT.steps / 4);
    bytesOf.set(lengths, AT.steps + entryBytes(width) * 2 ** bits);
    const escapes = header.model!.weights.at(-1)! > 0;
    const variant = { bits, width, escapes };
    const places = {
      segments: AT.segments,
      entries: AT.steps,
      lengths: AT.steps + entryBytes(width) * 2 ** bits,
    };
    const run = coder(variant, () => huffmanModule(variant, places)).huffman as Huffman;
    const records = AT.segments / 4;
    const listBytes = 4 * (SEGMENT + 4);

    return (chunk: OpenChunk, n: number): ChunkDecoder | null => {
      const { bytes } = chunk;
      const { values, end: start } = chunk.escapes;
      const end = bytes.length;
      const segments = Math.ceil(n / SEGMENT);
      const codesAt = start + 4 * Math.ceil(segments / 2);
      if (codesAt > end) return null;
      if (segments % 2 === 1 && (bytes[codesAt - 2]! | bytes[codesAt - 1]!) !== 0) return null;
      let segment = 0;
      let bit = 8 * codesAt;
      let escaped = 0;
      const ended = (): boolean => {
        if (escaped !== values.length || 8 * end - bit >= 32) return false;
        for (let k = bit; k < 8 * end; k++) if ((bytes[k >>> 3]! >>> (k & 7)) & 1) return false;
        return true;
      };
      return {
        next: (to) => {
          const count = Math.min(ABREAST, segments - segment);
          const ends: number[] = [];
          const first = Math.floor(bit / 8);
          let at = 8 * AT.input + (bit % 8);
          let symbols = 0;
          for (let k = 0; k < ABREAST; k++) {
            const record = records + (k * RECORD.bytes) / 4;
            const inside = k < count;
            const length = inside
              ? bytes[start + 2 * (segment + k)]! | (bytes[start + 2 * (segment + k) + 1]! << 8)
              : 0;
            if (bit + length > 8 * end) return null;
            words[record] = at;
            words[record + 1] = to + symbols * width;
            if (inside) symbols += Math.min(SEGMENT, n - (segment + k) * SEGMENT);
            words[record + 2] = to + symbols * width;
            words[record + 3] = AT.lists + k * listBytes;
            bit += length;
            at += length;
            ends.push(at);
          }
          bytesOf.set(bytes.subarray(first, Math.ceil(bit / 8)), AT.input);
          run();
          for (let k = 0; k < ABREAST; k++) {
            const record = records + (k * RECORD.bytes) / 4;
            if (words[record] !== ends[k]) return null;
            const list = AT.lists + k * listBytes;
            const filled = fill(list, words[record + 3]!, values, escaped, width);
            if (filled === null) return null;
            escaped = filled;
          }
          segment += count;
          return segment === segments && !ended() ? null : symbols;
        },
      };
    };
  };

  return (header, bytes, width, range) => {
    const open = header.coder === 'rans' ? rans : huffman;
    const decoderOf = header.count === 0 ? null : open(header, width);
    let chunk = 0;
    let decoder: ChunkDecoder | null = null;
    let left = 0;
    /** What is decoded and not yet read, in bytes. */
    let from = AT.window;
    let to = AT.window;
    const more = (): boolean => {
      if (left === 0) {
        left = chunkLength(header, chunk);
        decoder = decoderOf!(openChunk(header, bytes, chunk, range, checksum), left);
        chunk++;
      }
      const count = decoder?.next(to) ?? null;
      if (count === null) return false;
      to += count * width;
      left -= count;
      return true;
    };
    return {
      most: MOST,
      read: (count) => {
        const wanted = count * width;
        if (to - from < wanted && from > AT.window) {
          bytesOf.copyWithin(AT.window, from, to);
          to -= from - AT.window;
          from = AT.window;
        }
        try {
          while (to - from < wanted) if (!more()) return null;
        } catch (error) {
          if (error instanceof StreamError) return null;
          throw error;
        }
        from += wanted;
        return bytesOf.subarray(from - wanted, from);
      },
    };
  };
}
