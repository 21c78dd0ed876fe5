/**
 * Timing: contenders that take turns in shuffled rounds, after they have run for a while. `benchmarks/` uses it too.
 */

/** Milliseconds for which a contender runs before it is timed: engines compile what runs often. */
const WARM = 150;

/** Runs something for a while. */
export function warm(run: () => unknown): void {
  for (const end = performance.now() + WARM; performance.now() < end; ) run();
}

/**
 * Times jobs in shuffled rounds.
 * @param jobs functions by name
 * @param pick of the times of a job, ascending: the median, unless it is said
 * @returns one time of each in nanoseconds
 */
export function timeInRounds(
  jobs: Readonly<Record<string, () => unknown>>,
  rounds: number,
  pick: (ascending: readonly number[]) => number = median,
): Record<string, number> {
  const times = new Map(Object.keys(jobs).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    const order = Object.keys(jobs);
    for (const [k] of order.entries()) {
      const other = (k * 7919 + round * 104_729) % order.length;
      [order[k], order[other]] = [order[other]!, order[k]!];
    }
    for (const name of order) {
      // Once untimed: what ran before must not decide what is in the cache.
      jobs[name]!();
      const start = performance.now();
      jobs[name]!();
      times.get(name)!.push(1e6 * (performance.now() - start));
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, pick(list.sort((a, b) => a - b))]));
}

/** The middle of a list; of two middles the upper one. */
export function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
}
