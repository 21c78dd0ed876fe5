/**
 * Format → the kernel that decodes one unit of it in loops, a weight at a time: short, and what targets without vectors run.
 *
 * Levels of blocks come first, into scratch arrays; then the weights, in the order in which their codes lie in memory, so that codes
 * of one byte are taken from it together. Equals the interpreter bit for bit (testkit's target matrix).
 */
import { type Expr, type Format, fieldsRead, readsData, type StoredField } from '@fewerbits/format';
import type { Builder } from '../builder.ts';
import type { At, LoopKernel } from '../ir.ts';
import { fixed, plus } from '../loops/at.ts';
import { inLoops, makeNest, type Nest } from '../loops/nest.ts';
import { cutAt, runsOf } from '../loops/runs.ts';
import { tilesOf } from '../loops/tiles.ts';
import { withoutData } from '../loops/without-data.ts';
import { NoKernel } from '../no-kernel.ts';
import { pruneLoops } from '../prune.ts';
import type { Place, Unit } from '../unit.ts';
import { codeOf } from './codes.ts';
import { decodableUnit } from './decode.ts';
import { lowerCall } from './expression.ts';
import { levelOfCode, levelTable } from './levels.ts';
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
  return pruneLoops<LoopKernel>({ kind: 'decode', ...programOf(format.name, unit, b), ...b.finish() });
}

/** So many weights at least in a turn, where they divide so: engines spend as long on a turn as on two or three weights. */
const AT_ONCE = 8;

/** Something of the unit, and where the codes of some fields stand for it. */
interface Item {
  readonly index: number;
  readonly places: readonly Place[];
}

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
    (_, index): Item => ({ index, places: fine.map((field) => unit.placeOf(field, index)) }),
  ).sort((p, q) => positionOf(p) - positionOf(q) || p.index - q.index);

  /** A code of a fine field, for a weight of a pattern that loops move. */
  const levelOf = (field: StoredField, item: Item, moved: readonly At[]): number => {
    const own = fine.indexOf(field);
    const before = item.places.slice(0, own).reduce((sum, { pieces }) => sum + pieces.length, 1);
    const number = field.numberAt(0);
    const code = movedCode(b, item.places[own]!, field.radix, moved.slice(before));
    if (number.dimension === 1) return levelOfCode(b, number, code);
    const at = b.integer('i_mul', code, b.int(number.dimension));
    const table = b.table(levelTable(number));
    return b.add({ op: 'table', type: 'f32', table, args: [at], offset: item.index % field.tiling.width });
  };
  const evaluate = (e: Expr, item: Item, moved: readonly At[]): number => {
    const go = (inner: Expr): number => evaluate(inner, item, moved);
    const at = plus(fixed(item.index), moved[0]!);
    if (!readsData(e)) return withoutData(b, e, at, geometry, unit.width);
    switch (e.op) {
      case 'field': {
        const levels = coarse.get(e.name);
        if (levels === undefined) return levelOf(fine.find(({ name }) => name === e.name)!, item, moved);
        const { width } = fields.find(({ name }) => name === e.name)!.tiling;
        return levels(width >= unit.width ? fixed(0) : tiles.index(at, width));
      }
      case 'neg':
        return b.unary('neg', go(e.of));
      case 'call':
        return lowerCall(e.name, e.args.map(go), b)!;
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'eq':
      case 'ne':
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
        return b.binary(e.op, go(e.left), go(e.right));
      default:
        throw new NoKernel(`its value has the operation ${e.op}`);
    }
  };
  eachInLoops(b, weights, fine, tiles.widths, (item, moved) =>
    b.give(plus(fixed(item.index), moved[0]!), evaluate(expr, item, moved)),
  );
}

/** The levels of a field of blocks, by the block in the unit. */
function levelsOfTiles(b: Nest, unit: Unit, field: StoredField): (tile: At) => number {
  const { width } = field.tiling;
  const number = field.numberAt(0);
  const level = (place: Place, moved: readonly At[]): number =>
    levelOfCode(b, number, movedCode(b, place, field.radix, moved));
  if (width >= unit.width) {
    const place = unit.placeOf(field, 0);
    const value = level(place, new Array<At>(place.pieces.length).fill(fixed(0)));
    return () => value;
  }
  const items = Array.from(
    { length: unit.width / width },
    (_, index): Item => ({ index, places: [unit.placeOf(field, index * width)] }),
  );
  const array = b.array('f32', items.length);
  eachInLoops(b, items, [field], [], (item, moved) =>
    b.put(array, plus(fixed(item.index), moved[0]!), level(item.places[0]!, moved.slice(1))),
  );
  return (tile) => b.get(array, tile);
}

/** Items in loops; `body` takes an item of a pattern and how far loops move its index and each of its pieces. */
function eachInLoops(
  b: Nest,
  items: readonly Item[],
  fields: readonly StoredField[],
  widths: readonly number[],
  body: (item: Item, moved: readonly At[]) => void,
): void {
  const piecesOf = ({ places }: Item) => places.flatMap(({ pieces }) => pieces);
  const placesOf = (item: Item): readonly number[] => [
    item.index,
    ...piecesOf(item).map(({ bit }) => Math.floor(bit / 8)),
  ];
  const shapeOf = (item: Item): string =>
    item.places
      .map(({ pieces, digit }, k) => {
        const within = fields[k]!.numberAt(0).dimension > 1 ? item.index % fields[k]!.tiling.width : 0;
        const texts = pieces.map(({ source, bit, low, width }) => `${source} ${bit % 8} ${low} ${width}`);
        return `${within} ${digit?.index} ${texts}`;
      })
      .join(';');
  for (const { start, period, loops } of runsOf(items, placesOf, shapeOf)) {
    const pattern = items.slice(start, start + period);
    inLoops(
      b,
      cutAt(loops, widths),
      placesOf(pattern[0]!).length,
      b.short ? 1 : Math.floor(AT_ONCE / period),
      (moved) => {
        for (const item of pattern) body(item, moved);
      },
    );
  }
}

/** Where a weight's first code lies. */
function positionOf({ places }: Item): number {
  const piece = places[0]?.pieces[0];
  return piece === undefined ? 0 : piece.source * 2 ** 32 + piece.bit;
}

/** A code whose pieces loops move, each by its own bytes. */
function movedCode(b: Nest, { pieces, digit }: Place, radix: number, moved: readonly At[]): number {
  const at = (k: number): Builder => ({
    ...b,
    add: (value) =>
      value.op === 'load'
        ? b.read(value.source, plus(fixed(value.offset), moved[k]!), value.bytes)
        : b.add(value),
  });
  if (digit !== null) return codeOf(at(0), { pieces, digit }, radix);
  const parts = pieces.map((piece, k) => codeOf(at(k), { pieces: [piece], digit }, radix));
  return parts.length === 0 ? b.int(0) : parts.reduce((p, q) => b.integer('i_or', p, q));
}
