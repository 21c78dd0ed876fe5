/** Search C of the k-quants in loops: `codec/src/fits/coordinate-search.ts`, operation by operation. */
import type { Nest } from '../../loops/nest.ts';
import { signmax } from '../reduce.ts';
import type { Found, Search } from './fit.ts';
import { roundedCode } from './rounded-codes.ts';
import { isTiny } from './tiny.ts';

export function coordinateSearch(b: Nest, { length, x, constants }: Search): Found {
  const { levels, passes } = constants as Record<'levels' | 'passes', number>;
  const zero = b.real(0);
  const never = b.real(-Infinity);
  const product = (p: number, q: number): number => b.binary('mul', p, q);
  const max = signmax(b, length, x);
  const inverse = b.binary('div', b.real(-levels), max);
  const codes = b.array('f32', length);
  const sums = b.fold(length, [zero, zero], (at, [sumXL, sumL2]) => {
    const code = roundedCode(b, x(at), inverse, null, -levels, levels - 1);
    b.put(codes, at, code);
    const w = product(x(at), x(at));
    return [
      b.binary('add', sumXL!, product(product(w, x(at)), code)),
      b.binary('add', sumL2!, product(product(w, code), code)),
    ];
  });
  const [sumXL, sumL2] = b.fold(passes, sums, (_, before, goOnWhile) => {
    const [afterXL, afterL2, changed] = b.fold(length, [...before, zero], (at, carried) => {
      const [ofXL, ofL2, moved] = carried as [number, number, number];
      const value = x(at);
      const w = product(value, value);
      const wx = product(w, value);
      const code = b.peek(codes, at);
      const withoutXL = b.binary('sub', ofXL, product(wx, code));
      const withoutL2 = b.binary('sub', ofL2, product(product(w, code), code));
      const ideal = b.binary('div', product(value, withoutL2), withoutXL);
      const bounded = b.binary('greater', b.binary('lesser', ideal, b.real(levels - 1)), b.real(-levels));
      const other = b.unary('whole', bounded);
      const newXL = b.binary('add', withoutXL, product(wx, other));
      const newL2 = b.binary('add', withoutL2, product(product(w, other), other));
      const gain = [
        b.binary('gt', withoutXL, zero),
        b.binary('ne', other, code),
        b.binary('gt', newL2, zero),
      ].reduce((sofar, holds) => b.pick(holds, sofar, never), product(product(newXL, newXL), ofL2));
      const better = b.binary('gt', gain, product(product(ofXL, ofXL), newL2));
      b.put(codes, at, b.pick(better, other, code));
      return [b.pick(better, newXL, ofXL), b.pick(better, newL2, ofL2), b.binary('greater', moved, better)];
    }) as [number, number, number];
    goOnWhile(changed);
    return [afterXL, afterL2];
  }) as [number, number];

  const tiny = isTiny(b, max);
  const scale = b.pick(b.binary('gt', sumL2, zero), b.binary('div', sumXL, sumL2), zero);
  return {
    reals: [b.pick(tiny, zero, scale)],
    codes: { at: (at) => b.pick(tiny, b.real(-levels), b.peek(codes, at)) },
  };
}
