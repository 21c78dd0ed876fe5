/**
 * Canonical Huffman as a WebAssembly function: four segments side by side, so that one waits while the others work, and two
 * symbols to a look-up where both codes fit. Knows no stream: `stream.ts` gives it the segments.
 *
 * `huffman()` decodes what the four records at `segments` say (see `RECORD`); each ends at its limit, wherever its bits then are.
 * It reads at most eight bytes behind the bits that its symbols take. Specification: docs/design/bit-streams.md, "Huffman".
 */
import { assemble, type Code } from '@fewerbits/wasm-assembler';

/** Segments that are decoded side by side. */
export const ABREAST = 4;

/**
 * A segment's record, 32-bit integers: the bit of the memory at which it is (below 2^32), where its next symbol goes, the end of
 * its symbols, and where the address of its next escape goes. All but the end are brought up to date.
 */
export const RECORD = { bit: 0, out: 4, limit: 8, list: 12, bytes: 16 } as const;

/** Where a decoder's tables stand in its memory, in bytes. */
export interface HuffmanPlaces {
  readonly segments: number;
  /** What to look up by the next bits, see `huffmanEntries`. */
  readonly entries: number;
  /** A byte for each place: the length of the first code, and `ESCAPE` added for the escape. */
  readonly lengths: number;
}

export interface HuffmanVariant {
  /** Bits that are looked up at once. */
  readonly bits: number;
  /** Bytes of a decoded symbol. */
  readonly width: 1 | 2 | 4;
  readonly escapes: boolean;
}

/** Marks the escape among lengths of 0..16, as in the interpreter's table. */
const ESCAPE = 32;

/** Look-ups of at least so many bits hold two symbols. */
const PAIRED_BITS = 12;

/** Bits of the look-ups for a model whose longest code has `longest`. */
export function lookupBits(longest: number): number {
  return Math.max(longest, PAIRED_BITS);
}

/** Bytes of an entry: symbols below, and above them the bits they take and the bytes they fill. */
export function entryBytes(width: 1 | 2 | 4): 4 | 8 {
  return width === 1 ? 4 : 8;
}

/**
 * The look-up of `2^bits` entries from the interpreter's table of `2^table.bits`. An entry holds one symbol, or two of one or two
 * bytes; then how many bits they have (8) and how many bytes they fill. An escape has neither: the decoder stops there.
 */
export function huffmanEntries(
  table: {
    readonly bits: number;
    readonly lengths: Uint8Array;
    readonly symbols: Int32Array;
  },
  bits: number,
  width: 1 | 2 | 4,
): { entries: Uint32Array; lengths: Uint8Array } {
  const words = entryBytes(width) / 4;
  const places = 2 ** bits;
  const mask = 2 ** table.bits - 1;
  const entries = new Uint32Array(places * words);
  const lengths = new Uint8Array(places);
  for (let place = 0; place < places; place++) {
    const length = table.lengths[place & mask]!;
    lengths[place] = length;
    let low = table.symbols[place & mask]!;
    let meta = 0;
    if (length < ESCAPE) {
      meta = length | (width << 8);
      if (width === 1) low &= 255;
      if (width === 2) low &= 0xffff;
      const then = (place >> length) & mask;
      const second = table.lengths[then]!;
      if (width < 4 && second < ESCAPE && length + second <= bits) {
        meta = (length + second) | ((2 * width) << 8);
        low |= (table.symbols[then]! & (width === 1 ? 255 : 0xffff)) << (8 * width);
      }
    }
    if (words === 1) entries[place] = (low & 0xffff) | (meta << 16);
    else {
      entries[2 * place] = low;
      entries[2 * place + 1] = meta;
    }
  }
  return { entries, lengths };
}

/** The module of a variant; it imports its memory as `fewerbits.memory`. */
export function huffmanModule(variant: HuffmanVariant, places: HuffmanPlaces): Uint8Array<ArrayBuffer> {
  return assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 0 },
    functions: [
      {
        name: 'huffman',
        params: [],
        results: [],
        body: (code) => emitHuffman(code, variant, places),
      },
    ],
  });
}

interface Segment {
  readonly bit: number;
  readonly out: number;
}

