/**
 * What the interpreter does not execute: dense rotations, widths stored among what they measure, nested formats of no fixed length.
 * Such formats are checked, explained and drawn; encoding and decoding them is refused with the reason.
 */
import { type Format, hasStoredWidths, isCode } from '@fewerbits/format';
import { whyNotReadFirst } from './stored-choices.ts';

/** Why the interpreter cannot run a format, or null if it can. */
export function whyNotExecutable(format: Format): string | null {
  for (const step of format.steps) {
    if (step.step === 'rotate' && step.by === 'orthogonal')
      return 'a dense orthogonal rotation is for analysis and never stored';
  }
  for (const field of format.fields) {
    if (field.storage.kind !== 'format') continue;
    const inner = whyNotNested(field.storage.format, format) ?? whyNotExecutable(field.storage.format);
    if (inner !== null) return `${field.name} is stored in ${field.storage.format.name}, and ${inner}`;
  }
  const crossing = format.steps.slice(1).find((step) => step.step !== 'value');
  if (crossing !== undefined && format.tail === 'pad')
    return `its ${crossing.step} would move weights into padding`;
  if (crossing?.step === 'permute' && format.tail === 'short') return 'its permute needs whole tiles';
  if (format.outliers !== null && format.outliers.unit !== 'each') {
    if (format.tail === 'keep')
      return 'whole rows or columns cannot be outliers beside weights that are kept';
    if (format.outliers.index.kind === 'csr')
      return 'csr indexes single weights, its outliers are whole rows or columns';
  }
  return whyNotReadFirst(format);
}

/** A nested format holds scales: one row of fixed length, all of which count. */
function whyNotNested(inner: Format, outer: Format): string | null {
  if (inner.outliers !== null) return 'a nested format cannot store outliers apart';
  if (inner.entropy.length > 0) return 'a nested format cannot be entropy coded';
  if (hasStoredWidths(inner)) return 'a nested format cannot store the widths of its codes';
  if (inner.tail === 'keep') return 'a nested format cannot keep values as they are';
  if (outer.tail === 'pad') return 'padding would enter its statistics';
  return null;
}

/** @throws RangeError if the interpreter cannot run the format. */
export function requireExecutable(format: Format): void {
  const reason = whyNotExecutable(format);
  if (reason !== null) throw new RangeError(`${format.name} cannot be encoded or decoded yet: ${reason}`);
}

/**
 * Why a format only decodes: the fields that have no fit and are no codes, so that the caller must give them.
 */
export function fieldsToGive(format: Format): string[] {
  return format.fields
    .filter((field) => field.fit === null && !isCode(field, format))
    .map((field) => field.name);
}
