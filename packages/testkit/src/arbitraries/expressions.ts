/**
 * Expressions of the language over given leaves: every operation and function with the arguments that it takes.
 */
import { type Expr, FUNCTION_ARITY, type FunctionName } from '@fewerbits/format';
import * as fc from 'fast-check';

/** What is drawn. */
export interface ExpressionOptions {
  /** Leaves beside constants: fields, lets, `x`, aggregates, positions. */
  readonly leaves?: readonly Expr[];
  /** How deep operations nest, 3 by default. */
  readonly depth?: number;
  /** `exact` (default): only what is exactly or correctly rounded. `any`: also `exp log exp2 log2 pow`. */
  readonly functions?: 'exact' | 'any';
}

const TRANSCENDENTAL: readonly FunctionName[] = ['exp', 'log', 'exp2', 'log2', 'pow'];
/** Functions of whole numbers below 2^53: their arguments are not any reals. */
const WHOLE: readonly FunctionName[] = ['and', 'or', 'xor', 'parity', 'u32', 'mod'];

/** Expressions over the leaves and constants; shrinks towards a leaf. */
export function expressions(options: ExpressionOptions = {}): fc.Arbitrary<Expr> {
  const { leaves = [], depth = 3, functions = 'exact' } = options;
  const constant = fc.integer({ min: -64, max: 64 }).map((k): Expr => ({ op: 'const', value: k / 8 }));
  const leaf =
    leaves.length === 0 ? constant : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...leaves) }, constant);
  const names = (Object.keys(FUNCTION_ARITY) as FunctionName[]).filter(
    (name) => !WHOLE.includes(name) && (functions === 'any' || !TRANSCENDENTAL.includes(name)),
  );
  const build = (levels: number): fc.Arbitrary<Expr> => {
    if (levels === 0) return leaf;
    const inner = build(levels - 1);
    const binary = fc
      .tuple(fc.constantFrom('add' as const, 'sub' as const, 'mul' as const, 'div' as const), inner, inner)
      .map(([op, left, right]): Expr => ({ op, left, right }));
    const comparison = fc
      .tuple(
        fc.constantFrom(
          'eq' as const,
          'ne' as const,
          'lt' as const,
          'le' as const,
          'gt' as const,
          'ge' as const,
        ),
        inner,
        inner,
      )
      .map(([op, left, right]): Expr => ({ op, left, right }));
    const call = fc.constantFrom(...names).chain((name) => {
      const [least, most] = FUNCTION_ARITY[name];
      return fc
        .array(inner, { minLength: least, maxLength: Math.min(most, Math.max(least, 3)) })
        .map((args): Expr => ({ op: 'call', name, args }));
    });
    return fc.oneof(
      { weight: 2, arbitrary: leaf },
      { weight: 4, arbitrary: binary },
      { weight: 1, arbitrary: comparison },
      { weight: 1, arbitrary: inner.map((of): Expr => ({ op: 'neg', of })) },
      { weight: 2, arbitrary: call },
    );
  };
  return build(depth);
}
