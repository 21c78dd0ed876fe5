/**
 * How long a Format takes to become code, as the first in a fresh process and as one of many, and how large the code is.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Format } from '@fewerbits/format';
import { decodeLoops, decodeVectors, encodeKernel } from '@fewerbits/kernel';
import { encodeModuleText, moduleText } from '@fewerbits/target-js';
import { decodeModule, encodeModule } from '@fewerbits/target-wasm';
import { type Target, targetCodec } from '../target.ts';
import { median } from './rounds.ts';

const WARM_UP = 5;
const TIMES = 9;

/** Milliseconds from a Format to a codec of a target (decoder, encoder and unpacker, as far as it has them). */
export function compileOnce(format: Format, target: Target): number {
  const start = performance.now();
  targetCodec(format, target);
  return performance.now() - start;
}

/** The median where the engine has seen the compiler at work. Copies, since a format's unit is remembered. */
export function compileWarm(format: Format, target: Target): number {
  const copies = Array.from({ length: WARM_UP + TIMES }, () => structuredClone(format));
  return median(copies.map((copy) => compileOnce(copy, target)).slice(WARM_UP));
}

/** The same as the first in a process of its own, its modules loaded. */
export function compileCold(format: Format, target: Target): number {
  const script = fileURLToPath(new URL('./compile-cold.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    input: JSON.stringify({ format, target }),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the process that compiles failed: ${stderr}`);
  return Number(stdout);
}

/** Bytes of a target's modules (of JavaScript: of its text); null where there is none. */
export function moduleBytes(
  format: Format,
  target: Target,
): { readonly decoder: number | null; readonly encoder: number | null } {
  if (target === 'interpreter') return { decoder: null, encoder: null };
  const text = (source: string): number => new TextEncoder().encode(source).length;
  /** Where there is a kernel, what a target makes of it. */
  const sizeOf = <K>(kernel: K | string, size: (kernel: K) => number): number | null =>
    typeof kernel === 'string' ? null : size(kernel);
  const encoding = encodeKernel(format);
  return target === 'wasm'
    ? {
        decoder: sizeOf(decodeVectors(format), (kernel) => decodeModule(kernel).bytes.length),
        encoder: sizeOf(encoding, (kernel) => encodeModule(kernel).bytes.length),
      }
    : {
        decoder: sizeOf(decodeLoops(format), (kernel) => text(moduleText(kernel))),
        encoder: sizeOf(encoding, (kernel) => text(encodeModuleText(kernel))),
      };
}
