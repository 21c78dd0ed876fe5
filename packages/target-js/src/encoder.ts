/** Runs generated encoders in this process, as `decoder.ts` does with decoders. */
import type { Codec } from '@fewerbits/format';
import { type EncodeKernel, type Encoder, encodeKernel, withEncodeKernel } from '@fewerbits/kernel';
import { encodeFunctionText } from './module.ts';

/** Longer functions than this many values make are not optimised by engines, and slower than the interpreter. */
const MOST_VALUES = 3000;

type Encode = (count: number, x: Float32Array, ...sources: (Uint8Array | number)[]) => boolean;

/**
 * The codec with encoders in plain JavaScript for the fits that have kernels, or in a few words why its default fit has none.
 * @throws EvalError where the environment forbids code from text.
 */
export function jsEncoder(codec: Codec): Codec | string {
  const first = encodeKernel(codec.format);
  if (typeof first === 'string') return first;
  const encoder = encoderOf(first);
  if (typeof encoder === 'string') return encoder;
  return withEncodeKernel(codec, (fit) => {
    if (fit === null) return encoder;
    const kernel = encodeKernel(codec.format, fit);
    return typeof kernel === 'string' ? kernel : encoderOf(kernel);
  });
}

function encoderOf(kernel: EncodeKernel): Encoder {
  if (kernel.values.length > MOST_VALUES) return 'its unit makes too long a function';
  const encode = new Function(encodeFunctionText(kernel))() as Encode;
  return {
    kernel,
    run: ({ sources }, weights) =>
      encode(
        weights.length / kernel.width,
        weights,
        ...sources.flatMap(({ bytes, stride }) => [bytes, stride]),
      ),
  };
}
