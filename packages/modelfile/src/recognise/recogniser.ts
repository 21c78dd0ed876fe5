/**
 * What a recogniser is: from the stored tensors of a file to the encoded tensors that they are parts of.
 *
 * Each layout is a file of its own in this folder and a line in `index.ts`. A recogniser reads names, types, shapes and small
 * tensors of settings; it never looks at codes. What it finds is checked once for all, in `open.ts`.
 */
import type { Format, FormatSpec } from '@fewerbits/format';
import type { TensorFile, TensorInfo } from '@fewerbits/tensorfile';
import type { Models } from '../types.ts';

/** A stream of an encoded tensor: a stored tensor's bytes, or bytes that stand elsewhere (a number in JSON). */
export type Part = { readonly tensor: string } | { readonly bytes: Uint8Array };

/** An encoded tensor, before its Format is known to fit. */
export interface Found {
  readonly name: string;
  readonly shape: readonly number[];
  readonly axis: number | null;
  readonly axisReason: string;
  /** The Format itself where the file holds it; else its name and parameters. */
  readonly format: Format | FormatSpec;
  readonly models: Models;
  /** By name of the stream. */
  readonly parts: Readonly<Record<string, Part>>;
  /** Stored tensors that belong to it beside the parts, such as tables that the Format knows. */
  readonly beside: readonly string[];
}

/** What a recogniser found. */
export interface Findings {
  readonly found: readonly Found[];
  /** Layouts that were seen but cannot be taken, and why. */
  readonly notes: readonly string[];
}

/** A file, with its tensors by name. */
export interface Seen {
  readonly file: TensorFile;
  readonly byName: ReadonlyMap<string, TensorInfo>;
  /** `quantization_config` of the model: from `config.json` beside the file, or a file of its own; empty if there is none. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A layout that models are published in. */
export interface Recogniser {
  /** As its users call it. */
  readonly layout: string;
  recognise(seen: Seen): Findings | Promise<Findings>;
}

/** Nothing here. */
export const NOTHING: Findings = { found: [], notes: [] };

/** A FormatSpec without a fit. */
export function spec(name: string, args: FormatSpec['args'] = {}): FormatSpec {
  return { name, args, fit: null };
}

/** Why the axis is the last one, in libraries that keep PyTorch's order. */
export const OUT_IN = 'PyTorch Linear stores [out, in]';

/** What several layouts that pack a Linear layer share. */
export function linear(
  name: string,
  shape: readonly [out: number, into: number],
  format: Found['format'],
  parts: Found['parts'],
  beside: readonly string[] = [],
): Found {
  return { name, shape, axis: 1, axisReason: OUT_IN, format, models: {}, parts, beside };
}
