/**
 * Runs an encoder's module a tile at a time, so that a tile stays in the cache: weights that lie in the arena are read where they
 * are, others are copied in, and bytes are copied out.
 */
import type { Codec } from '@fewerbits/format';
import { type EncodeKernel, type EncodeRun, encodeKernel, withEncodeKernel } from '@fewerbits/kernel';
import { type Arena, makeArena } from './arena.ts';
import type { WasmOptions } from './decoder.ts';
import { encodeModule, scratchBytes } from './encode-module.ts';
import { UNITS } from './lanes.ts';
import { link } from './link.ts';

/** Bytes of weights in a tile. */
const TILE = 65_536;

/**
 * The codec with encoders in WebAssembly SIMD for the fits that have kernels, or in a few words why its default fit has none, or
 * the engine refuses WebAssembly. A tensor that is not whole units, or not sound, is encoded as before.
 * @throws RangeError for an arena without room for tables and tiles.
 */
export function wasmEncoder(codec: Codec, { arena }: WasmOptions = {}): Codec | string {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  const first = encodeKernel(codec.format);
  if (typeof first === 'string') return first;
  const compile = (kernel: EncodeKernel): EncodeRun =>
    instantiate(kernel, arena ?? makeArena(bytesFor(kernel)));
  try {
    const run = compile(first);
    return withEncodeKernel(codec, (fit) => {
      if (fit === null) return { kernel: first, run };
      const kernel = encodeKernel(codec.format, fit);
      return typeof kernel === 'string' ? kernel : { kernel, run: compile(kernel) };
    });
  } catch (error) {
    // A content security policy, or an engine without SIMD.
    if (error instanceof WebAssembly.CompileError) return `WebAssembly is refused: ${error.message}`;
    throw error;
  }
}

/** Units of a tile, a multiple of those side by side. */
function unitsOf({ width }: EncodeKernel): number {
  return UNITS * Math.max(1, Math.floor(TILE / 4 / width / UNITS));
}

function bytesFor(kernel: EncodeKernel): number {
  const tables = kernel.tables.reduce((sum, table) => sum + table.byteLength + 16, 0);
  const bytes = kernel.sources.reduce((sum, { stride }) => sum + stride * unitsOf(kernel) + 16, 0);
  return tables + bytes + scratchBytes(kernel) + 4 * kernel.width * unitsOf(kernel) + 80;
}

/** Groups of four units, where their weights and their bytes lie; 1: one of them is unsound. */
type Encode = (groups: number, weights: number, ...sources: number[]) => number;

function instantiate(kernel: EncodeKernel, arena: Arena): EncodeRun {
  const encode = link(kernel, arena, encodeModule, scratchBytes(kernel)).encode as Encode;
  const { width } = kernel;
  const most = unitsOf(kernel);
  const tile = arena.floats(width * most);
  const tiles = kernel.sources.map(({ stride }) => arena.bytes(stride * most));

  return ({ sources }, weights) => {
    const units = weights.length / width;
    const inPlace = weights.buffer === arena.memory.buffer;
    for (let done = 0; done < units; done += most) {
      const count = Math.min(most, units - done);
      const groups = Math.ceil(count / UNITS);
      let from = weights.byteOffset + 4 * done * width;
      if (!inPlace || count % UNITS !== 0) {
        tile.set(weights.subarray(done * width, (done + count) * width));
        // Units beyond the last are zeros, which every scale takes.
        tile.fill(0, count * width, groups * UNITS * width);
        from = tile.byteOffset;
      }
      if (encode(groups, from, ...tiles.map(({ byteOffset }) => byteOffset)) !== 0) return false;
      for (const [k, { bytes, stride }] of sources.entries())
        bytes.set(tiles[k]!.subarray(0, count * stride), done * stride);
    }
    return true;
  };
}
