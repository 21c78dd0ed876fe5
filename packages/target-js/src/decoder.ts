/**
 * Runs generated JavaScript in this process. What `moduleText` emits needs no such evaluation; this is for tools that
 * compile a format and use it at once.
 */
import type { SharedModels } from '@fewerbits/codec';
import type { Codec } from '@fewerbits/format';
import {
  type DecodeRun,
  type DecodeTarget,
  decodeLoops,
  plainSymbols,
  targetDecoder,
} from '@fewerbits/kernel';
import { functionText } from './module.ts';

type Decode = (rows: number, cols: number, out: Float32Array, ...sources: (Uint8Array | number)[]) => void;

/**
 * The codec with a decoder in plain JavaScript, or in a few words why its format has no kernel.
 * @param models of a format whose tensors share them
 * @throws EvalError where the environment forbids code from text.
 */
export function jsDecoder(codec: Codec, models: SharedModels = {}): Codec | string {
  return targetDecoder(codec, TARGET, models);
}

const TARGET: DecodeTarget = {
  compile: (format) => {
    const kernel = decodeLoops(format);
    if (typeof kernel === 'string') return kernel;
    const decode = new Function(functionText(kernel))() as Decode;
    const run: DecodeRun = ({ rows, cols, sources }, out) => {
      const flat = sources.flatMap(({ bytes, stride, rowStride }) => [bytes, stride, rowStride]);
      decode(rows, cols, out, ...flat);
    };
    return { kernel, run };
  },
  symbols: () => plainSymbols,
};
