/**
 * The `Codec` interface: what the interpreter, every compiled target and every format package offer.
 *
 * Four verbs, the outer two defined through the inner two: encode = fit and round to fields, then `pack`;
 * decode = `unpack`, then evaluate. Entropy of codes, repack, diff and error feedback need the inner ones.
 */
import type { Format } from './types.ts';

/** Codes of one field in natural order; signed only for a `grid`, whose codes are the integers themselves. */
export type Codes = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** A tensor as codes: every stored field by name, nested parts as `field.part`. */
export interface Fields {
  readonly shape: readonly number[];
  readonly codes: Readonly<Record<string, Codes>>;
  /** Binary32 weights that `tail keep` stores as they are; empty otherwise. */
  readonly kept: Float32Array;
}

/** A tensor as bytes: every stream by name; a format with one unnamed stream has the name ''. */
export interface Packed {
  readonly shape: readonly number[];
  readonly streams: Readonly<Record<string, Uint8Array>>;
}

export interface EncodeOptions {
  /** Sizes of the axes, contraction axis last; one row by default. */
  readonly shape?: readonly number[];
  /** A named fit of the format instead of its default. */
  readonly fit?: string;
  /** Mean squared activation for each column, as an importance matrix holds it; 1 by default. */
  readonly importance?: ArrayLike<number>;
  /** Codes for fields that the format cannot fit itself, by name. */
  readonly given?: Readonly<Record<string, ArrayLike<number>>>;
  /** Named in errors. */
  readonly name?: string;
}

export interface DecodeOptions {
  /** Where to write; as long as the shape says. */
  readonly out?: Float32Array;
}

export interface Codec {
  readonly format: Format;
  /** @throws RangeError for a shape that does not fit, weights that are not finite (by the format's rule), or a scale that overflows. */
  encode(weights: Float32Array, options?: EncodeOptions): Packed;
  /** @throws RangeError for a missing stream or one of the wrong length; any bytes of the right length decode. */
  decode(packed: Packed, options?: DecodeOptions): Float32Array;
  /** Bytes to codes. */
  unpack(packed: Packed): Fields;
  /** Codes to bytes. */
  pack(fields: Fields): Packed;
}
