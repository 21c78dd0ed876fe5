/**
 * The unit of a format: how many weights repeat, and where every bit of theirs lies, as bytes that move on evenly.
 *
 * Found from the bit plan alone, by laying a small matrix out and looking: a unit is the shortest run of a row whose bits,
 * from each unit to the next, move on by whole bytes in each stream. So no layout has a case of its own here. What is not
 * even (tiles of several rows, patterns over the whole tensor) has no unit. Design: docs/design/kernels.md.
 */
import {
  type Format,
  hasStoredWidths,
  LayoutError,
  type Plan,
  planLayout,
  type RadixGroup,
  type StoredField,
  tileMultiple,
} from '@fewerbits/format';
import type { Source } from './ir.ts';

/** Bits `low … low + width` of an entry, at a bit of the unit's place in a source. */
export interface Piece {
  readonly source: number;
  readonly bit: number;
  readonly low: number;
  readonly width: number;
}

/** Where an entry of a field is stored: as its own bits, or as a digit of a word that several share. */
export interface Place {
  readonly pieces: readonly Piece[];
  readonly digit: { readonly group: RadixGroup; readonly index: number } | null;
}

export interface Unit {
  readonly width: number;
  readonly sources: readonly Source[];
  /** The plan of the matrix that was looked at. */
  readonly plan: Plan;
  /** Entry `k` of a field's tile that holds weight `element` of the unit. */
  placeOf(field: StoredField, element: number, k?: number): Place;
}

/** A unit is a multiple of 16 weights, so that sixteen codes fill a vector, and not too short for a loop; beyond this it is no unit. */
const LANES = 16;
const SMALLEST_UNIT = 32;
const LARGEST_UNIT = 1024;

/** The rows and the units of a row that are laid out and compared. */
const ROWS = 3;
const UNITS = 4;

/** Every kernel of a format asks for its unit; a Format is a value that never changes. */
const found = new WeakMap<Format, Unit | string>();

/** The unit of a format, or why it has none. */
export function findUnit(format: Format): Unit | string {
  const known = found.get(format);
  if (known !== undefined) return known;
  const unit = layOut(format);
  found.set(format, unit);
  return unit;
}

function layOut(format: Format): Unit | string {
  const { width } = tileMultiple(format.scopes);
  if (hasStoredWidths(format)) return 'the width of its codes depends on stored data';
  if (tileMultiple(format.scopes).height > 1) return 'its tiles span several rows';
  let least = width;
  while (least % LANES !== 0 || least < SMALLEST_UNIT) least *= 2;
  let reason = `no run of up to ${LARGEST_UNIT} weights is stored in whole bytes`;
  for (let size = least; size <= LARGEST_UNIT; size *= 2) {
    const unit = unitOfWidth(format, size);
    if (typeof unit !== 'string') return unit;
    reason = unit;
  }
  return reason;
}

/** A bit of an entry in the plan, before it is known how it moves. */
interface Found {
  readonly stream: string;
  readonly segment: number;
  readonly bit: number;
  readonly low: number;
  readonly width: number;
}

interface FoundPlace {
  readonly pieces: readonly Found[];
  readonly digit: Place['digit'];
}

