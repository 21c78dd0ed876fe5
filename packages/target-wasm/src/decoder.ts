/**
 * Runs a kernel's module: streams and weights that lie in its arena are used in place; others are copied in and out a tile
 * at a time, so that a tile stays in the cache.
 */
import type { SharedModels } from '@fewerbits/codec';
import type { Codec } from '@fewerbits/format';
import {
  type DecodeRun,
  type DecodeTarget,
  decodeVectors,
  type LoopKernel,
  targetDecoder,
} from '@fewerbits/kernel';
import { type Arena, makeArena } from './arena.ts';
import { link } from './link.ts';
import { arrayBytes, decodeModule } from './module.ts';
import { reachOf } from './reach.ts';
import { wasmSymbols } from './symbols/reader.ts';

/** Bytes of weights in a tile. */
const TILE = 65_536;

/** What a decoder is given beside its codec. */
export interface WasmOptions {
  /** Where streams and `out` may lie to be used without a copy; a small arena of the decoder's own if left out. */
  readonly arena?: Arena;
  /** Of a format whose tensors share models of entropy coders: those models. */
  readonly models?: SharedModels;
}

/**
 * The codec with a decoder in WebAssembly SIMD, or in a few words why there is none: its format has no kernel, or the
 * engine refuses WebAssembly.
 * @throws RangeError for an arena without room for tables and tiles, or shared models that are missing.
 */
export function wasmDecoder(codec: Codec, { arena, models }: WasmOptions = {}): Codec | string {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  try {
    return targetDecoder(codec, wasmTarget(arena), models);
  } catch (error) {
    // A content security policy, or an engine without SIMD.
    if (error instanceof WebAssembly.CompileError) return `WebAssembly is refused: ${error.message}`;
    throw error;
  }
}

function wasmTarget(arena: Arena | undefined): DecodeTarget {
  return {
    compile: (format) => {
      const kernel = decodeVectors(format);
      if (typeof kernel === 'string') return kernel;
      return { kernel, run: instantiate(kernel, arena ?? makeArena(bytesFor(kernel))) };
    },
    symbols: wasmSymbols,
  };
}

/** Tables, a tile of each source and a tile of weights, each with what alignment may add. */
function bytesFor(kernel: LoopKernel): number {
  const tables = kernel.tables.reduce((sum, table) => sum + table.byteLength + 16, 0);
  const tiles = kernel.sources.reduce((sum, _, source) => sum + tileBytes(kernel, source) + 32, 0);
  return tables + tiles + arrayBytes(kernel) + 4 * kernel.width * unitsOf(kernel) + 64;
}

/** Units of a tile. */
function unitsOf(kernel: LoopKernel): number {
  return Math.max(1, Math.floor(TILE / 4 / kernel.width));
}

/** What a tile reads of a source: a stride for each unit at most, as rows have a unit at least. */
function tileBytes(kernel: LoopKernel, source: number): number {
  return kernel.sources[source]!.stride * (unitsOf(kernel) - 1) + reachOf(kernel, source);
}

/** Rows, units of a row, where weights go, bytes that a row's last unit has beyond it, and each source's address and step. */
type Decode = (rows: number, units: number, out: number, back: number, ...sources: number[]) => void;

function instantiate(kernel: LoopKernel, arena: Arena): DecodeRun {
  const { memory } = arena;
  const decode = link(kernel, arena, decodeModule, arrayBytes(kernel)).decode as Decode;
  const { width } = kernel;
  const most = unitsOf(kernel);
  const tiles = kernel.sources.map((_, source) => arena.bytes(tileBytes(kernel, source)));
  const reaches = kernel.sources.map((_, source) => reachOf(kernel, source));
  const decoded = arena.floats(width * most);

  return ({ rows, cols, sources }, out) => {
    const perRow = Math.ceil(cols / width);
    // The last unit may be cut short, and then reads behind its streams; the memory must have those bytes.
    const inPlace = sources.map(({ bytes, stride, rowStride }, k) => {
      const read = (rows - 1) * rowStride + (perRow - 1) * stride + reaches[k]!;
      return bytes.buffer === memory.buffer && bytes.byteOffset + read <= memory.buffer.byteLength;
    });
    const writesInPlace = out.buffer === memory.buffer;
    /** Decodes units `unit … unit + units` of rows `row … row + count` to an address. */
    const part = (row: number, count: number, unit: number, units: number, to: number): void => {
      const places = sources.flatMap(({ bytes, stride, rowStride }, k) => {
        const from = row * rowStride + unit * stride;
        const step = rowStride - units * stride;
        if (inPlace[k]) return [bytes.byteOffset + from, step];
        const length = (count - 1) * rowStride + (units - 1) * stride + reaches[k]!;
        tiles[k]!.set(bytes.subarray(from, from + length));
        return [tiles[k]!.byteOffset, step];
      });
      const beyond = Math.max(0, 4 * ((unit + units) * width - cols));
      decode(count, units, to, beyond, ...places);
    };

    const allInPlace = writesInPlace && inPlace.every(Boolean);
    const whole = Math.floor(cols / width);
    let row = 0;
    if (allInPlace) {
      // A row's last unit may write beyond the row: as far as that stays inside `out`, the next row writes over it.
      const safe = safeRows(rows, cols, perRow * width);
      if (safe > 0) part(0, safe, 0, perRow, out.byteOffset);
      row = safe;
    }
    const rowsAtOnce = allInPlace ? 1 : Math.max(1, Math.floor(most / perRow));
    const unitsAtOnce = Math.min(perRow, most);
    for (; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      // Of the last rows in place only what does not end with the row needs a tile.
      const first = allInPlace ? whole : 0;
      if (first > 0) part(row, 1, 0, first, out.byteOffset + 4 * row * cols);
      for (let unit = first; unit < perRow; unit += unitsAtOnce) {
        const units = Math.min(unitsAtOnce, perRow - unit);
        part(row, count, unit, units, decoded.byteOffset);
        const length = (count - 1) * cols + Math.min(units * width, cols - unit * width);
        out.set(length === decoded.length ? decoded : decoded.subarray(0, length), row * cols + unit * width);
      }
    }
  };
}

/** How many rows of `cols` weights, of which each is written with `reach` weights, end inside all `rows` of them. */
function safeRows(rows: number, cols: number, reach: number): number {
  return Math.max(0, Math.floor((rows * cols - reach) / cols) + 1);
}
