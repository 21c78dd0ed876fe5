/**
 * Rules for codes that are entropy coded: `urq(lambda: λ)` and `cheapest(rate: r)`, over all codes of a field at once.
 *
 * With value = a · level + b a weight of data is t = (x − b) / a in units of the levels, and a squared unit there is worth importance · a²,
 * relative to the mean. `urq`: the levels are evenly spaced (a grid, integers). `cheapest`: any list, of the code's number
 * or of a field of the tensor that the code picks from. Specification: docs/design/language.md, "Fit"; numerics.md §1.10.
 */
import { affineIn, type Codes, type Expr, type Field, type StoredField } from '@fewerbits/format';
import { valueExpr } from './codes.ts';
import { evaluate } from './evaluate.ts';
import { finiteLevels } from './finite-levels.ts';
import type { Fitting } from './fitting.ts';
import { emptyCodes } from './pack.ts';
import { type ListTarget, listCodes } from './trained/list-codes.ts';
import { HEURISTIC, urqCodes } from './trained/urq.ts';
import { expand, type Reals } from './values.ts';

type FitCall = Extract<Expr, { op: 'fit' }>;

/**
 * The codes of a field by `urq` or `cheapest`.
 * @throws RangeError for arguments out of range, a code that is no scalar in `each`, a formula that is not affine in what the code
 *   picks, or, for `urq`, levels that are not evenly spaced.
 */
export function rateCodes(field: Field, fit: FitCall, fitting: Fitting): Codes {
  const { format } = fitting.input;
  const stored = fitting.stored(field.name);
  if (stored.tiling.scope !== 'each' || stored.perTile !== 1 || !stored.uniform)
    throw new RangeError(
      `${format.name}: ${fit.name} is a rule for codes of single weights, all of one number`,
    );
  const codes = emptyCodes(stored);
  if (stored.entries === 0) return codes;
  const number = stored.numberAt(0);
  const grid = number.levels === null && number.codes === Infinity;
  const argument = constantOf(fit, fit.name === 'urq' ? 'lambda' : 'rate', fitting) ?? HEURISTIC;
  if (fit.name === 'urq' ? !(argument >= 0 && argument < Infinity) : !(argument > 0 && argument < Infinity))
    throw new RangeError(
      `${format.name}: ${fit.name} of ${argument}; it is a finite number ${fit.name === 'urq' ? 'from' : 'above'} 0`,
    );

  const list = grid ? null : listOf(field, fitting);
  if (list === null && fit.name === 'cheapest')
    throw new RangeError(`${format.name}: a grid has no list of levels to choose from; its rule is urq`);
  const { t, weights } = inCodeUnits(field, list?.picked ?? field.name, fitting);
  const own = (entry: number): number =>
    list === null || list.picked === field.name ? number.codeOf(t[entry]!, entry) : 0;

  // Padding and what is kept as NaN or infinite have no part in the shares of the codes.
  const entries = realEntries(stored, fitting).filter((entry) => Number.isFinite(t[entry]!));
  for (let entry = 0; entry < codes.length; entry++)
    if (!Number.isFinite(t[entry]!)) codes[entry] = own(entry);
  const worth = Float64Array.from(entries, (entry) => weights[entry]!);
  const top = worth.reduce((most, w) => Math.max(most, w), 0);
  if (top > 0) {
    const values = Float64Array.from(entries, (entry) => t[entry]!);
    const shares = worth.map((w) => w / top);
    const chosen =
      list === null
        ? urqCodes(values, 1, argument, { weights: shares })
        : listCodes(values, list.levels, targetOf(fit, argument, list.levels, format.name), shares);
    for (const [k, entry] of entries.entries())
      codes[entry] = list === null ? chosen[k]! : list.codes[chosen[k]!]!;
  } else for (const entry of entries) codes[entry] = own(entry);
  fitting.clearPadding(stored, codes);
  return codes;
}

/** λ of `urq` is in squared steps, `cheapest` has a rate. */
function targetOf(fit: FitCall, argument: number, levels: Float64Array, formatName: string): ListTarget {
  if (fit.name === 'cheapest') return { rate: argument };
  const step = levels.length > 1 ? (levels[levels.length - 1]! - levels[0]!) / (levels.length - 1) : 0;
  for (let k = 1; k < levels.length; k++) {
    if (Math.abs(levels[k]! - levels[k - 1]! - step) > 1e-6 * step)
      throw new RangeError(
        `${formatName}: urq rounds to evenly spaced levels, a grid or integers; for any other list use cheapest(rate: r)`,
      );
  }
  return { lambda: argument * step * step };
}

/** Ascending levels, the lowest code of each, and the name under which the formula has them. */
interface LevelChoice {
  readonly levels: Float64Array;
  readonly codes: readonly number[];
  readonly picked: string;
}

