/**
 * The steps after a format's first value: applied in order when decoding, undone in reverse when encoding.
 * Specification: docs/design/language.md, "Value".
 */
import {
  affineIn,
  type Expr,
  type Format,
  type MatrixShape,
  type Pattern,
  permute,
  type Step,
  sizeOf,
  type Tiling,
  tileOrigin,
  withChildren,
} from '@fewerbits/format';
import { stochasticDraw } from '@fewerbits/numerics';
import { type Environment, evaluate } from './evaluate.ts';
import { expand, type Grid, type Reals } from './values.ts';

/** The weights that a format's fields stand for: every step in order. */
export function applySteps(format: Format, env: Environment): Reals {
  const each = env.geometry.tilings.get('each')!;
  const [first, ...later] = format.steps;
  if (first?.step !== 'value') throw new RangeError(`${format.name} has no value`);
  let data = expand(evaluate(first.expr, { here: each, statement: each, fit: false }, env), each, env.real);
  for (const step of later) data = applyStep(step, { tiling: each, data }, env);
  return data;
}

/** The data that fits see: the weights with every later step undone. */
export function undoSteps(format: Format, weights: Reals, env: Environment): Reals {
  const each = env.geometry.tilings.get('each')!;
  let data = weights;
  for (const step of format.steps.slice(1).reverse()) data = undoStep(step, { tiling: each, data }, env);
  return data;
}

function applyStep(step: Step, before: Grid, env: Environment): Reals {
  const each = before.tiling;
  switch (step.step) {
    case 'value': {
      const place = { here: each, statement: each, fit: false };
      return expand(evaluate(step.expr, place, { ...env, value: () => before }), each, env.real);
    }
    case 'permute':
      return permuteTiles(step.pattern, env.geometry.tilings.get(step.scope)!, before, env, false);
    case 'gather':
      return gatherColumns(step.field, before, env, false);
    case 'rotate':
      return rotate(step, before, env, false);
  }
}

function undoStep(step: Step, after: Grid, env: Environment): Reals {
  const each = after.tiling;
  switch (step.step) {
    case 'value': {
      const place = { here: each, statement: each, fit: true };
      return expand(evaluate(inverseOf(step.expr), place, { ...env, value: () => after }), each, env.real);
    }
    case 'permute':
      return permuteTiles(step.pattern, env.geometry.tilings.get(step.scope)!, after, env, true);
    case 'gather':
      return gatherColumns(step.field, after, env, true);
    case 'rotate':
      return rotate(step, after, env, true);
  }
}

/** (value - offset) / slope, from a step that is affine in the value before it. */
function inverseOf(expr: Expr): Expr {
  const named = replaceValue(expr);
  const affine = affineIn(named, PREVIOUS);
  if (affine === null) throw new RangeError('a later `value` step must be affine in `value`');
  let inverse: Expr = { op: 'value' };
  if (affine.offset !== null) inverse = { op: 'sub', left: inverse, right: affine.offset };
  if (affine.slope !== null) inverse = { op: 'div', left: inverse, right: affine.slope };
  return inverse;
}

/** A name that no field can have, to ask `affineIn` about `value`. */
const PREVIOUS = '(value)';

function replaceValue(expr: Expr): Expr {
  return expr.op === 'value' ? { op: 'field', name: PREVIOUS, index: [] } : withChildren(expr, replaceValue);
}

