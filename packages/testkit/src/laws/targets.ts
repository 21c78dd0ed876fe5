/**
 * The laws of targets: whatever a target decodes, it decodes to the bits that the interpreter gives, and what it encodes, to its bytes.
 */
import type { Codec, EncodeOptions, Packed } from '@fewerbits/format';
import { valuesDiffer } from '../vectors/compare.ts';
import { BrokenLaw, placeOf } from './broken-law.ts';
import { requireSameBytes } from './codecs.ts';

/**
 * The target's weights are the reference's, bit for bit; a NaN equals any NaN.
 * @throws BrokenLaw naming how many differ, the first of them and both values.
 */
export function lawSameDecode(reference: Codec, target: Codec, packed: Packed): void {
  const different = valuesDiffer(reference.decode(packed), target.decode(packed), 'exact');
  if (different !== null)
    throw new BrokenLaw('lawSameDecode', `${placeOf(reference.format, packed.shape)}: ${different.text}`);
}

/**
 * The target's bytes are the reference's, and it refuses the weights that the reference refuses, with the same words.
 * @throws BrokenLaw naming the stream and the first byte that differs, or both messages.
 */
export function lawSameEncode(
  reference: Codec,
  target: Codec,
  weights: Float32Array,
  options: EncodeOptions = {},
): void {
  const law = 'lawSameEncode';
  const place = placeOf(reference.format, options.shape ?? [weights.length]);
  const [want, got] = [reference, target].map((codec) => encoded(codec, weights, options));
  if (typeof want === 'string' || typeof got === 'string') {
    const shown = (result: Packed | string): string => (typeof result === 'string' ? result : 'bytes');
    if (want !== got)
      throw new BrokenLaw(law, `${place}: the reference gives ${shown(want!)}, the target ${shown(got!)}`);
    return;
  }
  requireSameBytes(law, place, want!, got!);
}

/** The bytes, or why there are none. */
function encoded(codec: Codec, weights: Float32Array, options: EncodeOptions): Packed | string {
  try {
    return codec.encode(weights, options);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
