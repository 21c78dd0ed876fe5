/**
 * What a uniform grid costs on given data: the cells that its codes make, and the entropy of the codes.
 *
 * The code of x is x / step rounded half to even, in binary64; a level lies at 0 and at every multiple of the step, without
 * end. On sorted data a code's values are one stretch, so the cost of counting is in the cells and not in the values.
 * Specification: docs/design/numerics.md §1.8 (the continuous step), §3.4.
 */
import { roundHalfEven } from '@fewerbits/numerics';
import { portableLog2 } from '../entropy/logarithm.ts';
import { type Data, requireData, requirePositive } from './data.ts';

/** Visits the occupied cells of a grid on ascending data, by ascending code: values `from` <= i < `to` have `code`. */
export function visitGridCells(
  ascending: Data,
  step: number,
  visit: (code: number, from: number, to: number) => void,
): void {
  const n = ascending.length;
  const codeAt = (i: number): number => roundHalfEven(ascending[i] / step);
  for (let from = 0; from < n; ) {
    const code = codeAt(from);
    // Leaps that double until they leave the cell, then halve: short cells cost little.
    let inside = from;
    let leap = 1;
    while (inside + leap < n && codeAt(inside + leap) === code) {
      inside += leap;
      leap *= 2;
    }
    let outside = Math.min(inside + leap, n);
    while (outside - inside > 1) {
      const middle = (inside + outside) >>> 1;
      if (codeAt(middle) === code) inside = middle;
      else outside = middle;
    }
    visit(code, from, outside);
    from = outside;
  }
}

/** Entropy in bits of symbols that occur `counts[i]` times, `total` in all; the same bits on every engine. */
export function entropyOfCounts(counts: Iterable<number>, total: number): number {
  const small = new Float64Array(1024);
  let sum = 0;
  for (const count of counts) {
    if (count < small.length) {
      if (count > 1 && small[count] === 0) small[count] = count * portableLog2(count);
      sum += small[count];
    } else sum += count * portableLog2(count);
  }
  return Math.max(0, portableLog2(total) - sum / total);
}

/** `gridRate` of data that is sorted and checked. */
export function sortedGridRate(ascending: Data, step: number): number {
  const counts: number[] = [];
  visitGridCells(ascending, step, (_, from, to) => counts.push(to - from));
  return entropyOfCounts(counts, ascending.length);
}

/**
 * Entropy of a uniform grid's codes on data, in bits per value: what an ideal order-0 coder spends, its table not counted.
 * @throws TypeError, RangeError as `requireData`, and RangeError for a step that is not positive, or so small that codes pass 2^53.
 */
export function gridRate(values: Data, step: number): number {
  requireData(values);
  requirePositive('step', step);
  const ascending = values.slice().sort();
  const absmax = Math.max(-ascending[0], ascending[ascending.length - 1]);
  if (!(absmax / step <= Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`step: ${step} gives the value ${absmax} a code beyond 2^53; give a larger step`);
  }
  return sortedGridRate(ascending, step);
}

/** Entropy of the values themselves, in bits per value: the most that any scalar quantiser's codes can have. */
export function valueEntropy(ascending: Data): number {
  const counts: number[] = [];
  for (let from = 0; from < ascending.length; ) {
    let to = from + 1;
    while (to < ascending.length && ascending[to] === ascending[from]) to++;
    counts.push(to - from);
    from = to;
  }
  return entropyOfCounts(counts, ascending.length);
}
