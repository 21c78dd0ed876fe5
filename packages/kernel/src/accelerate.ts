/**
 * A codec whose decode runs a kernel: what every target's kernels plug into. Everything else, and every tensor that the
 * kernel does not fit, is left to the codec that is given (the interpreter).
 */
import { type Codec, type Codes, type EncodeOptions, matrixShape, type Packed } from '@fewerbits/format';
import { bindingsOf, type Run } from './bind.ts';
import type { EncodeKernel, FixedOutput, Program, UnpackKernel } from './ir.ts';

/** Decodes a run into `out`, which is as long as the run has weights. */
export type DecodeRun = (run: Run, out: Float32Array) => void;

/**
 * The codec with its `decode` replaced.
 * @param kernel made from the codec's format; `run` is a target's execution of it
 * @throws RangeError from `decode` for a missing stream, one of the wrong length, or an `out` of the wrong length.
 */
export function withDecodeKernel(codec: Codec, kernel: Program, run: DecodeRun): Codec {
  const bindingOf = bindingsOf(kernel, codec.format);
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

/** Unpacks the units of a run, all of them whole, into the codes of each output. */
export type UnpackRun = (run: Run, codes: readonly Codes[]) => void;

/** The codec with its `unpack` replaced where rows divide into units. */
export function withUnpackKernel(codec: Codec, kernel: UnpackKernel, run: UnpackRun): Codec {
  const bindingOf = bindingsOf(kernel, codec.format);
  return {
    ...codec,
    unpack: (packed) => {
      const { rows, cols } = matrixShape(codec.format.view, packed.shape);
      const units = (rows * cols) / kernel.width;
      const binding = cols % kernel.width === 0 && units > 0 ? bindingOf(packed.shape) : null;
      if (binding === null) return codec.unpack(packed);
      const bound = binding.run(packed);
      const codes = kernel.outputs.map(({ entries, bytes }) => codesOf(entries * units, bytes));
      run(bound, codes);
      return {
        shape: packed.shape,
        codes: Object.fromEntries([
          ...kernel.outputs.map(({ field }, k) => [field, codes[k]!] as const),
          ...kernel.fixed.map((output) => [output.field, fixedCodes(output, bound)] as const),
        ]),
        kept: new Float32Array(0),
      };
    },
  };
}

/** Codes of a field of the tensor or of its rows, bit by bit. */
function fixedCodes({ bytes, moves, entries }: FixedOutput, { rows, sources }: Run): Codes {
  const tiles = moves === 'row' ? rows : 1;
  const codes = codesOf(tiles * entries.length, bytes);
  for (let tile = 0; tile < tiles; tile++) {
    for (const [k, pieces] of entries.entries()) {
      let code = 0;
      for (const { source, bit, low, width } of pieces) {
        const { bytes: stored, rowStride } = sources[source]!;
        for (let n = 0; n < width; n++) {
          const at = bit + n;
          const byte = stored[tile * rowStride + (at >>> 3)]!;
          code |= ((byte >>> (at & 7)) & 1) << (low + n);
        }
      }
      codes[tile * entries.length + k] = code >>> 0;
    }
  }
  return codes;
}

function codesOf(length: number, bytes: 1 | 2 | 4): Codes {
  return bytes === 1
    ? new Uint8Array(length)
    : bytes === 2
      ? new Uint16Array(length)
      : new Uint32Array(length);
}

/** Encodes whole units into the sources of a run, which are zero; false where a unit is unsound. */
export type EncodeRun = (run: Run, weights: Float32Array) => boolean;

/** An encoder of a format under one fit, or in a few words why there is none. */
export type Encoder = { readonly kernel: EncodeKernel; readonly run: EncodeRun } | string;

/**
 * The codec with its `encode` replaced where a kernel fits: the fit has one, rows divide into units, every unit is sound, and
 * neither importances nor given codes are said. Everything else is encoded as before, errors included.
 * @param encoderOf makes the encoder of a fit (null: the default); called once for each
 */
export function withEncodeKernel(codec: Codec, encoderOf: (fit: string | null) => Encoder): Codec {
  const encoders = new Map<
    string | null,
    ((weights: Float32Array, options: EncodeOptions) => Packed | null) | null
  >();
  const encoderFor = (fit: string | null) => {
    const known = encoders.get(fit);
    if (known !== undefined) return known;
    const encoder = encoderOf(fit);
    const made = typeof encoder === 'string' ? null : encodeWith(codec, encoder);
    encoders.set(fit, made);
    return made;
  };
  return {
    ...codec,
    encode: (weights, options = {}) => {
      const plain = options.importance === undefined && options.given === undefined;
      const packed = plain ? encoderFor(options.fit ?? null)?.(weights, options) : null;
      return packed ?? codec.encode(weights, options);
    },
  };
}

function encodeWith(codec: Codec, { kernel, run }: Exclude<Encoder, string>) {
  const bindingOf = bindingsOf(kernel, codec.format);
  return (weights: Float32Array, options: EncodeOptions): Packed | null => {
    const shape = options.shape ?? [weights.length];
    const { rows, cols } = matrixShape(codec.format.view, shape);
    if (rows * cols !== weights.length || weights.length === 0 || cols % kernel.width !== 0) return null;
    const binding = bindingOf(shape);
    if (binding === null) return null;
    const streams = binding.streams();
    return run(binding.run({ shape, streams }), weights) ? { shape, streams } : null;
  };
}
