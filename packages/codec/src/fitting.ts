/**
 * Weights → codes of every field: each fit is evaluated when it is first needed, whole arrays at a time.
 *
 * One `Fitting` is one tensor under one set of fits. Trying other values of a field (`best`, `search`) is a new Fitting with
 * that field held fixed. Specification: docs/design/language.md, "Fit" and "What cannot be represented".
 */
import {
  type Codes,
  type Expr,
  type Field,
  type FitSet,
  type Format,
  type Geometry,
  isCode,
  type Let,
  type Plan,
  type StoredField,
} from '@fewerbits/format';
import { nearestVector, type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import { ARRAY_FITS, fitArray } from './array-fit.ts';
import { chooseBest } from './choice.ts';
import { chooseCodes, nearestCodes } from './codes.ts';
import { type Environment, evaluate, type Place } from './evaluate.ts';
import { componentsOf, entryValues, fieldGrid, fieldTiling, outerTiling } from './fields.ts';
import { CHOICE_FITS, NEAREST_FIT, RATE_FITS } from './fits/index.ts';
import { resultTiling, runTileFit } from './fits/run.ts';
import { emptyCodes } from './pack.ts';
import { rateCodes } from './rate-codes.ts';
import { storedIndex, withStoredChoices } from './stored-choices.ts';
import { expand, type Grid, type RealArray, type Reals, tileBounds, type Values } from './values.ts';

/** What a Fitting is given. */
export interface FittingInput {
  readonly format: Format;
  readonly plan: Plan;
  readonly real: RealArray;
  /** The stored matrix, row-major. */
  readonly x: Reals;
  readonly importance: ArrayLike<number> | null;
  /** A named fit, or null for the defaults. */
  readonly fit: string | null;
  /** Codes that are not fitted but taken as they are, by field. */
  readonly fixed: ReadonlyMap<string, Codes>;
  /** Encodes a nested format's values; returns its codes by part and its decoded values. */
  readonly nested: (
    format: Format,
    values: Reals,
    given: Readonly<Record<string, Codes>>,
  ) => { codes: Record<string, Codes>; values: Reals };
  /** Named in errors. */
  readonly name: string;
}

export interface Fitting {
  readonly input: FittingInput;
  readonly env: Environment;
  /** Codes of a stored field, fitted now if they are not yet. */
  codesOf(name: string): Codes;
  /** The fit of a field in force, or null. */
  fitOf(field: Field): Expr | null;
  stored(name: string): StoredField;
  /** The same tensor fitted anew with the codes of one more field held. */
  withFixed(name: string, codes: Codes): Fitting;
  /** Weights of tiles that are padding have no codes. */
  clearPadding(stored: StoredField, codes: Codes): void;
}

/** Starts fitting a tensor; nothing is computed until asked for. */
export function startFitting(input: FittingInput): Fitting {
  const { format, plan, real } = input;
  const { geometry } = plan;
  const numbers = new Map<string, ResolvedNumber>();
  const number = (key: string): ResolvedNumber => {
    const known = numbers.get(key) ?? resolveNumber(format.numbers[key]!);
    numbers.set(key, known);
    return known;
  };
  const storedByName = new Map(plan.fields.map((field) => [field.name, field]));
  const fieldsByName = new Map(format.fields.map((field) => [field.name, field]));
  const replaced = replacedFits(format, input.fit);
  const letsByName = new Map(
    letsInForce(format, replaced).flatMap((let_) => let_.names.map((name) => [name, let_] as const)),
  );

  const codes = new Map<string, Codes>();
  const grids = new Map<string, Grid>();
  const unrounded = new Map<string, Values>();
  const nestedValues = new Map<string, Reals>();
  const lets = new Map<Let, Values[]>();
  const chosen = new Map<string, StoredField>();
  const busy: string[] = [];

  const weights: Grid = { tiling: geometry.tilings.get('each')!, data: input.x };
  const importance = importanceValues(input, geometry);

  /** Runs one computation, refusing to enter it again while it runs. */
  const once = <T>(label: string, compute: () => T): T => {
    if (busy.includes(label)) {
      const circle = [...busy.slice(busy.indexOf(label)), label].join(' → ');
      throw new RangeError(
        `${format.name}: the fits go in a circle: ${circle}; name the value before rounding in a let`,
      );
    }
    busy.push(label);
    try {
      return compute();
    } finally {
      busy.pop();
    }
  };

  const env: Environment = {
    geometry,
    real,
    number,
    field: (name) => {
      const known = grids.get(name);
      if (known !== undefined) return known;
      const field = fieldsByName.get(name)!;
      const grid =
        field.storage.kind === 'format'
          ? { tiling: geometry.tilings.get(field.scope)!, data: nestedOf(field) }
          : fieldGrid(stored(name), codesOf(name), geometry, real);
      grids.set(name, grid);
      return grid;
    },
    array: (name) => {
      const field = stored(name);
      return { tiling: field.tiling, dims: field.dims, entries: entryValues(field, codesOf(name), real) };
    },
    codes: (name) => ({ tiling: stored(name).tiling, codes: codesOf(name), bits: stored(name).bits }),
    outer: (tiling) => outerTiling(format, geometry, tiling),
    let: (name) => {
      const let_ = letsByName.get(name)!;
      if (!lets.has(let_))
        lets.set(
          let_,
          once(let_.names.join(', '), () => letValues(let_)),
        );
      return lets.get(let_)![let_.names.indexOf(name)]!;
    },
    unrounded: (name) => {
      // Codes that are given were never rounded: their level is all there is.
      if (input.fixed.has(name)) return env.field(name);
      const field = fieldsByName.get(name)!;
      const expr = fitOf(field);
      // Nor were those that were chosen among stored values, which are also what the choice was made by.
      if (expr?.op === 'fit' && CHOICE_FITS.includes(expr.name)) return env.field(name);
      if (expr?.op === 'fit') codesOf(name);
      if (!unrounded.has(name)) {
        if (expr === null || expr.op === 'fit')
          throw new RangeError(
            `${format.name}: the fit of ${name} chooses codes, so it has no unrounded value`,
          );
        unrounded.set(
          name,
          once(`unrounded(${name})`, () => evaluate(expr, fitPlace(field), env)),
        );
      }
      return unrounded.get(name)!;
    },
    weights: () => weights,
    importance: () => importance,
    value: () => {
      throw new RangeError(`${format.name}: a fit cannot read \`value\``);
    },
    tilingOf: (kind, name) => {
      if (kind === 'field')
        return fieldTiling(fieldsByName.get(name)!, geometry, (key) => number(key).dimension);
      const { names, scope, expr } = letsByName.get(name)!;
      const tiling = geometry.tilings.get(scope)!;
      if (expr.op !== 'fit') return tiling;
      return once(`tiles of ${name}`, () => resultTiling(expr, names.indexOf(name), tiling, env));
    },
  };

  const placeOf = (scope: string): Place => {
    const tiling = geometry.tilings.get(scope)!;
    return { here: tiling, statement: tiling, fit: true };
  };
  /** Where the fit of a field is evaluated: at its tiles, or for a vector number at each weight of them. */
  const isVector = (field: Field): boolean =>
    field.storage.kind === 'number' && number(field.storage.number).dimension > 1;
  const fitPlace = (field: Field): Place => {
    const place = placeOf(field.scope);
    return isVector(field) ? { ...place, here: geometry.tilings.get('each')! } : place;
  };
  const stored = (name: string): StoredField => {
    const known = storedByName.get(name);
    if (known === undefined) throw new RangeError(`${format.name} has no stored field ${name}`);
    const field = fieldsByName.get(name);
    if (field === undefined || storedIndex(field) === null) return known;
    if (!chosen.has(name))
      chosen.set(
        name,
        once(`numbers of ${name}`, () => withStoredChoices(known, field, format, env)),
      );
    return chosen.get(name)!;
  };
  const fitOf = (field: Field): Expr | null => replaced.get(field.name)?.expr ?? field.fit;

  const letValues = ({ names, scope, expr }: Let): Values[] =>
    expr.op === 'fit'
      ? runTileFit(expr, geometry.tilings.get(scope)!, names.length, env, format.name)
      : [evaluate(expr, placeOf(scope), env)];

  const nestedOf = (field: Field): Reals => {
    if (!nestedValues.has(field.name)) {
      if (field.storage.kind !== 'format') throw new RangeError(`${field.name} is not stored in a format`);
      const inner = field.storage.format;
      const expr = fitOf(field);
      if (expr === null)
        throw new RangeError(`${format.name}: ${field.name} is stored in ${inner.name} and needs a fit`);
      const tiling = geometry.tilings.get(field.scope)!;
      const values = once(field.name, () => expand(evaluate(expr, placeOf(field.scope), env), tiling, real));
      const prefix = `${field.name}.`;
      const given = [...input.fixed].filter(([part]) => part.startsWith(prefix));
      const result = input.nested(
        inner,
        values,
        Object.fromEntries(given.map(([part, c]) => [part.slice(prefix.length), c])),
      );
      for (const [part, partCodes] of Object.entries(result.codes))
        codes.set(`${field.name}.${part}`, partCodes);
      nestedValues.set(field.name, result.values);
    }
    return nestedValues.get(field.name)!;
  };

  const codesOf = (name: string): Codes => {
    const known = codes.get(name) ?? input.fixed.get(name);
    if (known !== undefined) return known;
    const dot = name.indexOf('.');
    if (dot >= 0) {
      nestedOf(fieldsByName.get(name.slice(0, dot))!);
      return codes.get(name)!;
    }
    const field = fieldsByName.get(name)!;
    for (const [chosen, array] of once(name, () => fitField(field))) codes.set(chosen, array);
    return codes.get(name)!;
  };

  const fitField = (field: Field): ReadonlyMap<string, Codes> => {
    const expr = fitOf(field);
    if (expr === null) {
      if (!isCode(field, format)) {
        throw new RangeError(
          `${format.name}: ${field.name} has no fit; give its codes (encode's option \`given\`)`,
        );
      }
      return chooseCodes(field, fitting);
    }
    if (expr.op === 'fit' && expr.name === NEAREST_FIT)
      return new Map([[field.name, nearestCodes(field, fitting)]]);
    if (expr.op === 'fit' && RATE_FITS.includes(expr.name))
      return new Map([[field.name, rateCodes(field, expr, fitting)]]);
    if (expr.op === 'fit' && CHOICE_FITS.includes(expr.name))
      return new Map([[field.name, chooseBest(field, expr, fitting)]]);
    const target = stored(field.name);
    if (expr.op === 'fit' && ARRAY_FITS.includes(expr.name)) {
      return new Map([
        [field.name, roundToCodes(field, target, fitArray(expr.name, expr.args, target, env))],
      ]);
    }
    if (target.perTile !== 1)
      throw new RangeError(
        `${format.name}: ${field.name} is an array; its fit must give one: list, lloyd_max, ecsq or low_rank`,
      );
    const values =
      expr.op === 'fit'
        ? runTileFit(expr, target.tiling, 1, env, format.name)[0]!
        : (unrounded.get(field.name) ?? evaluate(expr, fitPlace(field), env));
    unrounded.set(field.name, values);
    if (isVector(field)) return new Map([[field.name, roundToVectors(target, values)]]);
    return new Map([[field.name, roundToCodes(field, target, expand(values, target.tiling, real))]]);
  };

  /** Rounds real values to codes; what a field that is not a code cannot hold is an error unless its number says otherwise. */
  const roundToCodes = (field: Field, target: StoredField, values: Reals): Codes => {
    const out = emptyCodes(target);
    if (!isCode(field, format)) refuseOverflow(field, target, values);
    if (target.uniform && target.entries > 0) target.numberAt(0).encodeInto(values, out);
    else
      for (let entry = 0; entry < out.length; entry++)
        out[entry] = target.numberAt(entry).codeOf(values[entry]!, entry);
    clearPadding(target, out);
    return out;
  };

  /** Rounds what stands at the weights of each tile to the nearest vector. */
  const roundToVectors = (target: StoredField, values: Values): Codes => {
    const each = geometry.tilings.get('each')!;
    const out = emptyCodes(target);
    const components = componentsOf(
      { tiling: each, data: expand(values, each, real) },
      target.tiling,
      geometry,
    );
    const { dimension } = target.tiling.count > 0 ? target.numberAt(0) : { dimension: 0 };
    for (let tile = 0; tile < out.length; tile++)
      out[tile] = nearestVector(target.numberAt(tile), components, tile * dimension);
    clearPadding(target, out);
    return out;
  };

  const refuseOverflow = (field: Field, target: StoredField, values: Reals): void => {
    for (let entry = 0; entry < values.length; entry++) {
      const n = target.numberAt(entry);
      const value = values[entry]!;
      const finite = Number.isFinite(value);
      if (!finite && format.nonfinite === 'keep') continue;
      // NaN is no value of anything; an infinity is one only where the number says what becomes of it.
      const stated = n.overflow !== null && n.overflow !== 'error';
      if (!Number.isNaN(value) && (stated || (finite && !n.overflows(value)))) continue;
      const { top, left } = tileBounds(target.tiling, Math.floor(entry / target.perTile), geometry);
      const cure = finite
        ? 'scale the tensor down, or say `saturate` in the format'
        : 'the fit has no finite value for these weights';
      throw new RangeError(
        `${input.name}: ${field.name} of the ${target.tiling.scope} at row ${top}, column ${left} is ${value}, ` +
          `beyond what ${format.name} can store; ${cure}`,
      );
    }
  };

  const clearPadding = (target: StoredField, array: Codes): void => {
    if (geometry.storedRows <= geometry.rows && geometry.storedCols <= geometry.cols) return;
    for (let tile = 0; tile < target.tiling.count; tile++) {
      const { top, bottom, left, right } = tileBounds(target.tiling, tile, geometry);
      if (bottom <= top || right <= left) array.fill(0, tile * target.perTile, (tile + 1) * target.perTile);
    }
  };

  const withFixed = (name: string, held: Codes): Fitting =>
    startFitting({ ...input, fixed: new Map(input.fixed).set(name, held) });
  const fitting: Fitting = { input, env, codesOf, fitOf, stored, withFixed, clearPadding };
  return fitting;
}

function importanceValues(input: FittingInput, geometry: Geometry): Values {
  if (input.importance === null) return 1;
  const column = geometry.tilings.get('column')!;
  if (input.importance.length !== geometry.cols) {
    throw new RangeError(
      `importance has ${input.importance.length} values, the matrix has ${geometry.cols} columns`,
    );
  }
  const data = new input.real(column.count);
  for (let col = 0; col < Math.min(geometry.cols, data.length); col++) {
    data[col] = input.importance[col]!;
    if (!(data[col]! >= 0 && data[col]! < Number.POSITIVE_INFINITY))
      throw new RangeError(`importance of column ${col} is ${data[col]}; it is a finite number, not below 0`);
  }
  return { tiling: column, data };
}

/** What a named fit sets, by the name of each field and let that it replaces. */
type Replaced = ReadonlyMap<string, FitSet['sets'][number]>;

/** The fits that a named fit puts in place of those of fields and lets. */
function replacedFits(format: Format, name: string | null): Replaced {
  if (name === null) return new Map();
  const set = format.fits.find((fit) => fit.name === name);
  if (set === undefined) {
    const known = format.fits.map((fit) => fit.name).join(', ');
    throw new RangeError(`${format.name} has no fit '${name}'${known === '' ? '' : `; it has ${known}`}`);
  }
  return new Map(set.sets.flatMap((entry) => entry.names.map((target) => [target, entry] as const)));
}

/** The lets of a format; one that a named fit sets keeps its scope and takes the new expression. */
function letsInForce(format: Format, replaced: Replaced): Let[] {
  return format.lets.map((let_) => {
    const set = replaced.get(let_.names[0]!);
    if (set === undefined) return let_;
    if (let_.names.length !== set.names.length || !let_.names.every((name) => set.names.includes(name))) {
      throw new RangeError(
        `${format.name}: a named fit sets ${set.names.join(', ')}; the let that it replaces gives ${let_.names.join(', ')}`,
      );
    }
    return { names: set.names, scope: let_.scope, expr: set.expr };
  });
}
