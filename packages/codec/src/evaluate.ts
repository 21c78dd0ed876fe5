/**
 * Expressions → values, array at a time: one loop for each operation, one rounding for each result.
 *
 * Knows nothing of where fields come from: an `Environment` answers for stored fields (when decoding), for fits in
 * progress (when encoding) and for fields held fixed (while codes are tried).
 * Specification: docs/design/language.md, "Expressions".
 */
import {
  type BinaryOp,
  type Codes,
  type Expr,
  evaluateWithoutData,
  FUNCTIONS,
  type Geometry,
  indexInside,
  readsData,
  type Tiling,
  tileOrigin,
} from '@fewerbits/format';
import type { ResolvedNumber } from '@fewerbits/numerics';
import { AGGREGATES } from './aggregates.ts';
import {
  commonTiling,
  enclosingTiles,
  expand,
  type Grid,
  type RealArray,
  type Reals,
  type Values,
  valuesInside,
} from './values.ts';

/** What an expression can read. */
export interface Environment {
  readonly geometry: Geometry;
  readonly real: RealArray;
  number(key: string): ResolvedNumber;
  /** A scalar field at its tiles, a vector field at each weight. */
  field(name: string): Values;
  /** Every entry of an array field, array dimensions last. */
  array(name: string): { readonly tiling: Tiling; readonly dims: readonly number[]; readonly entries: Reals };
  /** `bits` null: entries of several widths. */
  codes(name: string): { readonly tiling: Tiling; readonly codes: Codes; readonly bits: number | null };
  /** The tile that a scope is written in: the tensor for one that stands in none. */
  outer(tiling: Tiling): Tiling;
  let(name: string): Values;
  unrounded(field: string): Values;
  weights(): Grid;
  importance(): Values;
  /** The value of the steps before, in later steps. */
  value(): Values;
  /** The tiling that a name's values stand on. */
  tilingOf(kind: 'field' | 'let', name: string): Tiling;
}

/** Where an expression stands: the current tile, the tile of its statement (which aggregates reduce), and whether it is a fit. */
export interface Place {
  readonly here: Tiling;
  readonly statement: Tiling;
  /** In a fit a division by zero gives 0; in a value it gives what IEEE 754 says. */
  readonly fit: boolean;
}

/** The values of an expression, at a tiling no finer than `place.here`. */
export function evaluate(expr: Expr, place: Place, env: Environment): Values {
  if (!readsData(expr)) return withoutData(expr, place, env);
  switch (expr.op) {
    case 'x':
      return env.weights();
    case 'importance':
      return env.importance();
    case 'value':
      return env.value();
    case 'field':
      return expr.index.length === 0 ? env.field(expr.name) : arrayElement(expr.name, expr.index, place, env);
    case 'let':
      return env.let(expr.name);
    case 'unrounded':
      return env.unrounded(expr.field);
    case 'neg':
      return mapValues([evaluate(expr.of, place, env)], (a) => -a!, env);
    case 'call':
      return mapValues(
        expr.args.map((arg) => evaluate(arg, place, env)),
        FUNCTIONS[expr.name],
        env,
      );
    case 'bits': {
      const { from, to } = expr;
      const bitField = (v: number): number => Math.floor(v / 2 ** from) % 2 ** (to - from);
      return mapValues([evaluate(expr.of, place, env)], (v) => bitField(v!), env);
    }
    case 'aggregate':
      return aggregate(expr, place, env);
    case 'window':
      return window(expr.field, expr.bits, env);
    case 'dot':
      return dot(expr.left, expr.right, env);
    case 'level':
      return level(expr, place, env);
    case 'nearest': {
      const number = env.number(expr.number);
      return mapValues([evaluate(expr.of, place, env)], (v) => number.levelOf(number.codeOf(v!)), env);
    }
    case 'code_of': {
      const number = env.number(expr.number);
      return mapValues([evaluate(expr.of, place, env)], (v) => number.codeOf(v!), env);
    }
    case 'fit':
      throw new RangeError(`${expr.name} is a fit; it stands alone in a let or after a field's =`);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      const operands = [evaluate(expr.left, place, env), evaluate(expr.right, place, env)];
      const op = expr.op === 'div' && place.fit ? quotientOrZero : BINARY[expr.op];
      return mapValues(operands, op, env);
    }
    default:
      return withoutData(expr, place, env);
  }
}

const BINARY: Readonly<Record<BinaryOp, (...args: number[]) => number>> = {
  add: (a, b) => a! + b!,
  sub: (a, b) => a! - b!,
  mul: (a, b) => a! * b!,
  div: (a, b) => a! / b!,
  eq: (a, b) => Number(a! === b!),
  ne: (a, b) => Number(a! !== b!),
  lt: (a, b) => Number(a! < b!),
  le: (a, b) => Number(a! <= b!),
  gt: (a, b) => Number(a! > b!),
  ge: (a, b) => Number(a! >= b!),
};

