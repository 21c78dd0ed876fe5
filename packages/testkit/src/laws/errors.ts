/**
 * Laws of errors: bad input is refused by a `TypeError` or `RangeError` that names what is wrong, before anything is returned.
 */
import type { Codec, Packed } from '@fewerbits/format';
import { BrokenLaw, placeOf } from './broken-law.ts';

/**
 * The call throws a `TypeError` or `RangeError` whose message holds each of the words.
 * @throws BrokenLaw with what happened instead.
 */
export function lawErrorNames(what: string, call: () => unknown, words: readonly string[]): void {
  const fail = (message: string): never => {
    throw new BrokenLaw('lawErrorNames', `${what}: ${message}`);
  };
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) fail('nothing was thrown');
  if (!(error instanceof TypeError || error instanceof RangeError)) {
    const shown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    fail(`a TypeError or RangeError is wanted, this was thrown: ${shown}`);
  }
  const { message } = error as Error;
  const missing = words.find((word) => !message.includes(word));
  if (missing !== undefined) fail(`the message does not name ${missing}: ${message}`);
}

/**
 * A codec refuses, by name: weights that do not fill the shape; a weight that is not finite where the format says `error` (the tensor
 * and its place); a stream that is missing, too short or too long; an `out` of another length.
 * @throws BrokenLaw with what happened instead.
 */
export function lawErrorsNamed(codec: Codec, weights: Float32Array, shape: readonly number[]): void {
  const { format } = codec;
  const place = placeOf(format, shape);
  lawErrorNames(`${place}: one weight too few`, () => codec.encode(weights.subarray(1), { shape }), [
    'shape',
  ]);
  if (format.nonfinite === 'error' && weights.length > 0) {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const poisoned = weights.slice();
      poisoned[poisoned.length - 1] = bad;
      lawErrorNames(
        `${place}: a weight of ${bad}`,
        () => codec.encode(poisoned, { shape, name: 'layer.9' }),
        ['layer.9'],
      );
    }
  }
  const packed = codec.encode(weights, { shape });
  for (const [name, bytes] of Object.entries(packed.streams)) {
    const { [name]: _, ...others } = packed.streams;
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    const wrong: Record<string, Packed['streams']> = { longer: { ...packed.streams, [name]: longer } };
    if (bytes.length > 0) {
      wrong.missing = others;
      wrong.shorter = { ...packed.streams, [name]: bytes.subarray(1) };
    }
    for (const [what, streams] of Object.entries(wrong)) {
      lawErrorNames(`${place}: stream '${name}' ${what}`, () => codec.decode({ shape, streams }), [name]);
    }
  }
  const out = new Float32Array(weights.length + 1);
  lawErrorNames(`${place}: an out of another length`, () => codec.decode(packed, { out }), ['out']);
}
