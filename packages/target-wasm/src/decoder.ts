/**
 * Runs a kernel's module: streams and weights that lie in its arena are used in place; others are copied in and out a tile
 * at a time, so that a tile stays in the cache.
 */
import type { Codec } from '@fewerbits/format';
import { type DecodeRun, decodeKernel, type Kernel, withDecodeKernel } from '@fewerbits/kernel';
import { type Arena, makeArena } from './arena.ts';
import { type DecodeModule, decodeModule } from './module.ts';

/** Bytes of weights in a tile. */
const TILE = 65_536;

/** What a decoder is given beside its codec. */
export interface WasmOptions {
  /** Where streams and `out` may lie to be used without a copy; a small arena of the decoder's own if left out. */
  readonly arena?: Arena;
}

/**
 * The codec with a decoder in WebAssembly SIMD, or in a few words why there is none: its format has no kernel, or the
 * engine refuses WebAssembly.
 * @throws RangeError for an arena without room for tables and tiles.
 */
export function wasmDecoder(codec: Codec, { arena }: WasmOptions = {}): Codec | string {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  const kernel = decodeKernel(codec.format, 4);
  if (typeof kernel === 'string') return kernel;
  try {
    return withDecodeKernel(codec, kernel, instantiate(kernel, arena ?? makeArena(bytesFor(kernel))));
  } catch (error) {
    // A content security policy, or an engine without SIMD.
    if (error instanceof WebAssembly.CompileError) return `WebAssembly is refused: ${error.message}`;
    throw error;
  }
}

/** Tables, a tile of each source and a tile of weights, each with what alignment may add. */
function bytesFor(kernel: Kernel): number {
  const tables = kernel.tables.reduce((sum, table) => sum + table.byteLength + 16, 0);
  const tiles = kernel.sources.reduce((sum, _, source) => sum + tileBytes(kernel, source) + 32, 0);
  return tables + tiles + 4 * kernel.width * unitsOf(kernel) + 64;
}

/** Units of a tile. */
function unitsOf(kernel: Kernel): number {
  return Math.max(1, Math.floor(TILE / 4 / kernel.width));
}

function tileBytes(kernel: Kernel, source: number): number {
  const { moves, stride } = kernel.sources[source]!;
  const moving = moves === 'unit' || moves === 'column';
  return (moving ? stride * (unitsOf(kernel) - 1) : 0) + reachOf(kernel, source);
}

/** How many bytes from a unit's place in a source are read. */
function reachOf(kernel: Kernel, source: number): number {
  let reach = 0;
  for (const value of kernel.values) {
    if (value.op === 'load' && value.source === source) reach = Math.max(reach, value.offset + value.bytes);
    if (value.op === 'load16' && value.source === source) reach = Math.max(reach, value.offset + 16);
  }
  return reach;
}

type Decode = (units: number, out: number, ...sources: number[]) => void;

function instantiate(kernel: Kernel, arena: Arena): DecodeRun {
  const { memory } = arena;
  const { decode } = link(kernel, arena);
  const { width } = kernel;
  const most = unitsOf(kernel);
  const tiles = kernel.sources.map((_, source) => arena.bytes(tileBytes(kernel, source)));
  const reaches = kernel.sources.map((_, source) => reachOf(kernel, source));
  const decoded = arena.floats(width * most);
  /** Whether what a run reads lies in the arena, with room for the widest load behind it. */
  const readsInPlace = (bytes: Uint8Array): boolean =>
    bytes.buffer === memory.buffer && bytes.byteOffset + bytes.length + 16 <= memory.buffer.byteLength;

  return ({ weights, sources }, out) => {
    const inPlace = sources.map(({ bytes }) => readsInPlace(bytes));
    const writesInPlace = out.buffer === memory.buffer;
    const whole = Math.floor(weights / width);
    if (whole > 0 && writesInPlace && inPlace.every(Boolean)) {
      decode(whole, out.byteOffset, ...sources.map(({ bytes }) => bytes.byteOffset));
      if (whole * width === weights) return;
    }
    const units = Math.ceil(weights / width);
    const start = writesInPlace && inPlace.every(Boolean) ? whole : 0;
    for (let first = start; first < units; first += most) {
      const count = Math.min(most, units - first);
      const addresses = sources.map(({ bytes, stride }, k) => {
        const from = first * stride;
        if (inPlace[k]) return bytes.byteOffset + from;
        if (stride > 0 || first === start)
          tiles[k]!.set(bytes.subarray(from, from + (count - 1) * stride + reaches[k]!));
        return tiles[k]!.byteOffset;
      });
      const length = Math.min(count * width, weights - first * width);
      const direct = writesInPlace && length === count * width;
      decode(count, direct ? out.byteOffset + 4 * first * width : decoded.byteOffset, ...addresses);
      if (!direct) out.set(length === decoded.length ? decoded : decoded.subarray(0, length), first * width);
    }
  };
}

/** Compiles the module, puts its tables into the arena and makes the instance. */
function link(kernel: Kernel, arena: Arena): { readonly decode: Decode } {
  const length = kernel.tables.reduce((sum, table) => sum + Math.ceil(table.byteLength / 16) * 16, 0);
  const room = arena.bytes(length);
  const module: DecodeModule = decodeModule(kernel, room.byteOffset);
  for (const [k, table] of kernel.tables.entries())
    room.set(
      new Uint8Array(table.buffer, table.byteOffset, table.byteLength),
      module.tables[k]! - room.byteOffset,
    );
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.bytes), {
    fewerbits: { memory: arena.memory },
  });
  return { decode: instance.exports.decode as Decode };
}
