/**
 * Where Lloyd–Max starts: the rounds of Lloyd on a smoothed copy of the data's distribution.
 *
 * On finite data Lloyd's rule has many fixed points: near the best levels its steps are shorter than the gap to the next
 * value, no boundary passes a value any more, and it stops, up to some tenths of a percent in error above the best (more
 * where values repeat, as in bfloat16). So the rounds run first on a distribution without gaps: half the mass of each
 * different value is spread evenly to the value below it, half to the one above. Then boundaries move freely.
 */
import { firstAbove, firstFrom, type SortedSample } from './sorted-sample.ts';

/** Rounds end once no level moves by more than this share of the data's range, … */
const SMALLEST_MOVE = 1e-9;

/** … after this many, or after this many moves of a level. */
const ROUNDS = 10_000;
const MOVES = 2 ** 20;

/** The ascending levels `start`, after rounds on the smoothed sample; it has more different values than there are levels. */
export function smoothStart(sample: SortedSample, start: Float64Array): Float64Array {
  const { values, sumOf, weightOf } = sample;
  const levels = start.slice();
  const count = levels.length;
  const n = values.length;
  const least = SMALLEST_MOVE * (values[n - 1] - values[0]);
  const rounds = Math.min(ROUNDS, Math.ceil(MOVES / count));
  for (let round = 0; round < rounds; round++) {
    let moved = 0;
    let from = 0;
    let left = NOTHING;
    let low = values[0];
    for (let k = 0; k < count; k++) {
      const end = k === count - 1 ? Infinity : (levels[k] + levels[k + 1]) / 2;
      const to = firstAbove(values, end, from);
      const right = k === count - 1 ? NOTHING : crossing(sample, end, to);
      const weight = weightOf(from, to) + right.weight - left.weight;
      if (weight > 0) {
        const mean = (sumOf(from, to) + right.sum - left.sum) / weight;
        // Rounding, in a cell of next to no mass, must not carry levels past each other.
        const centroid = Math.min(Math.max(mean, low), end);
        moved = Math.max(moved, Math.abs(centroid - levels[k]));
        levels[k] = centroid;
      }
      from = to;
      left = right;
      low = end;
    }
    if (moved <= least) break;
  }
  return levels;
}

/** Mass that smoothing carries over a boundary from above, less what it carries from below, and its Σ weight · value. */
interface Crossing {
  readonly weight: number;
  readonly sum: number;
}

const NOTHING: Crossing = { weight: 0, sum: 0 };

/** At a boundary between the values before index `at` and those from it on. */
function crossing({ values, weightOf }: SortedSample, boundary: number, at: number): Crossing {
  if (at === 0 || at === values.length) return NOTHING;
  const below = values[at - 1];
  const above = values[at];
  const share = (boundary - below) / (above - below);
  const gained = (share / 2) * weightOf(at, firstAbove(values, above, at));
  const lost = ((1 - share) / 2) * weightOf(firstFrom(values, below), at);
  return { weight: gained - lost, sum: gained * above - lost * below };
}
