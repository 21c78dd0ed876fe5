/**
 * The codes of a unit: lets, fields and aggregates, each computed when it is first read.
 *
 * Mirrors `codec/src/fitting.ts`: when a let or a field is first read, a loop over its tiles in the unit puts its values into a
 * scratch array; what has one tile in the unit is a value, and what has one for each weight is computed where it is read. Whatever
 * is computed for a tile is finite, or the unit is unsound.
 */
import { TILE_FITS } from '@fewerbits/codec';
import {
  affineIn,
  childrenOf,
  type Expr,
  evaluateWithoutData,
  type Field,
  type Format,
  isCode,
  type Let,
  readsData,
  type StoredField,
  some,
  type Tiling,
} from '@fewerbits/format';
import { type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import type { At } from '../ir.ts';
import { keyOfAt, plus, times } from '../loops/at.ts';
import type { Nest } from '../loops/nest.ts';
import { type Tiles, tilesOf } from '../loops/tiles.ts';
import { isPositioned, withoutData } from '../loops/without-data.ts';
import { lowerCall } from '../lower/expression.ts';
import { levelOfCode, whyNoLevels } from '../lower/levels.ts';
import { NoKernel } from '../no-kernel.ts';
import type { Unit } from '../unit.ts';
import { codeOfValue } from './coder.ts';
import { powerOfTwo } from './power-of-two.ts';
import { absmax, extreme, runningSum, signmax } from './reduce.ts';
import { searchTiles } from './search-tiles.ts';

/** What packing asks of the fits of a unit. */
export interface Fitted {
  readonly tiles: Tiles;
  /** The code of a field at a weight, an `i32`, computed here if the field has one for each weight. */
  codeAt(field: StoredField, at: At): number;
  /** The same, computed in a loop of its own for all weights of the unit. */
  keptCodeAt(field: StoredField, at: At): number;
  /** Whether a code takes so many operations that it should stand in the kernel once. */
  isLong(field: StoredField): boolean;
}

/** Operations on a weight to its code, above which words are not put together where codes are computed. */
const LONG = 10;

/** @throws NoKernel, now or later, for what a kernel does not fit */
export function fittedUnit(format: Format, fit: string | null, unit: Unit, b: Nest): Fitted {
  const { geometry, fields: storedFields } = unit.plan;
  const tiles = tilesOf(b, geometry, unit.width);
  const stored = new Map(storedFields.map((field) => [field.name, field]));
  const fields = new Map(format.fields.map((field) => [field.name, field]));
  const set = format.fits.find(({ name }) => name === fit);
  if (fit !== null && set === undefined) throw new NoKernel(`it has no fit ${fit}`);
  const replaced = new Map(
    (set?.sets ?? []).flatMap((item) => item.names.map((name) => [name, item.expr] as const)),
  );
  const lets = new Map(format.lets.flatMap((item) => item.names.map((name) => [name, item] as const)));
  const memo = new Map<string, unknown>();
  const busy = new Set<string>();

  const tilingOf = (scope: string): Tiling => {
    const tiling = geometry.tilings.get(scope)!;
    if (tiling.height !== 1 || tiling.width > unit.width || unit.width % tiling.width !== 0)
      throw new NoKernel(`a ${scope} is fitted as a whole`);
    return tiling;
  };
  /** Refuses to enter a computation while it runs. */
  const guarded = <T>(key: string, compute: () => T): T => {
    if (busy.has(key)) throw new NoKernel('its fits go in a circle');
    busy.add(key);
    try {
      return compute();
    } finally {
      busy.delete(key);
    }
  };
  const once = <T>(key: string, compute: () => T): T => {
    if (!memo.has(key)) memo.set(key, guarded(key, compute));
    return memo.get(key) as T;
  };
  const keys = new Map<Expr, number>();
  const keyOf = (expr: Expr): number => {
    const key = keys.get(expr) ?? keys.size;
    keys.set(expr, key);
    return key;
  };
  /** Values of tiles are few, and an infinity among them could become NaN at a weight: 1 / scale, times 0. */
  const finite = (value: number): number => {
    const { op } = b.values[value]!;
    if (op !== 'real' && !['eq', 'ne', 'lt', 'le', 'gt', 'ge'].includes(op))
      b.require(b.binary('lt', b.unary('abs', value), b.real(Infinity)));
    return value;
  };
  /** Operands of an operation at a weight; what is computed for a tile must be finite there. */
  const meeting = (expr: Expr, parts: readonly Expr[], values: readonly number[]): readonly number[] => {
    if (finest(expr) > 1) return values;
    return values.map((value, k) => (isComputed(parts[k]!) && finest(parts[k]!) > 1 ? finite(value) : value));
  };
  /** What is kept for tiles was finite then. */
  const isComputed = ({ op }: Expr): boolean => op !== 'field' && op !== 'let' && op !== 'unrounded';
  /** Values at each tile of a scope; of single weights, computed where they are read. */
  const standing = (
    key: string,
    { width }: Tiling,
    compute: (at: At) => readonly number[],
  ): ((at: At) => readonly number[]) =>
    width === 1 && unit.width > 1
      ? (at) => guarded(key, () => compute(at))
      : once(key, () => tiles.keep(width, compute));

  // ------------------------------------------------------------------------------------------ names

  const fitOf = (field: Field): Expr | null => replaced.get(field.name) ?? field.fit;
  const storedField = (name: string): StoredField => {
    const field = stored.get(name);
    if (field === undefined) throw new NoKernel(`${name} is stored in another format`);
    if (field.entries === 0 || field.bits === null || !field.uniform || field.perTile !== 1)
      throw new NoKernel(`${name} is no single number`);
    return field;
  };
  /** A field's code, and what was rounded to it. */
  const codeAndValue = (name: string, at: At): readonly number[] => {
    const field = fields.get(name)!;
    const { numberAt } = storedField(name);
    const tiling = tilingOf(field.scope);
    const rule = once(`rule ${name}`, () => ruleOf(field));
    return standing(`field ${name}`, tiling, (start) => {
      const own = evaluate(rule, start, tiling);
      const value = tiling.width > 1 ? finite(own) : own;
      const { code, sound } = codeOfValue(b, numberAt(0), value, isCode(field, format));
      for (const check of sound) b.require(check);
      return [code, value];
    })(at);
  };
  const ruleOf = (field: Field): Expr => {
    const own = fitOf(field);
    if (own !== null) {
      if (own.op === 'fit') throw new NoKernel(`${own.name} is a search`);
      return own;
    }
    const mates = format.fields.filter((other) => other.scope === field.scope && fitOf(other) === null);
    if (field.scope !== 'each' || mates.length !== 1) throw new NoKernel('codes are chosen together');
    const step = format.steps[0]!;
    const affine = step.step === 'value' ? affineIn(step.expr, field.name) : null;
    if (affine === null) throw new NoKernel('codes are searched');
    let rule: Expr = { op: 'x' };
    if (affine.offset !== null) rule = { op: 'sub', left: rule, right: affine.offset };
    return affine.slope === null ? rule : { op: 'div', left: rule, right: affine.slope };
  };
  const levelOf = (name: string, at: At): number => {
    const number = storedField(name).numberAt(0);
    const reason = whyNoLevels(number);
    if (reason !== null) throw new NoKernel(`${name}: ${reason}`);
    return boundedLevel(number, codeAndValue(name, at)[0]!);
  };
  /** A level; of an unsound unit the code may be anything, and a table must still have a place for it. */
  const boundedLevel = (number: ResolvedNumber, code: number): number => {
    const level = levelOfCode(b, number, code);
    if (b.values[level]!.op !== 'table') return level;
    return levelOfCode(b, number, b.integer('i_and', code, b.int(2 ** number.bits - 1)));
  };
  const letOf = (name: string, at: At): number => {
    const item = lets.get(name)!;
    const tiling = tilingOf(item.scope);
    const expr = replaced.get(name) ?? item.expr;
    if (expr.op === 'fit') return searched(item, expr, tiling)(item.names.indexOf(name), at);
    return standing(`let ${name}`, tiling, (start) => {
      const value = evaluate(expr, start, tiling);
      return [tiling.width > 1 ? finite(value) : value];
    })(at)[0]!;
  };

  // ------------------------------------------------------------------------------------------ searches

  /** The results of a search by their number, at a weight. */
  const searched = (
    { names }: Let,
    call: Extract<Expr, { op: 'fit' }>,
    tiling: Tiling,
  ): ((result: number, at: At) => number) =>
    once(`search ${names}`, () => {
      if (tiling.width === 1) throw new NoKernel(`${call.name} is a search`);
      const { weight: worth } = call.args;
      return searchTiles(b, tiles, call, tiling.width, {
        weight: (start) => weightIn(worth?.arg === 'expr' ? worth.expr : null, start, tiling),
        constant: constantOf,
        number: (key) => resolveNumber(format.numbers[key]!),
        finite,
      });
    });

  /** The weight of each value that is searched: computed once for the tile unless it is simple. */
  const weightIn = (expr: Expr | null, start: At, tiling: Tiling): ((at: At) => number) => {
    if (expr === null) return () => b.real(1);
    const computed = (at: At): number => evaluate(expr, plus(start, at), tiling);
    if (!some(expr, (e) => e.op === 'aggregate' || e.op === 'div' || e.op === 'let')) return computed;
    const array = b.array('f32', tiling.width);
    b.loop(tiling.width, (at) => b.put(array, at, computed(at)));
    return (at) => b.peek(array, at);
  };

  // ------------------------------------------------------------------------------------------ expressions

  const constantOf = (expr: Expr): number => {
    if (readsData(expr) || isPositioned(expr)) throw new NoKernel('an argument of its search is no constant');
    requireUnit(expr);
    return Math.fround(evaluateWithoutData(expr, { rows: 0, cols: 0 }, () => 0));
  };

  /** An expression at a weight; aggregates reduce the tile of the statement that holds it. */
  const evaluate = (expr: Expr, at: At, statement: Tiling): number => {
    const go = (e: Expr): number => evaluate(e, at, statement);
    const operands = (e: Expr & { left: Expr; right: Expr }): readonly number[] =>
      meeting(e, [e.left, e.right], [go(e.left), go(e.right)]);
    if (!readsData(expr)) {
      requireUnit(expr);
      return withoutData(b, expr, at, geometry, unit.width);
    }
    switch (expr.op) {
      case 'x':
        return b.weight(at);
      case 'field':
        if (expr.index.length > 0) throw new NoKernel(`${expr.name} is an array`);
        return levelOf(expr.name, at);
      case 'let':
        return letOf(expr.name, at);
      case 'unrounded':
        return codeAndValue(expr.field, at)[1]!;
      case 'neg':
        return b.unary('neg', go(expr.of));
      case 'call':
        return call(expr.name, meeting(expr, expr.args, expr.args.map(go)), finest(expr) > 1);
      case 'aggregate': {
        const start = tiles.start(at, statement.width);
        return once(`aggregate ${keyOf(expr)} ${keyOfAt(start)}`, () =>
          b.outside(start, () => aggregate(expr, start, statement)),
        );
      }
      case 'nearest': {
        const number = resolveNumber(format.numbers[expr.number]!);
        const { code, sound } = codeOfValue(b, number, go(expr.of), true);
        for (const check of sound) b.require(check);
        return boundedLevel(number, code);
      }
      case 'div': {
        const [left, right] = operands(expr) as [number, number];
        const quotient = b.binary('div', left, right);
        const divisor = b.values[right]!;
        // In a fit a division by zero gives 0.
        if (divisor.op === 'real' && divisor.value !== 0) return quotient;
        return b.pick(b.binary('eq', right, b.real(0)), b.real(0), quotient);
      }
      case 'add':
      case 'sub':
      case 'mul':
      case 'eq':
      case 'ne':
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
        return b.binary(expr.op, ...(operands(expr) as [number, number]));
      default:
        throw new NoKernel(`its fits have the operation ${expr.op}`);
    }
  };
  /** A position in a tile that is no part of a unit, and the shape, are not known here. */
  const requireUnit = (expr: Expr): void => {
    if (expr.op === 'rows' || expr.op === 'cols') throw new NoKernel('its fits read the shape');
    if (expr.op === 'at') tilingOf(expr.scope);
    for (const child of childrenOf(expr)) requireUnit(child);
  };
  const call = (name: string, args: readonly number[], ofTiles: boolean): number => {
    // Those that order their operands have no place for NaN.
    if (ofTiles && ['min', 'max', 'clamp', 'floor_pow2', 'ceil_pow2'].includes(name)) args.forEach(finite);
    if (name === 'floor_pow2' || name === 'ceil_pow2') return powerOfTwo(b, name, args[0]!);
    const value = lowerCall(name, args, b);
    if (value === null) throw new NoKernel(`its fits call ${name}`);
    return value;
  };
  // ------------------------------------------------------------------------------------------ aggregates

  const aggregate = (
    { name, of }: Extract<Expr, { op: 'aggregate' }>,
    start: At,
    statement: Tiling,
  ): number => {
    const step = Math.min(statement.width, finest(of));
    const length = statement.width / step;
    const terms = (at: At): number => evaluate(of, plus(start, times(at, step)), statement);
    switch (name) {
      case 'max':
      case 'min':
        return extreme(b, name, length, terms);
      case 'absmax':
        return absmax(b, length, terms);
      case 'signmax':
        return signmax(b, length, terms);
      case 'running_sum':
        return runningSum(b, length, terms);
      default:
        throw new NoKernel(`its fits sum in binary64 (${name})`);
    }
  };
  /** The width of the smallest tiles that an expression reads; of a constant, of any. */
  const finest = (expr: Expr): number => {
    switch (expr.op) {
      case 'x':
      case 'importance':
        return 1;
      case 'field':
        return tilingOf(fields.get(expr.name)!.scope).width;
      case 'unrounded':
        return tilingOf(fields.get(expr.field)!.scope).width;
      case 'let': {
        const item = lets.get(expr.name)!;
        const value = replaced.get(expr.name) ?? item.expr;
        const result = value.op === 'fit' ? TILE_FITS[value.name]?.results : undefined;
        if (result?.[item.names.indexOf(expr.name)] === 'codes') return 1;
        return tilingOf(item.scope).width;
      }
      case 'aggregate':
        return Infinity;
      default:
        return Math.min(Infinity, ...childrenOf(expr).map(finest));
    }
  };

  /** Operations on single weights. */
  const lengthOf = (expr: Expr): number => {
    if (finest(expr) > 1) return 0;
    const search = expr.op === 'let' && (replaced.get(expr.name) ?? lets.get(expr.name)!.expr).op === 'fit';
    return childrenOf(expr).reduce((sum, child) => sum + lengthOf(child), search ? 5 : 1);
  };

  const codeAt: Fitted['codeAt'] = (field, at) => codeAndValue(field.name, at)[0]!;
  return {
    tiles,
    codeAt,
    isLong: ({ name, numberAt }) => {
      if (b.short) return true;
      const { type, levels } = numberAt(0);
      const rounding = type.base.kind === 'int' ? 3 : type.base.kind === 'float' ? 12 : (levels?.length ?? 0);
      return lengthOf(once(`rule ${name}`, () => ruleOf(fields.get(name)!))) + rounding > LONG;
    },
    keptCodeAt: (field, at) => {
      const { width } = field.tiling;
      if (width > 1) return codeAt(field, at);
      return once(`kept ${field.name}`, () => tiles.keep(width, (start) => [codeAt(field, start)]))(at)[0]!;
    },
  };
}
