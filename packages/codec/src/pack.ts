/**
 * Codes ↔ bytes, by the bit plan: the layout's own inverse, so nobody writes pack and unpack. Entropy-coded streams go
 * through their coder. Specification: docs/design/language.md, "Layout"; docs/design/bit-streams.md.
 */
import {
  type Codes,
  type Format,
  matrixShape,
  type Packed,
  type Plan,
  type PlannedStream,
  planLayout,
  type RadixGroup,
  type Segment,
  type StoredField,
} from '@fewerbits/format';
import { decodeSymbols } from './entropy/decode-symbols.ts';
import { type EntropyOptions, encodeSymbols } from './entropy/encode-symbols.ts';
import type { Model } from './entropy/model.ts';

/** Models of entropy coders that stand outside of the streams, by field. */
export type OutsideModels = ReadonlyMap<string, Model>;

const NO_MODELS: OutsideModels = new Map();

/** Bytes of every stream; bits that no field covers are zero. */
export function packStreams(
  plan: Plan,
  codes: Readonly<Record<string, Codes>>,
  models: OutsideModels = NO_MODELS,
): Record<string, Uint8Array> {
  const arrays = plan.fields.map((field) => codes[field.name] ?? new Uint8Array(0));
  const streams: Record<string, Uint8Array> = {};
  for (const stream of plan.streams) {
    if (stream.coded !== null) {
      streams[stream.name] = encodeSymbols(
        arrays[stream.coded.id]!,
        entropyOptions(plan.format, stream.coded, models),
      );
      continue;
    }
    const bytes = new Uint8Array(stream.bytes);
    for (const segment of stream.segments) packSegment(plan, segment, arrays, bytes);
    streams[stream.name] = bytes;
  }
  return streams;
}

/**
 * Codes of every field. Any bytes of the right length have codes.
 * @throws RangeError for a missing stream or one of the wrong length; StreamError for a coded one that no encoder writes.
 */
export function unpackStreams(
  plan: Plan,
  streams: Readonly<Record<string, Uint8Array>>,
  models: OutsideModels = NO_MODELS,
): Record<string, Codes> {
  const codes: Record<string, Codes> = {};
  const arrays = plan.fields.map((field) => {
    codes[field.name] = emptyCodes(field);
    return codes[field.name]!;
  });
  for (const stream of plan.streams) {
    const bytes = streams[stream.name];
    if (bytes === undefined) throw new RangeError(`${plan.format.name}: ${labelOf(stream.name)} is missing`);
    if (stream.coded !== null) {
      const { entries, bits, name } = stream.coded;
      const range = bits === null || bits === 0 ? {} : { range: { min: 0, max: 2 ** bits - 1 } };
      const model = models.get(name);
      const options = model === undefined ? range : { ...range, model };
      decodeSymbols(bytes, arrays[stream.coded.id]!, entries, stream.name, options);
      continue;
    }
    requireLength(plan, stream, bytes);
    for (const segment of stream.segments) unpackSegment(plan, segment, arrays, bytes);
  }
  return codes;
}

/**
 * Codes of one field whose entries all lie in one stream of fixed length, before the lengths of the others are known.
 * @throws RangeError for a stream of the wrong length.
 */
export function unpackField(plan: Plan, field: StoredField, stream: PlannedStream, bytes: Uint8Array): Codes {
  requireLength(plan, stream, bytes);
  const used = new Set([field.id, ...stream.segments.flatMap((segment) => bodyOf(segment).used)]);
  const arrays = plan.fields.map((stored) => (used.has(stored.id) ? emptyCodes(stored) : new Uint8Array(0)));
  for (const segment of stream.segments) unpackSegment(plan, segment, arrays, bytes);
  return arrays[field.id]!;
}

/**
 * A field that stands alone in a stream of fixed length, and its codes.
 * @throws RangeError for a stream that is missing or of the wrong length
 */
export function unpackStored(
  format: Format,
  { shape, streams }: Packed,
  name: string,
): { stored: StoredField; codes: Codes } {
  const plan = planLayout(format, matrixShape(format.view, shape));
  const stored = plan.fields.find((field) => field.name === name)!;
  const holds = (stream: Format['layout'][number]): boolean =>
    stream.items.some((item) => item.item === 'field' && item.field === name);
  const at = format.layout.findIndex(holds);
  const codes = unpackStreams({ ...plan, streams: [plan.streams[at]!] }, streams)[name]!;
  return { stored, codes };
}

function requireLength(plan: Plan, { name, bytes: wanted }: PlannedStream, bytes: Uint8Array): void {
  if (bytes.length === wanted) return;
  const { rows, cols } = plan.geometry;
  throw new RangeError(
    `${plan.format.name}: ${labelOf(name)} has ${bytes.length} bytes, ${rows} × ${cols} weights need ${wanted}`,
  );
}

function labelOf(stream: string): string {
  return stream === '' ? 'the stream' : `stream ${stream}`;
}

