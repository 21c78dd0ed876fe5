/** Runs a kernel's `unpack` module: streams and codes go through tiles, so that a tile stays in the cache. */
import type { Codec } from '@fewerbits/format';
import { type UnpackKernel, type UnpackRun, unpackKernel, withUnpackKernel } from '@fewerbits/kernel';
import { type Arena, makeArena } from './arena.ts';
import type { WasmOptions } from './decoder.ts';
import { link } from './link.ts';
import { reachOf } from './reach.ts';
import { unpackModule } from './unpack-module.ts';

/** Weights of a tile: their codes and their bytes fit the cache together. */
const TILE = 16_384;

/**
 * The codec with its `unpack` in WebAssembly SIMD, or in a few words why there is none: its format has no such kernel, or the engine
 * refuses WebAssembly.
 * @throws RangeError for an arena without room for tables and tiles.
 */
export function wasmUnpacker(codec: Codec, { arena }: WasmOptions = {}): Codec | string {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  const kernel = unpackKernel(codec.format);
  if (typeof kernel === 'string') return kernel;
  try {
    return withUnpackKernel(codec, kernel, instantiate(kernel, arena ?? makeArena(bytesFor(kernel))));
  } catch (error) {
    // A content security policy, or an engine without SIMD.
    if (error instanceof WebAssembly.CompileError) return `WebAssembly is refused: ${error.message}`;
    throw error;
  }
}

function unitsOf({ width }: UnpackKernel): number {
  return Math.max(1, Math.floor(TILE / width));
}

/** Bytes of a source, and of an output, in a tile. */
function sizesOf(kernel: UnpackKernel): { sources: number[]; outputs: number[] } {
  const units = unitsOf(kernel);
  return {
    sources: kernel.sources.map(
      ({ stride }, k) => stride * (units - 1) + Math.max(stride, reachOf(kernel, k)),
    ),
    outputs: kernel.outputs.map(({ entries, bytes }) => entries * bytes * units),
  };
}

function bytesFor(kernel: UnpackKernel): number {
  const { sources, outputs } = sizesOf(kernel);
  return [...sources, ...outputs].reduce((sum, size) => sum + size + 32, 128);
}

type Unpack = (rows: number, units: number, ...places: number[]) => void;

function instantiate(kernel: UnpackKernel, arena: Arena): UnpackRun {
  const unpack = link(kernel, arena, unpackModule).unpack as Unpack;
  const sizes = sizesOf(kernel);
  const sourceTiles = sizes.sources.map((size) => arena.bytes(size));
  const outputTiles = sizes.outputs.map((size) => arena.bytes(size));
  const most = unitsOf(kernel);
  const places = [
    ...outputTiles.map(({ byteOffset }) => byteOffset),
    ...sourceTiles.flatMap(({ byteOffset }) => [byteOffset, 0]),
  ];
  return ({ sources }, codes) => {
    const units = codes[0]!.length / kernel.outputs[0]!.entries;
    for (let unit = 0; unit < units; unit += most) {
      const count = Math.min(most, units - unit);
      for (const [k, { bytes, stride }] of sources.entries())
        sourceTiles[k]!.set(bytes.subarray(unit * stride, unit * stride + sizes.sources[k]!));
      unpack(1, count, ...places);
      for (const [k, { entries, bytes }] of kernel.outputs.entries()) {
        const target = codes[k]!;
        const whole = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
        whole.set(outputTiles[k]!.subarray(0, entries * bytes * count), entries * bytes * unit);
      }
    }
  };
}
