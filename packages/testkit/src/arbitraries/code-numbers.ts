/**
 * The numbers that random Formats store codes and scales as.
 */
import {
  type NumberType,
  PRELUDE,
  resolveNumber,
  uint,
  withOverflow,
  withRounding,
} from '@fewerbits/numerics';
import * as fc from 'fast-check';
import { codebooks, floats, integers, vectorCodebooks } from './numbers.ts';

/** What codes are: a scalar, a vector shared by a group of weights, or two scalars by turns. */
export type CodeNumbers =
  | { readonly kind: 'scalar'; readonly type: NumberType }
  | { readonly kind: 'vector'; readonly type: NumberType; readonly dimension: number }
  | { readonly kind: 'turns'; readonly types: readonly [NumberType, NumberType] };

/** The largest magnitude of the levels, from the numbers' own facts. */
export function reach(code: CodeNumbers): number {
  const types = code.kind === 'turns' ? code.types : [code.type];
  return Math.max(
    ...types.map((type) => {
      const { max, min } = resolveNumber(type).facts;
      return Math.max(Math.abs(max), Math.abs(min));
    }),
  );
}

/** Numbers for codes of weights in tiles of a width. */
export function codeNumbers(width: number): fc.Arbitrary<CodeNumbers> {
  const plain = fc.oneof(
    { weight: 4, arbitrary: integers(8) },
    { weight: 2, arbitrary: floats(8) },
    { weight: 2, arbitrary: codebooks(5) },
  );
  const rounded = fc
    .tuple(
      integers(6),
      fc.constantFrom('half_up' as const, 'half_away' as const, 'in' as const, 'odd' as const),
    )
    .map(([type, rule]) => withRounding(type, rule));
  const scalar = fc
    .oneof({ weight: 5, arbitrary: plain }, rounded)
    .map((type): CodeNumbers => ({ kind: 'scalar', type }));
  const turns = fc
    .tuple(integers(5), integers(5))
    .map(([a, b]): CodeNumbers => ({ kind: 'turns', types: [a, b] }));
  const dimensions = [2, 3, 4].filter((d) => d < width && width % d === 0);
  const choices = [
    { weight: 10, arbitrary: scalar },
    { weight: 1, arbitrary: turns },
  ];
  if (dimensions.length > 0) {
    const vector = fc
      .constantFrom(...dimensions)
      .chain((dimension) =>
        vectorCodebooks(dimension).map((type): CodeNumbers => ({ kind: 'vector', type, dimension })),
      );
    choices.push({ weight: 1, arbitrary: vector });
  }
  return fc.oneof(...choices).filter((code) => reach(code) > 0);
}

/** Scales at the outside of a chain hold any magnitude; the ones inside are relative to them. All saturate. */
export const OUTER_SCALES: readonly NumberType[] = [
  PRELUDE.f32!,
  PRELUDE.f16!,
  PRELUDE.bf16!,
  PRELUDE.e8m0!,
  PRELUDE.e5m2!,
];
/** Scales inside a chain. */
export const INNER_SCALES: readonly NumberType[] = [uint(6), uint(4), PRELUDE.e4m3!, uint(8), PRELUDE.f16!];

/** A scale that is cut off rather than refused. */
export function saturating(type: NumberType): NumberType {
  return withOverflow(type, 'saturate');
}