/** Stored place k of a tile holds the weight at the pattern's k-th natural place. */
function permuteTiles(pattern: Pattern, tiling: Tiling, grid: Grid, env: Environment, undo: boolean): Reals {
  const { storedRows, storedCols } = env.geometry;
  const shape = { rows: storedRows, cols: storedCols };
  const anchor = {
    item: 'field' as const,
    field: tiling.scope,
    entries: null,
    bits: null,
    pattern,
    radix: null,
  };
  if (pattern.tail === 'pad') throw new RangeError('permute: there is no padding among weights');
  const order = permute(pattern, tiling.height * tiling.width, shape, anchor);
  const out = new env.real(grid.data.length);
  for (let tile = 0; tile < tiling.count; tile++) {
    const { row, col } = tileOrigin(tiling, tile);
    const place = (k: number): number =>
      (row + Math.floor(k / tiling.width)) * storedCols + col + (k % tiling.width);
    for (let k = 0; k < order.length; k++) {
      const natural = place(order[k]![0]);
      if (undo) out[natural] = grid.data[place(k)]!;
      else out[place(k)] = grid.data[natural]!;
    }
  }
  return out;
}

/** Weight j of each row takes the one at column order[j]. */
function gatherColumns(field: string, grid: Grid, env: Environment, undo: boolean): Reals {
  const { storedRows, storedCols } = env.geometry;
  const order = expand(env.field(field), env.geometry.tilings.get('column')!, env.real);
  const out = new env.real(grid.data.length);
  for (let row = 0; row < storedRows; row++) {
    const start = row * storedCols;
    for (let col = 0; col < storedCols; col++) {
      const from = Math.min(storedCols - 1, Math.max(0, Math.trunc(order[col]!) || 0));
      if (undo) out[start + from] = grid.data[start + col]!;
      else out[start + col] = grid.data[start + from]!;
    }
  }
  return out;
}

/**
 * Orthonormal Walsh–Hadamard transform H of each row or column in chunks, butterflies in the Format's arithmetic, with random
 * signs D if there is a seed: encoding computes H·D·x, decoding D·H·y, since H is its own inverse and D its own.
 */
function rotate(step: Rotation, grid: Grid, env: Environment, undo: boolean): Reals {
  const { storedRows, storedCols } = env.geometry;
  const out = new env.real(grid.data.length);
  rotateInto(step, grid.data, { rows: storedRows, cols: storedCols }, undo, out);
  return out;
}

/** Undoes a rotation of weights, row-major in binary32, in place: what decoding does after the first value. */
export function rotateWeights(step: Rotation, weights: Float32Array, shape: MatrixShape): void {
  rotateInto(step, weights, shape, false, weights);
}

type Rotation = Extract<Step, { step: 'rotate' }>;

/** `data` and `out` may be one: a chunk is read whole before it is written. */
function rotateInto(step: Rotation, data: Reals, shape: MatrixShape, undo: boolean, out: Reals): void {
  const { rows: storedRows, cols: storedCols } = shape;
  const alongRow = step.scope === 'row';
  const side = alongRow ? storedCols : storedRows;
  const size = step.size === null ? side : sizeOf(step.size, shape);
  if (size < 1 || (size & (size - 1)) !== 0 || side % size !== 0) {
    throw new RangeError(`hadamard(${size}): the chunk must be a power of two that divides ${side}`);
  }
  const lines = alongRow ? storedRows : storedCols;
  const stride = alongRow ? 1 : storedCols;
  const signs = rotationSigns(step.seed, side);
  const chunk = out instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const norm = Math.sqrt(size);
  for (let line = 0; line < lines; line++) {
    for (let start = 0; start < side; start += size) {
      const from = alongRow ? line * storedCols + start : start * storedCols + line;
      for (let k = 0; k < size; k++) chunk[k] = data[from + k * stride]! * (undo ? signs[start + k]! : 1);
      walshHadamard(chunk);
      for (let k = 0; k < size; k++)
        out[from + k * stride] = (chunk[k]! / norm) * (undo ? 1 : signs[start + k]!);
    }
  }
}

/** Signs by position along the rotated side: -1 where the draw of the seed and the position is at least one half. */
function rotationSigns(seed: number | null, side: number): Int8Array {
  return Int8Array.from({ length: side }, (_, k) =>
    seed !== null && stochasticDraw(seed, k) >= 0.5 ? -1 : 1,
  );
}

function walshHadamard(values: Reals): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}
