/** Reductions of the terms of a tile, in loops. Sums keep their order; maxima have none, and run in four chains. */
import type { At } from '../ir.ts';
import { plus, times } from '../loops/at.ts';
import type { Nest } from '../loops/nest.ts';

/** Term number `at`, of an index that loops may move. */
type Terms = (at: At) => number;

const CHAINS = 4;

/** An operation over all terms in any order: its result is the same in each. */
export function foldAnyOrder(
  b: Nest,
  length: number,
  terms: Terms,
  start: number,
  join: (p: number, q: number) => number,
): number {
  const chains = length % CHAINS === 0 && length > CHAINS ? CHAINS : 1;
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
 * The first term of largest magnitude with its sign, 0 if all are 0. Chains take parts that follow one another, so that the first of
 * a chain is the first of its part.
 */
export function signmax(b: Nest, length: number, terms: Terms): number {
  const chains = length % CHAINS === 0 && length > CHAINS ? CHAINS : 1;
  const part = length / chains;
  /** Of two, the second where its magnitude is greater. */
  const join = ([largest, signed]: Pair, [magnitude, term]: Pair): Pair => {
    const greater = b.binary('gt', magnitude, largest);
    return [b.binary('greater', largest, magnitude), b.pick(greater, term, signed)];
  };
  const zero = b.real(0);
  const ends = b.fold(part, new Array<number>(2 * chains).fill(zero), (turn, carried) =>
    Array.from({ length: chains }, (_, k) => {
      const term = terms(plus(turn, { base: k * part, steps: [] }));
      return join([carried[2 * k]!, carried[2 * k + 1]!], [b.unary('abs', term), term]);
    }).flat(),
  );
  return Array.from({ length: chains }, (_, k): Pair => [ends[2 * k]!, ends[2 * k + 1]!]).reduce(join)[1];
}

type Pair = readonly [number, number];

/** The sum in binary32, term after term from 0. */
export function runningSum(b: Nest, length: number, terms: Terms): number {
  return b.fold(length, [b.real(0)], (turn, [sum]) => [b.binary('add', sum!, terms(turn))])[0]!;
}
