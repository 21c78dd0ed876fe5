/**
 * Format → the kernel that decodes one unit of it four weights at a time: what targets with vectors run.
 *
 * Weights go sixteen at a time, whose codes of up to 8 bits are taken from their bytes at once; anything else (wide codes, some digits)
 * is read one by one and joined. Sixteens that are alike but for their places are written once, in loops; a small unit is a straight
 * line. Equals the interpreter bit for bit (testkit's target matrix).
 */
import { type Expr, type Format, fieldsRead, type StoredField } from '@fewerbits/format';
import type { At, LoopKernel } from '../ir.ts';
import { fixed, plus } from '../loops/at.ts';
import { makeNest, type Nest } from '../loops/nest.ts';
import { type Pattern, type Placed, patternsOf, sizeOf, writePatterns } from '../loops/patterns.ts';
import { withoutData } from '../loops/without-data.ts';
import { pruneLoops } from '../prune.ts';
import type { Unit } from '../unit.ts';
import { codeOf } from './codes.ts';
import { decodableUnit } from './decodable.ts';
import { lowerExpression } from './expression.ts';
import { areIntegers, levelOfCode, levelsOfCodes, levelTable } from './levels.ts';
import { type Moved, type Moving, maySlide, movedBy, type Part, placesOf, shapeOf } from './moving.ts';
import { programOf } from './program.ts';
import { sixteenCodes, sixteenDigits } from './sixteen-codes.ts';

const SIXTEEN = 16;

/** Sixteens that are few: of a small unit, and of a turn that has several. */
const FEW = 4;

/**
 * Sixteens that a turn has at least, where they divide so. Turns cost next to nothing; but sums over a small unit are faster in a
 * straight line, two sixteens of plain integers are soon done, and single integers, by which fours are looked up or bytes are shifted,
 * had better serve several.
 */
function atOnceFor(
  { width }: Unit,
  fields: readonly StoredField[],
  inOrder: boolean,
  slides: boolean,
): number {
  if (inOrder) return width <= FEW * SIXTEEN ? FEW : 1;
  const isLight = fields.every((field) => isCoarse(field) || areIntegers(field.numberAt(0)));
  if (isLight && width <= 2 * SIXTEEN) return 2;
  const looksUpFours = fields.some((field) => field.numberAt(0).dimension > 1);
  return slides || looksUpFours ? FEW : 1;
}

/**
 * The kernel that decodes a format in vectors, or in a few words why there is none (the interpreter decodes it then).
 * @param inOrder gives weights from the first to the last, as sums of them want; else in whichever order is shortest
 */
export function decodeVectors(format: Format, inOrder = false): LoopKernel | string {
  const decodable = decodableUnit(format);
  if (typeof decodable === 'string') return decodable;
  const { unit, expr } = decodable;
  const b = makeNest();
  lowerUnit(b, unit, expr, inOrder);
  return pruneLoops<LoopKernel>({
    kind: 'decode',
    lanes: 4,
    ...programOf(format.name, unit, b),
    ...b.finish(),
  });
}

function lowerUnit(b: Nest, unit: Unit, expr: Expr, inOrder: boolean): void {
  const { geometry, fields } = unit.plan;
  const read = fields.filter(({ name }) => fieldsRead(expr).has(name));
  const { patterns, kept, atOnce } = arranged(unit, read, inOrder);
  const arrays = levelsOfTiles(b, unit, kept);
  writePatterns(b, patterns, most(patterns), atOnce, (item, by) => {
    const moved = movedBy(b, item, by);
    const levels = new Map(moved.parts.map((part) => [part.field.name, levelsOf(part, item, moved)]));
    for (const [k, field] of kept.entries()) levels.set(field.name, () => b.get(arrays[k]!, moved.tiles[k]!));
    for (let four = 0; four < SIXTEEN; four += 4) {
      const at = plus(moved.index, fixed(four));
      const value = lowerExpression(expr, {
        b,
        field: (name) => levels.get(name)!(four),
        withoutData: (e) => withoutData(b, e, at, geometry, unit.width, 'f32x4'),
      });
      b.give(at, b.splat(value));
    }
  });
}

