/**
 * The search for a scale under a ternary grid whose levels are all moved by + or - one shift: IQ1_S, IQ1_M.
 *
 * First without the grid, exactly: the weights in order are cut in three at every two places, for the levels -1, 0 and 1 moved
 * either way (in each of `parts` equal parts of the tile by itself), and the scale of each choice is the weighted least-squares one;
 * the least error wins. Then each group that is no point of the grid moves to the best of the nearest points under that scale, which is
 * fitted again. The codes are levels with their shift. Binary32 in the order of ggml's C.
 * Specification: docs/design/bit-layouts.md, "Grid types".
 */
import type { Reals } from '../values.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { type Grid, gridOf } from './grid.ts';
import { levelsOfZero, moveTo } from './grid-search.ts';

const f = Math.fround;

export const ternarySearch: TileFit = {
  results: ['scale', 'codes'],
  hasCodes: true,
  perWeight: ['weight'],
  perTile: [],
  constants: { shift: null, parts: 1, neighbours: null, tiny: 0 },
  // How the sums of a cut come about: each anew, or as differences of sums from the first weight on.
  words: { sums: ['running', 'differences'] },
  numbers: ['levels'],
  run,
};

/** The best cut: weights before `low` in order take level 0, before `high` level 1, the others level 2. */
interface Cut {
  readonly low: number;
  readonly high: number;
  /** One bit for each part, the first highest: set where the levels are moved down. */
  readonly down: number;
  readonly scale: number;
}

function run({ x, weights, constants, words, numbers }: FitInput): FitResult {
  const { shift, parts, neighbours, tiny } = constants as Record<
    'shift' | 'parts' | 'neighbours' | 'tiny',
    number
  >;
  const grid = gridOf(numbers.levels!);
  const w = weights.weight!;
  const n = x.length;
  if (grid.alphabet.length !== 3 || n % (parts * grid.dimension) !== 0) {
    throw new RangeError(
      `ternary_search: ${n} values in ${parts} parts, levels of ${grid.alphabet.length} values in vectors of ${grid.dimension}; ` +
        'levels have three values, and parts are whole vectors',
    );
  }
  const up = Float32Array.of(-1 + f(shift), f(shift), 1 + f(shift));
  const down = Float32Array.of(-1 - f(shift), -f(shift), 1 - f(shift));
  const zero: FitResult = { reals: [0], codes: levelsOfZero(n, grid).map((level) => f(level + f(shift))) };

  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(x[i]!));
  if (largest < tiny) return zero;
  // Equal weights keep their order, as in the peer's merge sort.
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => x[a]! - x[b]! || a - b);
  const find = words.sums === 'differences' ? cutByDifferences : cutByRunningSums;
  const cut = find(x, w, order, parts, [up, down]);
  if (cut === null) return zero;

  const places = new Uint8Array(n);
  order.forEach((i, rank) => {
    places[i] = rank < cut.low ? 0 : rank < cut.high ? 1 : 2;
  });
  let { scale, down: moved } = cut;
  if (scale < 0) {
    scale = -scale;
    moved = 2 ** parts - 1 - moved;
    for (let i = 0; i < n; i++) places[i] = 2 - places[i]!;
  }
  const levelsAt = (i: number): Float32Array =>
    (moved >> (parts - 1 - Math.floor((i * parts) / n))) & 1 ? down : up;
  scale = moveToGrid(x, w, places, grid, neighbours, scale, levelsAt);
  return { reals: [scale], codes: Float32Array.from(places, (place, i) => levelsAt(i)[place]!) };
}

/** Moves groups to the grid; the scale is fitted again if any had to move. Changes `places`. */
function moveToGrid(
  x: Reals,
  w: Reals,
  places: Uint8Array,
  grid: Grid,
  neighbours: number,
  scale: number,
  levelsAt: (i: number) => Float32Array,
): number {
  let anyMoved = false;
  for (let start = 0; start < x.length; start += grid.dimension) {
    const point = grid.pointAt(places, start);
    if (grid.codeAt(point) >= 0) continue;
    anyMoved = true;
    const levels = levelsAt(start);
    moveTo(nearest(grid.near(point, neighbours), grid, x, w, scale, start, levels), grid, places, start);
  }
  if (!anyMoved) return scale;
  let sumXQ = 0;
  let sumQ2 = 0;
  for (let i = 0; i < x.length; i++) {
    const q = levelsAt(i)[places[i]!]!;
    sumXQ = f(sumXQ + f(f(w[i]! * q) * x[i]!));
    sumQ2 = f(sumQ2 + f(f(w[i]! * q) * q));
  }
  return sumXQ > 0 && sumQ2 > 0 ? f(sumXQ / sumQ2) : scale;
}

