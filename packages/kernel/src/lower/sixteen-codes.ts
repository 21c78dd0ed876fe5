/**
 * Bits → sixteen codes at a time, as a `u8x16`, by moving bytes to their lanes. Four ways (docs/design/kernels.md, "Codes");
 * null where none fits, and codes are read one by one.
 */
import type { Builder } from '../builder.ts';
import type { Piece, Place } from '../unit.ts';
import { inBytes } from './codes.ts';

/** Codes beside each other: a lane's byte, what is kept of it, and how far it is shifted to its place in the code. */
interface Taken {
  readonly source: number;
  readonly byte: number;
  readonly shift: number;
  readonly mask: number;
}

/** One step that brings bits to their lanes: for each lane what it takes, or nothing. */
interface Move {
  readonly source: number;
  readonly lanes: (Taken | null)[];
}

/**
 * Sixteen codes of at most 8 bits as a `u8x16`, or null where their bits do not lie near enough to each other.
 *
 * Three ways, the cheapest that fits: codes whole within two bytes, at any bits, by one multiplication that moves each to
 * the top of 16 bits; pieces that all move by the same distance by a shift; single bits at any place by a comparison.
 */
export function sixteenCodes(b: Builder, places: readonly Place[]): number | null {
  const moves: Move[] = [];
  for (const [lane, { pieces, digit }] of places.entries()) {
    if (digit !== null) return null;
    for (const piece of pieces.flatMap(inBytes)) {
      if (piece.low + piece.width > 8) return null;
      const { source, bit, low, width } = piece;
      const shift = low - (bit % 8);
      const taken = { source, byte: Math.floor(bit / 8), shift, mask: (2 ** width - 1) << low };
      // Pieces of one shape only: those of another lie elsewhere, and no sixteen bytes would hold both.
      let move = moves.find((m) => m.source === source && m.lanes[lane] === null && alike(m, taken));
      if (move === undefined) {
        move = { source, lanes: new Array<Taken | null>(16).fill(null) };
        moves.push(move);
      }
      move.lanes[lane] = taken;
    }
  }
  if (moves.length === 0) return null;
  if (moves.length > MOST_SHIFTS) {
    const scaled = byMultiplication(b, places);
    if (scaled !== null) return scaled;
  }
  const merged = singleBitsMerged(moves);
  const starts = windows(merged);
  if (starts === null) return null;
  let codes: number | null = null;
  for (const [m, move] of merged.entries()) {
    const value = 'shift' in move ? shifted(b, move, starts[m]!) : tested(b, move, starts[m]!);
    codes = codes === null ? value : b.add({ op: 'b_or', type: 'u8x16', args: [codes, value] });
  }
  return codes;
}

/** With more different shifts than this, a multiplication is cheaper. */
const MOST_SHIFTS = 2;

function alike(move: Move, { shift, mask }: Taken): boolean {
  const first = move.lanes.find((lane) => lane !== null)!;
  return first.shift === shift && first.mask === mask;
}

function shiftOf(move: Move): number {
  return move.lanes.find((lane) => lane !== null)!.shift;
}

/** A move of one shift for all lanes, or of single bits that are tested. */
type Step = (Move & { readonly shift: number }) | (Move & { readonly test: true });

/** Moves of single bits of the same place in the code, three or more of them, become one test. */
function singleBitsMerged(moves: readonly Move[]): Step[] {
  const steps: Step[] = [];
  const tests = new Map<string, Move[]>();
  for (const move of moves) {
    const masks = new Set(move.lanes.flatMap((lane) => (lane === null ? [] : [lane.mask])));
    const [mask] = masks;
    const single = masks.size === 1 && Number.isInteger(Math.log2(mask!));
    const key = `${move.source}/${mask}`;
    if (single) tests.set(key, [...(tests.get(key) ?? []), move]);
    else steps.push({ ...move, shift: shiftOf(move) });
  }
  for (const group of tests.values()) {
    const taken = Array.from({ length: 16 }, (_, lane) => group.flatMap((move) => move.lanes[lane] ?? []));
    if (group.length > MOST_SHIFTS && taken.every((lane) => lane.length <= 1))
      steps.push({ source: group[0]!.source, lanes: taken.map((lane) => lane[0] ?? null), test: true });
    else steps.push(...group.map((move) => ({ ...move, shift: shiftOf(move) })));
  }
  return steps;
}

function gathered(b: Builder, move: Move, start: number): number {
  const lanes = move.lanes.map((taken) => (taken === null ? 255 : taken.byte - start));
  const value = b.add({ op: 'load16', type: 'u8x16', source: move.source, offset: start });
  if (lanes.every((from, lane) => from === lane || from === 255)) return value;
  return b.add({ op: 'swizzle', type: 'u8x16', args: [value], lanes });
}

function shifted(b: Builder, move: Move & { readonly shift: number }, start: number): number {
  let value = gathered(b, move, start);
  if (move.shift !== 0) value = b.add({ op: 'shift', type: 'u8x16', args: [value], by: move.shift });
  return b.bytes(
    'b_and',
    value,
    move.lanes.map((taken) => taken?.mask ?? 0),
  );
}

