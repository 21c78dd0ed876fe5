/**
 * Sums over any stretch of an array in logarithmic time, without ever subtracting: the centroids of cells that move.
 *
 * Differences of running totals would lose a cell of small values beside large ones. Here a stretch is put together from
 * sums of aligned runs, so its error is that of a sum of about 2·RUN + log n terms. Knows numbers only.
 */

/** Values added one by one in index order; longer stretches are sums of such runs. */
const RUN = 32;

/** The sum of the terms `from` <= i < `to`. */
export type RunSums = (from: number, to: number) => number;

/** Prepares the sums of weights[i]·values[i], or of values[i] where `weights` is null. Memory: n / 16 numbers at most. */
export function runSums(values: ArrayLike<number>, weights: ArrayLike<number> | null): RunSums {
  const straight = (from: number, to: number): number => {
    let sum = 0;
    if (weights === null) for (let i = from; i < to; i++) sum += values[i];
    else for (let i = from; i < to; i++) sum += weights[i] * values[i];
    return sum;
  };

  // A heap: node k is the sum of nodes 2k and 2k + 1, the leaves are the whole runs.
  const runs = Math.floor(values.length / RUN);
  let leaves = 1;
  while (leaves < runs) leaves *= 2;
  const nodes = new Float64Array(2 * leaves);
  for (let run = 0; run < runs; run++) nodes[leaves + run] = straight(run * RUN, (run + 1) * RUN);
  for (let k = leaves - 1; k > 0; k--) nodes[k] = nodes[2 * k] + nodes[2 * k + 1];

  return (from, to) => {
    const first = Math.ceil(from / RUN);
    const last = Math.floor(to / RUN);
    if (first >= last) return straight(from, to);
    let left = straight(from, first * RUN);
    let right = straight(last * RUN, to);
    let low = first + leaves;
    let high = last + leaves;
    for (; low < high; low >>= 1, high >>= 1) {
      if (low & 1) left += nodes[low++];
      if (high & 1) right += nodes[--high];
    }
    return left + right;
  };
}
