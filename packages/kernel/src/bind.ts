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

/** A run of units of which the last may be cut short, with the place of its first weight. */
export interface Run {
  readonly first: number;
  readonly weights: number;
  readonly sources: readonly Bound[];
}

/**
 * The runs that decode a tensor: one, or one for each row where sources start anew there. Null where the kernel does not
 * fit: an edge that tiles do not divide, or a layout that is another one on this shape.
 * @throws RangeError for a stream that is missing or of the wrong length.
 */
export function bindKernel(kernel: Kernel, format: Format, packed: Packed): Run[] | null {
  const matrix = matrixShape(format.view, packed.shape);
  const plan = planLayout(format, matrix);
  const { rows, cols, storedRows, storedCols } = plan.geometry;
  if (rows !== storedRows || cols !== storedCols) return null;
  // A tile cut short at the edge of each row would make the next row start inside a unit.
  if (cols % tileMultiple(format.scopes).width !== 0) return null;
  const streams = new Map(plan.streams.map((stream) => [stream.name, stream]));
  for (const stream of plan.streams) {
    const bytes = packed.streams[stream.name];
    const label = stream.name === '' ? 'the stream' : `stream ${stream.name}`;
    if (bytes === undefined) throw new RangeError(`${format.name}: ${label} is missing`);
    if (bytes.length !== stream.bytes)
      throw new RangeError(
        `${format.name}: ${label} has ${bytes.length} bytes, ${rows} × ${cols} weights need ${stream.bytes}`,
      );
  }
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
  const bound = (row: number): Bound[] =>
    kernel.sources.map(({ stream, moves, stride }, k) => {
      const from = starts[k]! + (moves === 'row' ? row * stride : 0);
      const moving = moves === 'unit' || moves === 'column';
      return { bytes: packed.streams[stream]!.subarray(from), stride: moving ? stride : 0 };
    });
  if (runsFlat(kernel)) return [{ first: 0, weights: rows * cols, sources: bound(0) }];
  if (cols % kernel.width !== 0) return null;
  const perRow = cols / kernel.width;
  return Array.from({ length: rows }, (_, row) => ({
    first: row * cols,
    weights: cols,
    sources: bound(row).map((source, k) =>
      kernel.sources[k]!.moves === 'unit'
        ? { ...source, bytes: source.bytes.subarray(row * perRow * source.stride) }
        : source,
    ),
  }));
}
