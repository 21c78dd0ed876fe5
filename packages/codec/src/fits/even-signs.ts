/**
 * The signs of a tile's weights where the number of minus signs must be even: IQ2_XXS, IQ2_XS, IQ3_XXS.
 *
 * Minus where a weight is below zero; if their number is odd, the sign of the weight of least w · x² is turned, the first among
 * equals. Binary32 in the order of ggml's C. Specification: docs/design/bit-layouts.md, "Grid types".
 */
import type { TileFit } from './fit.ts';

const f = Math.fround;

export const evenSigns: TileFit = {
  results: ['codes'],
  hasCodes: true,
  perWeight: ['weight'],
  perTile: [],
  constants: {},
  words: {},
  numbers: [],
  run: ({ x, weights }) => {
    const w = weights.weight!;
    const signs = Float32Array.from(x, (v) => (v < 0 ? -1 : 1));
    let minuses = 0;
    let cheapest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < x.length; i++) {
      if (signs[i]! < 0) minuses++;
      const cost = f(f(w[i]! * x[i]!) * x[i]!);
      if (cost < least) {
        least = cost;
        cheapest = i;
      }
    }
    if (minuses % 2 === 1) signs[cheapest]! *= -1;
    return { reals: [], codes: signs };
  },
};
