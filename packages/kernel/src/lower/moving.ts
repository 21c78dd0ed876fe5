/**
 * Something of a unit that repeats at places that move on evenly, and a builder that reads where loops move them.
 *
 * What loops may move apart is a spot: the pieces of one kind that the codes of a field have in one source (nibbles and high bits of
 * one stream are two). Within a spot bytes keep their distances, so whatever takes codes from bytes needs not know of loops.
 */
import type { StoredField } from '@fewerbits/format';
import type { Builder } from '../builder.ts';
import type { At } from '../ir.ts';
import { fixed, keyOfAt, plus } from '../loops/at.ts';
import type { Nest } from '../loops/nest.ts';
import type { Place } from '../unit.ts';

/** Codes of a field, in an order that items share. */
export interface Part {
  readonly field: StoredField;
  readonly places: readonly Place[];
}

/**
 * Numbers that loops move, the first weight among them, and the codes that are read there.
 *
 * Where an item `slides`, loops also move the bit at which a spot's pieces start in their bytes, if that is one bit for all of them and
 * they are the narrower pieces of their codes: for the others, which change with the byte, a shift that is known costs less.
 */
export interface Moving {
  readonly index: number;
  readonly tiles: readonly number[];
  readonly parts: readonly Part[];
  readonly slides?: boolean;
}

interface Spot {
  readonly source: number;
  readonly byte: number;
  /** The bit at which all pieces start, each within its byte, if loops may move it; else null. */
  bit: number | null;
}

/** Whether pieces of a width are narrower than others of their code. */
function isNarrow(pieces: Place['pieces'], width: number): boolean {
  return pieces.some((other) => other.width > width);
}

/** Whether codes like this one have pieces that loops could move where items slide. */
export function maySlide({ pieces }: Place): boolean {
  return pieces.some(({ width }) => isNarrow(pieces, width));
}

function spotKey(part: number, source: number, piece: number): string {
  return `${part}/${source}/${piece}`;
}

function spotsOf({ parts, slides = false }: Moving): ReadonlyMap<string, Spot> {
  const spots = new Map<string, Spot>();
  for (const [part, { places }] of parts.entries())
    for (const { pieces, digit } of places)
      for (const [k, { source, bit, width }] of pieces.entries()) {
        const key = spotKey(part, source, k);
        const own = bit % 8;
        const spot: Spot = spots.get(key) ?? {
          source,
          byte: Math.floor(bit / 8),
          bit: slides && isNarrow(pieces, width) ? own : null,
        };
        if (spot.bit !== own || own + width > 8 || width === 8 || digit !== null) spot.bit = null;
        spots.set(key, spot);
      }
  return spots;
}

/** What loops move of an item: its weight, its tiles, the first byte of each spot and the bit where codes start. */
export function placesOf(item: Moving): readonly number[] {
  const spots = [...spotsOf(item).values()];
  return [item.index, ...item.tiles, ...spots.flatMap(({ byte, bit }) => [byte, bit ?? 0])];
}

/** A text that items share that are the same but for their places. */
export function shapeOf(item: Moving): string {
  const spots = spotsOf(item);
  const partTexts = item.parts.map(({ field, places }, part) => {
    const within = field.numberAt(0).dimension > 1 ? item.index % field.tiling.width : 0;
    const texts = places.map(({ pieces, digit }) => {
      const bits = pieces.map(({ source, bit, low, width }, k) => {
        const key = spotKey(part, source, k);
        const spot = spots.get(key)!;
        return `${key} ${Math.floor(bit / 8) - spot.byte} ${spot.bit === null ? bit % 8 : 'any'} ${low} ${width}`;
      });
      return `${digit?.index}: ${bits}`;
    });
    return `${within} ${texts.join(';')}`;
  });
  return partTexts.join('|');
}

/** An item of a pattern where loops have moved it. */
export interface Moved {
  readonly index: At;
  readonly tiles: readonly At[];
  /** Builds what reads the places below: its sources are those of spots that move alike. */
  readonly reader: Builder;
  readonly parts: readonly Part[];
}

/** Bytes of a source where loops move them, shifted `down` before anything is taken from them. */
interface Slid {
  readonly key: string;
  readonly source: number;
  readonly at: At;
  readonly down: At | null;
}

/** @param by how far loops move each of the item's places */
export function movedBy(b: Nest, item: Moving, by: readonly At[]): Moved {
  const before = 1 + item.tiles.length;
  const sources: Slid[] = [];
  const slid = new Map<string, { readonly source: number; readonly bits: number }>();
  for (const [k, [key, { source, bit }]] of [...spotsOf(item)].entries()) {
    const at = by[before + 2 * k]!;
    const { base, steps } = by[before + 2 * k + 1]!;
    // Items of a pattern share what loops add; no shift goes below 0.
    const start = bit !== null && steps.some((step) => step.by < 0) ? bit + base : 0;
    const down = steps.length > 0 ? { base: start, steps } : null;
    const own = `${source} ${keyOfAt(at)} ${down === null ? '' : keyOfAt(down)}`;
    const known = sources.findIndex((other) => other.key === own);
    slid.set(key, {
      source: known >= 0 ? known : sources.push({ key: own, source, at, down }) - 1,
      bits: base - start,
    });
  }
  const reader: Builder = {
    ...b,
    add: (value) => {
      if (value.op !== 'load' && value.op !== 'load16') return b.add(value);
      const { source, at, down } = sources[value.source]!;
      const place = plus(fixed(value.offset), at);
      if (value.op === 'load') {
        const word = b.read(source, place, value.bytes);
        return down === null ? word : b.integer('i_shr', word, b.placed(down));
      }
      const bytes = b.read16(source, place);
      return down === null ? bytes : b.add({ op: 'down', type: 'u8x16', args: [bytes, b.placed(down)] });
    },
  };
  return {
    index: plus(fixed(item.index), by[0]!),
    tiles: item.tiles.map((tile, k) => plus(fixed(tile), by[1 + k]!)),
    reader,
    parts: item.parts.map(({ field, places }, part) => ({
      field,
      places: places.map(({ pieces, digit }) => ({
        digit,
        pieces: pieces.map((piece, k) => {
          const { source, bits } = slid.get(spotKey(part, piece.source, k))!;
          return { ...piece, source, bit: piece.bit + bits };
        }),
      })),
    })),
  };
}
