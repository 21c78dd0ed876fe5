/** Search A of the k-quants in loops: `codec/src/fits/affine-search.ts`, operation by operation. */
import { fixed, plus } from '../../loops/at.ts';
import type { Nest } from '../../loops/nest.ts';
import type { Found, Search } from './fit.ts';
import { roundedCode } from './rounded-codes.ts';

export function affineSearch(b: Nest, { length, x, weight, constants, words }: Search): Found {
  const { levels, from, step, steps } = constants as Record<'levels' | 'from' | 'step' | 'steps', number>;
  const zero = b.real(0);
  const [firstX, firstWeight] = [x(fixed(0)), weight(fixed(0))];
  const [least, max, sumW, sumX] = b.fold(
    length - 1,
    [firstX, firstX, firstWeight, b.binary('mul', firstWeight, firstX)],
    (turn, [low, high, weights, products]) => {
      const at = plus(turn, fixed(1));
      return [
        b.binary('lesser', low!, x(at)),
        b.binary('greater', high!, x(at)),
        b.binary('add', weights!, weight(at)),
        b.binary('add', products!, b.binary('mul', weight(at), x(at))),
      ];
    },
  ) as [number, number, number, number];
  const start = b.pick(b.binary('gt', least, zero), zero, least);

  /** Σ weight · error under a scale and a minimum. */
  const errorOf = (code: (at: ReturnType<typeof fixed>) => number, scale: number, low: number): number =>
    b.fold(length, [zero], (at, [total]) => {
      const value = b.binary('add', b.binary('mul', scale, code(at)), low);
      const difference = b.binary('sub', value, x(at));
      const error =
        words.error === 'absolute' ? b.unary('abs', difference) : b.binary('mul', difference, difference);
      return [b.binary('add', total!, b.binary('mul', weight(at), error))];
    })[0]!;

  const inverse = b.binary('div', b.real(levels), b.binary('sub', max, start));
  const scale = b.binary('div', b.real(1), inverse);
  const first = errorOf((at) => roundedCode(b, x(at), inverse, start, 0, levels), scale, start);

  const codes = b.array('f32', length);
  // The minimum of the best solution so far takes part in later ones, and its codes follow from what they were rounded under.
  const [bestScale, bestMin, , keptInverse, keptShift] = b.fold(
    steps + 1,
    [scale, start, first, inverse, start],
    (turn, carried) => {
      const [, min, best] = carried as [number, number, number];
      const added = b.binary('add', b.real(from), b.binary('mul', b.real(step), b.turnOf(turn)));
      const wanted = b.binary('add', added, b.real(levels));
      const tried = b.binary('div', wanted, b.binary('sub', max, min));
      const [sumL, sumL2, sumXL] = b.fold(length, [zero, zero, zero], (at, sums) => {
        const code = roundedCode(b, x(at), tried, min, 0, levels);
        b.put(codes, at, code);
        const weighted = b.binary('mul', weight(at), code);
        const terms = [weighted, b.binary('mul', weighted, code), b.binary('mul', weighted, x(at))];
        return terms.map((term, k) => b.binary('add', sums[k]!, term));
      }) as [number, number, number];
      const product = (p: number, q: number): number => b.binary('mul', p, q);
      const difference = (p: number, q: number): number => b.binary('sub', p, q);
      const determinant = difference(product(sumW, sumL2), product(sumL, sumL));
      const ideal = b.binary('div', difference(product(sumW, sumXL), product(sumX, sumL)), determinant);
      const low = b.binary('div', difference(product(sumL2, sumX), product(sumL, sumXL)), determinant);
      const above = b.binary('gt', low, zero);
      const newMin = b.pick(above, zero, low);
      const newScale = b.pick(above, b.binary('div', sumXL, sumL2), ideal);
      const error = errorOf((at) => b.peek(codes, at), newScale, newMin);
      const solved = b.pick(b.binary('gt', determinant, zero), error, b.real(Infinity));
      const better = b.binary('lt', solved, best);
      return [newScale, newMin, solved, tried, min].map((value, k) => b.pick(better, value, carried[k]!));
    },
  ) as [number, number, number, number, number];

  const flat = b.binary('eq', max, start);
  const unlessFlat = (value: number): number => b.pick(flat, zero, value);
  return {
    reals: [unlessFlat(bestScale), b.unary('neg', b.pick(flat, start, bestMin))],
    codes: {
      kept: [unlessFlat(keptInverse), unlessFlat(keptShift)],
      of: (value, [under, shift]) => roundedCode(b, value, under!, shift!, 0, levels),
    },
  };
}
