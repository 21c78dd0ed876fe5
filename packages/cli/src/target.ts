/**
 * The one place that chooses a target: the fastest that a format has a kernel for, or the one that is asked for.
 *
 * Kernels decode; fits and coders run on the interpreter. What a kernel does not fit runs on the interpreter too.
 */
import { interpreter, type SharedModels } from '@fewerbits/codec';
import type { Codec, Format } from '@fewerbits/format';
import { jsDecoder } from '@fewerbits/target-js';
import { wasmDecoder } from '@fewerbits/target-wasm';

/** The targets, fastest first. */
export const TARGETS = ['wasm', 'js', 'interpreter'] as const;

export type Target = (typeof TARGETS)[number];

export interface TargetCodec {
  readonly codec: Codec;
  /** What decodes. */
  readonly target: Target;
  /** Why that is not the target that was asked for, or the fastest; null if it is. */
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
  if (wanted === 'interpreter') return { codec: base, target: 'interpreter', reason: null };
  const makers = { wasm: wasmDecoder, js: jsDecoder } as const;
  let reason: string | null = null;
  for (const target of wanted === null ? (['wasm', 'js'] as const) : [wanted]) {
    const codec = makers[target](base);
    if (typeof codec !== 'string') return { codec, target, reason };
    reason = codec;
  }
  return { codec: base, target: 'interpreter', reason };
}
