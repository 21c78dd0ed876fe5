/**
 * The tiles of a unit: loops over them, and values that stand once for each.
 *
 * Loops go from the widest tiles to the narrowest, through every width that the format has, so that what belongs to a block is read
 * once for the block.
 */
import type { Geometry } from '@fewerbits/format';
import type { At } from '../ir.ts';
import { NoKernel } from '../no-kernel.ts';
import { fixed, plus, tileOf, times } from './at.ts';
import type { Nest } from './nest.ts';

export interface Tiles {
  /** Which tile of a width a weight lies in. @throws NoKernel where loops run across tiles. */
  index(at: At, width: number): At;
  /** The first weight of that tile. */
  start(at: At, width: number): At;
  /** Whether both are known for every width of the format. */
  isPlaced(at: At): boolean;
  /** A loop over the first weights of all tiles of a width. */
  forEach(width: number, body: (start: At) => void): void;
  /** Values for each tile of a width, given its first weight: kept, and read for the tile of any weight. */
  keep(width: number, fill: (start: At) => readonly number[]): (at: At) => readonly number[];
  /** Widths at which a loop over weights must change over, widest first. */
  readonly widths: readonly number[];
}

export function tilesOf(b: Nest, geometry: Geometry, unitWidth: number): Tiles {
  const inUnit = [...geometry.tilings.values()]
    .filter(({ height, width }) => height === 1 && width <= unitWidth && unitWidth % width === 0)
    .map(({ width }) => width);
  const widths = [...new Set([unitWidth, ...inUnit, 1])].sort((p, q) => q - p);
  const nested = widths.every((width, k) => k === 0 || widths[k - 1]! % width === 0);
  if (!nested) throw new NoKernel('its blocks do not lie inside each other');

  const index = (at: At, width: number): At => {
    const tile = tileOf(at, width, b.turns);
    if (tile === null) throw new NoKernel('its bytes and its blocks follow each other in different ways');
    return tile;
  };
  const forEach: Tiles['forEach'] = (width, body) => {
    const chain = widths.filter((w) => w >= width);
    const go = (k: number, start: At): void => {
      if (k + 1 === chain.length) {
        body(start);
        return;
      }
      const inner = chain[k + 1]!;
      b.loop(chain[k]! / inner, (turn) => go(k + 1, plus(start, times(turn, inner))));
    };
    go(0, fixed(0));
  };
  return {
    widths,
    index,
    start: (at, width) => times(index(at, width), width),
    isPlaced: (at) => widths.every((width) => tileOf(at, width, b.turns) !== null),
    forEach,
    keep: (width, fill) => {
      const count = unitWidth / width;
      if (count === 1) {
        const values = b.outside(fixed(0), () => fill(fixed(0)));
        return () => values;
      }
      const arrays: number[] = [];
      b.outside(fixed(0), () =>
        forEach(width, (start) => {
          for (const [k, value] of fill(start).entries()) {
            arrays[k] ??= b.array(b.typeOf(value) === 'i32' ? 'i32' : 'f32', count);
            b.put(arrays[k], index(start, width), value);
          }
        }),
      );
      return (at) => arrays.map((array) => b.get(array, index(at, width)));
    },
  };
}
