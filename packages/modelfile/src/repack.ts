/**
 * The same weights in another format, without loss or not at all.
 *
 * Codes are moved where both Formats have the same numbers, and tried where their fields have the same names: what decodes to the same
 * weights is right, whatever the two say about it (MXFP4 of ggml doubles its levels and halves its scales). Otherwise the weights are
 * encoded again and must come back equal; what does not is refused with the first weight that would change.
 */
import {
  type Codec,
  canonicalName,
  outlierStreams,
  type Packed,
  sameNumbers,
  storedFieldNames,
} from '@fewerbits/format';

/** A tensor in its new format. */
export interface Repacked {
  readonly packed: Packed;
  /** `moved`: the codes are the same ones. `encoded`: found again, and every weight compared. */
  readonly by: 'moved' | 'encoded';
}

/**
 * Repacks a tensor. Every weight stays, but zeros may lose their sign where the new format has one zero only.
 * @param name for messages
 * @throws RangeError naming the first weight that the new format does not hold, or as the codecs do.
 */
export function repack(from: Codec, to: Codec, packed: Packed, name = 'tensor'): Repacked {
  if (sameNumbers(from.format, to.format)) return { packed: to.pack(from.unpack(packed)), by: 'moved' };
  const weights = from.decode(packed);
  const moved = sameFields(from, to) ? move(from, to, packed, weights) : null;
  if (moved !== null) return { packed: moved, by: 'moved' };
  const again = to.encode(weights, { shape: packed.shape, name });
  const back = to.decode(again);
  const wrong = weights.findIndex((weight, i) => !isEqual(weight, back[i]!));
  if (wrong < 0) return { packed: again, by: 'encoded' };
  const cols = packed.shape.at(-1) ?? 1;
  throw new RangeError(
    `${name}: ${canonicalName(to.format)} does not hold these numbers: row ${Math.floor(wrong / cols)}, column ${wrong % cols} ` +
      `is ${weights[wrong]} in ${canonicalName(from.format)} and would be ${back[wrong]}; ` +
      'dequantize and quantize it if a loss is meant',
  );
}

function sameFields(from: Codec, to: Codec): boolean {
  const names = ({ format: { fields, outliers } }: Codec): string =>
    [...storedFieldNames(fields), ...outlierStreams(outliers)].sort().join();
  return names(from) === names(to);
}

/** The same codes under the other format, or `null` where they mean other weights. */
function move(from: Codec, to: Codec, packed: Packed, weights: Float32Array): Packed | null {
  try {
    const moved = to.pack(from.unpack(packed));
    const back = to.decode(moved);
    return weights.every((weight, i) => isEqual(weight, back[i]!)) ? moved : null;
  } catch (error) {
    // Fields of one name but another size, or codes that the other number does not have.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Zeros of both signs are one number, and so are all NaN. */
function isEqual(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