/** Stands for `levels[code]` in a formula: no field has this name. */
const PICKED = 'levels[code]';

function listOf(field: Field, fitting: Fitting): LevelChoice {
  const { format } = fitting.input;
  const number = fitting.stored(field.name).numberAt(0);
  const own = finiteLevels(number);
  if (own === null)
    throw new RangeError(
      `${format.name}: the levels of ${field.name} are no list; codes of at most 16 bits have one`,
    );
  const source = pickedFrom(valueExpr(fitting), field.name);
  if (source === null)
    return { levels: own, codes: Array.from(own, (level) => number.codeOf(level)), picked: field.name };
  const array = fitting.stored(source);
  if (array.tiling.scope !== 'tensor' || array.dims.length !== 1)
    throw new RangeError(
      `${format.name}: cheapest takes one list of levels for the tensor, and ${source} is not one`,
    );
  const { entries } = fitting.env.array(source);
  const byLevel = new Map<number, number>();
  for (const level of own) {
    const value = entries[Math.min(entries.length - 1, Math.max(0, level))]!;
    if (Number.isFinite(value) && !byLevel.has(value)) byLevel.set(value, number.codeOf(level));
  }
  const levels = Float64Array.from(byLevel.keys()).sort();
  return { levels, codes: Array.from(levels, (level) => byLevel.get(level)!), picked: PICKED };
}

/** The array field that a formula picks from by a code alone, as in `levels[code]`. */
function pickedFrom(expr: Expr, code: string): string | null {
  let found: string | null = null;
  replacePick(expr, code, (name) => {
    found = name;
  });
  return found;
}

/** The formula with `levels[code]` as one field. */
function replacePick(expr: Expr, code: string, seen: (array: string) => void = () => {}): Expr {
  if (expr.op === 'field' && expr.index.length === 1) {
    const [index] = expr.index;
    if (index?.op === 'field' && index.name === code && index.index.length === 0) {
      seen(expr.name);
      return { op: 'field', name: PICKED, index: [] };
    }
  }
  if (expr.op === 'neg') return { ...expr, of: replacePick(expr.of, code, seen) };
  if (expr.op === 'add' || expr.op === 'sub' || expr.op === 'mul' || expr.op === 'div')
    return { ...expr, left: replacePick(expr.left, code, seen), right: replacePick(expr.right, code, seen) };
  return expr;
}

/** t = (x − b) / a, 0 if a = 0, and importance · a², in binary64 from the Format's quotients. */
function inCodeUnits(field: Field, picked: string, fitting: Fitting): { t: Reals; weights: Float64Array } {
  const { env, input } = fitting;
  const affine = affineIn(replacePick(valueExpr(fitting), field.name), picked);
  if (affine === null)
    throw new RangeError(
      `${input.format.name}: the rule for ${field.name} needs a value that is a * ${picked} + b; leave its fit out, or say nearest`,
    );
  const each = env.geometry.tilings.get('each')!;
  const place = { here: each, statement: each, fit: true };
  const at = (expr: Expr): Reals => expand(evaluate(expr, place, env), each, env.real);
  let quotient: Expr = { op: 'x' };
  if (affine.offset !== null) quotient = { op: 'sub', left: quotient, right: affine.offset };
  if (affine.slope !== null) quotient = { op: 'div', left: quotient, right: affine.slope };
  const weights = Float64Array.from(expand(env.importance(), each, env.real));
  const slopes = affine.slope === null ? null : at(affine.slope);
  if (slopes !== null) {
    let largest = 0;
    for (let i = 0; i < slopes.length; i++)
      if (Number.isFinite(slopes[i]!)) largest = Math.max(largest, Math.abs(slopes[i]!));
    for (let i = 0; i < weights.length; i++)
      weights[i]! *= largest > 0 ? (slopes[i]! / largest) ** 2 || 0 : 0;
  }
  return { t: at(quotient), weights };
}

/** Entries of weights that the tensor really has. */
function realEntries(stored: StoredField, { env }: Fitting): Uint32Array {
  const { rows, cols } = env.geometry;
  const all = Uint32Array.from({ length: stored.entries }, (_, entry) => entry);
  return all.filter(
    (entry) => Math.floor(entry / stored.tiling.cols) < rows && entry % stored.tiling.cols < cols,
  );
}

function constantOf(fit: FitCall, key: string, { env, input }: Fitting): number | null {
  const argument = fit.args[key];
  if (argument === undefined) return null;
  const each = env.geometry.tilings.get('each')!;
  const value =
    argument.arg === 'expr' ? evaluate(argument.expr, { here: each, statement: each, fit: true }, env) : null;
  if (typeof value !== 'number')
    throw new RangeError(`${input.format.name}: \`${key}\` of ${fit.name} is a constant`);
  return value;
}
