/** Parts of an expression without data, at a weight that loops move. */
import { type Expr, evaluateWithoutData, type Geometry, indexInside, some } from '@fewerbits/format';
import type { At } from '../ir.ts';
import type { Nest } from './nest.ts';

/**
 * Known now; what differs from weight to weight stands in a table of the unit. The expression reads neither rows nor columns.
 * @param type `f32x4`: at four weights, a single where all weights of the unit share it
 */
export function withoutData(
  b: Nest,
  expr: Expr,
  at: At,
  geometry: Geometry,
  unitWidth: number,
  type: 'f32' | 'f32x4' = 'f32',
): number {
  const each = geometry.tilings.get('each')!;
  const valueAt = (element: number): number =>
    evaluateWithoutData(expr, { rows: 0, cols: 0 }, (scope) =>
      indexInside(geometry, geometry.tilings.get(scope)!, each, 0, element),
    );
  if (!isPositioned(expr)) return b.real(valueAt(0));
  return b.listed(
    Float32Array.from({ length: unitWidth }, (_, element) => valueAt(element)),
    at,
    type,
  );
}

/** Whether an expression reads the position. */
export function isPositioned(expr: Expr): boolean {
  return some(expr, (e) => e.op === 'at');
}
