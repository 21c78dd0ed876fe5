/**
 * What a named fit is: a documented procedure over the weights of one tile, with real results and perhaps codes.
 * The set is open: a fit is one file in this folder and one line in `index.ts`.
 */
import type { ResolvedNumber } from '@fewerbits/numerics';
import type { Reals } from '../values.ts';

/** The values of one tile and the arguments of the call. */
export interface FitInput {
  /** The values that are searched, in index order: the weights of the tile, or what `of:` has inside it. */
  readonly x: Reals;
  /** An argument at each of those values (`weight:`), by name; 1 where the call does not give it. */
  readonly weights: Readonly<Record<string, Reals>>;
  /** Arguments that have one value for the tile, by name; those that the call leaves out are not there. */
  readonly tile: Readonly<Record<string, number>>;
  /** Constant arguments by name, or '0', '1', … by position. */
  readonly constants: Readonly<Record<string, number>>;
  readonly words: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, ResolvedNumber>>;
}

export interface FitResult {
  /** One real for each of the fit's real results. */
  readonly reals: readonly number[];
  /** The codes it found, one for each value of `x`, as levels of the code before any shift, or of the grid; null if it finds none. */
  readonly codes: Reals | null;
}

export interface TileFit {
  /** Names of the results in the order of `let a, b, q = …`; the codes come last. */
  readonly results: readonly string[];
  readonly hasCodes: boolean;
  /**
   * Arguments beside `of`: those at each value searched, those with one value for the tile (which may be left out), constants
   * (with defaults where they may be left out), words, numbers.
   */
  readonly perWeight: readonly string[];
  readonly perTile: readonly string[];
  readonly constants: Readonly<Record<string, number | null>>;
  readonly words: Readonly<Record<string, readonly string[]>>;
  readonly numbers: readonly string[];
  run(input: FitInput): FitResult;
  /** For a fit that goes over all tiles of a tensor at a time, which then depend on one another; results in order of the inputs. */
  runTogether?(inputs: readonly FitInput[]): FitResult[];
}
