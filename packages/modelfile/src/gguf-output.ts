/**
 * Models as GGUF: block types of ggml where a Format is one, the container's own numbers otherwise.
 *
 * GGUF keeps rows along the last axis, so a tensor whose contraction axis is another one is stored turned.
 */
import { type Format, sameDecoding } from '@fewerbits/format';
import type { ModelOutput } from './output.ts';
import { FORMAT_OF_GGML_TYPE } from './recognise/gguf.ts';
import type { FormatOf } from './types.ts';

/** The ggml type that a Format is, by what it decodes; `null` for a Format that ggml does not know. */
export async function ggmlTypeOf(format: Format, formatOf: FormatOf): Promise<string | null> {
  for (const [type, name] of Object.entries(FORMAT_OF_GGML_TYPE)) {
    // Names mean nothing, but fields do: most types are told apart before their text is made.
    const known = await formatOf({ name, args: {}, fit: null });
    if (known.fields.length === format.fields.length && sameDecoding(known, format)) return type;
  }
  return null;
}

export async function writeModelGguf(
  _path: string,
  _outputs: readonly ModelOutput[],
  _header: unknown,
  _formatOf: FormatOf,
  _options: unknown,
): Promise<ReadonlyMap<string, number>> {
  throw new Error('TEMPORARY');
}
