/**
 * Fits that try stored values of a field, with everything that depends on it refitted, and keep the best in each tile.
 *
 * `best`: every code. `search(e, a..b, steps: n)`: the codes nearest to e times n factors, evenly spaced in log2 from a to
 * b (the 17-step scale search of arXiv 2505.12988 is `search(absmax, 1/4..4, steps: 17)`). `mse_scale`: scale-choice.ts. Least Σ importance · (x - value)²,
 * the first among equals. Specification: docs/design/language.md, "Fit".
 */
import type { Codes, Expr, Field } from '@fewerbits/format';
import { constantCodes, hasCode, mostCodes, tileErrors, valueExpr } from './codes.ts';
import { evaluate } from './evaluate.ts';
import type { Fitting } from './fitting.ts';
import { emptyCodes } from './pack.ts';
import { meanSquareCandidates } from './scale-choice.ts';
import { expand, tileBounds } from './values.ts';

/**
 * The codes of a field chosen by `best`, `search` or `mse_scale`.
 * @throws RangeError for wrong arguments of `search`.
 */
export function chooseBest(field: Field, fit: Extract<Expr, { op: 'fit' }>, fitting: Fitting): Codes {
  const stored = fitting.stored(field.name);
  const meanSquare = fit.name === 'mse_scale';
  const candidates = meanSquare
    ? meanSquareCandidates(field, fit, fitting)
    : fit.name === 'best'
      ? everyCode(fitting, field)
      : scaledCodes(fitting, field, fit);
  const each = fitting.env.geometry.tilings.get('each')!;
  // A tile that keeps a NaN or an infinity has no least error: `mse_scale` leaves those weights out.
  const best = meanSquare ? candidates[0]!.codes.slice() : emptyCodes(stored);
  const least = new Float64Array(stored.entries).fill(Number.POSITIVE_INFINITY);
  for (const { codes, possible } of candidates) {
    const trial = fitting.withFixed(field.name, codes);
    const place = { here: each, statement: each, fit: false };
    const values = expand(evaluate(valueExpr(trial), place, trial.env), each, trial.env.real);
    const errors = tileErrors(values, stored.tiling, trial);
    for (let tile = 0; tile < least.length; tile++) {
      if (!(errors[tile]! < least[tile]! && possible(tile))) continue;
      least[tile] = errors[tile]!;
      best[tile] = codes[tile]!;
    }
  }
  const lost = meanSquare ? -1 : least.indexOf(Number.POSITIVE_INFINITY);
  if (lost >= 0) {
    const { top, left } = tileBounds(stored.tiling, lost, fitting.env.geometry);
    throw new RangeError(
      `${fitting.input.name}: no ${field.name} of the ${stored.tiling.scope} at row ${top}, column ${left} can be stored; scale the tensor down`,
    );
  }
  fitting.clearPadding(stored, best);
  return best;
}

/** One code for each entry, and whether that entry can take it. */
export interface Candidate {
  readonly codes: Codes;
  readonly possible: (entry: number) => boolean;
}

function everyCode(fitting: Fitting, field: Field): Candidate[] {
  const stored = fitting.stored(field.name);
  return Array.from({ length: mostCodes(stored) }, (_, code) => ({
    codes: constantCodes(stored, code),
    possible: (entry) => hasCode(stored, entry, code),
  }));
}

function scaledCodes(fitting: Fitting, field: Field, fit: Extract<Expr, { op: 'fit' }>): Candidate[] {
  const { format } = fitting.input;
  const stored = fitting.stored(field.name);
  const place = { here: stored.tiling, statement: stored.tiling, fit: true };
  const [start, range, steps] = [fit.args['0'], fit.args['1'], fit.args.steps];
  if (start?.arg !== 'expr' || range?.arg !== 'range' || steps?.arg !== 'expr') {
    throw new RangeError(`${format.name}: write search(expression, from..to, steps: n)`);
  }
  const constant = (expr: Expr): number => {
    const value = evaluate(expr, place, fitting.env);
    if (typeof value !== 'number')
      throw new RangeError(`${format.name}: the range and steps of search are constants`);
    return value;
  };
  const [from, to, count] = [constant(range.from), constant(range.to), constant(steps.expr)];
  if (!(from > 0 && to >= from && Number.isInteger(count) && count >= 1)) {
    throw new RangeError(
      `${format.name}: search from ${from} to ${to} in ${count} steps; the range must rise above 0`,
    );
  }
  const base = expand(evaluate(start.expr, place, fitting.env), stored.tiling, fitting.env.real);
  return Array.from({ length: count }, (_, k) => {
    const factor = count === 1 ? from : from * (to / from) ** (k / (count - 1));
    const scaled = base.map((value) => value * factor);
    const codes = emptyCodes(stored);
    for (let entry = 0; entry < codes.length; entry++)
      codes[entry] = Math.max(0, stored.numberAt(entry).codeOf(scaled[entry]!, entry));
    // A factor that takes the field beyond its number is no candidate, unless the number says what becomes of it.
    const possible = (entry: number): boolean => {
      const number = stored.numberAt(entry);
      const stated = number.overflow !== null && number.overflow !== 'error';
      return stated || !number.overflows(scaled[entry]!);
    };
    return { codes, possible };
  });
}
