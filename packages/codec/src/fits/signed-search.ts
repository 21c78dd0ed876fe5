/**
 * The search for one signed scale under codes -levels..levels-1: search B of the k-quants (Q6_K).
 *
 * Codes under `tries` inverse scales on each side of -levels / (signed maximum), the scale by weighted least squares.
 * Binary32 in the order of ggml's C. Specification: docs/design/bit-layouts.md, "Encoder search B".
 */
import { signedMaximum, TINY } from './extremes.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { roundedCodes } from './rounded-codes.ts';

const f = Math.fround;

export const signedSearch: TileFit = {
  results: ['scale', 'codes'],
  hasCodes: true,
  perWeight: ['weight'],
  perTile: [],
  constants: { levels: null, tries: null, step: null },
  words: {},
  numbers: [],
  run,
};

function run({ x, weights, constants }: FitInput): FitResult {
  const w = weights.weight!;
  const { levels, tries, step } = constants as Record<'levels' | 'tries' | 'step', number>;
  const max = signedMaximum(x);
  if (Math.abs(max) < TINY) return { reals: [0], codes: new Float32Array(x.length).fill(-levels) };

  const attempt = (inverse: number): { codes: Float32Array; sumXL: number; sumL2: number } => {
    const codes = roundedCodes(x, inverse, 0, -levels, levels - 1);
    let sumXL = 0;
    let sumL2 = 0;
    for (let i = 0; i < x.length; i++) {
      sumXL = f(sumXL + f(f(w[i]! * x[i]!) * codes[i]!));
      sumL2 = f(sumL2 + f(f(w[i]! * codes[i]!) * codes[i]!));
    }
    return { codes, sumXL, sumL2 };
  };

  const first = attempt(f(-levels / max));
  let codes = first.codes;
  let scale = first.sumL2 !== 0 ? f(first.sumXL / first.sumL2) : 0;
  let best = f(scale * first.sumXL);
  for (let k = -tries; k <= tries; k++) {
    if (k === 0) continue;
    const tried = attempt(f(-f(levels + f(f(step) * k)) / max));
    if (tried.sumL2 > 0 && f(tried.sumXL * tried.sumXL) > f(best * tried.sumL2)) {
      codes = tried.codes;
      scale = f(tried.sumXL / tried.sumL2);
      best = f(scale * tried.sumXL);
    }
  }
  return { reals: [scale], codes };
}
