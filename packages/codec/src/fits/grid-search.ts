/**
 * The search for a scale under a grid of magnitudes: IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S.
 *
 * A component stands for an odd number, 2 · place + 1 of the grid's alphabet, whatever the levels are. Under each of
 * 2 · tries + 1 inverse scales values are rounded to odd numbers; a group that is no point of the grid moves to the best of the
 * nearest points; the scale by weighted least squares; the least error wins. Groups are then placed once more under the scale
 * found, which is fitted again. Binary32 in the order of ggml's C. Specification: docs/design/bit-layouts.md, "Grid types".
 */
import { roundHalfEven } from '@fewerbits/numerics';
import type { Reals } from '../values.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { type Grid, gridOf } from './grid.ts';

const f = Math.fround;

export const gridSearch: TileFit = {
  results: ['scale', 'codes'],
  hasCodes: true,
  perWeight: ['weight'],
  // The value that the highest place stands for in the middle try, and the scale to begin with.
  perTile: ['span', 'start'],
  constants: { tries: null, step: null, neighbours: null, tiny: 0 },
  // Which groups are placed once more: those that the best try moved, all if it moved any, or all.
  words: { again: ['moved', 'if_moved', 'all'] },
  numbers: ['levels'],
  run,
};

function run({ x, weights, tile, constants, words, numbers }: FitInput): FitResult {
  const { tries, step, neighbours, tiny } = constants as Record<
    'tries' | 'step' | 'neighbours' | 'tiny',
    number
  >;
  const grid = gridOf(numbers.levels!);
  const w = weights.weight!;
  const groups = groupsIn(x, grid);
  const highest = 2 * grid.alphabet.length - 1;

  let largest = x.length > 0 ? x[0]! : 0;
  for (let i = 1; i < x.length; i++) largest = Math.max(largest, x[i]!);
  const span = tile.span ?? largest;
  if (!(span > 0) || largest < tiny) return { reals: [0], codes: levelsOfZero(x.length, grid) };

  const roots = w.map((v) => Math.sqrt(v));
  /** Places one group under a scale; whether it had to move to the grid. */
  const placeGroup = (k: number, inverse: number, scale: number, places: Uint8Array): boolean => {
    const start = k * grid.dimension;
    roundToPlaces(x, start, inverse, grid, places);
    const point = grid.pointAt(places, start);
    if (grid.codeAt(point) >= 0) return false;
    moveTo(nearest(grid.near(point, neighbours), grid, x, roots, scale, start), grid, places, start);
    return true;
  };

  let scale = tile.start ?? f(span / highest);
  let best = 0;
  let places = new Uint8Array(x.length);
  let moved = new Uint8Array(groups).fill(words.again === 'if_moved' ? 1 : 0);
  let tried = new Uint8Array(x.length);
  let triedMoved = new Uint8Array(groups);
  for (let k = -tries; k <= tries; k++) {
    const inverse = f(f(highest + f(k * f(step))) / span);
    const triedScale = f(1 / inverse);
    for (let group = 0; group < groups; group++)
      triedMoved[group] = placeGroup(group, inverse, triedScale, tried) ? 1 : 0;
    const { sumXQ, sumQ2 } = sums(x, w, tried);
    if (sumQ2 > 0 && f(sumXQ * sumXQ) > f(best * sumQ2)) {
      scale = f(sumXQ / sumQ2);
      best = f(scale * sumXQ);
      [places, tried] = [tried, places];
      [moved, triedMoved] = [triedMoved, moved];
    }
  }

  if (scale > 0 && (words.again === 'all' || moved.includes(1))) {
    const inverse = f(1 / scale);
    for (let group = 0; group < groups; group++)
      if (words.again !== 'moved' || moved[group] === 1) placeGroup(group, inverse, scale, places);
    const { sumXQ, sumQ2 } = sums(x, w, places);
    if (sumQ2 > 0) scale = f(sumXQ / sumQ2);
  }
  return { reals: [scale], codes: Float32Array.from(places, (place) => grid.alphabet[place]!) };
}

function groupsIn(x: Reals, { dimension }: Grid): number {
  if (x.length % dimension === 0) return x.length / dimension;
  throw new RangeError(`grid_search: ${x.length} values are no whole number of vectors of ${dimension}`);
}

/** The levels of code 0, group after group: what a tile of zeros is stored as. */
export function levelsOfZero(length: number, { places, alphabet, dimension }: Grid): Float32Array {
  return Float32Array.from({ length }, (_, i) => alphabet[places[i % dimension]!]!);
}

/** The places of the odd numbers nearest to the values of a group. */
function roundToPlaces(x: Reals, start: number, inverse: number, grid: Grid, places: Uint8Array): void {
  const top = grid.alphabet.length - 1;
  for (let i = start; i < start + grid.dimension; i++) {
    const place = roundHalfEven(f(0.5 * f(f(inverse * x[i]!) - 1)));
    places[i] = Math.max(0, Math.min(top, place));
  }
}

/** The candidate of least Σ √w · (scale · q - x)², the first among equals; a sum that is no less is not finished. */
function nearest(
  candidates: Uint16Array,
  { odds, dimension }: Grid,
  x: Reals,
  roots: Reals,
  scale: number,
  start: number,
): number {
  let best = candidates[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (let c = 0; c < candidates.length; c++) {
    const code = candidates[c]!;
    const from = code * dimension;
    let distance = 0;
    for (let i = 0; i < dimension && distance < least; i++) {
      const difference = f(f(scale * odds[from + i]!) - x[start + i]!);
      distance = f(distance + f(f(roots[start + i]! * difference) * difference));
    }
    if (distance < least) {
      least = distance;
      best = code;
    }
  }
  return best;
}

/** Puts a group on the point of a code. */
export function moveTo(
  code: number,
  { places: points, dimension }: Grid,
  places: Uint8Array,
  start: number,
): void {
  for (let i = 0; i < dimension; i++) places[start + i] = points[code * dimension + i]!;
}

/** Σ w x q and Σ w q², whose quotient is the least-squares scale. */
function sums(x: Reals, w: Reals, places: Uint8Array): { sumXQ: number; sumQ2: number } {
  let sumXQ = 0;
  let sumQ2 = 0;
  for (let i = 0; i < x.length; i++) {
    const q = 2 * places[i]! + 1;
    sumXQ = f(sumXQ + f(f(w[i]! * x[i]!) * q));
    sumQ2 = f(sumQ2 + f(f(w[i]! * q) * q));
  }
  return { sumXQ, sumQ2 };
}
