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

/** Numbers that loops move, the first weight among them, and the codes that are read there. */
export interface Moving {
  readonly index: number;
  readonly tiles: readonly number[];
  readonly parts: readonly Part[];
}

interface Spot {
  readonly source: number;
  readonly byte: number;
}

function spotKey(part: number, source: number, piece: number): string {
  return `${part}/${source}/${piece}`;
}

function spotsOf({ parts }: Moving): ReadonlyMap<string, Spot> {
  const spots = new Map<string, Spot>();
  for (const [part, { places }] of parts.entries())
    for (const { pieces } of places)
      for (const [k, { source, bit }] of pieces.entries()) {
        const key = spotKey(part, source, k);
        if (!spots.has(key)) spots.set(key, { source, byte: Math.floor(bit / 8) });
      }
  return spots;
}

/** What loops move of an item: its weight, its tiles, the first byte of each spot. */
export function placesOf(item: Moving): readonly number[] {
  return [item.index, ...item.tiles, ...[...spotsOf(item).values()].map(({ byte }) => byte)];
}

/** A text that items share that are the same but for their places. */
export function shapeOf(item: Moving): string {
  const spots = spotsOf(item);
  const partTexts = item.parts.map(({ field, places }, part) => {
    const within = field.numberAt(0).dimension > 1 ? item.index % field.tiling.width : 0;
    const texts = places.map(({ pieces, digit }) => {
      const bits = pieces.map(({ source, bit, low, width }, k) => {
        const key = spotKey(part, source, k);
        return `${key} ${Math.floor(bit / 8) - spots.get(key)!.byte} ${bit % 8} ${low} ${width}`;
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

/** @param by how far loops move each of the item's places */
export function movedBy(b: Nest, item: Moving, by: readonly At[]): Moved {
  const before = 1 + item.tiles.length;
  const sources: { readonly key: string; readonly source: number; readonly at: At }[] = [];
  const alike = new Map<string, number>();
  for (const [k, [key, { source }]] of [...spotsOf(item)].entries()) {
    const at = by[before + k]!;
    const own = `${source} ${keyOfAt(at)}`;
    const known = sources.findIndex((other) => other.key === own);
    alike.set(key, known >= 0 ? known : sources.push({ key: own, source, at }) - 1);
  }
  const reader: Builder = {
    ...b,
    add: (value) => {
      if (value.op !== 'load' && value.op !== 'load16') return b.add(value);
      const { source, at } = sources[value.source]!;
      const place = plus(fixed(value.offset), at);
      return value.op === 'load' ? b.read(source, place, value.bytes) : b.read16(source, place);
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
        pieces: pieces.map((piece, k) => ({
          ...piece,
          source: alike.get(spotKey(part, piece.source, k))!,
        })),
      })),
    })),
  };
}
