/** A named fit over every tile of the unit: its arguments, what it found for each tile, and the codes of weights that follow from that. */
import { TILE_FITS } from '@fewerbits/codec';
import type { Expr } from '@fewerbits/format';
import type { ResolvedNumber } from '@fewerbits/numerics';
import type { At } from '../ir.ts';
import { plus } from '../loops/at.ts';
import type { Nest } from '../loops/nest.ts';
import type { Tiles } from '../loops/tiles.ts';
import { NoKernel } from '../no-kernel.ts';
import type { Codes } from './fits/fit.ts';
import { LOWERED_FITS } from './fits/index.ts';

/** What a search reads of the format. */
export interface Arguments {
  /** The argument `weight:` inside the tile that begins at a weight. */
  weight(start: At): (at: At) => number;
  /** @throws NoKernel for an expression that is no constant */
  constant(expr: Expr): number;
  number(key: string): ResolvedNumber;
  /** Leaves the unit to the interpreter unless a value is finite. */
  finite(value: number): number;
}

/**
 * Runs a fit in every tile of `width` weights; the value of its result number `result` at a weight.
 * @throws NoKernel for a fit without a lowering, one that searches other values than weights, and arguments that are missing
 */
export function searchTiles(
  b: Nest,
  tiles: Tiles,
  { name, args }: Extract<Expr, { op: 'fit' }>,
  width: number,
  given: Arguments,
): (result: number, at: At) => number {
  const [fit, lower] = [TILE_FITS[name], LOWERED_FITS[name]];
  if (fit === undefined || lower === undefined || args.of !== undefined)
    throw new NoKernel(`${name} is a search`);
  const constants = Object.entries(fit.constants).map(([key, fallback]) => {
    const argument = args[key];
    const value = argument?.arg === 'expr' ? given.constant(argument.expr) : fallback;
    if (value === null) throw new NoKernel(`${name} lacks ${key}`);
    return [key, value] as const;
  });
  const words = Object.entries(fit.words).map(([key, allowed]) => {
    const argument = args[key];
    return [key, argument?.arg === 'word' ? argument.word : allowed[0]!] as const;
  });
  const numbers = fit.numbers.map((key) => {
    const argument = args[key];
    if (argument?.arg !== 'number') throw new NoKernel(`${name} lacks ${key}`);
    return [key, given.number(argument.number)] as const;
  });

  let codes: Codes | null = null;
  /** Codes that are no formula, for all weights of the unit. */
  let listed: number | null = null;
  const kept = tiles.keep(width, (start) => {
    const found = lower(b, {
      length: width,
      x: (at) => b.weight(plus(start, at)),
      weight: given.weight(start),
      constants: Object.fromEntries(constants),
      words: Object.fromEntries(words),
      numbers: Object.fromEntries(numbers),
    });
    codes = found.codes;
    if (codes !== null && 'at' in codes) {
      const { at: codeAt } = codes;
      listed ??= b.array('f32', tiles.widths[0]!);
      const array = listed;
      b.loop(width, (at) => b.put(array, plus(start, at), codeAt(at)));
    }
    return [...found.reals.map(given.finite), ...(codes !== null && 'kept' in codes ? codes.kept : [])];
  });
  const reals = fit.results.filter((result) => result !== 'codes').length;
  return (result, at) => {
    if (result < reals) return kept(at)[result]!;
    if (listed !== null) return b.get(listed, at);
    if (codes === null || !('kept' in codes)) throw new NoKernel(`${name} gives no codes`);
    return codes.of(b.weight(at), kept(at).slice(reals));
  };
}
