/**
 * A value expression at one weight of a unit, or at four next to each other: whichever the scene's levels are of.
 *
 * Mirrors the interpreter (`codec/src/evaluate.ts`) operation by operation: parts without data in binary64 rounded once,
 * everything else rounded once for each operation. What all four weights share is computed once, as a single value.
 */
import { type Expr, readsData, some } from '@fewerbits/format';
import type { Builder } from '../builder.ts';
import type { BinaryOp, UnaryOp } from '../ir.ts';

/** What an expression reads at the weights that it is lowered for. */
export interface Scene {
  readonly b: Builder;
  /** The level of a field. */
  field(name: string): number;
  /** A part that reads no data. */
  withoutData(expr: Expr): number;
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

/** The value of an expression at weights: an `f32`, or an `f32x4` where four differ. */
export function lowerExpression(expr: Expr, scene: Scene): number {
  const { b } = scene;
  const go = (e: Expr): number => lowerExpression(e, scene);
  if (!readsData(expr)) return scene.withoutData(expr);
  switch (expr.op) {
    case 'field':
      return scene.field(expr.name);
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