function emitHuffman(code: Code, variant: HuffmanVariant, places: HuffmanPlaces): void {
  const { bits, width, escapes } = variant;
  const segments = Array.from(
    { length: ABREAST },
    (): Segment => ({ bit: code.local('i32'), out: code.local('i32') }),
  );
  const held = code.local('i64');
  const meta = code.local('i32');
  const taken = code.local('i32');
  const entry = code.local(width === 1 ? 'i32' : 'i64');
  const rounds = code.local('i32');
  const slot = code.local('i32');
  const recordAt = (k: number): number => places.segments + k * RECORD.bytes;
  const loadRecord = (k: number, part: number): void => {
    code.i32(recordAt(k));
    code.load('i32.load', part);
  };
  for (const [k, { bit, out }] of segments.entries()) {
    loadRecord(k, RECORD.bit);
    code.set(bit);
    loadRecord(k, RECORD.out);
    code.set(out);
  }
  /** The bits that come next, 57 at least. */
  const refill = (bit: number): void => {
    code.get(bit);
    code.i32(3);
    code.op('i32.shr_u');
    code.load('i64.load');
    code.get(bit);
    code.i32(7);
    code.op('i32.and');
    code.op('i64.extend_i32_u');
    code.op('i64.shr_u');
    code.set(held);
  };
  const lookups = Math.floor(57 / bits);
  /** Symbols that a round makes at most. */
  const most = lookups * (width < 4 ? 2 : 1);

  // Rounds of all segments together, as many as each surely has room for; then again, until one is nearly full.
  code.block(() => {
    code.loop(() => {
      for (const [k, { out }] of segments.entries()) {
        loadRecord(k, RECORD.limit);
        code.get(out);
        code.op('i32.sub');
        code.i32(most * width);
        code.op('i32.div_s');
        if (k === 0) {
          code.set(rounds);
          continue;
        }
        code.set(taken);
        code.get(rounds);
        code.get(taken);
        code.get(rounds);
        code.get(taken);
        code.op('i32.lt_s');
        code.op('select');
        code.set(rounds);
      }
      code.get(rounds);
      code.i32(0);
      code.op('i32.le_s');
      code.brIf(1);
      code.loop(() => {
        for (const [k, segment] of segments.entries()) {
          refill(segment.bit);
          code.i32(0);
          code.set(taken);
          for (let lookup = 0; lookup < lookups; lookup++) {
            emitLookup(code, segment.out, { held, meta, taken, entry }, variant, places);
            code.get(taken);
            code.get(meta);
            code.op('i32.add');
            code.set(taken);
          }
          if (escapes) {
            // Nothing was decoded: the next code is the escape's.
            code.get(taken);
            code.op('i32.eqz');
            code.if(() => oneSymbol(k));
          }
          code.get(segment.bit);
          code.get(taken);
          code.i32(255);
          code.op('i32.and');
          code.op('i32.add');
          code.set(segment.bit);
        }
        code.get(rounds);
        code.i32(1);
        code.op('i32.sub');
        code.tee(rounds);
        code.brIf(0);
      });
      code.br(0);
    });
  });

  /** One symbol, which may escape. */
  function oneSymbol(k: number): void {
    const { bit, out } = segments[k]!;
    refill(bit);
    code.get(held);
    code.op('i32.wrap_i64');
    code.i32(2 ** bits - 1);
    code.op('i32.and');
    code.tee(slot);
    code.load('i32.load8_u', places.lengths);
    code.set(meta);
    code.get(out);
    code.get(slot);
    code.i32(entryBytes(width) === 4 ? 2 : 3);
    code.op('i32.shl');
    code.load('i32.load', places.entries);
    code.store(width === 1 ? 'i32.store8' : width === 2 ? 'i32.store16' : 'i32.store');
    if (escapes) {
      code.get(meta);
      code.i32(ESCAPE);
      code.op('i32.and');
      code.if(() => {
        loadRecord(k, RECORD.list);
        code.get(out);
        code.store('i32.store');
        code.i32(recordAt(k));
        loadRecord(k, RECORD.list);
        code.i32(4);
        code.op('i32.add');
        code.store('i32.store', RECORD.list);
      });
      code.get(meta);
      code.i32(ESCAPE - 1);
      code.op('i32.and');
      code.set(meta);
    }
    code.get(bit);
    code.get(meta);
    code.op('i32.add');
    code.set(bit);
    code.get(out);
    code.i32(width);
    code.op('i32.add');
    code.set(out);
  }

  for (const [k, { bit, out }] of segments.entries()) {
    code.block(() => {
      code.loop(() => {
        code.get(out);
        loadRecord(k, RECORD.limit);
        code.op('i32.ge_u');
        code.brIf(1);
        oneSymbol(k);
        code.br(0);
      });
    });
    code.i32(recordAt(k));
    code.get(bit);
    code.store('i32.store', RECORD.bit);
    code.i32(recordAt(k));
    code.get(out);
    code.store('i32.store', RECORD.out);
  }
}

/** Looks the next bits up, stores what they are and drops them; leaves bits and bytes in `meta`. */
function emitLookup(
  code: Code,
  out: number,
  { held, meta, entry }: Readonly<Record<'held' | 'meta' | 'taken' | 'entry', number>>,
  { bits, width }: HuffmanVariant,
  places: HuffmanPlaces,
): void {
  code.get(held);
  code.op('i32.wrap_i64');
  code.i32(2 ** bits - 1);
  code.op('i32.and');
  code.i32(width === 1 ? 2 : 3);
  code.op('i32.shl');
  code.load(width === 1 ? 'i32.load' : 'i64.load', places.entries);
  code.set(entry);
  code.get(out);
  code.get(entry);
  if (width === 1) {
    code.store('i32.store16');
    code.get(entry);
    code.i32(16);
    code.op('i32.shr_u');
  } else {
    code.store('i64.store32');
    code.get(entry);
    code.i64(32);
    code.op('i64.shr_u');
    code.op('i32.wrap_i64');
  }
  code.set(meta);
  // A shift takes the low six bits of its count; lengths have five.
  code.get(held);
  code.get(meta);
  code.op('i64.extend_i32_u');
  code.op('i64.shr_u');
  code.set(held);
  code.get(out);
  code.get(meta);
  code.i32(8);
  code.op('i32.shr_u');
  code.op('i32.add');
  code.set(out);
}
