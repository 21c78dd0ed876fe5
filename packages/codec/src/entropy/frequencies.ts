/**
 * Counts → whole frequencies that sum to exactly 2^bits, with the least loss that whole numbers allow.
 *
 * The loss against the ideal code is Σ count · log2(p / (f / 2^bits)), separable and convex in f, so units
 * given one by one to whoever gains most (count · ln((f + 1) / f)) reach the minimum, and no single exchange
 * of a unit improves it (Fox 1966, "Discrete optimization via marginal analysis"). Starting at the floors of
 * the shares saves most of the steps; exchanges at the end make up for that start.
 */
import { logStep } from './logarithm.ts';

/** Keeps count · 2^16 below 2^53, so that shares are exact. */
const MOST_OCCURRENCES = 2 ** 36;

/**
 * Frequencies of at least 1 that sum to 2^bits and cost `counts` the fewest bits; among equals the lower
 * index gets more.
 * @param counts whole numbers that sum to at most 2^36
 * @param bits 0..16
 * @throws RangeError if there are no counts, more than 2^bits, or they sum to more.
 */
export function normaliseCounts(counts: Float64Array, bits: number): Uint32Array {
  const total = 2 ** bits;
  if (!(sum(counts) <= MOST_OCCURRENCES)) {
    throw new RangeError(
      `counts sum to ${sum(counts)}; at most 2^36 occurrences make a model: scale them down`,
    );
  }
  if (counts.length === 0 || counts.length > total) {
    throw new RangeError(`counts has ${counts.length} entries; frequencies of ${bits} bits need 1..${total}`);
  }
  const { frequencies, given } = shares(counts, total);
  giveUnits(counts, frequencies, total - given);
  exchangeUnits(counts, frequencies);
  return frequencies;
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/**
 * Floors of the shares, after those that are due less than 1 have taken theirs. Never gives more than
 * `total`.
 */
function shares(counts: Float64Array, total: number): { frequencies: Uint32Array; given: number } {
  const ascending = Uint32Array.from(counts, (_, i) => i).sort((a, b) => counts[a] - counts[b] || a - b);
  const frequencies = new Uint32Array(counts.length);
  let units = total;
  let weight = sum(counts);
  let small = 0;
  for (; small < ascending.length; small++) {
    const count = counts[ascending[small]];
    // Every entry still to come is as large, so one that is due a whole unit means that all are.
    if (weight > 0 && count * units >= weight) break;
    frequencies[ascending[small]] = 1;
    units -= 1;
    weight -= count;
  }
  let given = small;
  for (let k = small; k < ascending.length; k++) {
    const i = ascending[k];
    const due = counts[i] * units;
    frequencies[i] = (due - (due % weight)) / weight;
    given += frequencies[i];
  }
  return { frequencies, given };
}

/** Gives `units` one by one to the entry that gains most, by a binary heap of entries. */
function giveUnits(counts: Float64Array, frequencies: Uint32Array, units: number): void {
  if (units === 0) return;
  const gains = Float64Array.from(counts, (count, i) => count * logStep(frequencies[i]));
  const heap = Uint32Array.from(counts, (_, i) => i);
  const before = (a: number, b: number) => gains[a] > gains[b] || (gains[a] === gains[b] && a < b);
  const sink = (from: number) => {
    const entry = heap[from];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], entry)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  };
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(at);
  for (let unit = 0; unit < units; unit++) {
    const entry = heap[0];
    frequencies[entry]++;
    gains[entry] = counts[entry] * logStep(frequencies[entry]);
    sink(0);
  }
}

/** Moves single units from whoever loses least to whoever gains most, as long as that helps. */
function exchangeUnits(counts: Float64Array, frequencies: Uint32Array): void {
  for (;;) {
    let giver = -1;
    let taker = -1;
    let loss = Infinity;
    let gain = 0;
    for (let i = 0; i < counts.length; i++) {
      const up = counts[i] * logStep(frequencies[i]);
      if (up > gain) {
        gain = up;
        taker = i;
      }
      if (frequencies[i] === 1) continue;
      const down = counts[i] * logStep(frequencies[i] - 1);
      if (down <= loss) {
        loss = down;
        giver = i;
      }
    }
    // Every exchange strictly raises the gain of all units given, so none repeats and this ends.
    if (giver === -1 || taker === -1 || giver === taker || gain <= loss) return;
    frequencies[giver]--;
    frequencies[taker]++;
  }
}
