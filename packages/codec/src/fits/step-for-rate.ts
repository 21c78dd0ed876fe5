/**
 * The step of a uniform grid whose codes cost a given number of bits: `step_for_rate(rate)`.
 * Specification: docs/design/language.md, "Fit"; docs/design/numerics.md §1.8.
 */
import { stepForRate as search } from '../trained/step-for-rate.ts';
import type { TileFit } from './fit.ts';

export const stepForRate: TileFit = {
  results: ['step'],
  hasCodes: false,
  perWeight: [],
  constants: { 0: null },
  words: {},
  numbers: [],
  run: ({ x, constants }) => {
    // All zeros cost nothing under any step; a step of 0 makes every code 0.
    const zero = x.every((value) => value === 0);
    return { reals: [zero ? 0 : search(x, constants['0']!)], codes: null };
  },
};
