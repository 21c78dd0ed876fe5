/**
 * The one place that chooses a target: the fastest that a format has a kernel for, or the one that is asked for.
 *
 * Kernels decode and, where a fit is formulas alone, encode; searches and coders run on the interpreter. What a kernel does not fit runs
 * on the interpreter too.
 */
import { interpreter, type SharedModels } from '@fewerbits/codec';
import type { Codec, Format } from '@fewerbits/format';
import { jsDecoder, jsEncoder } from '@fewerbits/target-js';
import { wasmDecoder, wasmEncoder, wasmUnpacker } from '@fewerbits/target-wasm';

/** The targets, fastest first. */
export const TARGETS = ['wasm', 'js', 'interpreter'] as const;

export type Target = (typeof TARGETS)[number];

export interface TargetCodec {
  readonly codec: Codec;
  /** What decodes. */
  readonly target: Target;
  /** What encodes by the default fit. */
  readonly encoder: Target;
  /** Why `target` is not the one that was asked for, or the fastest; null if it is. */
  readonly reason: string | null;
}

/**
 * A codec of a format.
 * @param wanted null: the fastest
 * @param models of a format whose tensors share them
 * @throws RangeError for a format that not even the interpreter runs, or whose shared models are missing.
 */
export function targetCodec(format: Format, wanted: Target | null, models: SharedModels = {}): TargetCodec {
  const base = interpreter(format, { models });
  const targets = wanted === null ? (['wasm', 'js'] as const) : wanted === 'interpreter' ? [] : [wanted];
  const encoder = fastest(base, targets, { wasm: wasmEncoder, js: jsEncoder });
  const unpacker = fastest(encoder.codec, targets, { wasm: wasmUnpacker });
  const decoder = fastest(unpacker.codec, targets, {
    wasm: (codec) => wasmDecoder(codec, { models }),
    js: (codec) => jsDecoder(codec, models),
  });
  return {
    codec: decoder.codec,
    target: decoder.target,
    encoder: encoder.target,
    reason: decoder.reason,
  };
}

/** The codec by the first target that takes it, or as it is. */
function fastest(
  codec: Codec,
  targets: readonly ('wasm' | 'js')[],
  makers: Readonly<Partial<Record<'wasm' | 'js', (codec: Codec) => Codec | string>>>,
): Omit<TargetCodec, 'encoder'> {
  let reason: string | null = null;
  for (const target of targets) {
    const made = makers[target]?.(codec) ?? `it has no ${target}`;
    if (typeof made !== 'string') return { codec: made, target, reason };
    reason = made;
  }
  return { codec, target: 'interpreter', reason };
}
