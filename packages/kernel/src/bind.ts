/**
 * A kernel on one tensor: where each source starts, how units follow, and whether the kernel fits the tensor at all.
 */
import { type Format, matrixShape, type Packed, planLayout, tileMultiple } from '@fewerbits/format';
import { type Program, runsFlat } from './ir.ts';

/** A source of a run: its bytes from where the first unit reads, and how far they move on from unit to unit and from row to row. */
export interface Bound {
  readonly bytes: Uint8Array;
  readonly stride: number;
  readonly rowStride: number;
}

/**
 * Rows of units, the last unit of each row perhaps cut short. Where nothing starts anew with a row, the whole tensor is one
 * row. Weights of the rows stand one after another.
 */
export interface Run {
  readonly rows: number;
  /** Weights of a row. */
  readonly cols: number;
  readonly sources: readonly Bound[];
}

/** A kernel on tensors of one shape. */
export interface Binding {
  readonly weights: number;
  /** Streams of this shape, all zero. */
  streams(): Record<string, Uint8Array>;
  /**
   * @param apart streams whose bytes come from elsewhere: they are not looked at, and their sources are empty
   * @throws RangeError for a stream that is missing or of the wrong length.
   */
  run(packed: Packed, apart?: ReadonlySet<string>): Run;
  /** The same with the rows of the tensor's last axis, or null where they are no whole units. */
  rows(packed: Packed): Run | null;
}

const NONE: ReadonlySet<string> = new Set();
const NO_BYTES = new Uint8Array(0);

/**
 * A kernel on a shape, or null where it does not fit: an edge that tiles do not divide, or a layout that is another one on
 * this shape.
 */
export function bindKernel(kernel: Program, format: Format, shape: readonly number[]): Binding | null {
  const plan = planLayout(format, matrixShape(format.view, shape));
  const { rows, cols, storedRows, storedCols } = plan.geometry;
  if (rows !== storedRows || cols !== storedCols) return null;
  // A tile cut short at the edge of each row would make the next row start inside a unit.
  if (rows > 1 && cols % tileMultiple(format.scopes).width !== 0) return null;
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
  const requireLengths = (packed: Packed, apart: ReadonlySet<string>): void => {
    for (const stream of plan.streams) {
      if (apart.has(stream.name)) continue;
      const bytes = packed.streams[stream.name];
      const label = stream.name === '' ? 'the stream' : `stream ${stream.name}`;
      if (bytes === undefined) throw new RangeError(`${format.name}: ${label} is missing`);
      if (bytes.length === stream.bytes) continue;
      throw new RangeError(
        `${format.name}: ${label} has ${bytes.length} bytes, ${rows} × ${cols} weights need ${stream.bytes}`,
      );
    }
  };
  const flat = runsFlat(kernel);
  const inRows = (packed: Packed, rows: number, cols: number, apart = NONE): Run => {
    requireLengths(packed, apart);
    const sources = kernel.sources.map(({ stream, moves, stride }, k): Bound => {
      const rowStride = moves === 'unit' ? (cols * stride) / kernel.width : moves === 'row' ? stride : 0;
      return {
        bytes: apart.has(stream) ? NO_BYTES : packed.streams[stream]!.subarray(starts[k]!),
        stride: moves === 'unit' || moves === 'column' ? stride : 0,
        rowStride,
      };
    });
    return { rows, cols, sources };
  };
  return {
    weights: rows * cols,
    streams: () => Object.fromEntries(plan.streams.map(({ name, bytes }) => [name, new Uint8Array(bytes)])),
    run: (packed, apart) => {
      const run = inRows(packed, rows, cols, apart);
      if (!flat) return run;
      const sources = run.sources.map((source) => ({ ...source, rowStride: 0 }));
      return { rows: 1, cols: rows * cols, sources };
    },
    rows: (packed) => {
      // The matrix of a view may be one row, which its units do not know.
      const last = flat ? (shape.at(-1) ?? 1) : cols;
      if (last === 0 || last % kernel.width !== 0) return null;
      return inRows(packed, (rows * cols) / last, last);
    },
  };
}

/**
 * `bindKernel` that remembers the last shape: tensors of one shape come one after another, and the plan of a shape takes longer than
 * decoding a small tensor.
 */
export function bindingsOf(kernel: Program, format: Format): (shape: readonly number[]) => Binding | null {
  let last: { readonly key: string; readonly binding: Binding | null } | null = null;
  return (shape) => {
    const key = shape.join();
    if (last?.key !== key) last = { key, binding: bindKernel(kernel, format, shape) };
    return last.binding;
  };
}
