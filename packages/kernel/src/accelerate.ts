/**
 * A codec whose decode runs a kernel: what every target's kernels plug into. Everything else, and every tensor that the
 * kernel does not fit, is left to the codec that is given (the interpreter).
 */
import type { Codec } from '@fewerbits/format';
import { bindKernel, type Run } from './bind.ts';
import type { Kernel } from './ir.ts';

/** Decodes one run into `out`, which is as long as the run has weights. */
export type DecodeRun = (run: Run, out: Float32Array) => void;

/**
 * The codec with its `decode` replaced.
 * @param kernel made from the codec's format; `run` is a target's execution of it
 * @throws RangeError from `decode` for a missing stream, one of the wrong length, or an `out` of the wrong length.
 */
export function withDecodeKernel(codec: Codec, kernel: Kernel, run: DecodeRun): Codec {
  return {
    ...codec,
    decode: (packed, options = {}) => {
      const runs = bindKernel(kernel, codec.format, packed);
      if (runs === null) return codec.decode(packed, options);
      const weights = runs.reduce((total, one) => total + one.weights, 0);
      const out = options.out ?? new Float32Array(weights);
      if (out.length !== weights) {
        throw new RangeError(
          `out has ${out.length} elements, the shape [${packed.shape.join(', ')}] has ${weights}`,
        );
      }
      for (const one of runs) run(one, out.subarray(one.first, one.first + one.weights));
      return out;
    },
  };
}
