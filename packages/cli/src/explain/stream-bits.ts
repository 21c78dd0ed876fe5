/**
 * The stored bits of one repeated body of each stream, as bit maps show them.
 *
 * Read from the bit plan, like everything else that knows where bits lie.
 */
import type { BitMeaning } from '@fewerbits/draw';
import {
  type Format,
  type Plan,
  type PlannedStream,
  planLayout,
  probeShape,
  type RadixGroup,
  type Segment,
} from '@fewerbits/format';

/** A stretch of a stream from its beginning. */
export interface StreamBits {
  /** Empty for the stream without a name. */
  readonly stream: string;
  /** What is shown: `one block`, `the first 64 bytes`. */
  readonly what: string;
  /** Whole bytes. */
  readonly bits: readonly BitMeaning[];
}

/** A repeated body is shown whole up to this; the largest known superblock has 292 bytes. */
const MOST_BODY_BITS = 512 * 8;
/** Streams laid over the whole tensor have no body of their own; of them the beginning is shown. */
const BEGINNING_BITS = 32 * 8;

/** For each stream whose length the shape tells: one body of each of its segments. */
export function streamBits(format: Format): StreamBits[] {
  const plan = planLayout(format, probeShape(format), { outliers: 0 });
  return plan.streams.filter((stream) => stream.segments.length > 0).map((stream) => bitsOf(plan, stream));
}

function bitsOf(plan: Plan, stream: PlannedStream): StreamBits {
  const first = stream.segments[0]!;
  const isBody = stream.segments.length === 1 && (first.repeat > 1 || scopeOf(plan, first) !== undefined);
  // A body that ends inside a byte is repeated until it does not.
  const times = isBody ? Math.min(first.repeat, bodiesToBytes(first.bits)) : Infinity;
  const most = isBody ? MOST_BODY_BITS : BEGINNING_BITS;
  const bits: BitMeaning[] = [];
  for (const segment of stream.segments) {
    const repeats = Math.min(times, segment.repeat);
    for (let k = 0; k < repeats && bits.length <= most; k++) bits.push(...bodyBits(plan, segment, k));
  }
  const isCut = bits.length > most;
  if (isCut) bits.length = most;
  while (bits.length % 8 !== 0) bits.push(null);
  return {
    stream: stream.name,
    what: isCut ? `the first ${most / 8} bytes` : words(plan, isBody, first, times, bits.length / 8),
    bits,
  };
}

function scopeOf(plan: Plan, segment: Segment): string | undefined {
  return [...plan.scopeBits].filter(([, sizes]) => sizes.size === 1 && sizes.has(segment.bits)).at(-1)?.[0];
}

function words(plan: Plan, isBody: boolean, segment: Segment, times: number, bytes: number): string {
  const size = `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  if (!isBody) return `all of a small tensor, ${size}`;
  const scope = scopeOf(plan, segment);
  if (scope === undefined) return `${size}, repeated`;
  return `${times === 1 ? 'one' : times} ${scope}${times === 1 ? '' : 's'}, ${size}`;
}

function bodiesToBytes(bits: number): number {
  let times = 1;
  while ((bits * times) % 8 !== 0) times++;
  return times;
}

function bodyBits(plan: Plan, segment: Segment, k: number): BitMeaning[] {
  const bits = new Array<BitMeaning>(segment.bits).fill(null);
  const radix = segment.radix();
  for (const slot of segment.slots()) {
    const field = slot.field < 0 ? null : plan.fields[slot.field]!;
    for (let i = 0; i < slot.width; i++) {
      const meaning =
        field === null
          ? { field: radixName(radix[slot.entry]), entry: slot.entry, bit: slot.low + i }
          : { field: field.name, entry: slot.entry + segment.origin(field, k), bit: slot.low + i };
      bits[slot.position + i] = meaning;
    }
  }
  return bits;
}

/** Several digits share these bits; the entry is the group's. */
function radixName(group: RadixGroup | undefined): string {
  return group === undefined ? 'digits' : `${group.digits} digits of ${group.field.name}`;
}
