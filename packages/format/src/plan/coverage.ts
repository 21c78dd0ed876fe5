/**
 * The proof that a layout is a bijection: each bit of each stored field stands in exactly one place.
 * Runs on one small matrix that every tile and pattern fits; what holds there holds for every multiple of it.
 * Specification: docs/design/language.md, "Layout" and "Diagnostics" (a bit stored twice or never).
 */

import { KEPT_STREAM } from '../kept.ts';
import type { MatrixShape } from '../sizes.ts';
import type { Format, Item } from '../types.ts';
import { lcm, tileMultiple } from './geometry.ts';
import { LayoutError } from './layout-error.ts';
import { type Plan, planLayout } from './plan.ts';

export interface LayoutProblem {
  readonly kind: 'twice' | 'never' | 'item' | 'stream';
  readonly message: string;
  /** The layout item at fault, where one is. */
  readonly item: Item | null;
  readonly field: string | null;
}

/**
 * What is wrong with the layout of a format; empty when every bit of every field is stored exactly once and each
 * stream has a name of its own.
 */
export function checkLayout(format: Format): LayoutProblem[] {
  let plan: Plan;
  try {
    plan = planLayout(format, probeShape(format), { outliers: 3 });
    for (const stream of plan.streams) for (const segment of stream.segments) segment.slots();
  } catch (error) {
    if (error instanceof LayoutError)
      return [{ kind: 'item', message: error.message, item: error.item, field: null }];
    if (error instanceof RangeError)
      return [{ kind: 'item', message: error.message, item: null, field: null }];
    throw error;
  }
  return [...streamNames(format), ...bitCounts(plan)];
}

/** Streams are found by name, and `tail keep` adds one of its own. */
function streamNames(format: Format): LayoutProblem[] {
  const seen = new Set<string>(format.tail === 'keep' ? [KEPT_STREAM] : []);
  return format.layout.flatMap(({ name, items }) => {
    const taken = seen.has(name);
    seen.add(name);
    return taken
      ? [
          {
            kind: 'stream' as const,
            message: `there are two streams called ${name}`,
            item: items[0] ?? null,
            field: null,
          },
        ]
      : [];
  });
}

/**
 * A matrix, as small as may be, that every tile divides and every pattern fits.
 * @throws LayoutError where no shape up to 2^20 weights does: the error of the smallest one.
 */
export function probeShape(format: Format): MatrixShape {
  const { height, width } = probeUnit(format);
  // At least two tiles each way: with one, a field of a larger scope would seem to fit a smaller group.
  const rowTimes = format.view === 'flat' ? [1] : [2, 4, 8, 16, 32, 64, 128];
  const candidates = rowTimes
    .flatMap((r) =>
      [2, 4, 8, 10, 16, 20, 32, 64, 128, 160, 256, 512, 640, 1024, 1280, 2048, 4096, 8192].map((c) => ({
        rows: height * r,
        cols: width * c,
      })),
    )
    .filter((shape) => shape.rows * shape.cols <= Math.max(1 << 20, 4 * height * width))
    .sort((a, b) => a.rows * a.cols - b.rows * b.cols || a.rows - b.rows);
  let first: unknown = null;
  for (const shape of candidates) {
    try {
      for (const stream of planLayout(format, shape, { outliers: 3 }).streams) {
        for (const segment of stream.segments) if (segment.repeat === 1) segment.slots();
      }
      return shape;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      first ??= error;
    }
  }
  throw first ?? new RangeError(`${format.name}: no small matrix fits its tiles of ${height} × ${width}`);
}

/** Tiles, and the chunks of rotations: what a matrix must be a multiple of to be encoded. */
function probeUnit(format: Format): { height: number; width: number } {
  let { height, width } = tileMultiple(format.scopes);
  for (const step of format.steps) {
    if (step.step !== 'rotate' || typeof step.size !== 'number') continue;
    if (step.scope === 'row') width = lcm(width, step.size);
    else height = lcm(height, step.size);
  }
  return { height, width };
}

function bitCounts(plan: Plan): LayoutProblem[] {
  const counts = plan.fields.map((field) => new Uint8Array(field.entries * 32));
  const note = (id: number, entry: number, bit: number): void => {
    const at = entry * 32 + bit;
    counts[id]![at] = Math.min(255, counts[id]![at]! + 1);
  };
  for (const stream of plan.streams) {
    for (const segment of stream.segments) {
      for (let k = 0; k < segment.repeat; k++) {
        for (const slot of segment.slots()) {
          if (slot.copy) continue;
          if (slot.field >= 0) {
            const entry = segment.origin(plan.fields[slot.field]!, k) + slot.entry;
            for (let bit = 0; bit < slot.width; bit++) note(slot.field, entry, slot.low + bit);
          } else if (slot.low === 0) {
            const group = segment.radix()[slot.entry]!;
            const origin = segment.origin(group.field, k);
            for (const entry of group.entries) {
              for (let bit = 0; bit < group.field.bits!; bit++) note(group.field.id, origin + entry, bit);
            }
          }
        }
      }
    }
  }
  return plan.fields.flatMap((field) => {
    if (field.coded) return [];
    for (let entry = 0; entry < field.entries; entry++) {
      for (let bit = 0; bit < field.numberAt(entry).bits; bit++) {
        const count = counts[field.id]![entry * 32 + bit]!;
        if (count === 1) continue;
        const place = `bit ${bit} of ${field.name}${field.entries > 1 ? `[${entry}]` : ''}`;
        const message = count === 0 ? `${place} is never stored` : `${place} is stored ${count} times`;
        return [
          {
            kind: count === 0 ? ('never' as const) : ('twice' as const),
            message,
            item: null,
            field: field.name,
          },
        ];
      }
    }
    return [];
  });
}
