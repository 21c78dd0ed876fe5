/**
 * Reductions over a tile, each in the one written order that every target follows.
 *
 * Sums run in binary64 over runs of 4096 values in index order, then over the runs in order, and are rounded once by
 * whoever stores them; `running_sum` rounds after every addition, as C loops in binary32 do.
 * Specification: docs/design/language.md, "Expressions" and the last section.
 */
import type { AggregateName } from '@fewerbits/format';
import type { RealArray, Reals } from './values.ts';

/** Values of one partial sum; fixed, since it decides bytes. */
export const RUN_LENGTH = 4096;

/** The aggregates that reduce a tile to one number. NaN spreads; an empty tile gives 0 (`max` and `min`: 0 too). */
export const AGGREGATES: Readonly<
  Record<Exclude<AggregateName, 'sum_before'>, (values: Reals, real: RealArray) => number>
> = {
  absmax: (values) => {
    let largest = 0;
    for (let i = 0; i < values.length; i++) {
      const magnitude = Math.abs(values[i]!);
      if (!(magnitude <= largest)) largest = magnitude;
      if (Number.isNaN(largest)) return Number.NaN;
    }
    return largest;
  },
  signmax: (values) => {
    let largest = 0;
    let signed = 0;
    for (let i = 0; i < values.length; i++) {
      const magnitude = Math.abs(values[i]!);
      if (Number.isNaN(magnitude)) return Number.NaN;
      if (magnitude > largest) {
        largest = magnitude;
        signed = values[i]!;
      }
    }
    return signed;
  },
  max: (values) => {
    if (values.length === 0) return 0;
    let largest = values[0]!;
    for (let i = 1; i < values.length; i++) largest = Math.max(largest, values[i]!);
    return largest;
  },
  min: (values) => {
    if (values.length === 0) return 0;
    let smallest = values[0]!;
    for (let i = 1; i < values.length; i++) smallest = Math.min(smallest, values[i]!);
    return smallest;
  },
  sum: (values) => sumInRuns(values, (v) => v),
  running_sum: (values, real) => {
    const sum = new real(1);
    for (let i = 0; i < values.length; i++) sum[0] = sum[0]! + values[i]!;
    return sum[0]!;
  },
  mean: (values) => (values.length === 0 ? 0 : sumInRuns(values, (v) => v) / values.length),
  absmean: (values) => (values.length === 0 ? 0 : sumInRuns(values, Math.abs) / values.length),
  rms: (values) => (values.length === 0 ? 0 : Math.sqrt(sumInRuns(values, (v) => v * v) / values.length)),
  norm: (values) => Math.sqrt(sumInRuns(values, (v) => v * v)),
};

function sumInRuns(values: Reals, term: (value: number) => number): number {
  let total = 0;
  for (let start = 0; start < values.length; start += RUN_LENGTH) {
    const end = Math.min(start + RUN_LENGTH, values.length);
    let run = 0;
    for (let i = start; i < end; i++) run += term(values[i]!);
    total += run;
  }
  return total;
}
