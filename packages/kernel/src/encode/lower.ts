/**
 * Format → the kernel that encodes one unit of it: scales by their formulas or searches, codes by the rule for codes, bits where
 * the plan has them. Equals the interpreter byte for byte (testkit's target matrix); what it leaves out says so.
 */
import type { Format } from '@fewerbits/format';
import type { EncodeKernel } from '../ir.ts';
import { makeNest } from '../loops/nest.ts';
import { programOf } from '../lower/program.ts';
import { NoKernel } from '../no-kernel.ts';
import { pruneLoops } from '../prune.ts';
import { findUnit, type Unit } from '../unit.ts';
import { fittedUnit } from './fitted.ts';
import { packUnit } from './pack.ts';

/**
 * The kernel that encodes a format under a fit (null: its default), or in a few words why there is none.
 * @param written `fast`: with several chains where operations wait for each other, and codes computed where words are put together;
 * `short`: everything once
 */
export function encodeKernel(
  format: Format,
  fit: string | null = null,
  written: 'fast' | 'short' = 'fast',
): EncodeKernel | string {
  const reason = whyNotAtOnce(format);
  if (reason !== null) return reason;
  const unit = findUnit(format);
  if (typeof unit === 'string') return unit;
  try {
    return lower(format, fit, unit, written === 'short');
  } catch (error) {
    if (error instanceof NoKernel) return error.message;
    throw error;
  }
}

/** What needs another pass over the weights. */
function whyNotAtOnce(format: Format): string | null {
  if (format.arithmetic !== 'f32') return 'its arithmetic is binary64';
  if (format.outliers !== null) return 'it stores outliers apart';
  if (format.entropy.length > 0) return 'it is entropy coded';
  if (format.steps.length !== 1 || format.steps[0]!.step !== 'value')
    return 'it has steps after its first value';
  return null;
}

function lower(format: Format, fit: string | null, unit: Unit, short: boolean): EncodeKernel {
  const b = makeNest(short);
  packUnit(b, unit, fittedUnit(format, fit, unit, b));
  return pruneLoops<EncodeKernel>({ kind: 'encode', ...programOf(format.name, unit, b), ...b.finish() });
}
