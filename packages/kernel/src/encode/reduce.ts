/** Reductions of the terms of a tile, in loops. Sums keep their order; maxima have none, and run in four chains. */
import type { At } from '../ir.ts';
import { plus, times } from '../loops/at.ts';
import type { Nest } from '../loops/nest.ts';

/** Term number `at`, of an index that loops may move. */
type Terms = (at: At) => number;

const CHAINS = 4;

/** Fewer terms than this are not worth more code. */
const MANY = 16;

function chainsOf({ short }: Nest, length: number): number {
  return !short && length % CHAINS === 0 && length >= MANY ? CHAINS : 1;
}

/** An operation over all terms in any order: its result is the same in each. */
export function foldAnyOrder(
  b: Nest,
  length: number,
  terms: Terms,
  start: number,
  join: (p: number, q: number) => number,
): number {
  const chains = chainsOf(b, length);
  const ends = b.fold(length / chains, new Array<number>(chains).fill(start), (turn, carried) =>
    carried.map((sofar, k) => join(sofar, terms(plus(times(turn, chains), { base: k, steps: [] })))),
  );
  return ends.reduce(join);
}

/**
 * The least or the greatest term, −0 below +0. Bits of binary32 order as values do among those that are not negative, and the other
 * way round among the others, which are greater without a sign: so the least is the greatest of bits without a sign if one is
 * negative, else the least of them. One operation a term each, where values with signed zeros take three.
 */
export function extreme(b: Nest, name: 'min' | 'max', length: number, terms: Terms): number {
  if (b.short || length < MANY) {
    const start = b.real(name === 'max' ? -Infinity : Infinity);
    return foldAnyOrder(b, length, terms, start, (p, q) => b.binary(name, p, q));
  }
  const bits = (at: At): number => b.add({ op: 'bits_of', type: 'i32', args: [terms(at)] });
  const over = (op: 'i_min_u' | 'i_max_u' | 'i_max', start: number): number =>
    foldAnyOrder(b, length, bits, b.int(start), (p, q) => b.integer(op, p, q));
  const [when, otherwise] =
    name === 'min' ? [over('i_max_u', 0), over('i_min_u', -1)] : [over('i_min_u', -1), over('i_max', LEAST)];
  const negative = b.integer('i_shr', name === 'min' ? when : otherwise, b.int(31));
  const chosen = b.add({ op: 'i_pick', type: 'i32', args: [toReal(b, negative), when, otherwise] });
  return b.add({ op: 'from_f32', type: 'f32', args: [chosen] });
}

const LEAST = -(2 ** 31);

function toReal(b: Nest, value: number): number {
  return b.add({ op: 'to_real', type: 'f32', args: [value], signed: true });
}

/** The largest magnitude. Of magnitudes NaN is the greatest. */
export function absmax(b: Nest, length: number, terms: Terms): number {
  return foldAnyOrder(
    b,
    length,
    (at) => b.unary('abs', terms(at)),
    b.real(0),
    (p, q) => b.binary('greatest', p, q),
  );
}

/**
 * The first term of largest magnitude with its sign, 0 if all are 0. The greatest and the least say which it is, but where both are as
 * far from 0: only then the terms are looked through.
 */
export function signmax(b: Nest, length: number, terms: Terms): number {
  const zero = b.real(0);
  const greatest = foldAnyOrder(b, length, terms, zero, (p, q) => b.binary('greater', p, q));
  const least = foldAnyOrder(b, length, terms, zero, (p, q) => b.binary('lesser', p, q));
  const opposite = b.unary('neg', least);
  const signed = b.pick(b.binary('gt', greatest, opposite), greatest, least);
  const largest = b.binary('greater', greatest, opposite);
  const tied = b.pick(b.binary('eq', greatest, opposite), largest, zero);
  const [, first] = b.fold(
    length,
    [zero, signed],
    (turn, [sofar, kept]) => {
      const term = terms(turn);
      const magnitude = b.unary('abs', term);
      const picked = b.pick(b.binary('gt', magnitude, sofar!), term, kept!);
      return [b.binary('greater', sofar!, magnitude), picked];
    },
    tied,
  ) as [number, number];
  // −0 is no magnitude.
  return b.pick(b.binary('eq', largest, zero), zero, first);
}

/** The sum in binary32, term after term from 0. */
export function runningSum(b: Nest, length: number, terms: Terms): number {
  return b.fold(length, [b.real(0)], (turn, [sum]) => [b.binary('add', sum!, terms(turn))])[0]!;
}
