/** Formats for the tests, compiled from the text that stands beside each use. */

import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import type { Codec, Format } from '@fewerbits/format';
import type { Contender, TensorRows } from '../src/index.ts';

/** The last format of a text. */
export function formatOf(text: string): Format {
  const compiled = compileFile(makeSource('test.qf', text));
  const { format, diagnostics } = compiled.instantiate(compiled.formats.at(-1)!.name);
  if (format === null)
    throw new Error([...compiled.diagnostics, ...diagnostics].map(({ message }) => message).join('; '));
  return format;
}

export function codecOf(text: string): Codec {
  return interpreter(formatOf(text));
}

export function contender(label: string, text: string): Contender {
  return { label, codec: codecOf(text) };
}

/** Whole numbers −7..7 under the scale of a block of 16. */
export const INT4 = `format int4 {
  block 16 { scale: f16 = absmax / 7, each code: int(-7..7) }
  value = scale * code
}`;

export const INT8 = `format int8 {
  block 16 { scale: f32 = absmax / 127, each code: i8 }
  value = scale * code
}`;

export const AFFINE = `format affine {
  block 16 {
    let lo = min(min(x), 0), let hi = max(max(x), 0)
    scale: f32 = (hi - lo) / 15
    zero: u4 = -lo / scale
    each code: u4 = x / scale + zero
  }
  value = (code - zero) * scale
}`;

/** Deterministic weights between −1 and 1 with a few larger ones. */
export function weights(count: number, seed = 1): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => Math.sin((i + 1) * (seed + 0.37)) * (i % 29 === 0 ? 3 : 1),
  );
}

export function tensor(name: string, rows: number, cols: number, seed = 1): TensorRows {
  return { name, data: weights(rows * cols, seed), rows, cols };
}
