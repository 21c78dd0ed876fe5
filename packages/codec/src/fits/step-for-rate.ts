/**
 * The step of a uniform grid whose codes cost a given number of bits: `step_for_rate(rate)`, or after `urq(λ)`: `step_for_rate(rate, urq: λ)`.
 * Specification: docs/design/language.md, "Fit"; docs/design/numerics.md §1.8.
 */
import { mostBits, stepForRate as search } from '../trained/step-for-rate.ts';
import { signedMaximum } from './extremes.ts';
import type { TileFit } from './fit.ts';

/** Steps from zero to the largest weight where a tensor has fewer bits than asked for. */
const FINEST = 2 ** 20;

export const stepForRate: TileFit = {
  results: ['step'],
  hasCodes: false,
  perWeight: [],
  perTile: [],
  constants: { 0: null, urq: 0 },
  words: {},
  numbers: [],
  run: ({ x, constants }) => {
    const rate = constants['0']!;
    // A small or repetitive tensor costs less than the rate under any step: it may as well be stored almost exactly.
    // All zeros end here too, with step 0, under which every code is 0.
    const step = mostBits(x) <= rate ? Math.abs(signedMaximum(x)) / FINEST : search(x, rate, constants.urq!);
    return { reals: [step], codes: null };
  },
};
