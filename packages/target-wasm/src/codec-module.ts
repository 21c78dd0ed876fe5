/**
 * The module of a package: encoder and decoder together, tables in it, with a memory of its own that holds a tile of weights and a
 * tile of each source. Nothing is linked: whoever instantiates it copies tiles in and out.
 */
import type { EncodeKernel, LoopKernel } from '@fewerbits/kernel';
import { assemble } from '@fewerbits/wasm-assembler';
import { placeFunctions } from './assemble-kernel.ts';
import { encodeFunction } from './encode-module.ts';
import { UNITS } from './lanes.ts';
import { decodeFunction } from './module.ts';
import { reachOf } from './reach.ts';

/** Bytes of weights in a tile. */
const TILE = 65_536;
const PAGE = 65_536;
const VECTOR = 16;

/** A module and the places of its tiles. */
export interface CodecModule {
  /** Exports `memory`, `decode(rows, units, out, back, s0, r0, …)` and, given an encoder, `encode(groups, weights, s0, …)`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Units of a tile, a multiple of the four that are encoded side by side. */
  readonly units: number;
  /** Byte of the memory at which a tile of weights stands, and a tile of each source. */
  readonly weights: number;
  readonly sources: readonly number[];
}

/**
 * The module of a decoder and, if there is one, an encoder of the same unit.
 * @throws Error for a decoder of single weights
 */
export function codecModule(decode: LoopKernel, encode: EncodeKernel | null): CodecModule {
  const kernels = [decodeFunction(decode), ...(encode === null ? [] : [encodeFunction(encode, 'short')])];
  const { functions, tables, end } = placeFunctions(kernels, 0);
  const units = UNITS * Math.max(1, Math.floor(TILE / 4 / decode.width / UNITS));
  const sources: number[] = [];
  let next = end + 4 * decode.width * units;
  for (const [k, { stride }] of decode.sources.entries()) {
    sources.push(next);
    const bytes = stride * (units - 1) + Math.max(stride, reachOf(decode, k));
    next += Math.ceil(bytes / VECTOR) * VECTOR;
  }
  const data = kernels.flatMap((kernel) => kernel.tables);
  const bytes = assemble({
    memory: { pages: Math.ceil(next / PAGE) },
    functions,
    data: data.flatMap((table, k) =>
      table === null
        ? []
        : [{ at: tables[k]!, bytes: new Uint8Array(table.buffer, table.byteOffset, table.byteLength) }],
    ),
  });
  return { bytes, units, weights: end, sources };
}
