/** What a package is made from. */
import type { BitMeaning } from '@fewerbits/draw';
import type { Format } from '@fewerbits/format';
import type { EncodeKernel, LoopKernel } from '@fewerbits/kernel';

/** Targets, passed in: this package knows kernels and no target. */
export interface Targets {
  /** The text of a module that exports `decode(rows, cols, out, s0, m0, r0, …)` and `encode(count, x, s0, m0, …)`. */
  js(decode: LoopKernel, encode: EncodeKernel): string;
  wasm(decode: LoopKernel, encode: EncodeKernel): WasmCodec;
}

/** A module with its own memory and the places of its tiles there. */
export interface WasmCodec {
  readonly bytes: Uint8Array;
  /** Units of a tile. */
  readonly units: number;
  readonly weights: number;
  readonly sources: readonly number[];
}

/** A row of the table of errors. */
export interface ErrorRow {
  readonly law: string;
  readonly closedForm: number | null;
  readonly measured: number | null;
}

/** Bits of a stream as a bit map shows them. */
export interface StreamMap {
  readonly stream: string;
  readonly what: string;
  readonly bits: readonly BitMeaning[];
}

/** Weights, and the bytes that they must encode to; all in base64, weights little-endian binary32. */
export interface Vector {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weights: string;
  readonly streams: Readonly<Record<string, string>>;
}

/** Vectors of one origin. */
export interface Vectors {
  readonly origin: string;
  readonly vectors: readonly Vector[];
}

/** One format of a package. */
export interface Member {
  readonly format: Format;
  /** Whether tensors that end inside a block are refused, although the format has `tail short`. */
  readonly wholeBlocks: boolean;
  /** Under which it stands: empty for the package itself, else a folder, `bits-3`. */
  readonly path: string;
  /** As a caller writes it: `student(bits=3)`. */
  readonly label: string;
  readonly map: readonly StreamMap[];
  readonly errors: readonly ErrorRow[];
  readonly vectors: Vectors;
}

export interface PackageInput {
  /** Of the package: `@fewerbits/q4-0`. */
  readonly name: string;
  readonly version: string;
  readonly license: { readonly name: string; readonly text: string };
  /** The file that says it all. */
  readonly source: { readonly file: string; readonly text: string };
  /** The first stands in the package itself. */
  readonly members: readonly Member[];
  readonly targets: Targets;
}
