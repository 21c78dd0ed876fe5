/** Runs generated encoders in this process, as `decoder.ts` does with decoders. */
import type { Codec } from '@fewerbits/format';
import { type EncodeKernel, type Encoder, encodeKernel, withEncodeKernel } from '@fewerbits/kernel';
import { encodeFunctionText } from './module.ts';

type Encode = (count: number, x: Float32Array, ...sources: (Uint8Array | number)[]) => boolean;

/**
 * The codec with encoders in plain JavaScript for the fits that have kernels, or in a few words why its default fit has none.
 * @throws EvalError where the environment forbids code from text.
 */
export function jsEncoder(codec: Codec): Codec | string {
  const first = encodeKernel(codec.format);
  if (typeof first === 'string') return first;
  const encoder = encoderOf(first);
  return withEncodeKernel(codec, (fit) => {
    if (fit === null) return encoder;
    const kernel = encodeKernel(codec.format, fit);
    return typeof kernel === 'string' ? kernel : encoderOf(kernel);
  });
}

function encoderOf(kernel: EncodeKernel): Encoder {
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
