/**
 * Tensors for a Format: shapes that it accepts, codes of every field, bytes of every stream.
 */
import {
  type Codes,
  type Fields,
  type Format,
  type Item,
  keptWeights,
  matrixShape,
  type Packed,
  planLayout,
  type StoredField,
  streamBytes,
  tileMultiple,
} from '@fewerbits/format';
import * as fc from 'fast-check';
import { float32sByBits } from './float32.ts';

/** Shapes that a Format accepts: whole tiles, and ragged edges where its tail allows them; two axes, or one for one row. */
export function shapesOf(format: Format): fc.Arbitrary<readonly number[]> {
  const { height, width } = tileMultiple(format.scopes);
  const ragged = format.tail !== 'error';
  const side = (tile: number, most: number): fc.Arbitrary<number> =>
    fc
      .tuple(fc.integer({ min: 1, max: most }), ragged ? fc.nat(tile - 1) : fc.constant(0))
      .map(([tiles, extra]) => tiles * tile + extra);
  const matrix = fc.tuple(side(height, 3), side(width, 3)).map(([rows, cols]) => [rows, cols]);
  if (format.view === 'flat' || height === 1)
    return fc.oneof(
      matrix,
      side(width, 3).map((cols) => [cols]),
    );
  return matrix;
}

/** Codes of every stored field, in its range (digits below the level count where the layout packs them by radix). */
export function fieldsOf(format: Format, shape: readonly number[]): fc.Arbitrary<Fields> {
  const plan = planLayout(format, matrixShape(format.view, shape));
  const digits = radixFields(format.layout.flatMap((stream) => stream.items));
  const arrays = plan.fields.map((field) => codesOf(field, digits.has(field.name)));
  const kept = keptWeights(format, plan.geometry);
  return fc
    .tuple(fc.tuple(...arrays), float32sByBits({ minLength: kept, maxLength: kept }))
    .map(([codes, floats]) => ({
      shape,
      codes: Object.fromEntries(plan.fields.map((field, k) => [field.name, codes[k]!])),
      kept: floats,
    }));
}

function codesOf(field: StoredField, packedByRadix: boolean): fc.Arbitrary<Codes> {
  const { entries } = field;
  const widths = Array.from({ length: entries }, (_, entry) => field.numberAt(entry).bits);
  const limit = (entry: number): number => (packedByRadix ? field.radix : 2 ** widths[entry]!);
  const widest = widths.reduce((most, width) => Math.max(most, width), 1);
  const array = (draws: number[]): Codes => {
    const codes = draws.map((draw, entry) => draw % limit(entry));
    return widest <= 8
      ? Uint8Array.from(codes)
      : widest <= 16
        ? Uint16Array.from(codes)
        : Uint32Array.from(codes);
  };
  return fc.array(fc.nat(2 ** 31 - 1), { minLength: entries, maxLength: entries }).map(array);
}

/** Names of the fields that some item packs by radix. */
function radixFields(items: readonly Item[]): Set<string> {
  const names = new Set<string>();
  for (const item of items) {
    if (item.item === 'field' && item.radix !== null) names.add(item.field);
    if ('items' in item) for (const name of radixFields(item.items)) names.add(name);
  }
  return names;
}

/** Any bytes of the right lengths. */
export function packedOf(format: Format, shape: readonly number[]): fc.Arbitrary<Packed> {
  const lengths = Object.entries(streamBytes(format, shape));
  const streams = lengths.map(([, length]) => fc.uint8Array({ minLength: length, maxLength: length }));
  return fc
    .tuple(...streams)
    .map((bytes) => ({ shape, streams: Object.fromEntries(lengths.map(([name], k) => [name, bytes[k]!])) }));
}
