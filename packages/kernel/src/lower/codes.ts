/**
 * Bits → codes: one code from the bytes that hold it, or sixteen at a time by moving bytes to their lanes.
 */
import type { Builder } from '../builder.ts';
import type { Piece, Place } from '../unit.ts';

/** The code of one entry, an `i32`. */
export function codeOf(b: Builder, place: Place, radix: number): number {
  const word = wordOf(b, place.pieces);
  if (place.digit === null) return word;
  const { group, index } = place.digit;
  const base = b.int(radix);
  const divided = (value: number, by: number) =>
    b.integer('i_shr', b.integer('i_mul', value, b.int(inverse(by))), b.int(DIVISION_SHIFT));
  const rest = (value: number) => b.integer('i_sub', value, b.integer('i_mul', divided(value, radix), base));
  switch (group.order) {
    case 'low':
      return rest(index === 0 ? word : divided(word, radix ** index));
    case 'high': {
      const after = group.digits - 1 - index;
      return rest(after === 0 ? word : divided(word, radix ** after));
    }
    case 'fraction': {
      // The digits before drop out at the top of the word: the fraction times radix^index, of which the whole part is gone.
      const mask = b.int(2 ** group.bits - 1);
      const fraction = b.integer('i_and', b.integer('i_mul', word, b.int(radix ** index)), mask);
      return b.integer('i_shr', b.integer('i_mul', fraction, base), b.int(group.bits));
    }
  }
}

/** Division of words of up to 8 bits by a multiplication: ⌊word · ⌈2^16 / n⌉ / 2^16⌋ is exact there. */
const DIVISION_SHIFT = 16;

/** The widest words that digits are taken from. */
export const WIDEST_DIGITS = 8;

function inverse(by: number): number {
  return Math.ceil(2 ** DIVISION_SHIFT / by);
}

/** Bits of an entry put together, whole bytes loaded at once where they stand in a row. */
function wordOf(b: Builder, pieces: readonly Piece[]): number {
  let word: number | null = null;
  for (const { source, bit, low, width } of bytewise(pieces)) {
    const bytes = width === 32 ? 4 : width === 16 ? 2 : 1;
    let value = b.add({ op: 'load', type: 'i32', source, offset: Math.floor(bit / 8), bytes });
    value = b.integer('i_shr', value, b.int(bit % 8));
    if ((bit % 8) + width < 8 * bytes) value = b.integer('i_and', value, b.int(2 ** width - 1));
    value = b.integer('i_shl', value, b.int(low));
    word = word === null ? value : b.integer('i_or', word, value);
  }
  return word ?? b.int(0);
}

/** Pieces cut so that each stands in one byte, or is two or four whole bytes. */
function bytewise(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((piece) => {
    if (piece.bit % 8 === 0 && (piece.width === 16 || piece.width === 32)) return [piece];
    return inBytes(piece);
  });
}

function inBytes({ source, bit, low, width }: Piece): Piece[] {
  const out: Piece[] = [];
  for (let done = 0; done < width; ) {
    const count = Math.min(8 - ((bit + done) % 8), width - done);
    out.push({ source, bit: bit + done, low: low + done, width: count });
    done += count;
  }
  return out;
}

/** A byte that each lane takes, what is kept of it, and by how much all of them are shifted to their place in the code. */
interface Move {
  readonly source: number;
  readonly shift: number;
  readonly bytes: (number | null)[];
  readonly masks: number[];
}

/**
 * Sixteen codes of at most 8 bits as a `u8x16`, or null where their bits do not lie near enough to each other.
 * Every piece of a code is a byte brought to its lane, shifted by what is the same for many lanes, and masked.
 */
export function sixteenCodes(b: Builder, places: readonly Place[]): number | null {
  const moves: Move[] = [];
  for (const [lane, { pieces, digit }] of places.entries()) {
    if (digit !== null) return null;
    for (const piece of pieces.flatMap(inBytes)) {
      if (piece.low + piece.width > 8) return null;
      const shift = piece.low - (piece.bit % 8);
      let move = moves.find((m) => m.source === piece.source && m.shift === shift && m.bytes[lane] === null);
      if (move === undefined) {
        move = { source: piece.source, shift, bytes: new Array(16).fill(null), masks: new Array(16).fill(0) };
        moves.push(move);
      }
      move.bytes[lane] = Math.floor(piece.bit / 8);
      move.masks[lane] = (2 ** piece.width - 1) << piece.low;
    }
  }
  if (moves.length === 0) return null;
  const starts = windows(moves);
  if (starts === null) return null;
  let codes: number | null = null;
  for (const [m, move] of moves.entries()) {
    const start = starts[m]!;
    const lanes = move.bytes.map((byte) => (byte === null ? 255 : byte - start));
    let value = b.add({ op: 'load16', type: 'u8x16', source: move.source, offset: start });
    if (lanes.some((from, lane) => from !== lane && from !== 255))
      value = b.add({ op: 'swizzle', type: 'u8x16', args: [value], lanes });
    if (move.shift !== 0) value = b.add({ op: 'shift', type: 'u8x16', args: [value], by: move.shift });
    value = b.bytes('b_and', value, move.masks);
    codes = codes === null ? value : b.add({ op: 'b_or', type: 'u8x16', args: [codes, value] });
  }
  return codes;
}

/** The first byte that each move loads: one for all moves of a source where sixteen bytes hold them. */
function windows(moves: readonly Move[]): number[] | null {
  const spanOf = (some: readonly Move[]) => {
    const bytes = some.flatMap((move) => move.bytes.filter((byte) => byte !== null));
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
