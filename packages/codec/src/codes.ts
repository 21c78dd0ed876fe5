/**
 * The rule for codes: what is chosen for a field that has no fit.
 *
 * Where value = slope · code + offset with one code for the weight, the code is (x - offset) / slope, 0 if the slope is 0,
 * rounded by its number. Otherwise all codes of the tile are chosen together: least Σ importance · (x - value)², first in
 * code order. Specification: docs/design/language.md, "Fit".
 */
import {
  affineIn,
  type Codes,
  type Expr,
  type Field,
  type Format,
  isCode,
  type StoredField,
  some,
  type Tiling,
} from '@fewerbits/format';
import { AGGREGATES } from './aggregates.ts';
import { type Environment, evaluate } from './evaluate.ts';
import { fieldGrid } from './fields.ts';
import type { Fitting } from './fitting.ts';
import { emptyCodes } from './pack.ts';
import { expand, type Grid, type Reals, type Values, valuesInside } from './values.ts';

/** More combinations than this are refused: they would not be tried in an hour. */
export const MOST_COMBINATIONS = 1 << 16;

/** Codes of a field without a fit, and of the fields that are chosen together with it. */
export function chooseCodes(field: Field, fitting: Fitting): ReadonlyMap<string, Codes> {
  const { format } = fitting.input;
  if (readsWindow(format, field.name)) {
    throw new RangeError(
      `${format.name}: ${field.name} is a trellis code; give its codes (encode's option \`given\`)`,
    );
  }
  const mates = format.fields.filter(
    (other) =>
      other.scope === field.scope &&
      fitting.fitOf(other) === null &&
      isCode(other, format) &&
      !fitting.input.fixed.has(other.name),
  );
  const stored = fitting.stored(field.name);
  const scalar = stored.perTile === 1 && (stored.entries === 0 || stored.numberAt(0).dimension === 1);
  if (mates.length === 1 && field.scope === 'each' && scalar) {
    const affine = affineIn(valueExpr(fitting), field.name);
    if (affine !== null)
      return new Map([[field.name, quotientCodes(field, affine.slope, affine.offset, fitting)]]);
  }
  return jointCodes(mates, stored.tiling, fitting);
}

/** Whether the value reads several codes of a field at once, so that no code can be chosen by itself. */
export function readsWindow(format: Format, field: string): boolean {
  return format.steps.some(
    (step) => step.step === 'value' && some(step.expr, (e) => e.op === 'window' && e.field === field),
  );
}

/** The code is what the affine value says of the weight, rounded. */
function quotientCodes(field: Field, slope: Expr | null, offset: Expr | null, fitting: Fitting): Codes {
  const stored = fitting.stored(field.name);
  let expr: Expr = { op: 'x' };
  if (offset !== null) expr = { op: 'sub', left: expr, right: offset };
  if (slope !== null) expr = { op: 'div', left: expr, right: slope };
  const place = { here: stored.tiling, statement: stored.tiling, fit: true };
  const quotients = expand(evaluate(expr, place, fitting.env), stored.tiling, fitting.env.real);
  const codes = emptyCodes(stored);
  if (stored.uniform && stored.entries > 0) stored.numberAt(0).encodeInto(quotients, codes);
  else
    for (let entry = 0; entry < codes.length; entry++)
      codes[entry] = stored.numberAt(entry).codeOf(quotients[entry]!, entry);
  fitting.clearPadding(stored, codes);
  return codes;
}

/** Every code of the field tried; |x - value| in the Format's arithmetic, the first of the least wins. */
export function nearestCodes(field: Field, fitting: Fitting): Codes {
  const stored = fitting.stored(field.name);
  const each = fitting.env.geometry.tilings.get('each')!;
  if (stored.tiling.scope !== 'each')
    throw new RangeError(`${fitting.input.format.name}: nearest is a rule for codes of single weights`);
  const x = fitting.env.weights().data;
  const codes = emptyCodes(stored);
  const least = new fitting.env.real(each.count).fill(Number.POSITIVE_INFINITY);
  const distance = new fitting.env.real(1);
  for (let code = 0; code < mostCodes(stored); code++) {
    const values = valueWith(new Map([[field.name, constantCodes(stored, code)]]), fitting);
    for (let i = 0; i < codes.length; i++) {
      distance[0] = values[i]! - x[i]!;
      const error = Math.abs(distance[0]!);
      if (error < least[i]! && hasCode(stored, i, code)) {
        least[i] = error;
        codes[i] = code;
      }
    }
  }
  fitting.clearPadding(stored, codes);
  return codes;
}

