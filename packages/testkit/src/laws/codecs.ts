/**
 * Laws of codecs that hold for every Format: packing loses nothing, lengths follow from the shape, any bytes decode, the same
 * weights give the same bytes. They hold for the interpreter, for every target and for every published package.
 */
import { storedChoices } from '@fewerbits/codec';
import {
  type Codec,
  encodedLength,
  type Fields,
  type Format,
  KEPT_STREAM,
  matrixShape,
  type Packed,
  streamBytes,
} from '@fewerbits/format';
import { codesDiffer, valuesDiffer } from '../vectors/compare.ts';
import { BrokenLaw, placeOf } from './broken-law.ts';

/**
 * unpack ∘ pack is the identity on codes and kept weights, and pack ∘ unpack on the bytes that pack writes.
 * Codes must be in the range of their field (see `fieldsOf`). The arrays given are not changed.
 * @throws BrokenLaw naming the field, entry and codes.
 */
export function lawPackBijection(codec: Codec, fields: Fields): void {
  const law = 'lawPackBijection';
  const place = placeOf(codec.format, fields.shape);
  const before = copyOf(fields);
  const packed = codec.pack(fields);
  requireSameFields(law, `${place}: pack changed what it was given`, before, fields);
  const back = codec.unpack(packed);
  requireSameFields(law, `${place}: unpack after pack`, before, back);
  requireSameBytes(law, `${place}: pack after unpack`, packed, codec.pack(back));
}

/**
 * Any bytes of the right lengths unpack to codes that stay the same through pack and unpack: padding may change, codes not.
 * @throws BrokenLaw naming the field, entry and codes.
 */
export function lawUnpackStable(codec: Codec, packed: Packed): void {
  const fields = codec.unpack(packed);
  const again = codec.unpack(codec.pack(fields));
  requireSameFields('lawUnpackStable', placeOf(codec.format, packed.shape), fields, again);
}

/**
 * The bytes of every stream are as many as the Format's formula gives, and all of them together `encodedLength`. Outliers and
 * stored choices of width count as found. Coded streams have no formula and are not compared.
 * @param weights zeros by default
 * @throws BrokenLaw naming the stream and both lengths.
 */
export function lawByteLength(codec: Codec, shape: readonly number[], weights?: Float32Array): void {
  const { format } = codec;
  const place = placeOf(format, shape);
  const packed = codec.encode(weights ?? new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });
  const { codes } = codec.unpack(packed);
  const choices = storedChoices(format, matrixShape(format.view, shape), codes);
  const options = { outliers: outlierCount(format, shape, codes), choices };
  const lengths = streamBytes(format, shape, options);
  for (const [name, length] of Object.entries(lengths)) {
    const actual = packed.streams[name]?.length;
    if (actual !== length) {
      throw new BrokenLaw(
        'lawByteLength',
        `${place}: stream '${name}' has ${actual ?? 'no'} bytes, the format says ${length}`,
      );
    }
  }
  const sum = Object.keys(lengths).reduce((total, name) => total + packed.streams[name]!.length, 0);
  const formula = encodedLength(format, shape, options);
  if (sum !== formula) {
    throw new BrokenLaw('lawByteLength', `${place}: ${sum} bytes in all, encodedLength says ${formula}`);
  }
  const known = new Set([...format.layout.map((stream) => stream.name), KEPT_STREAM]);
  const unknown = Object.keys(packed.streams).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new BrokenLaw('lawByteLength', `${place}: there is a stream '${unknown}' that no layout names`);
}

/** How many weights, rows or columns stand apart. */
function outlierCount({ outliers, view }: Format, shape: readonly number[], codes: Fields['codes']): number {
  const values = codes['outliers.value']?.length ?? 0;
  if (outliers === null || outliers.unit === 'each' || values === 0) return values;
  const { rows, cols } = matrixShape(view, shape);
  return values / (outliers.unit === 'column' ? rows : cols);
}

/** What surrounds the views that a codec is lent; any other value there afterwards was written by it. */
const GUARD = 0x5a;

/**
 * Any bytes of the right lengths decode: no error, as many values as the shape has, the same bits each time, from unaligned views
 * too, into `out` where it is given and nowhere else; the bytes are not changed. For fixed-length formats.
 * @throws BrokenLaw saying which of these does not hold.
 */
