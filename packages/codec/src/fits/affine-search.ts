/**
 * The search for a scale and a minimum under codes 0..levels: search A of the k-quants (Q2_K, Q4_K, Q5_K).
 *
 * From the range of the weights, then from `steps + 1` slightly different inverse scales, codes are rounded and scale and
 * minimum found by weighted least squares; the least weighted error wins. All arithmetic in binary32, one rounding for
 * each operation, in the order of ggml's C. Specification: docs/design/bit-layouts.md, "Encoder search A".
 */
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { roundedCodes } from './rounded-codes.ts';

const f = Math.fround;

export const affineSearch: TileFit = {
  results: ['scale', 'min', 'codes'],
  hasCodes: true,
  perWeight: ['weight'],
  perTile: [],
  constants: { levels: null, from: null, step: null, steps: null },
  words: { error: ['squared', 'absolute'] },
  numbers: [],
  run,
};

function run({ x, weights, constants, words }: FitInput): FitResult {
  const w = weights.weight!;
  const { levels, from, step, steps } = constants as Record<'levels' | 'from' | 'step' | 'steps', number>;
  const n = x.length;
  if (n === 0) return { reals: [0, 0], codes: new Float32Array(0) };

  let min = x[0]!;
  let max = x[0]!;
  let sumW = w[0]!;
  let sumX = f(sumW * x[0]!);
  for (let i = 1; i < n; i++) {
    if (x[i]! < min) min = x[i]!;
    if (x[i]! > max) max = x[i]!;
    sumW = f(sumW + w[i]!);
    sumX = f(sumX + f(w[i]! * x[i]!));
  }
  if (min > 0) min = 0;
  let codes: Float32Array = new Float32Array(n);
  if (max === min) return { reals: [0, -min], codes };

  const codesFor = (inverse: number): Float32Array => roundedCodes(x, inverse, min, 0, levels);
  const errorOf = (candidate: Float32Array, scale: number, low: number): number => {
    let total = 0;
    for (let i = 0; i < n; i++) {
      const difference = f(f(f(scale * candidate[i]!) + low) - x[i]!);
      const error = words.error === 'absolute' ? Math.abs(difference) : f(difference * difference);
      total = f(total + f(w[i]! * error));
    }
    return total;
  };

  const inverse = f(levels / f(max - min));
  let scale = f(1 / inverse);
  codes = codesFor(inverse);
  let best = errorOf(codes, scale, min);

  for (let k = 0; k <= steps; k++) {
    // The minimum of the best solution so far takes part, so an accepted step moves the later ones: so does the peer.
    const tried = f(f(f(f(from) + f(f(step) * k)) + levels) / f(max - min));
    const candidate = codesFor(tried);
    let sumL = 0;
    let sumL2 = 0;
    let sumXL = 0;
    for (let i = 0; i < n; i++) {
      const l = candidate[i]!;
      const wl = f(w[i]! * l);
      sumL = f(sumL + wl);
      sumL2 = f(sumL2 + f(wl * l));
      sumXL = f(sumXL + f(wl * x[i]!));
    }
    const determinant = f(f(sumW * sumL2) - f(sumL * sumL));
    if (!(determinant > 0)) continue;
    let newScale = f(f(f(sumW * sumXL) - f(sumX * sumL)) / determinant);
    let newMin = f(f(f(sumL2 * sumX) - f(sumL * sumXL)) / determinant);
    if (newMin > 0) {
      newMin = 0;
      newScale = f(sumXL / sumL2);
    }
    const error = errorOf(candidate, newScale, newMin);
    if (error < best) {
      codes = candidate;
      best = error;
      scale = newScale;
      min = newMin;
    }
  }
  return { reals: [scale, -min], codes };
}
