/**
 * The search for a scale under a codebook: IQ4_XS, and IQ4_NL with importances.
 *
 * Codes under the inverse scales (k + first level) / (signed maximum) for k in -tries..tries, the scale by weighted least
 * squares, the least error wins. Binary32 in the order of ggml's C. Specification: docs/design/bit-layouts.md, "IQ4_NL".
 */
import type { ResolvedNumber } from '@fewerbits/numerics';
import { signedMaximum, TINY } from './extremes.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';

const f = Math.fround;

export const levelSearch: TileFit = {
  results: ['scale'],
  hasCodes: false,
  perWeight: ['weight'],
  perTile: [],
  constants: { tries: null },
  words: {},
  numbers: ['levels'],
  run,
};

function run({ x, weights, constants, numbers }: FitInput): FitResult {
  const w = weights.weight!;
  const levels = numbers.levels!;
  const tries = constants.tries!;
  const max = signedMaximum(x);
  if (Math.abs(max) < TINY) return { reals: [0], codes: null };

  const attempt = (inverse: number): { sumXQ: number; sumQ2: number } => {
    let sumXQ = 0;
    let sumQ2 = 0;
    for (let i = 0; i < x.length; i++) {
      const q = levels.levelOf(levels.codeOf(f(inverse * x[i]!)));
      sumXQ = f(sumXQ + f(f(w[i]! * q) * x[i]!));
      sumQ2 = f(sumQ2 + f(f(w[i]! * q) * q));
    }
    return { sumXQ, sumQ2 };
  };

  const first = lowestLevel(levels);
  const start = tries > 0 ? f(-max / first) : f(max / first);
  let { sumXQ, sumQ2 } = attempt(f(1 / start));
  let scale = sumQ2 > 0 ? f(sumXQ / sumQ2) : 0;
  let best = f(scale * sumXQ);
  for (let k = -tries; k <= tries; k++) {
    ({ sumXQ, sumQ2 } = attempt(f(f(k + first) / max)));
    if (sumQ2 > 0 && f(sumXQ * sumXQ) > f(best * sumQ2)) {
      scale = f(sumXQ / sumQ2);
      best = f(scale * sumXQ);
    }
  }
  return { reals: [scale], codes: null };
}

function lowestLevel(number: ResolvedNumber): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let code = 0; code < number.codes; code++) lowest = Math.min(lowest, number.levelOf(code));
  return lowest;
}
