/**
 * A kernel on one tensor: where each source starts, how units follow, and whether the kernel fits the tensor at all.
 */
import { type Format, matrixShape, type Packed, planLayout, tileMultiple } from '@fewerbits/format';
import { type Kernel, runsFlat } from './ir.ts';

/** A part of a stream for one run of units: `bytes` from where the first unit reads, and how far each unit moves on. */
export interface Bound {
  readonly bytes: Uint8Array;
  readonly stride: number;
}

/** Units one after another, the last one perhaps cut short; `first` is the index of their first weight in the tensor. */
export interface Run {
  readonly first: number;
  readonly weights: number;
  readonly sources: readonly Bound[];
}

/** A kernel on tensors of one shape. */
export interface Binding {
  readonly weights: number;
  /**
   * The runs that decode a tensor: one, or one for each row where sources start anew there.
   * @throws RangeError for a stream that is missing or of the wrong length.
   */
  runs(packed: Packed): Run[];
}

/**
 * A kernel on a shape, or null where it does not fit: an edge that tiles do not divide, or a layout that is another one on
 * this shape.
 */
export function bindKernel(kernel: Kernel, format: Format, shape: readonly number[]): Binding | null {
  const plan = planLayout(format, matrixShape(format.view, shape));
  const { rows, cols, storedRows, storedCols } = plan.geometry;
  if (rows !== storedRows || cols !== storedCols) return null;
  // A tile cut short at the edge of each row would make the next row start inside a unit.
  if (cols % tileMultiple(format.scopes).width !== 0) return null;
  // Each row must begin at a whole byte of what moves through the tensor.
  const begins = kernel.sources.every(
    ({ moves, stride }) => moves !== 'unit' || (cols * stride) % kernel.width === 0,
  );
  if (!runsFlat(kernel) && !begins) return null;
  const streams = new Map(plan.streams.map((stream) => [stream.name, stream]));
  const starts: number[] = [];
  for (const { stream, segment, moves, stride } of kernel.sources) {
    const planned = streams.get(stream)!.segments;
    const found = planned[segment];
    if (planned.length !== kernel.segments[stream] || found === undefined || found.start % 8 !== 0)
      return null;
    if (moves !== 'tensor' && found.bits !== kernel.bodies[`${stream}/${segment}`]) return null;
    if (moves === 'row' && (found.bits * found.repeat) / 8 !== stride * rows) return null;
    starts.push(found.start / 8);
  }
  const requireLengths = (packed: Packed): void => {
    for (const stream of plan.streams) {
      const bytes = packed.streams[stream.name];
      const label = stream.name === '' ? 'the stream' : `stream ${stream.name}`;
      if (bytes === undefined) throw new RangeError(`${format.name}: ${label} is missing`);
      if (bytes.length === stream.bytes) continue;
      throw new RangeError(
        `${format.name}: ${label} has ${bytes.length} bytes, ${rows} × ${cols} weights need ${stream.bytes}`,
      );
    }
  };
  /** The sources of a row; units of the rows before it have gone through `cols / width` strides each. */
  const bound = (packed: Packed, row: number): Bound[] =>
    kernel.sources.map(({ stream, moves, stride }, k) => {
      const before =
        moves === 'row' ? row * stride : moves === 'unit' ? (row * cols * stride) / kernel.width : 0;
      const moving = moves === 'unit' || moves === 'column';
      return {
        bytes: packed.streams[stream]!.subarray(starts[k]! + before),
        stride: moving ? stride : 0,
      };
    });
  return {
    weights: rows * cols,
    runs: (packed) => {
      requireLengths(packed);
      if (runsFlat(kernel)) return [{ first: 0, weights: rows * cols, sources: bound(packed, 0) }];
      return Array.from({ length: rows }, (_, row) => ({
        first: row * cols,
        weights: cols,
        sources: bound(packed, row),
      }));
    },
  };
}