export function lawDecodeTotal(codec: Codec, packed: Packed): void {
  const place = placeOf(codec.format, packed.shape);
  const fail = (what: string): never => {
    throw new BrokenLaw('lawDecodeTotal', `${place}: ${what}`);
  };
  const decode = (input: Packed, out?: Float32Array): Float32Array => {
    try {
      return codec.decode(input, out === undefined ? {} : { out });
    } catch (error) {
      return fail(`these bytes do not decode: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const before = Object.entries(packed.streams).map(([name, bytes]) => [name, bytes.slice()] as const);
  const values = decode(packed);
  const count = packed.shape.reduce((a, b) => a * b, 1);
  if (values.length !== count) fail(`${values.length} values, the shape has ${count}`);
  requireSameBytes(
    'lawDecodeTotal',
    `${place}: decode changed its input`,
    { ...packed, streams: Object.fromEntries(before) },
    packed,
  );

  const shifted = Object.fromEntries(before.map(([name, bytes]) => [name, guarded(bytes)]));
  const room = new Float32Array(count + 2).fill(GUARD);
  const out = room.subarray(1, count + 1);
  const again = decode({ ...packed, streams: shifted }, out);
  if (again !== out) fail('decode does not return the `out` that it was given');
  const difference = valuesDiffer(values, out, 'exact');
  if (difference !== null)
    fail(`from unaligned views into \`out\`, other values than before: ${difference.text}`);
  if (room[0] !== GUARD || room[count + 1] !== GUARD) fail('decode wrote outside `out`');
}

/** The bytes at an odd offset inside a larger buffer. */
function guarded(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 4).fill(GUARD);
  room.set(bytes, 1);
  return room.subarray(1, bytes.length + 1);
}

/**
 * The same weights give the same bytes, from a view into a larger buffer too, and are not changed.
 * @throws BrokenLaw naming the stream and the byte.
 */
export function lawEncodeDeterministic(
  codec: Codec,
  weights: Float32Array,
  options: { readonly shape?: readonly number[]; readonly fit?: string } = {},
): void {
  const law = 'lawEncodeDeterministic';
  const place = placeOf(codec.format, options.shape ?? [weights.length]);
  const before = weights.slice();
  const first = codec.encode(weights, options);
  const difference = valuesDiffer(before, weights, 'exact');
  if (difference !== null)
    throw new BrokenLaw(law, `${place}: encode changed the weights: ${difference.text}`);
  const room = new Float32Array(weights.length + 2).fill(Number.NaN);
  room.set(weights, 1);
  const second = codec.encode(room.subarray(1, weights.length + 1), options);
  requireSameBytes(law, `${place}: a second encoding`, first, second);
}

function copyOf(fields: Fields): Fields {
  const codes = Object.fromEntries(
    Object.entries(fields.codes).map(([name, array]) => [name, array.slice()]),
  );
  return { ...fields, codes, kept: fields.kept.slice() };
}

function requireSameFields(law: string, place: string, want: Fields, got: Fields): void {
  const names = new Set([...Object.keys(want.codes), ...Object.keys(got.codes)]);
  for (const name of names) {
    const problem = codesDiffer(name, want.codes[name] ?? [], got.codes[name] ?? []);
    if (problem !== null) throw new BrokenLaw(law, `${place}: ${problem}`);
  }
  const difference = valuesDiffer(want.kept, got.kept, 'exact');
  if (difference !== null) throw new BrokenLaw(law, `${place}: kept weights: ${difference.text}`);
}

/**
 * Streams of the same names and bytes.
 * @throws BrokenLaw naming the stream and the first byte that differs.
 */
export function requireSameBytes(law: string, place: string, want: Packed, got: Packed): void {
  const names = new Set([...Object.keys(want.streams), ...Object.keys(got.streams)]);
  for (const name of names) {
    const problem = codesDiffer(
      `bytes of stream '${name}'`,
      want.streams[name] ?? [],
      got.streams[name] ?? [],
    );
    if (problem !== null) throw new BrokenLaw(law, `${place}: ${problem}`);
  }
}
