/**
 * Runs a named fit tile by tile: evaluates its arguments, hands it the values of each tile, gathers its results.
 *
 * What is searched are the weights of the tile, or with `of:` the values that an expression has inside it (the scales of
 * a superblock's blocks); `weight:` and the codes then stand where those values do.
 * Specification: docs/design/language.md, "Fit".
 */
import type { FitArgument, Geometry, Tiling } from '@fewerbits/format';
import { type Environment, evaluate, innermost } from '../evaluate.ts';
import {
  commonTiling,
  expand,
  type Grid,
  type Reals,
  tileBounds,
  type Values,
  valuesInside,
} from '../values.ts';
import type { FitInput, FitResult, TileFit } from './fit.ts';
import { TILE_FITS } from './index.ts';

/** A call of a named fit: its name and its arguments by name, or '0', '1', … by position. */
export interface FitCall {
  readonly name: string;
  readonly args: Readonly<Record<string, FitArgument>>;
}

/**
 * The tiles that result number `result` of a call has values on, the call standing in `tiling`: codes one for each
 * value searched, anything else one for each tile.
 */
export function resultTiling(call: FitCall, result: number, tiling: Tiling, env: Environment): Tiling {
  return TILE_FITS[call.name]?.results[result] === 'codes' ? searchedTiling(call, tiling, env) : tiling;
}

/**
 * The results of a fit in every tile, in the order of the fit.
 * @throws RangeError for an unknown fit, a missing constant or number, a `weight:` finer than what `of:` gives, and
 * where fewer than `wanted` results are there.
 */
export function runTileFit(
  call: FitCall,
  tiling: Tiling,
  wanted: number,
  env: Environment,
  formatName: string,
): Values[] {
  const { name } = call;
  const fit = TILE_FITS[name];
  if (fit === undefined) throw new RangeError(`${formatName}: the fit ${name} cannot run here`);
  if (fit.results.length < wanted)
    throw new RangeError(`${formatName}: ${name} gives ${fit.results.length} results, not ${wanted}`);
  const { geometry } = env;
  const searched = searchedTiling(call, tiling, env);
  const options = optionsOf(call, fit, tiling, env, formatName);
  const values = valuesOf(call, 'of', searched, tiling, env, formatName) ?? env.weights();
  const weights = fit.perWeight.map((key) => {
    const given = valuesOf(call, key, searched, tiling, env, formatName);
    return [key, given ?? { tiling: searched, data: new env.real(searched.count).fill(1) }] as const;
  });

  const perTile = fit.perTile.flatMap((key) => {
    const given = valuesOf(call, key, tiling, tiling, env, formatName);
    return given === null ? [] : [[key, given.data] as const];
  });

  const reals = fit.results.filter((result) => result !== 'codes').map(() => new env.real(tiling.count));
  const codes = fit.hasCodes ? new env.real(searched.count) : null;
  const inputOf = (tile: number): FitInput => {
    const inside = (grid: Grid): Reals => valuesInside(grid, tiling, tile, geometry, env.real);
    const worth = Object.fromEntries(weights.map(([key, grid]) => [key, inside(grid)]));
    const own = Object.fromEntries(perTile.map(([key, data]) => [key, data[tile]!]));
    return { x: inside(values), weights: worth, tile: own, ...options };
  };
  const put = (result: FitResult, tile: number): void => {
    for (const [k, array] of reals.entries()) array[tile] = result.reals[k]!;
    if (codes !== null && result.codes !== null)
      putInside(result.codes, { tiling: searched, data: codes }, tiling, tile, geometry);
  };
  if (fit.runTogether === undefined)
    for (let tile = 0; tile < tiling.count; tile++) put(fit.run(inputOf(tile)), tile);
  else
    for (const [tile, result] of fit
      .runTogether(Array.from({ length: tiling.count }, (_, tile) => inputOf(tile)))
      .entries())
      put(result, tile);
  return fit.results.map((result, k) =>
    result === 'codes' ? { tiling: searched, data: codes! } : { tiling, data: reals[k]! },
  );
}

/** The tiles of the values that a call searches. */
function searchedTiling({ args: { of } }: FitCall, tiling: Tiling, env: Environment): Tiling {
  return of?.arg === 'expr' ? innermost(of.expr, tiling, env) : env.geometry.tilings.get('each')!;
}

/** An argument that has a value for each value searched, or for each tile; null if it is not given. */
function valuesOf(
  { name, args }: FitCall,
  key: string,
  searched: Tiling,
  tiling: Tiling,
  env: Environment,
  formatName: string,
): Grid | null {
  const argument = args[key];
  if (argument?.arg !== 'expr') return null;
  const values = evaluate(argument.expr, { here: searched, statement: tiling, fit: true }, env);
  // Tiles of two scopes may be the same tiles, such as `column` and `each` in a tensor of one row.
  const isFiner =
    typeof values !== 'number' && commonTiling(values.tiling, searched, env.geometry).count > searched.count;
  if (isFiner) {
    throw new RangeError(
      `${formatName}: ${name} has one \`${key}:\` for each \`${searched.scope}\`, and this has more`,
    );
  }
  return { tiling: searched, data: expand(values, searched, env.real) };
}

/** The arguments that are the same in every tile. */
function optionsOf(
  { name, args }: FitCall,
  fit: TileFit,
  tiling: Tiling,
  env: Environment,
  formatName: string,
) {
  const place = { here: tiling, statement: tiling, fit: true };
  const constants: Record<string, number> = {};
  for (const [key, fallback] of Object.entries(fit.constants)) {
    const argument = args[key];
    const value = argument?.arg === 'expr' ? evaluate(argument.expr, place, env) : fallback;
    if (typeof value !== 'number') throw new RangeError(`${formatName}: ${name} needs the constant ${key}`);
    constants[key] = value;
  }
  const words = Object.fromEntries(
    Object.entries(fit.words).map(([key, allowed]) => {
      const argument = args[key];
      return [key, argument?.arg === 'word' ? argument.word : allowed[0]!];
    }),
  );
  const numbers = Object.fromEntries(
    fit.numbers.map((key) => {
      const argument = args[key];
      if (argument?.arg !== 'number') throw new RangeError(`${formatName}: ${name} needs the number ${key}`);
      return [key, env.number(argument.number)];
    }),
  );
  return { constants, words, numbers };
}

/** Puts values back where `valuesInside` takes them from. */
function putInside(values: Reals, grid: Grid, outer: Tiling, tile: number, geometry: Geometry): void {
  const { top, bottom, left, right } = tileBounds(outer, tile, geometry);
  const inner = grid.tiling;
  if (bottom <= top || right <= left) return;
  const firstRow = Math.floor(top / inner.height);
  const lastRow = Math.ceil(bottom / inner.height);
  const firstCol = Math.floor(left / inner.width);
  const across = Math.ceil(right / inner.width) - firstCol;
  for (let row = firstRow; row < lastRow; row++) {
    const from = (row - firstRow) * across;
    grid.data.set(values.subarray(from, from + across), row * inner.cols + firstCol);
  }
}
