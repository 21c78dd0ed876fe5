/**
 * The search for a step whose rate is a given one, where the rate falls as the step grows, though neither smoothly nor
 * everywhere: data is finite, so the rate is a staircase, and some of its treads go up. Knows no quantiser.
 */

/** Where and how long to search. */
export interface StepSearch {
  /** A step whose rate is below the target. */
  readonly coarsest: number;
  /** The finest step that may be tried. */
  readonly finest: number;
  /** Bits: how near to the target is near enough. */
  readonly within: number;
  /** How often the octave found is halved at most. */
  readonly halvings: number;
}

/**
 * A step with rate `target`. The coarsest step is halved until the rate reaches the target; the octave found is bisected on a
 * logarithmic scale, keeping rate(fine) >= target > rate(coarse). Where the staircase has no tread within `within` bits, the
 * step tried whose rate is nearest; of equally near ones the coarser.
 *
 * @returns null if no step down to `finest` has the rate
 */
export function stepWithRate(
  rateAt: (step: number) => number,
  target: number,
  { coarsest, finest, within, halvings }: StepSearch,
): number | null {
  let best = coarsest;
  let bestMiss = Infinity;
  const reaches = (step: number): boolean => {
    const rate = rateAt(step);
    const miss = Math.abs(rate - target);
    if (miss < bestMiss || (miss === bestMiss && step > best)) {
      best = step;
      bestMiss = miss;
    }
    return rate >= target;
  };

  let coarse = coarsest;
  let fine = coarsest;
  let reached = reaches(coarsest);
  while (!reached && fine > finest) {
    coarse = fine;
    fine = Math.max(fine / 2, finest);
    reached = reaches(fine);
  }
  if (!reached) return bestMiss <= within ? best : null;

  for (let halving = 0; halving < halvings && bestMiss > within; halving++) {
    const middle = fine * Math.sqrt(coarse / fine);
    if (!(middle > fine && middle < coarse)) break;
    if (reaches(middle)) fine = middle;
    else coarse = middle;
  }
  return best;
}
