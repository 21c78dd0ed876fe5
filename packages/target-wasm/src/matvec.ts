/**
 * Runs a kernel's `matvec` module: streams that lie in the arena are used in place, others are copied in a tile of rows at a time.
 */
import type { Format } from '@fewerbits/format';
import { decodeVectors, type LoopKernel, type Matvec, type MultiplyRun, matvecOf } from '@fewerbits/kernel';
import { type Arena, makeArena } from './arena.ts';
import type { WasmOptions } from './decoder.ts';
import { link } from './link.ts';
import { arrayBytes, matvecModule } from './module.ts';
import { reachOf } from './reach.ts';

/** Bytes of a source in a tile, unless a single row has more. */
const TILE = 65_536;

/**
 * Products of rows with a vector in WebAssembly SIMD, or in a few words why there are none: the format has no kernel, or the engine
 * refuses WebAssembly. The vector and the products are copied; rows are whole units.
 * @throws RangeError from `multiply` too for an arena without room for the vector, the products and tiles.
 */
export function wasmMatvec(format: Format, { arena }: WasmOptions = {}): Matvec | string {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  const kernel = decodeVectors(format, true);
  if (typeof kernel === 'string') return kernel;
  // Room in an arena is said once, and a vector is as long as the tensor has columns.
  let last: { readonly key: string; readonly run: MultiplyRun } | null = null;
  return matvecOf(format, kernel, (run, vector, out) => {
    const key = `${run.rows}/${run.cols}/${run.sources.map(({ bytes }) => bytes.length)}`;
    if (last?.key !== key) last = { key, run: instantiate(kernel, run, arena) };
    last.run(run, vector, out);
  });
}

type Multiply = (rows: number, units: number, out: number, vector: number, ...sources: number[]) => void;

function instantiate(kernel: LoopKernel, shape: Parameters<MultiplyRun>[0], given?: Arena): MultiplyRun {
  const { rows, cols, sources } = shape;
  const units = cols / kernel.width;
  const reaches = kernel.sources.map((_, k) => reachOf(kernel, k));
  /** Bytes that `count` rows read of a source. */
  const readBy = (k: number, count: number): number =>
    (count - 1) * sources[k]!.rowStride + (units - 1) * sources[k]!.stride + reaches[k]!;
  const widest = Math.max(1, ...sources.map(({ rowStride }) => rowStride));
  const most = Math.min(rows, Math.max(1, Math.floor(TILE / widest)));
  const tables = kernel.tables.reduce((sum, table) => sum + table.byteLength + 32, 0);
  const tileBytes = sources.map((_, k) => readBy(k, most));
  const arena =
    given ??
    makeArena(tables + arrayBytes(kernel) + 4 * (cols + rows) + tileBytes.reduce((a, b) => a + b + 32, 128));
  const multiply = link(kernel, arena, matvecModule, arrayBytes(kernel)).matvec as Multiply;
  const held = arena.floats(cols);
  const sums = arena.floats(rows);
  const { buffer } = arena.memory;
  let tiles: Uint8Array[] | null = null;

  return (run, vector, out) => {
    held.set(vector);
    const inPlace = run.sources.map(
      ({ bytes }, k) => bytes.buffer === buffer && bytes.byteOffset + readBy(k, rows) <= buffer.byteLength,
    );
    if (!inPlace.every(Boolean)) tiles ??= tileBytes.map((length) => arena.bytes(length));
    const atOnce = inPlace.every(Boolean) ? rows : most;
    for (let row = 0; row < rows; row += atOnce) {
      const count = Math.min(atOnce, rows - row);
      const places = run.sources.flatMap(({ bytes, stride, rowStride }, k) => {
        const from = row * rowStride;
        const step = rowStride - units * stride;
        if (inPlace[k]) return [bytes.byteOffset + from, step];
        const tile = tiles![k]!;
        tile.set(bytes.subarray(from, from + readBy(k, count)));
        return [tile.byteOffset, step];
      });
      multiply(count, units, sums.byteOffset + 4 * row, held.byteOffset, ...places);
    }
    out.set(sums);
  };
}
