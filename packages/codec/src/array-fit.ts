/**
 * Fits that give all entries of an array field at once: `levels: f16[16] = lloyd_max(of: x / scale)`, or `list(a, b, …)`.
 *
 * `of` is what is trained on (the weight by default), `weight` its worth (1 by default), both evaluated for each weight;
 * `across: scope` trains vectors, one for each tile of that scope. `ecsq(rate: r)` trains levels whose codes are entropy coded;
 * `low_rank(of: e)` gives rows or columns their factors of a matrix. Specification: docs/design/language.md, "Fit".
 */
import type { FitArgument, StoredField } from '@fewerbits/format';
import { type Environment, evaluate, type Place } from './evaluate.ts';
import { ecsqLevels } from './trained/ecsq-levels.ts';
import { lloydMax } from './trained/lloyd-max.ts';
import { lowRank } from './trained/low-rank.ts';
import { vectorCodebook } from './trained/vector-codebook.ts';
import { enclosingTiles, expand, type Grid, type Reals, valuesInside } from './values.ts';

/** The fits of this kind by name. */
export const ARRAY_FITS: readonly string[] = ['lloyd_max', 'ecsq', 'list', 'low_rank'];

/**
 * The entries of every tile of a field, in natural order.
 * @throws RangeError where the shape of the array is not that of the codebook or the list, or the scope of `across` is unknown.
 */
export function fitArray(
  name: string,
  args: Readonly<Record<string, FitArgument>>,
  stored: StoredField,
  env: Environment,
): Reals {
  if (name === 'list') return listEntries(args, stored, env);
  const each = env.geometry.tilings.get('each')!;
  const place = { here: each, statement: stored.tiling, fit: true };
  const perWeight = (key: string): Grid | null => {
    const argument = args[key];
    if (argument?.arg !== 'expr') return null;
    return { tiling: each, data: expand(evaluate(argument.expr, place, env), each, env.real) };
  };
  const of = perWeight('of') ?? env.weights();
  if (name === 'low_rank') return rankFactors(of, stored, env);
  const weight = perWeight('weight');
  const rate = name === 'ecsq' ? rateOf(args.rate, place, env) : null;
  const across = args.across?.arg === 'word' ? args.across.word : null;
  const out = new env.real(stored.entries);
  for (let tile = 0; tile < stored.tiling.count; tile++) {
    const levels =
      across === null
        ? scalarLevels(name, rate, of, weight, stored, tile, env)
        : vectorLevels(of, weight, across, stored, tile, env);
    if (levels.length !== stored.perTile) {
      throw new RangeError(
        `${name}: ${stored.name} holds ${stored.perTile} values a tile, ${levels.length} were trained`,
      );
    }
    out.set(levels, tile * stored.perTile);
  }
  return out;
}

/** One formula for each entry. */
function listEntries(
  args: Readonly<Record<string, FitArgument>>,
  stored: StoredField,
  env: Environment,
): Reals {
  const { tiling, perTile } = stored;
  const formulas = Object.values(args);
  if (formulas.length !== perTile) {
    throw new RangeError(
      `list: ${stored.name} holds ${perTile} values a tile, ${formulas.length} are listed`,
    );
  }
  const place = { here: tiling, statement: tiling, fit: true };
  const out = new env.real(stored.entries);
  for (const [k, formula] of formulas.entries()) {
    if (formula.arg !== 'expr') throw new RangeError(`list: entry ${k} of ${stored.name} is no formula`);
    const values = expand(evaluate(formula.expr, place, env), tiling, env.real);
    for (let tile = 0; tile < tiling.count; tile++) out[tile * perTile + k] = values[tile]!;
  }
  return out;
}

/** Factors of the matrix `of`: those of the rows for a field in `row`, those of the columns for one in `column`. */
function rankFactors(of: Grid, stored: StoredField, env: Environment): Reals {
  const { scope } = stored.tiling;
  if (stored.dims.length !== 1 || (scope !== 'row' && scope !== 'column'))
    throw new RangeError(`low_rank: ${stored.name} must be an array of one dimension in row or column`);
  const { rows, cols } = env.geometry.tilings.get('each')!;
  const { left, right } = lowRank(of.data, rows, cols, stored.perTile);
  return env.real.from(scope === 'row' ? left : right);
}

function rateOf(argument: FitArgument | undefined, place: Place, env: Environment): number {
  const rate = argument?.arg === 'expr' ? evaluate(argument.expr, place, env) : null;
  if (typeof rate === 'number' && rate > 0 && rate < Number.POSITIVE_INFINITY) return rate;
  throw new RangeError('ecsq: write `rate:` with bits per weight, a constant above 0');
}

function scalarLevels(
  name: string,
  rate: number | null,
  of: Grid,
  weight: Grid | null,
  stored: StoredField,
  tile: number,
  env: Environment,
): Reals {
  if (stored.dims.length !== 1)
    throw new RangeError(`${name}: ${stored.name} is one list of levels unless \`across\` names a scope`);
  const values = valuesInside(of, stored.tiling, tile, env.geometry, env.real);
  if (values.length === 0) return new Float64Array(stored.perTile);
  const weights =
    weight === null ? undefined : valuesInside(weight, stored.tiling, tile, env.geometry, env.real);
  if (rate !== null) return ecsqLevels(values, stored.perTile, rate, weights);
  return lloydMax(values, stored.perTile, weights === undefined ? {} : { weights });
}

function vectorLevels(
  of: Grid,
  weight: Grid | null,
  across: string,
  stored: StoredField,
  tile: number,
  env: Environment,
): Reals {
  const inner = env.geometry.tilings.get(across);
  if (inner === undefined) throw new RangeError(`lloyd_max: there is no scope ${across}`);
  const dimension = inner.height * inner.width;
  const [count] = stored.dims;
  if (stored.dims.length !== 2 || stored.dims[1] !== dimension) {
    throw new RangeError(
      `lloyd_max: ${stored.name} must be [count, ${dimension}] for vectors across ${across}`,
    );
  }
  const owner = enclosingTiles(inner, stored.tiling);
  const own = Uint32Array.from(owner.keys()).filter((vector) => owner[vector] === tile);
  const values = new env.real(own.length * dimension);
  const weights = new Float64Array(own.length);
  let used = 0;
  for (const vector of own) {
    const components = valuesInside(of, inner, vector, env.geometry, env.real);
    // A vector that a short edge cuts has no place in a codebook of whole ones.
    if (components.length !== dimension) continue;
    values.set(components, used * dimension);
    weights[used] = weight === null ? 1 : mean(valuesInside(weight, inner, vector, env.geometry, env.real));
    used++;
  }
  if (used === 0) return new Float64Array(stored.perTile);
  const options = weight === null ? {} : { weights: weights.subarray(0, used) };
  return vectorCodebook(values.subarray(0, used * dimension), dimension, count!, options);
}

function mean(values: Reals): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
