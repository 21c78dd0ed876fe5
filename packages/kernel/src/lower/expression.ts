/**
 * A value expression at one weight of a unit, or at four next to each other.
 *
 * Mirrors the interpreter (`codec/src/evaluate.ts`) operation by operation: parts without data in binary64 rounded once,
 * everything else rounded once for each operation. What all four weights share is computed once, as a single value.
 */
import { type Expr, evaluateWithoutData, readsData, type StoredField, some } from '@fewerbits/format';
import type { Builder } from '../builder.ts';
import type { BinaryOp, UnaryOp } from '../ir.ts';

/** What an expression needs to know of the format and the unit. */
export interface Scene {
  readonly b: Builder;
  field(name: string): StoredField;
  /** The level of a field at one weight of the unit, an `f32`. */
  level(field: StoredField, element: number): number;
  /** Its levels at four weights from `element`, an `f32x4`. */
  levels(field: StoredField, element: number): number;
  /** The tile of a scope that holds a weight, and the matrix that is looked at. */
  readonly at: (scope: string, element: number) => number;
  readonly shape: { readonly rows: number; readonly cols: number };
}

const UNARY: Readonly<Record<string, UnaryOp>> = {
  abs: 'abs',
  sqrt: 'sqrt',
  floor: 'floor',
  ceil: 'ceil',
  trunc: 'trunc',
  round: 'round',
};

/** Why an expression has no kernel, or null. */
export function whyNoKernel(expr: Expr): string | null {
  let reason: string | null = null;
  some(expr, (e) => {
    reason ??= refused(e);
    return reason !== null;
  });
  return reason;
}

function refused(e: Expr): string | null {
  switch (e.op) {
    case 'rows':
    case 'cols':
      return 'its value reads the shape';
    case 'field':
      return e.index.length > 0 ? `its value takes an element of ${e.name}` : null;
    case 'const':
    case 'at':
    case 'neg':
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return null;
    case 'call':
      if (e.name in UNARY || ['min', 'max', 'clamp', 'if'].includes(e.name)) return null;
      return readsData(e) ? `its value calls ${e.name}` : null;
    default:
      return `its value has the operation ${e.op}`;
  }
}

/** The value of an expression at `element` (`lanes` 1), or at four weights from there: an `f32`, or an `f32x4` where they differ. */
export function lowerExpression(expr: Expr, element: number, lanes: 1 | 4, scene: Scene): number {
  const { b } = scene;
  const go = (e: Expr): number => lowerExpression(e, element, lanes, scene);
  if (!readsData(expr)) return withoutData(expr, element, lanes, scene);
  switch (expr.op) {
    case 'field': {
      const field = scene.field(expr.name);
      const shared = lanes === 1 || sharedByFour(field, element);
      return shared ? scene.level(field, element) : scene.levels(field, element);
    }
    case 'neg':
      return b.unary('neg', go(expr.of));
    case 'call':
      return lowerCall(expr.name, expr.args.map(go), b)!;
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return b.binary(expr.op, go(expr.left), go(expr.right));
    default:
      throw new RangeError(`${expr.op} has no kernel`);
  }
}

/** A function of the language on values, or null where it is no operation of a kernel. */
export function lowerCall(name: string, args: readonly number[], b: Builder): number | null {
  const unary = UNARY[name];
  if (unary !== undefined) return b.unary(unary, args[0]!);
  switch (name) {
    case 'min':
    case 'max':
      return args.slice(1).reduce((a, c) => b.binary(name as BinaryOp, a, c), args[0]!);
    case 'clamp':
      return b.binary('min', args[2]!, b.binary('max', args[1]!, args[0]!));
    case 'if':
      return b.pick(args[0]!, args[1]!, args[2]!);
    default:
      return null;
  }
}

/** Whether four weights lie in one tile of a field and so share its level; of a vector each has its own component. */
function sharedByFour({ tiling, numberAt }: StoredField, element: number): boolean {
  return (
    numberAt(0).dimension === 1 &&
    Math.floor(element / tiling.width) === Math.floor((element + 3) / tiling.width)
  );
}

/** A part without data: known now, but for the position it may differ from weight to weight. */
function withoutData(expr: Expr, element: number, lanes: 1 | 4, scene: Scene): number {
  const { b } = scene;
  const valueAt = (k: number): number =>
    b.real(evaluateWithoutData(expr, scene.shape, (scope) => scene.at(scope, k)));
  const first = valueAt(element);
  if (lanes === 1 || !some(expr, (e) => e.op === 'at')) return first;
  const four = [first, valueAt(element + 1), valueAt(element + 2), valueAt(element + 3)] as const;
  return four.every((value) => value === first) ? first : b.add({ op: 'join', type: 'f32x4', args: four });
}
