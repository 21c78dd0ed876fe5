/**
 * What the lowering of a named fit is given and gives: the same search as in `codec/src/fits`, written with loops that carry what
 * it has found so far and without branches. A fit without a file here runs on the interpreter.
 */
import type { ResolvedNumber } from '@fewerbits/numerics';
import type { At } from '../../ir.ts';
import type { Nest } from '../../loops/nest.ts';

/** The weights of one tile and the arguments of the call. */
export interface Search {
  readonly length: number;
  /** The weight at a place in the tile. */
  x(at: At): number;
  /** The argument `weight:` there, 1 if it is not given. */
  weight(at: At): number;
  readonly constants: Readonly<Record<string, number>>;
  readonly words: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, ResolvedNumber>>;
}

/** What a search found: an `f32` for each real result, and how its codes follow. */
export interface Found {
  readonly reals: readonly number[];
  readonly codes: Codes | null;
}

export type Codes =
  /** Codes are a formula of the weight and of values that are kept for the tile. */
  | { readonly kept: readonly number[]; readonly of: (x: number, kept: readonly number[]) => number }
  /** Codes are read one after another, in a loop that follows the search. */
  | { readonly at: (at: At) => number };

export type FitLowering = (b: Nest, search: Search) => Found;
