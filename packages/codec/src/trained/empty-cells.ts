/**
 * What becomes of levels that nothing is nearest to: they go where the error is. A start can leave such levels in a wide
 * gap before an outlier, and Lloyd's rounds never move them.
 */
import { firstAbove, type SortedSample } from './sorted-sample.ts';

/** One level's values: indices `from` <= i < `to` of the sample. */
interface Cell {
  readonly from: number;
  readonly to: number;
  readonly level: number;
  readonly error: number;
}

/**
 * The levels with each empty one taken away and, for it, the cell with the next largest Σ weight · error² split at its mean into two levels,
 * the means of its halves; ascending. Null if no cell is empty.
 */
export function withoutEmptyCells(levels: Float64Array, sample: SortedSample): Float64Array | null {
  const { values, sumOf, weightOf } = sample;
  const cells: Cell[] = [];
  const unused: number[] = [];
  let from = 0;
  for (let k = 0; k < levels.length; k++) {
    const end = k === levels.length - 1 ? Infinity : (levels[k] + levels[k + 1]) / 2;
    const to = firstAbove(values, end, from);
    if (to > from) cells.push({ from, to, level: levels[k], error: 0 });
    else unused.push(levels[k]);
    from = to;
  }
  if (unused.length === 0) return null;

  const worst = cells
    .map((cell) => ({ ...cell, error: errorOf(cell, sample) }))
    .filter(({ error }) => error > 0)
    .sort((a, b) => b.error - a.error || a.from - b.from)
    .slice(0, unused.length);
  const split = new Set(worst.map((cell) => cell.from));
  const kept = cells.filter((cell) => !split.has(cell.from)).map((cell) => cell.level);
  const halves = worst.flatMap((cell) => {
    const mean = sumOf(cell.from, cell.to) / weightOf(cell.from, cell.to);
    // Both halves have values, whatever rounding does to the mean.
    const middle = Math.min(Math.max(firstAbove(values, mean, cell.from), cell.from + 1), cell.to - 1);
    return [
      sumOf(cell.from, middle) / weightOf(cell.from, middle),
      sumOf(middle, cell.to) / weightOf(middle, cell.to),
    ];
  });
  return Float64Array.from([...kept, ...halves, ...unused.slice(worst.length)]).sort();
}

function errorOf({ from, to, level }: Cell, { values, weightOf }: SortedSample): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += weightOf(i, i + 1) * (values[i] - level) ** 2;
  return sum;
}
