/**
 * A model file as its user sees it: tensors with the shapes they have in the model, each stored as plain numbers or encoded in a Format.
 *
 * One encoded tensor may be several stored ones (codes, scales, zero points). Knows no target and no catalogue.
 */
import type { Format, FormatSpec, Packed } from '@fewerbits/format';
import type { TensorFile, TensorInfo } from '@fewerbits/tensorfile';

/** Models of entropy coders that tensors of a format share, as bytes by field (`SharedModels` of codec). */
export type Models = Readonly<Record<string, Uint8Array>>;

/** What plain and encoded tensors have in common. */
interface Common {
  readonly name: string;
  /** In the model, outermost first; not that of the packed words. */
  readonly shape: readonly number[];
  /** The contraction axis, along which blocks run; `null`: the last one. */
  readonly axis: number | null;
  /** A short phrase: where `axis` came from. */
  readonly axisReason: string;
  /** Stored bytes of all parts. */
  readonly byteLength: number;
}

/** A tensor of numbers that the container names itself; read it with `file.readFloats` or `readBytes`. */
export interface PlainTensor extends Common {
  readonly kind: 'plain';
  readonly info: TensorInfo;
}

/** What is needed to decode a tensor. */
export interface Decodable extends Pick<Common, 'name' | 'shape' | 'axis'> {
  readonly format: Format;
  readonly models: Models;
  /** Reads the streams, whole. @throws TensorFileError */
  readPacked(): Promise<Packed>;
}

/** A tensor that a Format describes. */
export interface EncodedTensor extends Common, Decodable {
  readonly kind: 'encoded';
  /** As the catalogue names it, with the parameters found: `gptq(bits=3, size=64)`. */
  readonly label: string;
  /** Who stores tensors so: `GGUF`, `bitsandbytes`, `GPTQ`, … */
  readonly layout: string;
  /** Stored tensors that it is made of. */
  readonly parts: readonly string[];
}

export type ModelTensor = PlainTensor | EncodedTensor;

/** An open model. Tensors of the file that are parts of an encoded one do not appear on their own. */
export interface ModelFile {
  readonly path: string;
  readonly file: TensorFile;
  readonly tensors: readonly ModelTensor[];
  /** What looked like a packed layout but could not be taken as one, and why; such parts are listed as plain tensors. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** Finds the Format of a name with parameters, as the command line and `catalogue` do. @throws for one that is not there. */
export type FormatOf = (spec: FormatSpec) => Promise<Format>;

/** Rows and columns as a codec sees a tensor of this shape: columns run along the contraction axis. */
export function matrixOf(shape: readonly number[], axis: number | null): [rows: number, cols: number] {
  const count = shape.reduce((product, size) => product * size, 1);
  const cols = shape.length === 0 ? 1 : shape[axis ?? shape.length - 1]!;
  return [cols === 0 ? 0 : count / cols, cols];
}

/** Weights of a tensor of this shape. */
export function weightsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