/** All combinations of the fields' codes, the same one in every tile at a time; each tile keeps its best. */
function jointCodes(fields: readonly Field[], tiling: Tiling, fitting: Fitting): ReadonlyMap<string, Codes> {
  const slots = fields.flatMap((field) => {
    const stored = fitting.stored(field.name);
    return Array.from({ length: stored.perTile }, (_, k) => ({
      stored,
      k,
      count: Math.max(1, mostCodes(stored)),
    }));
  });
  const combinations = slots.reduce((product, slot) => product * slot.count, 1);
  if (combinations > MOST_COMBINATIONS) {
    throw new RangeError(
      `${fitting.input.format.name}: the codes ${fields.map((f) => f.name).join(', ')} have ${combinations} combinations in a tile, ` +
        "too many to try; give their codes (encode's option `given`)",
    );
  }
  const chosen = new Map(
    fields.map((field) => {
      const stored = fitting.stored(field.name);
      return [field.name, emptyCodes(stored)] as const;
    }),
  );
  const least = new Float64Array(tiling.count).fill(Number.POSITIVE_INFINITY);
  for (let combination = 0; combination < combinations; combination++) {
    const digits = digitsOf(
      combination,
      slots.map((slot) => slot.count),
    );
    const tried = new Map<string, Codes>();
    for (const [s, slot] of slots.entries()) {
      const codes = tried.get(slot.stored.name) ?? emptyCodes(slot.stored);
      for (let entry = slot.k; entry < codes.length; entry += slot.stored.perTile)
        codes[entry] = slot.stored.uniform
          ? digits[s]!
          : Math.min(digits[s]!, slot.stored.numberAt(entry).codes - 1);
      tried.set(slot.stored.name, codes);
    }
    const errors = tileErrors(valueWith(tried, fitting), tiling, fitting);
    const codes = slots.map((slot) => chosen.get(slot.stored.name)!);
    const uniform = slots.every(({ stored }) => stored.uniform);
    for (let tile = 0; tile < least.length; tile++) {
      if (!(errors[tile]! < least[tile]! && (uniform || isPossible(slots, digits, tile)))) continue;
      least[tile] = errors[tile]!;
      for (let s = 0; s < slots.length; s++)
        codes[s]![tile * slots[s]!.stored.perTile + slots[s]!.k] = digits[s]!;
    }
  }
  for (const field of fields) fitting.clearPadding(fitting.stored(field.name), chosen.get(field.name)!);
  return chosen;
}

/** Whether every entry of a tile has the code that is tried for it. */
function isPossible(
  slots: readonly { readonly stored: StoredField; readonly k: number }[],
  digits: readonly number[],
  tile: number,
): boolean {
  for (let s = 0; s < slots.length; s++) {
    const { stored, k } = slots[s]!;
    if (!hasCode(stored, tile * stored.perTile + k, digits[s]!)) return false;
  }
  return true;
}

function digitsOf(index: number, counts: readonly number[]): number[] {
  const digits = new Array<number>(counts.length);
  let rest = index;
  for (let k = counts.length - 1; k >= 0; k--) {
    digits[k] = rest % counts[k]!;
    rest = Math.floor(rest / counts[k]!);
  }
  return digits;
}

/** Σ importance · (x - value)² over each tile, in binary64 in runs of 4096. */
export function tileErrors(values: Reals, tiling: Tiling, fitting: Fitting): Float64Array {
  const { geometry } = fitting.env;
  const each = geometry.tilings.get('each')!;
  const x = fitting.env.weights().data;
  const importance = fitting.env.importance();
  const weight = typeof importance === 'number' ? null : expand(importance, each, fitting.env.real);
  const squares = new Float64Array(each.count);
  for (let i = 0; i < squares.length; i++) {
    const error = x[i]! - values[i]!;
    squares[i] = (weight === null ? 1 : weight[i]!) * error * error;
  }
  // A weight is its own sum.
  if (tiling.scope === each.scope) return squares;
  const out = new Float64Array(tiling.count);
  const grid: Grid = { tiling: each, data: squares };
  for (let tile = 0; tile < out.length; tile++) {
    const inside = valuesInside(grid, tiling, tile, geometry, Float64Array);
    out[tile] = AGGREGATES.sum(inside, Float64Array);
  }
  return out;
}

/** The format's value at every weight with some fields' codes held fixed. */
function valueWith(fixed: ReadonlyMap<string, Codes>, fitting: Fitting): Reals {
  const { env } = fitting;
  const each = env.geometry.tilings.get('each')!;
  const grids = new Map<string, Values>();
  const held: Environment = {
    ...env,
    field: (name) => {
      const codes = fixed.get(name);
      if (codes === undefined) return env.field(name);
      if (!grids.has(name)) grids.set(name, fieldGrid(fitting.stored(name), codes, env.geometry, env.real));
      return grids.get(name)!;
    },
    array: (name) => {
      const codes = fixed.get(name);
      if (codes === undefined) return env.array(name);
      const stored = fitting.stored(name);
      return { tiling: stored.tiling, dims: stored.dims, entries: fieldGridEntries(stored, codes, env) };
    },
    codes: (name) => {
      const codes = fixed.get(name);
      if (codes === undefined) return env.codes(name);
      const stored = fitting.stored(name);
      return { tiling: stored.tiling, codes, bits: stored.bits };
    },
  };
  const place = { here: each, statement: each, fit: false };
  return expand(evaluate(valueExpr(fitting), place, held), each, env.real);
}

function fieldGridEntries(stored: StoredField, codes: Codes, env: Environment): Reals {
  const out = new env.real(stored.entries);
  for (let entry = 0; entry < out.length; entry++) out[entry] = stored.numberAt(entry).levelOf(codes[entry]!);
  return out;
}

/** One code everywhere; where an entry's number has fewer, its last. */
export function constantCodes(stored: StoredField, code: number): Codes {
  const codes = emptyCodes(stored).fill(code);
  if (stored.uniform) return codes;
  for (let entry = 0; entry < codes.length; entry++)
    codes[entry] = Math.min(code, stored.numberAt(entry).codes - 1);
  return codes;
}

/** The most codes that any entry of a field has. */
export function mostCodes(stored: StoredField): number {
  if (stored.entries === 0) return 0;
  if (stored.uniform) return stored.numberAt(0).codes;
  let most = 0;
  for (let entry = 0; entry < stored.entries; entry++) most = Math.max(most, stored.numberAt(entry).codes);
  return most;
}

/** Whether an entry's number has a code. */
export function hasCode(stored: StoredField, entry: number, code: number): boolean {
  return code < stored.numberAt(entry).codes;
}

/** The first `value` of a format: what codes stand for before any later step. */
export function valueExpr(fitting: Fitting): Expr {
  const step = fitting.input.format.steps[0];
  if (step?.step !== 'value') throw new RangeError(`${fitting.input.format.name} has no value`);
  return step.expr;
}
