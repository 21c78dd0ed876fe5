/**
 * Coordinate descent on codes -levels..levels-1 under one scale: search C of the k-quants (Q3_K).
 *
 * Starts from rounding under -levels / (signed maximum); up to `passes` times each code moves to the one that is best with
 * the others fixed, if that lowers the error weighted by x². Binary32 in the order of ggml's C.
 * Specification: docs/design/bit-layouts.md, "Encoder search C".
 */
import { roundHalfEven } from '@fewerbits/numerics';
import { signedMaximum, TINY } from './extremes.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { roundedCodes } from './rounded-codes.ts';

const f = Math.fround;

export const coordinateSearch: TileFit = {
  results: ['scale', 'codes'],
  hasCodes: true,
  perWeight: [],
  perTile: [],
  constants: { levels: null, passes: 5 },
  words: {},
  numbers: [],
  run,
};

function run({ x, constants }: FitInput): FitResult {
  const { levels, passes } = constants as Record<'levels' | 'passes', number>;
  const max = signedMaximum(x);
  if (Math.abs(max) < TINY) return { reals: [0], codes: new Float32Array(x.length).fill(-levels) };

  const clamp = (v: number): number => Math.max(-levels, Math.min(levels - 1, v));
  const inverse = f(-levels / max);
  const codes = roundedCodes(x, inverse, 0, -levels, levels - 1);
  const w = x.map((v) => f(v * v));
  let sumXL = 0;
  let sumL2 = 0;
  for (let i = 0; i < x.length; i++) {
    sumXL = f(sumXL + f(f(w[i]! * x[i]!) * codes[i]!));
    sumL2 = f(sumL2 + f(f(w[i]! * codes[i]!) * codes[i]!));
  }
  for (let pass = 0; pass < passes; pass++) {
    let changed = 0;
    for (let i = 0; i < x.length; i++) {
      let withoutXL = f(sumXL - f(f(w[i]! * x[i]!) * codes[i]!));
      if (!(withoutXL > 0)) continue;
      let withoutL2 = f(sumL2 - f(f(w[i]! * codes[i]!) * codes[i]!));
      const code = clamp(roundHalfEven(f(f(x[i]! * withoutL2) / withoutXL)));
      if (code === codes[i]) continue;
      withoutXL = f(withoutXL + f(f(w[i]! * x[i]!) * code));
      withoutL2 = f(withoutL2 + f(f(w[i]! * code) * code));
      if (withoutL2 > 0 && f(f(withoutXL * withoutXL) * sumL2) > f(f(sumXL * sumXL) * withoutL2)) {
        codes[i] = code;
        sumXL = withoutXL;
        sumL2 = withoutL2;
        changed++;
      }
    }
    if (changed === 0) break;
  }
  return { reals: [sumL2 > 0 ? f(sumXL / sumL2) : 0], codes };
}
