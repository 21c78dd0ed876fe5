/**
 * rANS rows as a WebAssembly function: 32 states as eight vectors, a table look-up for each lane, words dealt out to the lanes
 * that need one by a byte shuffle (Giesen 2014, arXiv 1402.3392). Knows no stream: `stream.ts` gives it states and words.
 *
 * `rans(rows, words, out, list) → words`: decodes rows of 32 symbols, returns where the next word stands; `list`: where places of
 * escapes go, four bytes each; where the list ends is stored at `listEnd`. Specification: docs/design/bit-streams.md, "rANS".
 */
import { assemble, type Code } from '@fewerbits/wasm-assembler';

/** Lanes of a row, and vectors that hold their states. */
export const LANES = 32;
const VECTORS = LANES / 4;

/** Where a decoder's tables stand in its memory, in bytes. */
export interface RansPlaces {
  readonly states: number;
  /** Sixteen shuffles of sixteen bytes: which word goes to which of four lanes. */
  readonly deals: number;
  /** 32 bits for each place: see `packedEntry` and `RansTable.steps`. */
  readonly steps: number;
  /** The symbols of places, where they do not fit into the steps. */
  readonly symbols: number;
  readonly listEnd: number;
}

export interface RansVariant {
  readonly bits: number;
  /** Bytes of a decoded symbol. */
  readonly width: 1 | 2 | 4;
  /** Whether steps hold the symbol as well: 12 bits, symbols of a byte, no frequency of 4,096. */
  readonly packed: boolean;
  /** Places from here on are the escape's; null without one. */
  readonly escapeFrom: number | null;
}

/** Bits that frequency and offset take in a packed entry. */
const PACKED_BITS = 12;

/** Whether a table of these frequencies has packed entries. */
export function isPacked(bits: number, width: number, most: number): boolean {
  return bits === PACKED_BITS && width === 1 && most < 2 ** PACKED_BITS;
}

/** Symbol, offset and frequency of a place in 32 bits; `step` is the interpreter's (frequency less one, offset above it). */
export function packedEntry(symbol: number, step: number): number {
  return (symbol & 255) | ((step >>> 16) << 8) | (((step & 0xffff) + 1) << 20);
}

/** The shuffles: byte 0x80 gives zero. */
export function deals(): Uint8Array {
  const bytes = new Uint8Array(16 * 16).fill(0x80);
  for (let needs = 0; needs < 16; needs++) {
    let word = 0;
    for (let lane = 0; lane < 4; lane++) {
      if (((needs >> lane) & 1) === 0) continue;
      bytes[16 * needs + 4 * lane] = 2 * word;
      bytes[16 * needs + 4 * lane + 1] = 2 * word + 1;
      word++;
    }
  }
  return bytes;
}

const ROWS = 0;
const WORDS = 1;
const OUT = 2;
const LIST = 3;

/** The module of a variant; it imports its memory as `fewerbits.memory`. */
export function ransModule(variant: RansVariant, places: RansPlaces): Uint8Array<ArrayBuffer> {
  return assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 0 },
    functions: [
      {
        name: 'rans',
        params: ['i32', 'i32', 'i32', 'i32'],
        results: ['i32'],
        body: (code) => emitRans(code, variant, places),
      },
    ],
  });
}

function emitRans(code: Code, variant: RansVariant, places: RansPlaces): void {
  const { width, escapeFrom } = variant;
  const states = Array.from({ length: VECTORS }, () => code.local('v128'));
  const slots = Array.from({ length: VECTORS }, () => code.local('v128'));
  const symbols = Array.from({ length: VECTORS }, () => code.local('v128'));
  const scratch = {
    low: code.local('i64'),
    high: code.local('i64'),
    needs: code.local('i32'),
    step: code.local('v128'),
    next: code.local('v128'),
    mask: code.local('v128'),
    escaping: code.local('v128'),
    found: code.local('i32'),
  };
  for (const [k, state] of states.entries()) {
    code.i32(places.states);
    code.load('v128.load', 16 * k);
    code.set(state);
  }
  code.loop(() => {
    if (escapeFrom !== null) {
      code.v128(new Uint8Array(16));
      code.set(scratch.escaping);
    }
    for (let k = 0; k < VECTORS; k++) {
      emitFour(code, k, states[k]!, slots[k]!, symbols[k]!, scratch, variant, places);
      if (escapeFrom === null) continue;
      code.get(scratch.escaping);
      code.get(slots[k]!);
      code.v128(four(escapeFrom));
      code.op('i32x4.ge_s');
      code.op('v128.or');
      code.set(scratch.escaping);
    }
    if (variant.packed) storePacked(code, symbols);
    if (escapeFrom !== null) {
      code.get(scratch.escaping);
      code.op('v128.any_true');
      code.if(() => listEscapes(code, slots, escapeFrom, scratch.found, width));
    }
    step(code, OUT, LANES * width);
    step(code, ROWS, -1);
    code.get(ROWS);
    code.brIf(0);
  });
  for (const [k, state] of states.entries()) {
    code.i32(places.states);
    code.get(state);
    code.store('v128.store', 16 * k);
  }
  code.i32(places.listEnd);
  code.get(LIST);
  code.store('i32.store');
  code.get(WORDS);
}