/** The candidate of least Σ w · (scale · q - x)², the first among equals; a sum that is no less is not finished. */
function nearest(
  candidates: Uint16Array,
  { places, dimension }: Grid,
  x: Reals,
  w: Reals,
  scale: number,
  start: number,
  levels: Float32Array,
): number {
  let best = candidates[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (let c = 0; c < candidates.length; c++) {
    const code = candidates[c]!;
    const from = code * dimension;
    let distance = 0;
    for (let i = 0; i < dimension && distance < least; i++) {
      const q = levels[places[from + i]!]!;
      const difference = f(f(scale * q) - x[start + i]!);
      distance = f(distance + f(f(w[start + i]! * difference) * difference));
    }
    if (distance < least) {
      least = distance;
      best = code;
    }
  }
  return best;
}

/** Keeps the best of the choices it is shown: the largest (Σ w x q)² / Σ w q², the first among equals. */
function keepBest(): {
  try: (sumXQ: number, sumQ2: number, low: number, high: number, down: number) => void;
  best: () => Cut | null;
} {
  let found: Cut | null = null;
  let gain = -3.4028234663852886e38;
  return {
    try: (sumXQ, sumQ2, low, high, down) => {
      if (!(sumQ2 > 0 && f(sumXQ * sumXQ) > f(gain * sumQ2))) return;
      const scale = f(sumXQ / sumQ2);
      gain = f(scale * sumXQ);
      found = { low, high, down, scale };
    },
    best: () => found,
  };
}

type Levels = readonly [up: Float32Array, down: Float32Array];

/** One part only: the sums of a run of weights are differences of two sums from the first on. */
function cutByDifferences(x: Reals, w: Reals, order: Uint32Array, parts: number, levels: Levels): Cut | null {
  if (parts !== 1) throw new RangeError('ternary_search: sums by differences are for one part');
  const n = x.length;
  const sumX = new Float32Array(n + 1);
  const sumW = new Float32Array(n + 1);
  order.forEach((i, rank) => {
    sumX[rank + 1] = sumX[rank]! + f(w[i]! * x[i]!);
    sumW[rank + 1] = sumW[rank]! + w[i]!;
  });
  const kept = keepBest();
  for (let low = 0; low <= n; low++) {
    for (let high = low; high <= n; high++) {
      const [x0, x1, x2] = [sumX[low]!, f(sumX[high]! - sumX[low]!), f(sumX[n]! - sumX[high]!)];
      const [w0, w1, w2] = [sumW[low]!, f(sumW[high]! - sumW[low]!), f(sumW[n]! - sumW[high]!)];
      for (let down = 0; down < 2; down++) {
        const q = levels[down]!;
        const [q0, q1, q2] = [q[0]!, q[1]!, q[2]!];
        const sumXQ = f(f(f(x0 * q0) + f(x1 * q1)) + f(x2 * q2));
        const sumQ2 = f(f(f(f(w0 * q0) * q0) + f(f(w1 * q1) * q1)) + f(f(w2 * q2) * q2));
        kept.try(sumXQ, sumQ2, low, high, down);
      }
    }
  }
  return kept.best();
}

/** Every sum from the first weight in order to the last; those of two cuts are the same up to the second place. */
function cutByRunningSums(x: Reals, w: Reals, order: Uint32Array, parts: number, levels: Levels): Cut | null {
  const n = x.length;
  const choices = 2 ** parts;
  /** What a weight of rank r adds at level l, moved up or down: index (2 l + down) n + r. */
  const xq = new Float32Array(6 * n);
  const q2 = new Float32Array(6 * n);
  /** Whether a weight of rank r is moved down in a choice: index choice · n + r. */
  const isDown = new Uint8Array(choices * n);
  order.forEach((i, rank) => {
    const part = Math.floor((i * parts) / n);
    for (let choice = 0; choice < choices; choice++)
      isDown[choice * n + rank] = (choice >> (parts - 1 - part)) & 1;
    for (let k = 0; k < 6; k++) {
      const q = levels[k % 2]![k >> 1]!;
      const wq = f(w[i]! * q);
      xq[k * n + rank] = wq * x[i]!;
      q2[k * n + rank] = wq * q;
    }
  });
  const kept = keepBest();
  /** Sums of each choice over the weights before the first cut, and before the second. */
  const before = { xq: new Float32Array(choices), q2: new Float32Array(choices) };
  const between = { xq: new Float32Array(choices), q2: new Float32Array(choices) };
  for (let low = 0; low <= n; low++) {
    between.xq.set(before.xq);
    between.q2.set(before.q2);
    for (let high = low; high <= n; high++) {
      for (let choice = 0; choice < choices; choice++) {
        let sumXQ = between.xq[choice]!;
        let sumQ2 = between.q2[choice]!;
        for (let rank = high; rank < n; rank++) {
          const at = (4 + isDown[choice * n + rank]!) * n + rank;
          sumXQ = f(sumXQ + xq[at]!);
          sumQ2 = f(sumQ2 + q2[at]!);
        }
        kept.try(sumXQ, sumQ2, low, high, choice);
        if (high === n) continue;
        const next = (2 + isDown[choice * n + high]!) * n + high;
        between.xq[choice]! += xq[next]!;
        between.q2[choice]! += q2[next]!;
      }
    }
    if (low === n) continue;
    for (let choice = 0; choice < choices; choice++) {
      const next = isDown[choice * n + low]! * n + low;
      before.xq[choice]! += xq[next]!;
      before.q2[choice]! += q2[next]!;
    }
  }
  return kept.best();
}
