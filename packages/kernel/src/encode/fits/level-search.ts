/** The search for a scale under a codebook in loops: `codec/src/fits/level-search.ts`, operation by operation. */

import type { Nest } from '../../loops/nest.ts';
import { levelOfCode } from '../../lower/levels.ts';
import { codeOfValue } from '../coder.ts';
import { signmax } from '../reduce.ts';
import type { Found, Search } from './fit.ts';
import { isTiny } from './tiny.ts';

export function levelSearch(b: Nest, { length, x, weight, constants, numbers }: Search): Found {
  const levels = numbers.levels!;
  const tries = constants.tries!;
  const zero = b.real(0);
  const max = signmax(b, length, x);
  const sumsUnder = (inverse: number): [number, number] =>
    b.fold(length, [zero, zero], (at, [sumXQ, sumQ2]) => {
      const { code, sound } = codeOfValue(b, levels, b.binary('mul', inverse, x(at)), true);
      for (const check of sound) b.require(check);
      const level = levelOfCode(b, levels, code);
      const weighted = b.binary('mul', weight(at), level);
      return [
        b.binary('add', sumXQ!, b.binary('mul', weighted, x(at))),
        b.binary('add', sumQ2!, b.binary('mul', weighted, level)),
      ];
    }) as [number, number];

  const lowest = Math.min(...Array.from({ length: levels.codes }, (_, code) => levels.levelOf(code)));
  const start = b.binary('div', tries > 0 ? b.unary('neg', max) : max, b.real(lowest));
  const [sumXQ, sumQ2] = sumsUnder(b.binary('div', b.real(1), start));
  const scale = b.pick(b.binary('gt', sumQ2, zero), b.binary('div', sumXQ, sumQ2), zero);
  const tried = Float32Array.from({ length: 2 * tries + 1 }, (_, k) => k - tries + lowest);
  const [bestScale] = b.fold(tried.length, [scale, b.binary('mul', scale, sumXQ)], (turn, carried) => {
    const [newXQ, newQ2] = sumsUnder(b.binary('div', b.listed(tried, turn), max));
    const ideal = b.binary('div', newXQ, newQ2);
    const gain = b.pick(b.binary('gt', newQ2, zero), b.binary('mul', newXQ, newXQ), b.real(-Infinity));
    const better = b.binary('gt', gain, b.binary('mul', carried[1]!, newQ2));
    const values = [ideal, b.binary('mul', ideal, newXQ)];
    return values.map((value, k) => b.pick(better, value, carried[k]!));
  }) as [number, number];
  return { reals: [b.pick(isTiny(b, max), zero, bestScale)], codes: null };
}
