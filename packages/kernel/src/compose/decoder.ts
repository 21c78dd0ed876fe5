/**
 * Any format's decoder on a target: a kernel alone, or the kernel of its twin with what stands apart around it, as the
 * interpreter has it: entropy-coded fields, fields in another format, rotations, outliers.
 *
 * What it does not decode it leaves to the codec that is given (the interpreter), errors included: a damaged stream is refused in
 * the interpreter's words. Design: docs/design/kernels.md.
 */
import {
  applyOutliers,
  type OutsideModels,
  outsideModels,
  readOutliers,
  rotateWeights,
  type SharedModels,
  unpackStored,
} from '@fewerbits/codec';
import { type Codec, type Format, geometry, matrixShape, type Packed } from '@fewerbits/format';
import { type DecodeRun, withDecodeKernel } from '../accelerate.ts';
import { type Binding, bindingsOf } from '../bind.ts';
import type { Program } from '../ir.ts';
import { allSymbols, type CodedStream, levelWindow, openCoded, symbolWindow } from './coded.ts';
import { decodeInParts, type Window } from './parts.ts';
import type { SymbolOpener, SymbolWidth } from './symbol-reader.ts';
import { type Apart, isPlain, type NestedField, takeApart, twinOf } from './twin.ts';

/** A kernel and a target's execution of it. */
export interface CompiledDecoder {
  readonly kernel: Program;
  readonly run: DecodeRun;
}

/** What a target offers to decoders. */
export interface DecodeTarget {
  /** The decoder of a format of fixed length, or in a few words why there is none. */
  compile(format: Format): CompiledDecoder | string;
  /** Reads coded streams; each opener reads one at a time. */
  symbols(): SymbolOpener;
}

/**
 * The codec with its `decode` on a target, or in a few words why there is none.
 * @param models of a format whose tensors share them
 * @throws RangeError from `decode` as the codec's own; after it an `out` that was given is undefined.
 */
export function targetDecoder(codec: Codec, target: DecodeTarget, models: SharedModels = {}): Codec | string {
  const { format } = codec;
  if (isPlain(format)) {
    const made = target.compile(format);
    return typeof made === 'string' ? made : withDecodeKernel(codec, made.kernel, made.run);
  }
  const apart = takeApart(format);
  if (typeof apart === 'string') return apart;
  if (format.steps.slice(1).some(({ step }) => step !== 'rotate'))
    return 'it has steps after its first value';
  const twins = compileTwins(format, apart, target);
  // A grid's symbols have a byte, as nearly all have: whether a kernel exists does not depend on the width.
  const first = twins(new Map(apart.coded.map((coded) => [coded.field.name, leastWidth(coded.bits)])));
  if (typeof first === 'string') return first;
  const nested: NestedDecoder[] = [];
  for (const part of apart.nested) {
    const inner = targetDecoder(innerCodec(part.format), target);
    if (typeof inner === 'string') return `${part.field}: ${inner}`;
    nested.push({ part, inner });
  }
  const openers = apart.coded.map(() => target.symbols());
  const decode = composed(format, apart, outsideModels(format, models), twins, nested, openers);
  return {
    ...codec,
    decode: (packed, options = {}) => {
      try {
        const decoded = decode(packed, options.out ?? null);
        if (decoded !== null) return decoded;
      } catch (error) {
        // The interpreter finds it again, in its own order.
        if (!(error instanceof RangeError)) throw error;
      }
      return codec.decode(packed, options);
    },
  };
}

const leastWidth = (bits: number): SymbolWidth => (bits <= 8 ? 1 : bits <= 16 ? 2 : 4);

interface NestedDecoder {
  readonly part: NestedField;
  readonly inner: Codec;
}

/** A twin's kernel, ready for tensors. */
interface Twin extends CompiledDecoder {
  readonly bindingOf: (shape: readonly number[]) => Binding | null;
}

type Twins = (widths: ReadonlyMap<string, SymbolWidth>) => Twin | string;

