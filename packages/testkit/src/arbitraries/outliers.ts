/**
 * Outliers for random Formats: which weights are kept apart, and as what.
 */
import type { Expr, Format } from '@fewerbits/format';
import { describeNumber, PRELUDE, uint } from '@fewerbits/numerics';
import * as fc from 'fast-check';
import { saturating } from './code-numbers.ts';

/** Single weights kept apart: the largest, or those beyond a threshold, under each kind of index. */
export function outliersApart(): fc.Arbitrary<NonNullable<Format['outliers']>> {
  const [u32, u16] = [describeNumber(uint(32)), describeNumber(uint(16))];
  const magnitude: Expr = { op: 'call', name: 'abs', args: [{ op: 'x' }] };
  return fc.record({
    unit: fc.constant('each' as const),
    select: fc.oneof(
      fc.constantFrom(0, 1 / 64, 1 / 8, 1).map((top) => ({ top, by: null })),
      fc.constantFrom(0.25, 1).map((least) => ({
        where: { op: 'gt', left: magnitude, right: { op: 'const', value: least } } as const,
      })),
    ),
    index: fc.constantFrom(
      { kind: 'coo', number: u32 } as const,
      { kind: 'csr', offset: u32, column: u16 } as const,
      { kind: 'bitmap' } as const,
    ),
    value: fc.constantFrom(
      { number: describeNumber(saturating(PRELUDE.bf16!)), fit: null },
      { number: describeNumber(PRELUDE.f32!), fit: null },
    ),
    add: fc.constant(false),
  });
}

/** The Format with outliers and the numbers that they are stored as. */
export function withOutliers(format: Format, outliers: NonNullable<Format['outliers']>): Format {
  const used = [uint(32), uint(16), saturating(PRELUDE.bf16!), PRELUDE.f32!].map(
    (type) => [describeNumber(type), type] as const,
  );
  const names = [
    ...(outliers.index.kind === 'coo' ? [outliers.index.number] : []),
    ...(outliers.index.kind === 'csr' ? [outliers.index.offset, outliers.index.column] : []),
    outliers.value.number,
  ];
  const numbers = Object.fromEntries(used.filter(([key]) => names.includes(key)));
  return { ...format, numbers: { ...numbers, ...format.numbers }, outliers };
}