/** The most places that an item has. */
function most(patterns: readonly Pattern<Moving>[]): number {
  return Math.max(
    ...patterns.map((pattern) =>
      'item' in pattern ? placesOf(pattern.item).length : most(pattern.patterns),
    ),
  );
}

function placed(item: Moving): Placed<Moving> {
  return { item, places: placesOf(item), shape: shapeOf(item) };
}

/** Whether sixteen weights lie in one tile and share its level. */
function isCoarse({ tiling, numberAt }: StoredField): boolean {
  return tiling.width % SIXTEEN === 0 && numberAt(0).dimension === 1;
}

/** How a unit is written. */
interface Arranged {
  readonly patterns: readonly Pattern<Moving>[];
  /** The fields of blocks whose levels are kept in arrays. */
  readonly kept: readonly StoredField[];
  /** Sixteens of a turn, at least. */
  readonly atOnce: number;
  readonly cost: number;
}

/** About how many values are written for a sixteen, for a level that it shares, for reading one that is kept, and for a loop. */
const COST = { sixteen: 30, level: 4, kept: 2, loop: 8 };

/**
 * The unit in sixteens, so that little needs to be written: in an order in which they repeat, and with those fields of blocks kept whose
 * codes do not move on as the codes of weights do.
 */
function arranged(unit: Unit, fields: readonly StoredField[], inOrder: boolean): Arranged {
  const coarse = fields.filter((field) => isCoarse(field) && field.tiling.width < unit.width);
  const itemOf = (index: number, kept: readonly StoredField[], slides: boolean): Moving => ({
    index,
    slides,
    tiles: kept.map(({ tiling }) => Math.floor(index / tiling.width)),
    parts: fields
      .filter((field) => !kept.includes(field))
      .map(
        (field): Part => ({
          field,
          places: Array.from({ length: isCoarse(field) ? 1 : SIXTEEN }, (_, k) =>
            unit.placeOf(field, index + k),
          ),
        }),
      ),
  });
  const best = (kept: readonly StoredField[], slides: boolean): Arranged => {
    const items = Array.from({ length: unit.width / SIXTEEN }, (_, k) =>
      placed(itemOf(SIXTEEN * k, kept, slides)),
    );
    const keeping = tilesOf(unit, kept)
      .map((apart) => ({ ...sizeOf(apart.patterns, 1), levels: apart.fields.length * COST.level }))
      .reduce((sum, { items, levels, loops }) => sum + levels * items + COST.loop * loops, 0);
    const atOnce = atOnceFor(unit, fields, inOrder, slides);
    const each = COST.sixteen + COST.level * (coarse.length - kept.length) + COST.kept * kept.length;
    const arrangedAs = (order: readonly Placed<Moving>[]): Arranged => {
      const patterns = patternsOf(order);
      const { items, loops } = sizeOf(patterns, atOnce);
      return { patterns, kept, atOnce, cost: items * each + loops * COST.loop + keeping };
    };
    return (inOrder ? [items] : ordersOf(items)).map(arrangedAs).reduce(cheaper);
  };
  const bestOf = (slides: boolean): Arranged => {
    let known = cheaper(best([], slides), best(coarse, slides));
    for (const field of coarse) {
      const others = known.kept.filter((other) => other !== field);
      if (others.length < known.kept.length) known = cheaper(known, best(others, slides));
    }
    return known;
  };
  const still = bestOf(false);
  const mayMove = fields.some((field) => maySlide(unit.placeOf(field, 0)));
  return mayMove ? cheaper(still, bestOf(true)) : still;
}

function cheaper(p: Arranged, q: Arranged): Arranged {
  return q.cost < p.cost ? q : p;
}

/** Sixteens in their own order, and in those of the bytes of each spot. */
function ordersOf(items: readonly Placed<Moving>[]): (readonly Placed<Moving>[])[] {
  const bitOf = ({ item }: Placed<Moving>, part: number, k: number): number => {
    const piece = item.parts[part]!.places[0]!.pieces[k];
    return piece === undefined ? 0 : piece.source * 2 ** 32 + piece.bit;
  };
  const byBytes = items[0]!.item.parts.flatMap(({ places }, part) =>
    places[0]!.pieces.map((_, k) => items.toSorted((p, q) => bitOf(p, part, k) - bitOf(q, part, k))),
  );
  return [...byBytes, items];
}

