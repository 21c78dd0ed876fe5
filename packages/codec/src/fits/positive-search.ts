/**
 * The search for a scale under codes 0..levels of values that are not negative: how the k-quants store the scales and
 * minima of a superblock when they have an importance matrix.
 *
 * From levels / maximum and `tries` inverse scales on each side, the one of least weighted square error; then, up to
 * `passes` times, each code moves to the one that is best with the others fixed, if that lowers the error under the
 * least-squares scale. Binary32 in the order of ggml's C. Specification: docs/design/bit-layouts.md, "Encoder search D".
 */
import { roundHalfEven } from '@fewerbits/numerics';
import type { Reals } from '../values.ts';
import { TINY } from './extremes.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { roundedCodes } from './rounded-codes.ts';

const f = Math.fround;

export const positiveSearch: TileFit = {
  results: ['scale', 'codes'],
  hasCodes: true,
  perWeight: ['weight'],
  perTile: [],
  constants: { levels: null, tries: null, step: null, passes: 5 },
  // Codes below zero: none, or as the peer has them, which keeps codes in bytes, where -1 reads as 255.
  words: { below: ['none', 'bytes'] },
  numbers: [],
  run,
};

/** The codes that may be written, and what a code reads as once it is kept. */
interface Range {
  readonly lowest: number;
  readonly levels: number;
  readonly kept: (code: number) => number;
}

type Constants = Record<'levels' | 'tries' | 'step' | 'passes', number>;

function run({ x, weights, constants, words }: FitInput): FitResult {
  const { levels, tries, step, passes } = constants as Constants;
  const range: Range =
    words.below === 'bytes'
      ? { lowest: Number.NEGATIVE_INFINITY, levels, kept: (code) => code & 255 }
      : { lowest: 0, levels, kept: (code) => code };
  const codesUnder = (tried: number): Float32Array => roundedCodes(x, tried, 0, range.lowest, levels);
  const w = weights.weight!;
  let max = 0;
  for (let i = 0; i < x.length; i++) max = Math.max(max, x[i]!);
  if (max < TINY) return { reals: [0], codes: new Float32Array(x.length) };

  let inverse = f(levels / max);
  let best = squareError(x, w, inverse, codesUnder(inverse).map(range.kept));
  for (let k = -tries; k <= tries; k++) {
    if (k === 0) continue;
    const tried = f(f(f(f(step) * k) + levels) / max);
    const error = squareError(x, w, tried, codesUnder(tried));
    if (error < best) {
      best = error;
      inverse = tried;
    }
  }
  return descend(x, w, codesUnder(inverse), range, passes);
}

/** Σ w · (x - code / inverse)² over codes. */
function squareError(x: Reals, w: Reals, inverse: number, codes: Reals): number {
  const scale = f(1 / inverse);
  let error = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = f(x[i]! - f(scale * codes[i]!));
    error = f(error + f(f(w[i]! * difference) * difference));
  }
  return error;
}

/** Moves codes one at a time; the scale is the least-squares one, Σ w x l / Σ w l². Changes `codes`. */
function descend(
  x: Reals,
  w: Reals,
  codes: Float32Array,
  { lowest, levels, kept }: Range,
  passes: number,
): FitResult {
  let sumXL = 0;
  let sumL2 = 0;
  for (let i = 0; i < x.length; i++) {
    sumXL = f(sumXL + f(f(w[i]! * x[i]!) * codes[i]!));
    sumL2 = f(sumL2 + f(f(w[i]! * codes[i]!) * codes[i]!));
    codes[i] = kept(codes[i]!);
  }
  for (let pass = 0; pass < passes; pass++) {
    let changed = 0;
    for (let i = 0; i < x.length; i++) {
      let newXL = f(sumXL - f(f(w[i]! * x[i]!) * codes[i]!));
      let newL2 = f(sumL2 - f(f(w[i]! * codes[i]!) * codes[i]!));
      if (!(newXL > 0 && newL2 > 0)) continue;
      const wanted = roundHalfEven(f(f(x[i]! * newL2) / newXL));
      const code = Math.max(lowest, Math.min(levels, wanted));
      if (code === codes[i]) continue;
      newXL = f(newXL + f(f(w[i]! * x[i]!) * code));
      newL2 = f(newL2 + f(f(w[i]! * code) * code));
      if (f(f(newXL * newXL) * sumL2) > f(f(sumXL * sumXL) * newL2)) {
        codes[i] = kept(code);
        sumXL = newXL;
        sumL2 = newL2;
        changed++;
      }
    }
    if (changed === 0) break;
  }
  return { reals: [sumL2 > 0 ? f(sumXL / sumL2) : 0], codes };
}
