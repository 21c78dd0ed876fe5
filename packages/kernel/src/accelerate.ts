/**
 * A codec whose decode runs a kernel: what every target's kernels plug into. Everything else, and every tensor that the
 * kernel does not fit, is left to the codec that is given (the interpreter).
 */
import type { Codec } from '@fewerbits/format';
import { type Binding, bindKernel, type Run } from './bind.ts';
import type { Kernel } from './ir.ts';

/** Decodes a run into `out`, which is as long as the run has weights. */
export type DecodeRun = (run: Run, out: Float32Array) => void;

/**
 * The codec with its `decode` replaced.
 * @param kernel made from the codec's format; `run` is a target's execution of it
 * @throws RangeError from `decode` for a missing stream, one of the wrong length, or an `out` of the wrong length.
 */
export function withDecodeKernel(codec: Codec, kernel: Kernel, run: DecodeRun): Codec {
  // Tensors of one shape come one after another; the plan of a shape takes longer than decoding a small tensor.
  let last: { readonly key: string; readonly binding: Binding | null } | null = null;
  const bindingOf = (shape: readonly number[]): Binding | null => {
    const key = shape.join();
    if (last?.key !== key) last = { key, binding: bindKernel(kernel, codec.format, shape) };
    return last.binding;
  };
  return {
    ...codec,
    decode: (packed, options = {}) => {
      const binding = bindingOf(packed.shape);
      if (binding === null) return codec.decode(packed, options);
      const { weights } = binding;
      const bound = binding.run(packed);
      const out = options.out ?? new Float32Array(weights);
      if (out.length !== weights) {
        throw new RangeError(
          `out has ${out.length} elements, the shape [${packed.shape.join(', ')}] has ${weights}`,
        );
      }
      if (weights > 0) run(bound, out);
      return out;
    },
  };
}
