/** Bits → one code: from the bytes that hold it, or as a digit of a word. Sixteen at a time: `sixteen-codes.ts`. */
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

/** Pieces cut so that each stands in one byte. */
export function inBytes({ source, bit, low, width }: Piece): Piece[] {
  const out: Piece[] = [];
  for (let done = 0; done < width; ) {
    const count = Math.min(8 - ((bit + done) % 8), width - done);
    out.push({ source, bit: bit + done, low: low + done, width: count });
    done += count;
  }
  return out;
}
