/**
 * Format → the kernel that takes the codes of one unit from its bytes, field by field, each in natural order.
 *
 * Codes of weights leave sixteen at a time where their bits lie near each other (`sixteen-codes.ts`), others one by one. Fields of
 * the tensor or of a row (its scale, stored levels) have no place in a unit and are few: they are read bit by bit beside it.
 */
import type { Format, StoredField } from '@fewerbits/format';
import { makeBuilder } from '../builder.ts';
import type { CodeStore, FixedOutput, Output, UnpackKernel } from '../ir.ts';
import { prune } from '../prune.ts';
import { findUnit, type Unit } from '../unit.ts';
import { codeOf, WIDEST_DIGITS } from './codes.ts';
import { programOf } from './program.ts';
import { sixteenCodes, sixteenDigits } from './sixteen-codes.ts';

const SIXTEEN = 16;

/** The kernel that unpacks a format, or in a few words why there is none (the interpreter unpacks it then). */
export function unpackKernel(format: Format): UnpackKernel | string {
  if (format.outliers !== null) return 'it stores outliers apart';
  if (format.entropy.length > 0) return 'it is entropy coded';
  const unit = findUnit(format);
  if (typeof unit === 'string') return unit;
  const fixed: FixedOutput[] = [];
  const inUnit: StoredField[] = [];
  for (const field of unit.plan.fields) {
    const beside = fixedOutput(field, unit);
    if (beside !== null) {
      fixed.push(beside);
      continue;
    }
    const why = whyNotField(field, unit);
    if (why !== null) return why;
    inUnit.push(field);
  }
  if (inUnit.length === 0) return 'no field belongs to a unit';
  const b = makeBuilder();
  const stores: CodeStore[] = [];
  const outputs = inUnit.map(
    (field): Output => ({ field: field.name, bytes: bytesOf(field), entries: entriesOf(field, unit) }),
  );
  for (const [output, field] of inUnit.entries()) {
    const { tiling, perTile, radix } = field;
    const places = Array.from({ length: outputs[output]!.entries }, (_, entry) =>
      unit.placeOf(field, Math.floor(entry / perTile) * tiling.width, entry % perTile),
    );
    const inVectors = outputs[output]!.bytes === 1 && places.length % SIXTEEN === 0;
    for (let first = 0; first < places.length; first += SIXTEEN) {
      const around = places.slice(first, first + SIXTEEN);
      const sixteen = inVectors ? (sixteenCodes(b, around) ?? sixteenDigits(b, around, radix)) : null;
      if (sixteen !== null) stores.push({ output, entry: first, value: sixteen });
      else
        for (const [k, place] of around.entries())
          stores.push({ output, entry: first + k, value: codeOf(b, place, radix) });
    }
  }
  return prune({ ...programOf(format.name, unit, b), stores, outputs, fixed });
}

/** Entries of a field beside the units are few; more are the interpreter's. */
const MOST_FIXED = 4096;

/** A field of the tensor or of a row, where each entry's bits move with it; null for any other. */
function fixedOutput(field: StoredField, unit: Unit): FixedOutput | null {
  const moves = field.tiling.scope;
  if ((moves !== 'tensor' && moves !== 'row') || field.bits === null || field.bits === 0) return null;
  if (field.perTile > MOST_FIXED) return null;
  const places = Array.from({ length: field.perTile }, (_, k) => unit.placeOf(field, 0, k));
  const even = places.every(
    ({ pieces, digit }) =>
      digit === null && pieces.every(({ source }) => unit.sources[source]!.moves === moves),
  );
  return even
    ? { field: field.name, bytes: bytesOf(field), moves, entries: places.map(({ pieces }) => pieces) }
    : null;
}

function whyNotField(field: StoredField, unit: Unit): string | null {
  if (field.entries === 0 || field.bits === null) return `${field.name} has no one width`;
  const { height, width } = field.tiling;
  if (height !== 1 || width > unit.width || unit.width % width !== 0)
    return `${field.name} belongs to more than a unit`;
  const { pieces, digit } = unit.placeOf(field, 0);
  if (pieces.some(({ source }) => unit.sources[source]!.moves !== 'unit'))
    return `${field.name} belongs to more than a unit`;
  const wide = digit !== null && digit.group.bits > WIDEST_DIGITS;
  return wide ? `the digits of ${field.name} stand in words of ${digit.group.bits} bits` : null;
}

function bytesOf({ bits }: StoredField): Output['bytes'] {
  return bits! <= 8 ? 1 : bits! <= 16 ? 2 : 4;
}

function entriesOf({ tiling, perTile }: StoredField, { width }: Unit): number {
  return (width / tiling.width) * perTile;
}
