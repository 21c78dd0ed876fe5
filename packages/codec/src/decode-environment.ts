/**
 * Stored codes as an expression sees them: the environment of decoding, where nothing of an encoder is known.
 * Specification: docs/design/language.md, "Expressions".
 */
import type { Codes, Format, Plan } from '@fewerbits/format';
import { type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import type { Environment } from './evaluate.ts';
import { entryValues, fieldGrid, fieldTiling, outerTiling } from './fields.ts';
import type { Grid, RealArray, Reals } from './values.ts';

/** The values that the codes of a nested format stand for: one row of `count`. */
export type NestedValues = (inner: Format, codes: Readonly<Record<string, Codes>>, count: number) => Reals;

/** The fields of a tensor by their stored codes; `nested` answers for those that are stored in a format of their own. */
export function decodeEnvironment(
  format: Format,
  plan: Plan,
  codes: Readonly<Record<string, Codes>>,
  real: RealArray,
  nested: NestedValues,
): Environment {
  const { geometry } = plan;
  const stored = new Map(plan.fields.map((field) => [field.name, field]));
  const fields = new Map(format.fields.map((field) => [field.name, field]));
  const numbers = new Map<string, ResolvedNumber>();
  const grids = new Map<string, Grid>();
  const number = (key: string): ResolvedNumber => {
    const known = numbers.get(key) ?? resolveNumber(format.numbers[key]!);
    numbers.set(key, known);
    return known;
  };
  const nestedValues = (name: string, inner: Format, count: number): Reals => {
    const parts = Object.entries(codes).filter(([part]) => part.startsWith(`${name}.`));
    const own = Object.fromEntries(parts.map(([part, array]) => [part.slice(name.length + 1), array]));
    return nested(inner, own, count);
  };
  const refuse = (what: string) => (): never => {
    throw new RangeError(`${format.name}: a value cannot read ${what}, which is known only while encoding`);
  };
  return {
    geometry,
    real,
    number,
    field: (name) => {
      const known = grids.get(name);
      if (known !== undefined) return known;
      const field = fields.get(name)!;
      const tiling = geometry.tilings.get(field.scope)!;
      const grid =
        field.storage.kind === 'format'
          ? { tiling, data: nestedValues(name, field.storage.format, tiling.count) }
          : fieldGrid(stored.get(name)!, codes[name]!, geometry, real);
      grids.set(name, grid);
      return grid;
    },
    array: (name) => {
      const field = stored.get(name)!;
      return { tiling: field.tiling, dims: field.dims, entries: entryValues(field, codes[name]!, real) };
    },
    codes: (name) => ({
      tiling: stored.get(name)!.tiling,
      codes: codes[name]!,
      bits: stored.get(name)!.bits,
    }),
    outer: (tiling) => outerTiling(format, geometry, tiling),
    tilingOf: (kind, name) => {
      if (kind === 'let') return refuse('a let')();
      return fieldTiling(fields.get(name)!, geometry, (key) => number(key).dimension);
    },
    let: refuse('a let'),
    unrounded: refuse('an unrounded value'),
    weights: refuse('x'),
    importance: refuse('importance'),
    value: refuse('`value` in its first step'),
  };
}