const quotientOrZero = (...args: number[]): number => (args[1] === 0 ? 0 : args[0]! / args[1]!);

/** A part without data: binary64, rounded once; one number unless it asks for the position. */
function withoutData(expr: Expr, place: Place, env: Environment): Values {
  const { geometry } = env;
  const shape = { rows: geometry.storedRows, cols: geometry.storedCols };
  let positioned = false;
  const constant = evaluateWithoutData(expr, shape, () => {
    positioned = true;
    return 0;
  });
  if (!positioned) return env.real === Float32Array ? Math.fround(constant) : constant;
  const data = new env.real(place.here.count);
  for (let tile = 0; tile < data.length; tile++) {
    const { row, col } = tileOrigin(place.here, tile);
    data[tile] = evaluateWithoutData(expr, shape, (scope) =>
      indexInside(geometry, geometry.tilings.get(scope)!, place.here, row, col),
    );
  }
  return { tiling: place.here, data };
}

/** A function of values, element by element, at the finest tiling among them. */
export function mapValues(
  operands: readonly Values[],
  f: (...args: number[]) => number,
  env: Environment,
): Values {
  let tiling: Tiling | null = null;
  for (const operand of operands) {
    if (typeof operand === 'number') continue;
    tiling = tiling === null ? operand.tiling : commonTiling(tiling, operand.tiling, env.geometry);
  }
  if (tiling === null) {
    const result = f(...(operands as number[]));
    return env.real === Float32Array ? Math.fround(result) : result;
  }
  const data = new env.real(tiling.count);
  const [first, second, third] = operands;
  if (operands.length === 1) {
    const a = (first as Grid).data;
    for (let i = 0; i < data.length; i++) data[i] = f(a[i]!);
  } else if (operands.length === 2 && typeof first === 'number') {
    const b = expand(second!, tiling, env.real);
    for (let i = 0; i < data.length; i++) data[i] = f(first, b[i]!);
  } else if (operands.length === 2 && typeof second === 'number') {
    const a = expand(first!, tiling, env.real);
    for (let i = 0; i < data.length; i++) data[i] = f(a[i]!, second);
  } else if (operands.length === 2) {
    const a = expand(first!, tiling, env.real);
    const b = expand(second!, tiling, env.real);
    for (let i = 0; i < data.length; i++) data[i] = f(a[i]!, b[i]!);
  } else if (operands.length === 3) {
    const a = expand(first!, tiling, env.real);
    const b = expand(second!, tiling, env.real);
    const c = expand(third!, tiling, env.real);
    for (let i = 0; i < data.length; i++) data[i] = f(a[i]!, b[i]!, c[i]!);
  } else {
    const all = operands.map((operand) => expand(operand, tiling, env.real));
    for (let i = 0; i < data.length; i++) data[i] = f(...all.map((a) => a[i]!));
  }
  return { tiling, data };
}

// ---------------------------------------------------------------------------------------------- aggregates

function aggregate(expr: Extract<Expr, { op: 'aggregate' }>, place: Place, env: Environment): Values {
  const inner = innermost(expr.of, place.statement, env);
  const data = expand(evaluate(expr.of, { ...place, here: inner }, env), inner, env.real);
  const grid = { tiling: inner, data };
  const outer = place.statement;
  if (expr.name === 'sum_before') return sumBefore(grid, outer, env);
  const reduce = AGGREGATES[expr.name];
  const out = new env.real(outer.count);
  for (let tile = 0; tile < out.length; tile++) {
    out[tile] = reduce(valuesInside(grid, outer, tile, env.geometry, env.real), env.real);
  }
  return { tiling: outer, data: out };
}

/** For each tile, the sum over all tiles before it. */
function sumBefore(grid: Grid, outer: Tiling, env: Environment): Grid {
  const out = new env.real(outer.count);
  let before = 0;
  for (let tile = 0; tile < out.length; tile++) {
    out[tile] = before;
    before += AGGREGATES.sum(valuesInside(grid, outer, tile, env.geometry, env.real), env.real);
  }
  return { tiling: outer, data: out };
}