/** Compiles the twin of some widths when first asked for. */
function compileTwins(format: Format, apart: Apart, target: DecodeTarget): Twins {
  const known = new Map<string, Twin | string>();
  return (widths) => {
    const key = [...widths.values()].join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const twin = twinOf(format, apart, widths);
    const made = target.compile(twin);
    const ready = typeof made === 'string' ? made : { ...made, bindingOf: bindingsOf(made.kernel, twin) };
    known.set(key, ready);
    return ready;
  };
}

/** Only decoded: a tensor that its kernel does not fit is left to the outer interpreter. */
function innerCodec(format: Format): Codec {
  const never = (): never => {
    throw new RangeError(`${format.name} has no kernel for this shape`);
  };
  return { format, encode: never, decode: never, unpack: never, pack: never };
}

/** Decodes a tensor, or null where the interpreter must. */
function composed(
  format: Format,
  apart: Apart,
  models: OutsideModels,
  twins: Twins,
  nested: readonly NestedDecoder[],
  openers: readonly SymbolOpener[],
): (packed: Packed, given: Float32Array | null) => Float32Array | null {
  return (packed, given) => {
    const matrix = matrixShape(format.view, packed.shape);
    const weights = matrix.rows * matrix.cols;
    if (weights === 0 || (given !== null && given.length !== weights)) return null;
    const { tilings } = geometry(format, matrix);
    const countOf = (field: string): number =>
      tilings.get(format.fields.find(({ name }) => name === field)!.scope)!.count;

    const opened: CodedStream[] = [];
    for (const coded of apart.coded) {
      const bytes = packed.streams[coded.stream];
      const stream = bytes && openCoded(coded, bytes, countOf(coded.field.name), models);
      if (!stream) return null;
      opened.push(stream);
    }
    const twin = twins(new Map(opened.map(({ coded, width }) => [coded.field.name, width])));
    if (typeof twin === 'string') return null;
    const binding = twin.bindingOf(packed.shape);
    if (binding === null) return null;
    const outliers = format.outliers === null ? null : readOutliers(format, packed);
    const streams = { ...packed.streams };
    for (const { part, inner } of nested) {
      const values = inner.decode({ shape: [countOf(part.field)], streams: packed.streams });
      streams[part.stream] = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }

    const apartFromStreams = new Set(opened.map(({ coded }) => coded.stream));
    const run = binding.run({ shape: packed.shape, streams }, apartFromStreams);
    const { sources } = twin.kernel;
    const bound = [...run.sources];
    const windows = new Map<number, { window: Window; bytes: number }>();
    for (const [k, stream] of opened.entries()) {
      const { coded, width } = stream;
      const reading = sources.flatMap((source, at) => (source.stream === coded.stream ? [at] : []));
      const looked = apart.looked?.stream === coded.stream ? apart.looked : null;
      if (looked === null && !(reading.length === 1 && sources[reading[0]!]!.moves === 'unit')) {
        const bytes = allSymbols(stream, openers[k]!);
        if (bytes === null) return null;
        for (const at of reading) bound[at] = { ...bound[at]!, bytes };
        continue;
      }
      const each = looked === null ? width : 4;
      const window =
        looked === null
          ? symbolWindow(stream, openers[k]!)
          : levelWindow(stream, openers[k]!, levelsOf(format, packed, looked.levels));
      windows.set(reading[0]!, { window, bytes: stream.header.count * each });
    }

    const out = given ?? new Float32Array(weights);
    if (windows.size === 0) twin.run({ ...run, sources: bound }, out);
    else if (!decodeInParts({ ...run, sources: bound }, twin.kernel.width, windows, twin.run, out))
      return null;
    for (const step of format.steps) if (step.step === 'rotate') rotateWeights(step, out, matrix);
    if (outliers !== null) applyOutliers(format, outliers, matrix, out);
    return out;
  };
}

/** The levels that a tensor stores in a field. */
function levelsOf(format: Format, packed: Packed, field: string): Float32Array {
  const { stored, codes } = unpackStored(format, packed, field);
  return Float32Array.from(codes, (code, entry) => stored.numberAt(entry).levelOf(code));
}
