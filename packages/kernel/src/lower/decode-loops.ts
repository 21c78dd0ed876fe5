/**
 * Format → the kernel that decodes one unit of it in loops, a weight at a time: short, and what targets without vectors run.
 *
 * Levels of blocks come first, into scratch arrays; then the weights, in the order in which their codes lie in memory, so that codes
 * of one byte are taken from it together. Equals the interpreter bit for bit (testkit's target matrix).
 */
import { type Expr, type Format, fieldsRead, type StoredField } from '@fewerbits/format';
import type { Builder } from '../builder.ts';
import type { At, LoopKernel } from '../ir.ts';
import { fixed } from '../loops/at.ts';
import { inLoops, makeNest, type Nest } from '../loops/nest.ts';
import { cutAt, runsOf } from '../loops/runs.ts';
import { tilesOf } from '../loops/tiles.ts';
import { withoutData } from '../loops/without-data.ts';
import { NoKernel } from '../no-kernel.ts';
import { pruneLoops } from '../prune.ts';
import type { Unit } from '../unit.ts';
import { codeOf } from './codes.ts';
import { decodableUnit } from './decodable.ts';
import { lowerExpression } from './expression.ts';
import { levelOfCode, levelTable } from './levels.ts';
import { type Moved, type Moving, movedBy, type Part, placesOf, shapeOf } from './moving.ts';
import { programOf } from './program.ts';

/**
 * The kernel that decodes a format in loops, or in a few words why there is none.
 * @param written `fast`: several weights in a turn of a loop; `short`: as few as the layout lets
 */
export function decodeLoops(format: Format, written: 'fast' | 'short' = 'fast'): LoopKernel | string {
  const decodable = decodableUnit(format);
  if (typeof decodable === 'string') return decodable;
  const { unit, expr } = decodable;
  const b = makeNest(written === 'short');
  try {
    lowerUnit(b, unit, expr);
  } catch (error) {
    if (error instanceof NoKernel) return error.message;
    throw error;
  }
  return pruneLoops<LoopKernel>({
    kind: 'decode',
    lanes: 1,
    ...programOf(format.name, unit, b),
    ...b.finish(),
  });
}

/** So many weights at least in a turn, where they divide so: engines spend as long on a turn as on two or three weights. */
const AT_ONCE = 8;

function lowerUnit(b: Nest, unit: Unit, expr: Expr): void {
  const { geometry, fields } = unit.plan;
  const tiles = tilesOf(b, geometry, unit.width);
  const read = fields.filter(({ name }) => fieldsRead(expr).has(name));
  const isFine = (field: StoredField): boolean => field.tiling.width === 1 || field.numberAt(0).dimension > 1;
  const coarse = new Map(
    read.filter((field) => !isFine(field)).map((field) => [field.name, levelsOfTiles(b, unit, field)]),
  );
  const fine = read.filter(isFine);
  const weights = Array.from(
    { length: unit.width },
    (_, index): Moving => ({
      index,
      tiles: [],
      parts: fine.map((field) => ({ field, places: [unit.placeOf(field, index)] })),
    }),
  ).sort((p, q) => positionOf(p) - positionOf(q) || p.index - q.index);

  /** A code of a fine field, for a weight of a pattern that loops move. */
  const levelOf = ({ field, places }: Part, item: Moving, reader: Builder): number => {
    const number = field.numberAt(0);
    const code = codeOf(reader, places[0]!, field.radix);
    if (number.dimension === 1) return levelOfCode(b, number, code);
    const at = b.integer('i_mul', code, b.int(number.dimension));
    const table = b.table(levelTable(number));
    return b.add({ op: 'table', type: 'f32', table, args: [at], offset: item.index % field.tiling.width });
  };
  eachInLoops(b, weights, tiles.widths, (item, { index, parts, reader }) => {
    const value = lowerExpression(expr, {
      b,
      withoutData: (e) => withoutData(b, e, index, geometry, unit.width),
      field: (name) => {
        const levels = coarse.get(name);
        if (levels === undefined)
          return levelOf(parts.find(({ field }) => field.name === name)!, item, reader);
        const { width } = fields.find((field) => field.name === name)!.tiling;
        return levels(width >= unit.width ? fixed(0) : tiles.index(index, width));
      },
    });
    b.give(index, value);
  });
}

/** The levels of a field of blocks, by the block in the unit. */
function levelsOfTiles(b: Nest, unit: Unit, field: StoredField): (tile: At) => number {
  const { width } = field.tiling;
  const items = Array.from(
    { length: Math.max(1, unit.width / width) },
    (_, index): Moving => ({
      index,
      tiles: [],
      parts: [{ field, places: [unit.placeOf(field, index * width)] }],
    }),
  );
  const level = ({ reader, parts }: Moved): number =>
    levelOfCode(b, field.numberAt(0), codeOf(reader, parts[0]!.places[0]!, field.radix));
  if (items.length === 1) {
    const [item] = items as [Moving];
    const value = level(movedBy(b, item, new Array<At>(placesOf(item).length).fill(fixed(0))));
    return () => value;
  }
  const array = b.array('f32', items.length);
  eachInLoops(b, items, [], (_, moved) => b.put(array, moved.index, level(moved)));
  return (tile) => b.get(array, tile);
}

/** Items in loops, cut at tiles; `body` takes an item of a pattern and where loops have moved it. */
function eachInLoops(
  b: Nest,
  items: readonly Moving[],
  widths: readonly number[],
  body: (item: Moving, moved: Moved) => void,
): void {
  for (const { start, period, loops } of runsOf(items, placesOf, shapeOf)) {
    const pattern = items.slice(start, start + period);
    const places = placesOf(pattern[0]!).length;
    inLoops(b, cutAt(loops, widths), places, b.short ? 1 : Math.floor(AT_ONCE / period), (by) => {
      for (const item of pattern) body(item, movedBy(b, item, by));
    });
  }
}

/** Where a weight's first code lies. */
function positionOf({ parts }: Moving): number {
  const piece = parts[0]?.places[0]?.pieces[0];
  return piece === undefined ? 0 : piece.source * 2 ** 32 + piece.bit;
}