/** The tiles that an aggregate (or a fit with `of:`) runs over: the finest of the names in its argument. */
export function innermost(expr: Expr, statement: Tiling, env: Environment): Tiling {
  let tiling = statement;
  const note = (other: Tiling): void => {
    tiling = commonTiling(tiling, other, env.geometry);
  };
  const walk = (e: Expr): void => {
    switch (e.op) {
      case 'x':
      case 'importance':
      case 'value':
        note(env.geometry.tilings.get('each')!);
        return;
      case 'field':
        note(env.tilingOf('field', e.name));
        e.index.forEach(walk);
        return;
      case 'let':
        note(env.tilingOf('let', e.name));
        return;
      case 'unrounded':
        note(env.tilingOf('field', e.field));
        return;
      case 'neg':
      case 'bits':
      case 'nearest':
      case 'code_of':
        walk(e.of);
        return;
      case 'call':
        e.args.forEach(walk);
        return;
      case 'level':
        walk(e.code);
        if (e.component !== null) walk(e.component);
        return;
      case 'window':
        note(env.tilingOf('field', e.field));
        return;
      case 'dot':
        note(env.tilingOf('field', e.left));
        note(env.tilingOf('field', e.right));
        return;
      case 'const':
      case 'rows':
      case 'cols':
      case 'at':
      case 'fit':
      // An aggregate inside an aggregate is one number for each tile of the statement.
      case 'aggregate':
        return;
      default:
        walk(e.left);
        walk(e.right);
    }
  };
  walk(expr);
  return tiling;
}

// ---------------------------------------------------------------------------------------------- look-ups

function arrayElement(name: string, index: readonly Expr[], place: Place, env: Environment): Values {
  const { tiling: own, dims, entries } = env.array(name);
  if (dims.length !== index.length)
    throw new RangeError(`${name} has ${dims.length} dimensions, ${index.length} indices are given`);
  const perTile = dims.reduce((a, b) => a * b, 1);
  const indices = index.map((e) => evaluate(e, place, env));
  let tiling = own;
  for (const values of indices)
    if (typeof values !== 'number') tiling = commonTiling(tiling, values.tiling, env.geometry);
  const tiles = enclosingTiles(tiling, own);
  const columns = indices.map((values) => expand(values, tiling, env.real));
  const data = new env.real(tiling.count);
  for (let i = 0; i < data.length; i++) {
    let k = 0;
    for (let d = 0; d < dims.length; d++) k = k * dims[d]! + clampIndex(columns[d]![i]!, dims[d]!);
    data[i] = entries[tiles[i]! * perTile + k]!;
  }
  return { tiling, data };
}

function clampIndex(value: number, length: number): number {
  return Math.min(length - 1, Math.max(0, Math.trunc(value) || 0));
}

function level(expr: Extract<Expr, { op: 'level' }>, place: Place, env: Environment): Values {
  const number = env.number(expr.number);
  const code = evaluate(expr.code, place, env);
  const component = expr.component === null ? 0 : evaluate(expr.component, place, env);
  return mapValues(
    [code, component],
    (c, k) => number.levelOf(clampIndex(c!, number.codes), clampIndex(k!, number.dimension)),
    env,
  );
}

function dot(left: string, right: string, env: Environment): Values {
  const a = env.array(left);
  const b = env.array(right);
  const tiling = commonTiling(a.tiling, b.tiling, env.geometry);
  const [tilesA, tilesB] = [enclosingTiles(tiling, a.tiling), enclosingTiles(tiling, b.tiling)];
  const length = a.entries.length / Math.max(1, a.tiling.count);
  const data = new env.real(tiling.count);
  const product = new env.real(1);
  const sum = new env.real(1);
  for (let i = 0; i < data.length; i++) {
    sum[0] = 0;
    for (let k = 0; k < length; k++) {
      product[0] = a.entries[tilesA[i]! * length + k]! * b.entries[tilesB[i]! * length + k]!;
      sum[0] = sum[0]! + product[0]!;
    }
    data[i] = sum[0]!;
  }
  return { tiling, data };
}

/** The n bits that end with each weight's code, over the tile that holds the weights, wrapping (tail-biting trellis). */
function window(field: string, bits: number, env: Environment): Values {
  const { tiling, codes, bits: width } = env.codes(field);
  if (width === null || width === 0) throw new RangeError(`window: the codes of ${field} have no one width`);
  const outer = env.outer(tiling);
  const { storedRows, storedCols } = env.geometry;
  const data = new env.real(tiling.count);
  for (let tile = 0; tile < outer.count; tile++) {
    const { row, col } = tileOrigin(outer, tile);
    const across = Math.min(outer.width, storedCols - col);
    const count = Math.min(outer.height, storedRows - row) * across;
    const entryAt = (k: number): number => (row + Math.floor(k / across)) * tiling.cols + col + (k % across);
    for (let k = 0; k < count; k++) {
      let state = 0;
      for (let back = 0; back * width < bits; back++) {
        const from = (((k - back) % count) + count) % count;
        state += codes[entryAt(from)]! * 2 ** (back * width);
      }
      data[entryAt(k)] = state % 2 ** bits;
    }
  }
  return { tiling, data };
}
