/** Formats with a coder put in, and streams damaged so that their checksums still hold: what tests of coded decoders run on. */
import type { Format } from '@fewerbits/format';
import { crc32c } from '../../codec/src/entropy/crc32c.ts';

/**
 * The format with one of its fields entropy coded, or null if none stands alone and whole in a stream.
 * @param chunk symbols of a chunk
 */
export function coded(format: Format, coder: 'rans' | 'huffman', chunk: number): Format | null {
  if (format.entropy.length > 0) return null;
  const field = format.fields.find(
    ({ name, storage }) =>
      storage.kind === 'number' &&
      storage.dims.length === 0 &&
      format.layout.some(({ items }) => {
        const [only] = items;
        return (
          items.length === 1 &&
          only?.item === 'field' &&
          only.field === name &&
          [only.bits, only.entries, only.pattern, only.radix].every((part) => part === null)
        );
      }),
  );
  if (field === undefined) return null;
  return { ...format, entropy: [{ fields: [field.name], coder, options: { chunk } }] };
}

/** The stream with a chunk's bytes changed and both checksums made anew: only what the coder itself checks is wrong. */
export function damaged(
  stream: Uint8Array,
  chunk: number,
  change: (payload: Uint8Array) => void,
): Uint8Array {
  const bytes = stream.slice();
  const view = new DataView(bytes.buffer);
  const count = view.getUint32(8, true);
  const chunks = Math.ceil(count / view.getUint32(4, true));
  const model = bytes[2] === 1 ? view.getUint32(16, true) : 0;
  const tableAt = 20 + 4 * Math.ceil(model / 4);
  const first = tableAt + 8 * chunks + 4;
  const edge = (c: number): number => first + (c === 0 ? 0 : 4 * view.getUint32(tableAt + 8 * (c - 1), true));
  const payload = bytes.subarray(edge(chunk), edge(chunk + 1));
  change(payload);
  view.setUint32(tableAt + 8 * chunk + 4, crc32c(payload), true);
  view.setUint32(first - 4, crc32c(bytes, 0, first - 4), true);
  return bytes;
}
