/**
 * Whole numbers that depend on the shape of a tensor (`rows`, `cols / 32`), and expressions of the position of a tile.
 * Nothing here reads data; that is the codec's work.
 */
import { FUNCTIONS } from './functions.ts';
import type { Expr, Size } from './types.ts';

/** The matrix that a tensor is seen as: `rows` × `cols` weights. */
export interface MatrixShape {
  readonly rows: number;
  readonly cols: number;
}

/**
 * The value of a size for a shape.
 * @throws RangeError if it is not a whole number of at least 0, or reads anything but `rows` and `cols`.
 */
export function sizeOf(size: Size, shape: MatrixShape): number {
  if (typeof size === 'number') return size;
  const value = evaluateWithoutData(size, shape, () => {
    throw new RangeError('a size may depend on rows and cols only');
  });
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(
      `a size of ${value} for ${shape.rows} rows and ${shape.cols} columns is not a whole number`,
    );
  }
  return value;
}

/**
 * An expression without data, in binary64. `at` answers for the position of the current tile inside a scope.
 * @throws RangeError if the expression reads a weight, a field or a let.
 */
export function evaluateWithoutData(expr: Expr, shape: MatrixShape, at: (scope: string) => number): number {
  const go = (e: Expr): number => evaluateWithoutData(e, shape, at);
  switch (expr.op) {
    case 'const':
      return expr.value;
    case 'rows':
      return shape.rows;
    case 'cols':
      return shape.cols;
    case 'at':
      return at(expr.scope);
    case 'neg':
      return -go(expr.of);
    case 'add':
      return go(expr.left) + go(expr.right);
    case 'sub':
      return go(expr.left) - go(expr.right);
    case 'mul':
      return go(expr.left) * go(expr.right);
    case 'div':
      return go(expr.left) / go(expr.right);
    case 'eq':
      return Number(go(expr.left) === go(expr.right));
    case 'ne':
      return Number(go(expr.left) !== go(expr.right));
    case 'lt':
      return Number(go(expr.left) < go(expr.right));
    case 'le':
      return Number(go(expr.left) <= go(expr.right));
    case 'gt':
      return Number(go(expr.left) > go(expr.right));
    case 'ge':
      return Number(go(expr.left) >= go(expr.right));
    case 'call':
      return FUNCTIONS[expr.name](...expr.args.map(go));
    case 'bits':
      return Math.floor(go(expr.of) / 2 ** expr.from) % 2 ** (expr.to - expr.from);
    default:
      throw new RangeError(`${expr.op} needs data; only shapes and positions are known here`);
  }
}
