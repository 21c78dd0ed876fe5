/**
 * Candidates of the fit `mse_scale`: for every tile the stored scale of least Σ importance · (x − value)², and the start if given.
 *
 * Needs value = scale · code, times what depends on neither: with y = x / g and weight importance · g² the search of
 * `trained/mean-square-scale.ts` is exact over all storable scales (those wider than 16 bits: to their nearest value).
 * Specification: docs/design/language.md, "Fit".
 */
import { type Codes, type Expr, type Field, type StoredField, scaleTimesCode } from '@fewerbits/format';
import type { ResolvedNumber } from '@fewerbits/numerics';
import type { Candidate } from './choice.ts';
import { evaluate } from './evaluate.ts';
import { finiteLevels } from './finite-levels.ts';
import type { Fitting } from './fitting.ts';
import { emptyCodes } from './pack.ts';
import { meanSquareScale } from './trained/mean-square-scale.ts';
import { firstFrom } from './trained/sorted-sample.ts';
import { expand, type Grid, valuesInside } from './values.ts';

/**
 * The scales that `mse_scale` tries in every tile, at most three: the start, the best positive one, the best negative one.
 * @throws RangeError where value is not scale · code, or a number has no list of levels.
 */
export function meanSquareCandidates(
  field: Field,
  fit: Extract<Expr, { op: 'fit' }>,
  fitting: Fitting,
): Candidate[] {
  const { env } = fitting;
  const stored = fitting.stored(field.name);
  const { format } = fitting.input;
  const product = scaleTimesCode(format, field.name);
  if (product === null) {
    throw new RangeError(
      `${format.name}: mse_scale fits ${field.name} where value is ${field.name} * code, times what depends on neither; ` +
        'for any other formula use search(e, a..b, steps: n)',
    );
  }
  const { code, factor } = product;
  const levels = levelsOfCode(code, fitting);
  const { values, weights } = scaledWeights(factor, fitting);
  const { start } = fit.args;
  const candidates: Candidate[] = [];
  if (start?.arg === 'expr') {
    const place = { here: stored.tiling, statement: stored.tiling, fit: true };
    const reals = expand(evaluate(start.expr, place, env), stored.tiling, env.real);
    candidates.push({
      codes: filled(stored, (tile) => Math.max(0, stored.numberAt(tile).codeOf(reals[tile]!, tile))),
      possible: (tile) =>
        stored.numberAt(tile).overflow !== null || !stored.numberAt(tile).overflows(reals[tile]!),
    });
  }
  const storable = storableScales();
  for (const sign of stored.entries > 0 && stored.numberAt(0).facts.min < 0 ? [1, -1] : [1]) {
    // A negative scale times a level is a positive one times the level's opposite.
    const turned = sign > 0 ? levels : levels.map((level) => -level).reverse();
    const codes = filled(stored, (tile) => {
      const number = stored.numberAt(tile);
      const near = storable(number);
      const x = valuesInside(values, stored.tiling, tile, env.geometry, Float64Array);
      const w = valuesInside(weights, stored.tiling, tile, env.geometry, Float64Array);
      const found = meanSquareScale(x, w, turned, (ideal) => near(sign * ideal).map((scale) => sign * scale));
      return Math.max(0, number.codeOf(found === null ? 0 : sign * found.scale, tile));
    });
    candidates.push({ codes, possible: () => true });
  }
  return candidates;
}

function levelsOfCode(code: Field, fitting: Fitting): Float64Array {
  const stored = fitting.stored(code.name);
  const levels =
    stored.entries === 0 ? new Float64Array(1) : stored.uniform ? finiteLevels(stored.numberAt(0)) : null;
  if (levels !== null) return levels;
  throw new RangeError(
    `${fitting.input.format.name}: mse_scale needs codes of one number with a list of levels, at most 16 bits wide, which ` +
      `${code.name} has not; use search(e, a..b, steps: n)`,
  );
}

/** x / g and importance · g² at each weight. */
function scaledWeights(factor: Expr | null, { env }: Fitting): { values: Grid; weights: Grid } {
  const each = env.geometry.tilings.get('each')!;
  const place = { here: each, statement: each, fit: false };
  const g = factor === null ? null : expand(evaluate(factor, place, env), each, env.real);
  const importance = expand(env.importance(), each, env.real);
  const values = Float64Array.from(env.weights().data);
  const weights = Float64Array.from(importance);
  if (g !== null) {
    for (let i = 0; i < values.length; i++) {
      values[i] = g[i] === 0 ? 0 : values[i]! / g[i]!;
      weights[i]! *= g[i]! ** 2;
    }
  }
  return { values: { tiling: each, data: values }, weights: { tiling: each, data: weights } };
}

/** For each number, the levels on both sides of an ideal scale; of numbers wider than 16 bits the nearest. */
function storableScales(): (number: ResolvedNumber) => (ideal: number) => number[] {
  const known = new Map<ResolvedNumber, Float64Array | null>();
  return (number) => {
    if (!known.has(number)) known.set(number, finiteLevels(number));
    const levels = known.get(number)!;
    if (levels === null) {
      return (ideal) => (number.overflows(ideal) ? [] : [number.levelOf(number.codeOf(ideal))]);
    }
    return (ideal) => {
      const at = firstFrom(levels, ideal);
      return [...levels.subarray(Math.max(0, at - 1), at + 1)];
    };
  };
}

function filled(stored: StoredField, codeOf: (tile: number) => number): Codes {
  const codes = emptyCodes(stored);
  for (let tile = 0; tile < codes.length; tile++) codes[tile] = codeOf(tile);
  return codes;
}
