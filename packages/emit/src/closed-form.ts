/**
 * The lengths and places of a format as formulas of the number of weights alone: what a package carries instead of the planner.
 *
 * They hold for formats whose bytes follow the weights in order. Each formula is held against the bit plan over many shapes here; a
 * format that fits none is refused with the reason.
 */
import { type Format, formatFacts, matrixShape, type Plan, planLayout, streamBytes } from '@fewerbits/format';
import { bindKernel, type EncodeKernel, type LoopKernel, type Program } from '@fewerbits/kernel';

/** A stream: for so many weights so many bits, started ones whole; summed, and rounded up to bytes. */
export interface StreamForm {
  readonly name: string;
  readonly bits: readonly { readonly per: number; readonly bits: number }[];
  /** Whether a byte that is not full has its bits on top. */
  readonly msb?: true;
}

export interface ClosedForm {
  readonly streams: readonly StreamForm[];
  /** Weights of a kernel's unit, and the bytes of each stream for it. */
  readonly width: number;
  readonly strides: readonly number[];
  /** For each source of the kernels, its stream. */
  readonly sources: readonly number[];
  /** The last axis must be a multiple of this; a tensor of one row may end anywhere if `ragged`. */
  readonly tile: number;
  readonly ragged: boolean;
  /** What a row of the matrix is: the last axis, all axes but the first, or the whole tensor. */
  readonly view: Format['view'];
}

/**
 * The closed form of a format with these kernels, or in a few words why it has none.
 * @param wholeBlocks whether it is for whole blocks only
 */
export function closedForm(
  format: Format,
  decode: LoopKernel,
  encode: EncodeKernel,
  wholeBlocks: boolean,
): ClosedForm | string {
  const sources = decode.sources;
  if (sources.some(({ moves }) => moves !== 'unit'))
    return 'some of its bytes belong to a row or to the tensor';
  const own = new Set(sources.map(({ stream }) => stream));
  if (own.size !== sources.length || own.size !== format.layout.length)
    return 'its streams are made of several parts';
  if (JSON.stringify(sources) !== JSON.stringify(encode.sources)) return 'its kernels read other bytes';
  const { tile, streams: names } = formatFacts(format);
  const wide = { rows: 1, cols: decode.width * 4 };
  const plan = planLayout(format, wide);
  const ragged = format.tail === 'short' && !wholeBlocks;
  const streams = plan.streams.map(({ name }): StreamForm => {
    const bits = bitsOf(plan, name);
    return ragged && isOnTop(format, name) ? { name, bits, msb: true } : { name, bits };
  });
  const form: ClosedForm = {
    streams,
    width: decode.width,
    strides: names.map((name) => sources.find(({ stream }) => stream === name)!.stride),
    sources: sources.map(({ stream }) => names.indexOf(stream)),
    tile: tile.width,
    ragged,
    view: format.view,
  };
  return whyNotEqual(format, form, decode) ?? form;
}

/** The bits of a stream by the fields in it. */
function bitsOf(plan: Plan, stream: string): StreamForm['bits'] {
  const { segments } = plan.streams.find(({ name }) => name === stream)!;
  const counts = new Map<number, number>();
  for (const { slots, repeat, radix } of segments) {
    const words = radix();
    for (const { field, entry, width } of slots()) {
      // Bits that belong to no field, and words of several digits, count for the weights of the whole body.
      const owner = field >= 0 ? plan.fields[field]! : words[entry]?.field;
      const per = owner?.tiling.width ?? plan.geometry.cols;
      counts.set(per, (counts.get(per) ?? 0) + width * repeat);
    }
  }
  return [...counts]
    .sort(([p], [q]) => q - p)
    .map(([per, bits]) => ({ per, bits: (bits * per) / plan.geometry.cols }));
}

/** Whether the bits of a lone weight stand at the top of their byte. */
function isOnTop(format: Format, stream: string): boolean {
  const { segments } = planLayout(format, { rows: 1, cols: 1 }).streams.find(({ name }) => name === stream)!;
  const slots = segments.flatMap((segment) => [...segment.slots()]);
  const last = Math.max(...slots.map(({ position, width }) => position + width));
  return last % 8 === 0 && Math.min(...slots.map(({ position }) => position)) > 0;
}

/** Bytes of a stream by its formula. */
export function bytesBy({ bits }: StreamForm, count: number): number {
  return Math.ceil(bits.reduce((sum, part) => sum + Math.ceil(count / part.per) * part.bits, 0) / 8);
}

/** Shapes whose plans are compared with the formulas. */
function shapesFor({ tile, width, ragged, view }: ClosedForm): number[][] {
  const shapes = [
    [0],
    [0, tile],
    [tile],
    [width],
    [3, tile],
    [5, 3 * tile],
    [2, 3, 2 * tile],
    [7, 5 * width],
  ];
  if (ragged) shapes.push([1], [tile - 1], [tile + 1], [3 * width + 5]);
  if (ragged && view === 'flat') shapes.push([3, 7], [5, tile + 3]);
  return shapes.filter((shape) => shape.every((size) => size >= 0));
}

function whyNotEqual(format: Format, form: ClosedForm, kernel: Program): string | null {
  for (const shape of shapesFor(form)) {
    const { rows, cols } = matrixShape(format.view, shape);
    const planned = streamBytes(format, shape);
    for (const stream of form.streams) {
      const bytes = bytesBy(stream, rows * cols);
      if (bytes !== planned[stream.name])
        return `no formula gives the ${planned[stream.name]} bytes of stream '${stream.name}' for [${shape}]`;
    }
    if (rows * cols > 0 && cols % form.tile === 0 && bindKernel(kernel, format, shape) === null)
      return `its kernels do not fit the shape [${shape}]`;
  }
  return null;
}
