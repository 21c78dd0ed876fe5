/**
 * What lowering an expression needs to know: the names around it, what may be read where it stands, the numbers of the
 * format under way, and where each piece of the result was written.
 */

import type { NumberType } from '@fewerbits/numerics';
import { preludeNumber, sameNumber } from '@fewerbits/numerics';
import type { Expression, Span } from '../ast.ts';
import type { Names, NumberRef } from '../constant.ts';
import { FIXED_SCOPES, isOneOf } from '../names.ts';
import type { Flat, FlatField, Written } from './flatten.ts';
import { numberText } from './parameters.ts';
import type { Place } from './report.ts';

/**
 * Where an expression stands, which decides what it may read: `value` (the first formula), `later` (formulas after it),
 * `fit` (fits and lets), `select` and `outlier` (of outliers), `index` (which number a `choose` takes), `size` (shapes).
 */
export type Mode = 'value' | 'later' | 'fit' | 'select' | 'outlier' | 'index' | 'size';

/** Where each object of a lowered Format was written. */
export type Origins = WeakMap<object, Place>;

/** The numbers of the format under way, by key. */
export interface NumberTable {
  /** Enters a number and what its text mentions; returns its key. */
  readonly use: (ref: NumberRef) => string;
  readonly all: () => Readonly<Record<string, NumberType>>;
}

/** Everything that does not change from one expression of a format to the next. */
export interface Work {
  readonly flat: Flat;
  readonly numbers: NumberTable;
  readonly origins: Origins;
}

/** The surroundings of one expression. */
export interface Context {
  readonly work: Work;
  readonly mode: Mode;
  readonly names: Names;
  readonly place: Place;
}

/** The context of something written in a format. */
export function contextOf(work: Work, written: Written, mode: Mode): Context {
  return { work, mode, names: written.names, place: written.place };
}

/** Remembers where a node was written, and returns it. */
export function mark<const T extends object>(node: T, span: Span, { work, place }: Context): T {
  work.origins.set(node, { source: place.source, span });
  return node;
}

/** An empty table of numbers. */
export function numberTable(): NumberTable {
  const table = new Map<string, NumberType>();
  const enter = (key: string, type: NumberType): boolean => {
    const known = table.get(key);
    if (known === undefined) table.set(key, type);
    return known === undefined || sameNumber(known, type);
  };
  return {
    use: (ref) => {
      for (const [name, type] of ref.mentions) if (preludeNumber(name) === undefined) enter(name, type);
      const key = numberText(ref);
      if (enter(key, ref.type)) return key;
      // Two files may use one name for two numbers; the second goes by its type.
      const text = numberText({ ...ref, name: null });
      enter(text, ref.type);
      return text;
    },
    all: () => Object.fromEntries(table),
  };
}

/** How many array dimensions a field has. */
export function arrayDimensions(field: FlatField): number {
  return 'expr' in field.storage && field.storage.expr.kind === 'index'
    ? field.storage.expr.indices.length
    : 0;
}

/** Whether a name is a scope of the format. */
export function isScope(flat: Flat, name: string): boolean {
  return flat.scopes.has(name) || isOneOf(FIXED_SCOPES, name);
}

/** Names of all scopes, for suggestions. */
export function scopeNames(flat: Flat): string[] {
  return [...flat.scopes.keys(), ...FIXED_SCOPES];
}

/** The expression inside written parentheses. */
export function bare(expr: Expression): Expression {
  return expr.kind === 'group' ? bare(expr.of) : expr;
}