/** One symbol of each of four states. */
function emitFour(
  code: Code,
  k: number,
  state: number,
  slot: number,
  symbols: number,
  { low, high, needs, step: entry, next, mask }: Readonly<Record<string, number>>,
  { bits, width, packed }: RansVariant,
  places: RansPlaces,
): void {
  // Places in their table, and the four of them out of the vector two by two.
  code.get(state);
  code.v128(four(2 ** bits - 1));
  code.op('v128.and');
  code.tee(slot);
  code.i32(2);
  code.op('i32x4.shl');
  code.tee(next!);
  code.lane('i64x2.extract_lane', 0);
  code.set(low!);
  code.get(next!);
  code.lane('i64x2.extract_lane', 1);
  code.set(high!);
  const address = (lane: number): void => {
    code.get(lane < 2 ? low! : high!);
    if (lane % 2 === 1) {
      code.i64(32);
      code.op('i64.shr_u');
    }
    code.op('i32.wrap_i64');
  };
  address(0);
  code.load('v128.load32_zero', places.steps);
  code.set(entry!);
  for (let lane = 1; lane < 4; lane++) {
    address(lane);
    code.get(entry!);
    code.loadLane('v128.load32_lane', lane, places.steps);
    code.set(entry!);
  }
  if (!packed) {
    // Addresses are four times the place.
    for (let lane = 0; lane < 4; lane++) {
      code.get(OUT);
      address(lane);
      if (width < 4) {
        code.i32(width === 1 ? 2 : 1);
        code.op('i32.shr_u');
      }
      code.load(width === 1 ? 'i32.load8_u' : width === 2 ? 'i32.load16_u' : 'i32.load', places.symbols);
      code.store(
        width === 1 ? 'i32.store8' : width === 2 ? 'i32.store16' : 'i32.store',
        (4 * k + lane) * width,
      );
    }
  }
  // frequency · ⌊state ÷ 2^bits⌋ + offset
  code.get(state);
  code.i32(bits);
  code.op('i32x4.shr_u');
  code.get(entry!);
  if (packed) {
    code.i32(20);
    code.op('i32x4.shr_u');
  } else {
    code.v128(four(0xffff));
    code.op('v128.and');
    code.v128(four(1));
    code.op('i32x4.add');
  }
  code.op('i32x4.mul');
  code.get(entry!);
  if (packed) {
    code.i32(8);
    code.op('i32x4.shr_u');
    code.v128(four(0xfff));
    code.op('v128.and');
  } else {
    code.i32(16);
    code.op('i32x4.shr_u');
  }
  code.op('i32x4.add');
  code.set(next!);
  if (packed) {
    code.get(entry!);
    code.v128(four(255));
    code.op('v128.and');
    code.set(symbols);
  }
  // Lanes below 2^16 take a word each, in their order.
  code.get(next!);
  code.i32(16);
  code.op('i32x4.shr_u');
  code.v128(new Uint8Array(16));
  code.op('i32x4.eq');
  code.tee(mask!);
  code.op('i32x4.bitmask');
  code.set(needs!);
  code.get(next!);
  code.i32(16);
  code.op('i32x4.shl');
  code.get(next!);
  code.get(mask!);
  code.op('v128.bitselect');
  code.get(WORDS);
  code.load('v128.load64_zero');
  code.get(needs!);
  code.i32(4);
  code.op('i32.shl');
  code.load('v128.load', places.deals);
  code.op('i8x16.swizzle');
  code.op('v128.or');
  code.set(state);
  code.get(WORDS);
  code.get(needs!);
  code.op('i32.popcnt');
  code.i32(1);
  code.op('i32.shl');
  code.op('i32.add');
  code.set(WORDS);
}

/** 32 symbols of a byte from the low bytes of eight vectors. */
function storePacked(code: Code, symbols: readonly number[]): void {
  for (let half = 0; half < 2; half++) {
    const [a, b, c, d] = symbols.slice(4 * half, 4 * half + 4) as [number, number, number, number];
    code.get(OUT);
    code.get(a);
    code.get(b);
    code.op('i16x8.narrow_i32x4_u');
    code.get(c);
    code.get(d);
    code.op('i16x8.narrow_i32x4_u');
    code.op('i8x16.narrow_i16x8_u');
    code.store('v128.store', 16 * half);
  }
}

/** Puts the addresses of a row's escapes into the list, in order. */
function listEscapes(
  code: Code,
  slots: readonly number[],
  escapeFrom: number,
  found: number,
  width: number,
): void {
  for (const [k, slot] of slots.entries()) {
    code.get(slot);
    code.v128(four(escapeFrom));
    code.op('i32x4.ge_s');
    code.op('i32x4.bitmask');
    code.set(found);
    for (let lane = 0; lane < 4; lane++) {
      code.get(LIST);
      code.get(OUT);
      code.i32((4 * k + lane) * width);
      code.op('i32.add');
      code.store('i32.store');
      code.get(LIST);
      code.get(found);
      code.i32(lane);
      code.op('i32.shr_u');
      code.i32(1);
      code.op('i32.and');
      code.i32(2);
      code.op('i32.shl');
      code.op('i32.add');
      code.set(LIST);
    }
  }
}

function step(code: Code, local: number, by: number): void {
  code.get(local);
  code.i32(by);
  code.op('i32.add');
  code.set(local);
}

/** A vector of four equal integers. */
function four(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value, value, value, value).buffer);
}