/** The levels of a field at four weights of sixteen: one that they share, or a vector. */
function levelsOf({ field, places }: Part, { index }: Moving, { reader }: Moved): (four: number) => number {
  const number = field.numberAt(0);
  const { width } = field.tiling;
  const code = (k: number): number => codeOf(reader, places[k]!, field.radix);
  const level = (k: number): number => levelOfCode(reader, number, code(k));
  if (isCoarse(field)) return () => level(0);
  let known: number | null | undefined;
  const sixteen = (): number | null => {
    if (known === undefined)
      known = sixteenCodes(reader, places) ?? sixteenDigits(reader, places, field.radix);
    return known;
  };
  return (four) => {
    if (number.dimension > 1) {
      const at = reader.integer('i_mul', code(four), reader.int(number.dimension));
      const table = reader.table(levelTable(number));
      return reader.add({ op: 'table', type: 'f32x4', table, args: [at], offset: (index + four) % width });
    }
    if (Math.floor((index + four) / width) === Math.floor((index + four + 3) / width)) return level(four);
    const codes = number.bits <= 8 ? sixteen() : null;
    if (codes !== null) return levelsOfCodes(reader, number, codes, four / 4);
    const args = [level(four), level(four + 1), level(four + 2), level(four + 3)] as const;
    return reader.add({ op: 'join', type: 'f32x4', args });
  };
}

/** The tiles of fields of blocks, those of one width together. */
function tilesOf(
  unit: Unit,
  fields: readonly StoredField[],
): { fields: readonly StoredField[]; patterns: readonly Pattern<Moving>[] }[] {
  return [...new Set(fields.map(({ tiling }) => tiling.width))].map((width) => {
    const alike = fields.filter(({ tiling }) => tiling.width === width);
    const items = Array.from(
      { length: unit.width / width },
      (_, index): Moving => ({
        index,
        tiles: [],
        parts: alike.map((field) => ({ field, places: [unit.placeOf(field, index * width)] })),
      }),
    );
    return { fields: alike, patterns: patternsOf(items.map(placed)) };
  });
}

/** Puts the levels of a field's tiles into an array, sixteen at a time; false where their codes do not let themselves be taken so. */
function putInVectors(b: Nest, unit: Unit, field: StoredField, array: number): boolean {
  const number = field.numberAt(0);
  const count = unit.width / field.tiling.width;
  if (number.bits > 8 || count % 4 !== 0) return false;
  for (let first = 0; first < count; first += SIXTEEN) {
    const places = Array.from({ length: SIXTEEN }, (_, k) =>
      unit.placeOf(field, Math.min(first + k, count - 1) * field.tiling.width),
    );
    const item: Moving = { index: 0, tiles: [], parts: [{ field, places }] };
    const { reader, parts } = movedBy(b, item, new Array<At>(placesOf(item).length).fill(fixed(0)));
    const before = b.values.length;
    const codes = sixteenCodes(reader, parts[0]!.places);
    if (codes === null || b.values.length - before > 2 * count) return false;
    for (let at = first; at < Math.min(count, first + SIXTEEN); at += 4)
      b.put(array, fixed(at), levelsOfCodes(reader, number, codes, (at - first) / 4));
  }
  return true;
}

/** Arrays of the levels of fields of blocks, by the block in the unit. */
function levelsOfTiles(b: Nest, unit: Unit, kept: readonly StoredField[]): number[] {
  const arrays = kept.map(({ tiling }) => b.array('f32', unit.width / tiling.width));
  for (const { fields, patterns } of tilesOf(unit, kept)) {
    const single = fields.filter((field) => !putInVectors(b, unit, field, arrays[kept.indexOf(field)]!));
    if (single.length === 0) continue;
    writePatterns(b, patterns, most(patterns), 1, (item, by) => {
      const { index, reader, parts } = movedBy(b, item, by);
      for (const { field, places } of parts) {
        if (!single.includes(field)) continue;
        const code = codeOf(reader, places[0]!, field.radix);
        b.put(arrays[kept.indexOf(field)]!, index, levelOfCode(reader, field.numberAt(0), code));
      }
    });
  }
  return arrays;
}
