/** Items in loops inside each other, so that as few of them as can be are written. */
import type { At } from '../ir.ts';
import { fixed, plus } from './at.ts';
import { copiesOf, inLoops, type Nest } from './nest.ts';
import { type Counted, runsOf } from './runs.ts';

/** An item, or patterns that loops repeat. */
export type Pattern<T> =
  | { readonly item: T }
  | { readonly loops: readonly Counted[]; readonly patterns: readonly Pattern<T>[] };

/** An item, where it stands (what loops move), and a text that items share that are the same but for their places. */
export interface Placed<T> {
  readonly item: T;
  readonly places: readonly number[];
  readonly shape: string;
}

/** Items as patterns: runs, and runs in what repeats. */
export function patternsOf<T>(items: readonly Placed<T>[]): Pattern<T>[] {
  const runs = runsOf(
    items,
    ({ places }) => places,
    ({ shape }) => shape,
  );
  return runs.map(({ start, period, loops }): Pattern<T> => {
    const repeated = items.slice(start, start + period);
    if (loops.length === 0) return { item: repeated[0]!.item };
    return { loops, patterns: period === 1 ? [{ item: repeated[0]!.item }] : patternsOf(repeated) };
  });
}

/** How many items are written, where a turn has at least `atOnce` of them if they divide so; and in how many loops. */
export function sizeOf<T>(patterns: readonly Pattern<T>[], atOnce: number): { items: number; loops: number } {
  let [items, loops] = [0, 0];
  for (const pattern of patterns) {
    if ('item' in pattern) {
      items++;
      continue;
    }
    const inside = sizeOf(pattern.patterns, atOnce);
    const { turns } = pattern.loops.at(-1)!;
    const copies = copiesOf(turns, Math.floor(atOnce / pattern.patterns.length));
    items += inside.items * copies;
    loops += copies * inside.loops + pattern.loops.length - (copies === turns ? 1 : 0);
  }
  return { items, loops };
}

/** Writes patterns; `body` takes an item and how far loops move each of its places. */
export function writePatterns<T>(
  b: Nest,
  patterns: readonly Pattern<T>[],
  places: number,
  atOnce: number,
  body: (item: T, moved: readonly At[]) => void,
): void {
  const go = (some: readonly Pattern<T>[], outer: readonly At[]): void => {
    for (const pattern of some) {
      if ('item' in pattern) {
        body(pattern.item, outer);
        continue;
      }
      const copies = Math.floor(atOnce / pattern.patterns.length);
      inLoops(b, pattern.loops, pattern.loops[0]!.by.length, copies, (inner) =>
        go(
          pattern.patterns,
          outer.map((at, n) => (inner[n] === undefined ? at : plus(at, inner[n]))),
        ),
      );
    }
  };
  go(patterns, new Array<At>(places).fill(fixed(0)));
}