/** The narrowest array that holds codes of a width. */
export function codeArray(bits: number, length: number): Exclude<Codes, Int32Array> {
  return bits <= 8 ? new Uint8Array(length) : bits <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** An array for the codes of a stored field, all zero; signed for a grid, which has no width. */
export function emptyCodes(field: StoredField): Codes {
  if (field.bits === 0) return new Int32Array(field.entries);
  if (field.bits !== null) return codeArray(field.bits, field.entries);
  let widest = 0;
  for (let entry = 0; entry < field.entries; entry++) widest = Math.max(widest, field.numberAt(entry).bits);
  return codeArray(widest, field.entries);
}

/** How the format says a field's symbols are coded. */
function entropyOptions(format: Format, field: StoredField, models: OutsideModels): EntropyOptions {
  const { coder, options } = format.entropy.find((entropy) => entropy.fields.includes(field.name))!;
  const { chunk } = options;
  const model = models.get(field.name);
  return { coder, ...(chunk === undefined ? {} : { chunk }), ...(model === undefined ? {} : { model }) };
}

/** Slots as parallel arrays, and where each field stands in a repeat. */
interface Body {
  readonly slots: ReturnType<Segment['slots']>;
  readonly groups: readonly RadixGroup[];
  /** The fields that the body reads, so that origins are computed once for each repeat. */
  readonly used: readonly number[];
}

function bodyOf(segment: Segment): Body {
  const slots = segment.slots();
  const groups = segment.radix();
  const used = new Set(slots.map((slot) => slot.field).filter((field) => field >= 0));
  for (const group of groups) used.add(group.field.id);
  return { slots, groups, used: [...used] };
}

function packSegment(plan: Plan, segment: Segment, arrays: readonly Codes[], bytes: Uint8Array): void {
  const { slots, groups, used } = bodyOf(segment);
  const origins = new Float64Array(plan.fields.length);
  const words = new Array<number>(groups.length);
  for (let k = 0; k < segment.repeat; k++) {
    for (const field of used) origins[field] = segment.origin(plan.fields[field]!, k);
    for (let g = 0; g < groups.length; g++) {
      const group = groups[g]!;
      words[g] = joinDigits(group, arrays[group.field.id]!, origins[group.field.id]!);
    }
    const start = segment.start + k * segment.bits;
    const firstByte = Math.floor(start / 8);
    const shift = start % 8;
    for (const slot of slots) {
      const code =
        slot.field < 0 ? words[slot.entry]! : arrays[slot.field]![origins[slot.field]! + slot.entry]!;
      writeBits(bytes, firstByte, shift + slot.position, slot.width, code >>> slot.low);
    }
  }
}

function unpackSegment(plan: Plan, segment: Segment, arrays: readonly Codes[], bytes: Uint8Array): void {
  const { slots, groups, used } = bodyOf(segment);
  const origins = new Float64Array(plan.fields.length);
  const words = new Array<number>(groups.length);
  for (let k = 0; k < segment.repeat; k++) {
    for (const field of used) origins[field] = segment.origin(plan.fields[field]!, k);
    words.fill(0);
    const start = segment.start + k * segment.bits;
    const firstByte = Math.floor(start / 8);
    const shift = start % 8;
    for (const slot of slots) {
      if (slot.copy) continue;
      const value = (readBits(bytes, firstByte, shift + slot.position, slot.width) << slot.low) >>> 0;
      if (slot.field < 0) {
        words[slot.entry]! |= value;
      } else {
        const entry = origins[slot.field]! + slot.entry;
        arrays[slot.field]![entry] = (arrays[slot.field]![entry]! | value) >>> 0;
      }
    }
    for (let g = 0; g < groups.length; g++) {
      const group = groups[g]!;
      splitDigits(group, words[g]! >>> 0, arrays[group.field.id]!, origins[group.field.id]!);
    }
  }
}

/** Bits go in from the least significant; `position` counts from the first bit of `firstByte`. */
function writeBits(
  bytes: Uint8Array,
  firstByte: number,
  position: number,
  width: number,
  value: number,
): void {
  let at = firstByte + (position >>> 3);
  let offset = position & 7;
  let left = width;
  let rest = value;
  while (left > 0) {
    const count = Math.min(8 - offset, left);
    bytes[at] = bytes[at]! | ((rest & ((1 << count) - 1)) << offset);
    rest >>>= count;
    left -= count;
    offset = 0;
    at++;
  }
}

function readBits(bytes: Uint8Array, firstByte: number, position: number, width: number): number {
  let at = firstByte + (position >>> 3);
  let offset = position & 7;
  if (offset + width <= 8) return (bytes[at]! >>> offset) & ((1 << width) - 1);
  let done = 0;
  let value = 0;
  while (done < width) {
    const count = Math.min(8 - offset, width - done);
    value |= ((bytes[at]! >>> offset) & ((1 << count) - 1)) << done;
    done += count;
    offset = 0;
    at++;
  }
  return value >>> 0;
}

/** Digits of one group as the number that is stored. A short group gets zero digits. */
function joinDigits(group: RadixGroup, codes: Codes, origin: number): number {
  const { radix } = group.field;
  const digits = Array.from({ length: group.digits }, (_, k) =>
    k < group.entries.length ? codes[origin + group.entries[k]!]! : 0,
  );
  if (group.order === 'low') digits.reverse();
  const value = digits.reduce((sum, digit) => sum * radix + digit, 0);
  return group.order === 'fraction' ? Math.ceil((2 ** group.bits * value) / radix ** group.digits) : value;
}

/** The digits of a stored number; as a fraction, the k-th digit is ⌊radix · frac(radix^k · word / 2^bits)⌋. */
function splitDigits(group: RadixGroup, word: number, codes: Codes, origin: number): void {
  const { radix } = group.field;
  let rest = word;
  for (let k = 0; k < group.entries.length; k++) {
    const entry = origin + group.entries[k]!;
    if (group.order === 'fraction') {
      codes[entry] = Math.floor((rest * radix) / 2 ** group.bits);
      rest = (rest * radix) % 2 ** group.bits;
    } else if (group.order === 'low') {
      codes[entry] = rest % radix;
      rest = Math.floor(rest / radix);
    } else {
      codes[entry] = Math.floor(word / radix ** (group.digits - 1 - k)) % radix;
    }
  }
}
