/** Search B of the k-quants in loops: `codec/src/fits/signed-search.ts`, operation by operation. */
import type { Nest } from '../../loops/nest.ts';
import { signmax } from '../reduce.ts';
import type { Found, Search } from './fit.ts';
import { roundedCode } from './rounded-codes.ts';
import { isTiny } from './tiny.ts';

const f = Math.fround;

export function signedSearch(b: Nest, { length, x, weight, constants }: Search): Found {
  const { levels, tries, step } = constants as Record<'levels' | 'tries' | 'step', number>;
  const zero = b.real(0);
  const max = signmax(b, length, x);
  const sumsUnder = (inverse: number): [number, number] =>
    b.fold(length, [zero, zero], (at, [sumXL, sumL2]) => {
      const code = roundedCode(b, x(at), inverse, null, -levels, levels - 1);
      const w = weight(at);
      return [
        b.binary('add', sumXL!, b.binary('mul', b.binary('mul', w, x(at)), code)),
        b.binary('add', sumL2!, b.binary('mul', b.binary('mul', w, code), code)),
      ];
    }) as [number, number];

  const inverse = b.binary('div', b.real(-levels), max);
  const [sumXL, sumL2] = sumsUnder(inverse);
  const scale = b.pick(b.binary('ne', sumL2, zero), b.binary('div', sumXL, sumL2), zero);
  const sides = Array.from({ length: 2 * tries + 1 }, (_, k) => k - tries).filter((k) => k !== 0);
  const tried = Float32Array.from(sides, (k) => -f(levels + f(f(step) * k)));
  const [bestScale, , kept] = b.fold(
    tried.length,
    [scale, b.binary('mul', scale, sumXL), inverse],
    (turn, carried) => {
      const other = b.binary('div', b.listed(tried, turn), max);
      const [newXL, newL2] = sumsUnder(other);
      const ideal = b.binary('div', newXL, newL2);
      const gain = b.pick(b.binary('gt', newL2, zero), b.binary('mul', newXL, newXL), b.real(-Infinity));
      const better = b.binary('gt', gain, b.binary('mul', carried[1]!, newL2));
      const values = [ideal, b.binary('mul', ideal, newXL), other];
      return values.map((value, k) => b.pick(better, value, carried[k]!));
    },
  ) as [number, number, number];

  const tiny = isTiny(b, max);
  return {
    reals: [b.pick(tiny, zero, bestScale)],
    codes: {
      kept: [kept, tiny],
      of: (value, [under, none]) =>
        b.pick(none!, b.real(-levels), roundedCode(b, value, under!, null, -levels, levels - 1)),
    },
  };
}
