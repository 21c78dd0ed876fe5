/**
 * The law of targets: whatever a target decodes, it decodes to the bits that the interpreter gives.
 */
import type { Codec, Packed } from '@fewerbits/format';
import { valuesDiffer } from '../vectors/compare.ts';
import { BrokenLaw, placeOf } from './broken-law.ts';

/**
 * The target's weights are the reference's, bit for bit; a NaN equals any NaN.
 * @throws BrokenLaw naming how many differ, the first of them and both values.
 */
export function lawSameDecode(reference: Codec, target: Codec, packed: Packed): void {
  const different = valuesDiffer(reference.decode(packed), target.decode(packed), 'exact');
  if (different !== null)
    throw new BrokenLaw('lawSameDecode', `${placeOf(reference.format, packed.shape)}: ${different.text}`);
}