function unitOfWidth(format: Format, width: number): Unit | string {
  const cols = UNITS * width;
  let plan: Plan;
  let places: (FoundPlace | undefined)[][] | string;
  try {
    plan = planLayout(format, { rows: ROWS, cols });
    places = placesOf(plan);
  } catch (error) {
    // A layout that this width does not fit, such as a pattern over whole rows.
    if (error instanceof RangeError || error instanceof LayoutError) return error.message;
    throw error;
  }
  if (typeof places === 'string') return places;
  const repeats = new Map(
    plan.streams.flatMap((stream) =>
      stream.segments.map(
        ({ repeat, patterned }, segment) => [`${stream.name}/${segment}`, patterned ? 1 : repeat] as const,
      ),
    ),
  );
  const sources: Source[] = [];
  const known = new Map<string, number>();
  const at = (
    field: StoredField,
    element: number,
    k: number,
    row: number,
    unit: number,
  ): FoundPlace | undefined => {
    const { tiling, perTile } = field;
    const tile =
      Math.floor(row / tiling.height) * tiling.cols + Math.floor((unit * width + element) / tiling.width);
    return places[field.id]![tile * perTile + k];
  };
  const cache = plan.fields.map(() => new Map<number, Place>());
  let reason: string | null = null;
  const resolve = (field: StoredField, element: number, k: number): Place => {
    const first = at(field, element, k, 0, 0);
    if (first === undefined) throw new RangeError(`${field.name} is not stored`);
    const others: (FoundPlace | undefined)[] = [];
    for (let row = 0; row < ROWS; row++)
      for (let unit = 0; unit < UNITS; unit++) others.push(at(field, element, k, row, unit));
    const pieces = first.pieces.map((piece, p): Piece => {
      const bits = others.map((place) => {
        const other = place?.pieces[p];
        const same =
          other?.segment === piece.segment && other.low === piece.low && other.width === piece.width;
        return same ? other.bit - piece.bit : Number.NaN;
      });
      const motion = motionOf(bits);
      // A body that stands once, or in the order of a pattern, has the shape of the tensor in it: what is even here need not be so elsewhere.
      const once = repeats.get(`${piece.stream}/${piece.segment}`) === 1;
      if (motion === null || (once && motion.moves !== 'tensor')) {
        reason = `the bits of ${field.name} do not move on evenly`;
        return { source: 0, bit: 0, low: 0, width: 0 };
      }
      const key = `${piece.stream}/${piece.segment}/${motion.moves}/${motion.stride}`;
      if (!known.has(key)) {
        known.set(key, sources.length);
        sources.push({ stream: piece.stream, segment: piece.segment, ...motion });
      }
      return { source: known.get(key)!, bit: piece.bit, low: piece.low, width: piece.width };
    });
    return { pieces, digit: first.digit };
  };
  const placeOf = (field: StoredField, element: number, k = 0): Place => {
    const key = Math.floor(element / field.tiling.width) * field.perTile + k;
    const places = cache[field.id]!;
    const place = places.get(key) ?? resolve(field, element, k);
    places.set(key, place);
    return place;
  };
  // Weights of one tile share its entries.
  for (const field of plan.fields)
    for (let element = 0; element < width; element += field.tiling.width)
      for (let k = 0; k < field.perTile; k++) {
        placeOf(field, element, k);
        if (reason !== null) return reason;
      }
  return { width, sources, plan, placeOf };
}

/** Where every entry of every field stands in a small plan. */
function placesOf(plan: Plan): (FoundPlace | undefined)[][] | string {
  const places = plan.fields.map(
    ({ entries }) => new Array<{ pieces: Found[]; digit: Place['digit'] } | undefined>(entries),
  );
  const put = (field: number, entry: number, piece: Found | null, digit: Place['digit']): void => {
    places[field]![entry] ??= { pieces: [], digit };
    if (piece !== null) places[field]![entry]!.pieces.push(piece);
  };
  for (const stream of plan.streams) {
    if (stream.coded !== null) return `${stream.coded.name} is entropy coded`;
    for (const [segment, { start, bits, repeat, slots, radix, origin }] of stream.segments.entries()) {
      if (start % 8 !== 0) return `stream ${stream.name} has a part that starts inside a byte`;
      const groups = radix();
      const body = slots();
      for (let k = 0; k < repeat; k++) {
        for (const { field, entry, low, width, position, copy } of body) {
          if (copy) continue;
          const piece: Found = { stream: stream.name, segment, bit: k * bits + position, low, width };
          if (field >= 0) {
            put(field, origin(plan.fields[field]!, k) + entry, piece, null);
            continue;
          }
          const group = groups[entry]!;
          for (const [index, member] of group.entries.entries())
            put(group.field.id, origin(group.field, k) + member, piece, { group, index });
        }
      }
    }
  }
  return places;
}

/** How a bit moves over ROWS × UNITS units, in whole bytes; null if not evenly. */
function motionOf(bits: readonly number[]): Pick<Source, 'moves' | 'stride'> | null {
  const even = (moves: Source['moves'], step: number, index: (u: number) => number) =>
    step % 8 === 0 && bits.every((bit, u) => bit === index(u) * step) ? { moves, stride: step / 8 } : null;
  const [acrossUnits, acrossRows] = [bits[1]!, bits[UNITS]!];
  if (acrossUnits === 0 && acrossRows === 0) return even('tensor', 0, () => 0);
  if (acrossUnits === 0) return even('row', acrossRows, (u) => Math.floor(u / UNITS));
  if (acrossRows === 0) return even('column', acrossUnits, (u) => u % UNITS);
  return even('unit', acrossUnits, (u) => u);
}
