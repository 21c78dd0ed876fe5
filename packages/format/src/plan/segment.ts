/**
 * Segments: a small body of bits and how often it stands in a stream, so that a plan stays small. Knows no layout.
 * Specification: docs/design/language.md, "Layout".
 */
import { type Chunk, PADDING, RADIX_FIELD, type RadixGroup, readBitRef } from './bits.ts';
import type { StoredField } from './fields.ts';

/** A run of bits of one entry: bits `low..low+width` of the code stand at `position..position+width` of the body, lowest first. */
export interface Slot {
  /** Index into `plan.fields`, or -1: the entry is a radix group of the segment. */
  readonly field: number;
  /** Relative to the entry at which the field stands in this repeat (see `Segment.origin`). */
  readonly entry: number;
  readonly low: number;
  readonly width: number;
  readonly position: number;
  /** Written, not read. */
  readonly copy: boolean;
}

/** A body of bits, stored `repeat` times in a row. */
export interface Segment {
  /** Bit of the stream at which the first repeat stands. */
  readonly start: number;
  readonly bits: number;
  readonly repeat: number;
  /** Whether repeats follow a pattern, so that the shape of the tensor is in their order: what is even here need not be so elsewhere. */
  readonly patterned: boolean;
  /** The slots of the body by position; bits that no slot covers are zero padding. Computed when first asked for. */
  readonly slots: () => readonly Slot[];
  /** Digit groups of the body; entries relative like those of slots. */
  readonly radix: () => readonly RadixGroup[];
  /** The entry of a field that relative entry 0 stands for in repeat k. */
  readonly origin: (field: StoredField, k: number) => number;
}

/** Consecutive bits of one entry become one slot. */
export function toSlots(chunks: readonly Chunk[]): Slot[] {
  const slots: Slot[] = [];
  let position = 0;
  let open: {
    field: number;
    entry: number;
    low: number;
    width: number;
    position: number;
    copy: boolean;
  } | null = null;
  for (const chunk of chunks) {
    for (const ref of chunk) {
      if (ref === PADDING) {
        open = null;
      } else {
        const { field, entry, bit, copy } = readBitRef(ref);
        const id = field === RADIX_FIELD ? -1 : field;
        if (
          open !== null &&
          open.field === id &&
          open.entry === entry &&
          open.copy === copy &&
          open.low + open.width === bit
        ) {
          open.width++;
        } else {
          open = { field: id, entry, low: bit, width: 1, position, copy };
          slots.push(open);
        }
      }
      position++;
    }
  }
  return slots;
}