/** A bit is set where its byte, all other bits masked away, equals the bit; then it goes to its place in the code. */
function tested(b: Builder, move: Move, start: number): number {
  const bits = move.lanes.map((taken) =>
    taken === null ? 0 : taken.shift < 0 ? taken.mask << -taken.shift : taken.mask >> taken.shift,
  );
  const masked = b.bytes('b_and', gathered(b, move, start), bits);
  const set = b.add({ op: 'b_eq', type: 'u8x16', args: [masked], lanes: bits });
  return b.bytes(
    'b_and',
    set,
    move.lanes.map((taken) => taken?.mask ?? 0),
  );
}

/** The first byte that each move loads: one for all moves of a source where sixteen bytes hold them. */
function windows(moves: readonly Move[]): number[] | null {
  const spanOf = (some: readonly Move[]) => {
    const bytes = some.flatMap((move) => move.lanes.flatMap((taken) => (taken === null ? [] : [taken.byte])));
    return { first: Math.min(...bytes), last: Math.max(...bytes) };
  };
  const starts: number[] = [];
  for (const move of moves) {
    const all = spanOf(moves.filter(({ source }) => source === move.source));
    const own = spanOf([move]);
    if (own.last - own.first > 15) return null;
    starts.push(all.last - all.first <= 15 ? all.first : own.first);
  }
  return starts;
}

/**
 * Sixteen digits of bytes that hold them as a fraction, or null for other digits. The byte stands in the upper half of 16
 * bits; times radix^index there, what overflows are the digits before. Then the rest times the radix has the digit on top.
 */
export function sixteenDigits(b: Builder, places: readonly Place[], radix: number): number | null {
  const taken = places.map(({ pieces, digit }) => {
    const [piece] = pieces;
    const fits =
      digit?.group.order === 'fraction' && digit.group.bits === 8 && radix ** digit.index < 2 ** 16;
    return fits && pieces.length === 1 && piece!.bit % 8 === 0 && piece!.width === 8
      ? { source: piece!.source, byte: piece!.bit / 8, factor: radix ** digit.index }
      : null;
  });
  const { source } = taken[0] ?? {};
  if (source === undefined || taken.some((one) => one?.source !== source)) return null;
  const bytes = taken.map((one) => one!.byte);
  const start = Math.min(...bytes);
  if (Math.max(...bytes) - start > 15) return null;
  const loaded = b.add({ op: 'load16', type: 'u8x16', source, offset: start });
  const half = (from: number): number => {
    const lanes = bytes.slice(from, from + 8).flatMap((byte) => [byte - start, byte - start]);
    const pairs = b.add({ op: 'swizzle', type: 'u8x16', args: [loaded], lanes });
    const upper = b.bytes('b_and', pairs, UPPER_BYTES);
    const factors = taken.slice(from, from + 8).map((one) => one!.factor);
    const rest = b.add({ op: 'mul16', type: 'u8x16', args: [upper], factors });
    const fraction = b.add({ op: 'shift', type: 'u8x16', args: [rest], by: -8 });
    const times = new Array<number>(8).fill(radix);
    const digit = b.add({ op: 'mul16', type: 'u8x16', args: [fraction], factors: times });
    return b.add({ op: 'shift', type: 'u8x16', args: [digit], by: -8 });
  };
  return b.add({ op: 'narrow', type: 'u8x16', args: [half(0), half(8)] });
}

/** Keeps the second byte of each pair. */
const UPPER_BYTES: readonly number[] = Array.from({ length: 16 }, (_, k) => (k % 2 === 0 ? 0 : 255));

/**
 * Codes that each lie whole in the two bytes from their first: those bytes as a 16-bit integer, times the power of two that
 * moves the code to its top (what stands above is lost), then shifted down.
 */
function byMultiplication(b: Builder, places: readonly Place[]): number | null {
  const whole = places.map(({ pieces }) => (pieces.length === 1 && pieces[0]!.low === 0 ? pieces[0]! : null));
  const [first] = whole;
  const sameShape = whole.every(
    (piece) =>
      piece !== null &&
      piece.source === first?.source &&
      piece.width === first.width &&
      (piece.bit % 8) + piece.width <= 16,
  );
  if (!sameShape) return null;
  const pieces = whole as Piece[];
  const bytes = pieces.map((piece) => Math.floor(piece.bit / 8));
  const start = Math.min(...bytes);
  if (Math.max(...bytes) + 1 - start > 15) return null;
  const { source, width } = pieces[0]!;
  const loaded = b.add({ op: 'load16', type: 'u8x16', source, offset: start });
  const half = (from: number): number => {
    const lanes = bytes.slice(from, from + 8).flatMap((byte) => [byte - start, byte + 1 - start]);
    const factors = pieces.slice(from, from + 8).map(({ bit }) => 2 ** (16 - (bit % 8) - width));
    const pairs = b.add({ op: 'swizzle', type: 'u8x16', args: [loaded], lanes });
    const scaled = b.add({ op: 'mul16', type: 'u8x16', args: [pairs], factors });
    return b.add({ op: 'shift', type: 'u8x16', args: [scaled], by: width - 16 });
  };
  return b.add({ op: 'narrow', type: 'u8x16', args: [half(0), half(8)] });
}
