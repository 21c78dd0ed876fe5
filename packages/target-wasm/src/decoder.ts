/**
 * Runs a kernel's module: copies packed bytes in and weights out, a tile at a time, so that both stay in the cache.
 */
import type { Codec } from '@fewerbits/format';
import { type DecodeRun, decodeKernel, type Kernel, withDecodeKernel } from '@fewerbits/kernel';
import { type DecodeModule, decodeModule } from './module.ts';

/** Bytes of weights in a tile. */
const TILE = 65_536;
const PAGE = 65_536;

/** What a vector load may read beyond the last byte that counts. */
const SLACK = 16;

/**
 * The codec with a decoder in WebAssembly SIMD, or in a few words why there is none: its format has no kernel, or the
 * engine refuses WebAssembly.
 */
export function wasmDecoder(codec: Codec): Codec | string {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  const kernel = decodeKernel(codec.format, 4);
  if (typeof kernel === 'string') return kernel;
  try {
    return withDecodeKernel(codec, kernel, instantiate(kernel, decodeModule(kernel)));
  } catch (error) {
    // A content security policy, or an engine without SIMD.
    if (error instanceof WebAssembly.CompileError) return `WebAssembly is refused: ${error.message}`;
    throw error;
  }
}

/** Where things stand in the memory of one instance. */
interface Places {
  readonly sources: readonly { readonly at: number; readonly reach: number }[];
  readonly out: number;
  readonly units: number;
  readonly pages: number;
}

function placesOf(kernel: Kernel, end: number): Places {
  const units = Math.max(1, Math.floor(TILE / 4 / kernel.width));
  let next = end;
  const sources = kernel.sources.map(({ moves, stride }, source) => {
    const reach = reachOf(kernel, source);
    const at = next;
    const moving = moves === 'unit' || moves === 'column' ? stride * (units - 1) : 0;
    next = Math.ceil((next + moving + reach + SLACK) / SLACK) * SLACK;
    return { at, reach };
  });
  const pages = Math.ceil((next + 4 * kernel.width * units) / PAGE);
  return { sources, out: next, units, pages };
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

function instantiate(kernel: Kernel, module: DecodeModule): DecodeRun {
  const places = placesOf(kernel, module.end);
  const memory = new WebAssembly.Memory({ initial: places.pages });
  const bytes = new Uint8Array(memory.buffer);
  for (const [k, table] of kernel.tables.entries())
    bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), module.tables[k]);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.bytes), { fewerbits: { memory } });
  const decode = instance.exports.decode as (units: number, out: number, ...sources: number[]) => void;
  const addresses = places.sources.map(({ at }) => at);
  const decoded = new Float32Array(memory.buffer, places.out, places.units * kernel.width);
  return ({ weights, sources }, out) => {
    const units = Math.ceil(weights / kernel.width);
    for (let first = 0; first < units; first += places.units) {
      const count = Math.min(places.units, units - first);
      for (const [k, source] of sources.entries()) {
        if (source.stride === 0 && first > 0) continue;
        const from = first * source.stride;
        const to = from + (count - 1) * source.stride + places.sources[k]!.reach;
        bytes.set(source.bytes.subarray(from, to), addresses[k]);
      }
      decode(count, places.out, ...addresses);
      const start = first * kernel.width;
      const length = Math.min(count * kernel.width, weights - start);
      out.set(length === decoded.length ? decoded : decoded.subarray(0, length), start);
    }
  };
}
