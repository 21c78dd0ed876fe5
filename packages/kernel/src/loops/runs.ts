/** Items that repeat at places that move on evenly, as loops. */

/** A loop: its turns, and how far each of an item's places moves from turn to turn. */
export interface Counted {
  readonly turns: number;
  readonly by: readonly number[];
}

/** `period` items from `start` on, repeated by loops (outermost first; none: they stand once). */
export interface RunOfItems {
  readonly start: number;
  readonly period: number;
  readonly loops: readonly Counted[];
}

/** Longer patterns are not looked for. */
const LONGEST_PERIOD = 16;

/**
 * Items cut into runs, greedily: from each item on the pattern that spares most, the shortest among equals.
 * @param placesOf where an item stands: what loops move
 * @param shapeOf a text that items share that are the same but for their places
 */
export function runsOf<T>(
  items: readonly T[],
  placesOf: (item: T) => readonly number[],
  shapeOf: (item: T) => string,
): RunOfItems[] {
  const places = items.map(placesOf);
  const shapes = items.map(shapeOf);
  /** Whether the items from `next` on are those from `start` on, all moved alike. */
  const repeats = (start: number, next: number, period: number): boolean => {
    for (let k = 0; k < period; k++) {
      if (shapes[start + k] !== shapes[next + k]) return false;
      const [own, other] = [places[start + k]!, places[next + k]!];
      for (let n = 0; n < own.length; n++)
        if (other[n]! - own[n]! !== places[next]![n]! - places[start]![n]!) return false;
    }
    return true;
  };
  const runs: RunOfItems[] = [];
  for (let start = 0; start < items.length; ) {
    let best: RunOfItems = { start, period: 1, loops: [] };
    let covered = 1;
    const most = Math.min(LONGEST_PERIOD, Math.floor((items.length - start) / 2));
    for (let period = 1; period <= most; period++) {
      const starts = [places[start]!];
      for (let next = start + period; next + period <= items.length; next += period) {
        if (!repeats(start, next, period)) break;
        starts.push(places[next]!);
      }
      const loops = loopsOf(starts);
      const count = period * loops.reduce((product, { turns }) => product * turns, 1);
      if (count - period <= covered - best.period) continue;
      best = { start, period, loops };
      covered = count;
    }
    runs.push(best);
    start += covered;
  }
  return runs;
}

/** Loops that go through as many of the places as loops can, in order, from the first on. */
function loopsOf(places: readonly (readonly number[])[]): Counted[] {
  if (places.length < 2) return [];
  const by = places[0]!.map((first, n) => places[1]![n]! - first);
  const isEven = (from: number, turns: number): boolean => {
    for (let k = 1; k < turns; k++)
      for (let n = 0; n < by.length; n++)
        if (places[from + k]![n] !== places[from]![n]! + k * by[n]!) return false;
    return true;
  };
  let turns = 2;
  while (turns < places.length && isEven(0, turns + 1)) turns++;
  const starts: (readonly number[])[] = [];
  for (let from = 0; from + turns <= places.length && isEven(from, turns); from += turns)
    starts.push(places[from]!);
  return [...loopsOf(starts), { turns, by }];
}

/**
 * The same loops, cut where one runs through tiles of a width: a loop over tiles around one inside a tile.
 * @param widths of tiles, by an item's first place, widest first
 */
export function cutAt(loops: readonly Counted[], widths: readonly number[]): Counted[] {
  return loops.flatMap(({ turns, by }) => {
    const [step] = by as [number];
    const all = turns * step;
    const width = widths.find((w) => step > 0 && w % step === 0 && w > step && all > w && all % w === 0);
    if (width === undefined) return [{ turns, by }];
    const inner = width / step;
    return [
      ...cutAt([{ turns: turns / inner, by: by.map((move) => move * inner) }], widths),
      ...cutAt([{ turns: inner, by }], widths),
    ];
  });
}
