/**
 * A WebAssembly memory that several kernels and their callers share: tensors that lie in it are decoded where they are,
 * with no copy.
 *
 * Room is only ever added. Growing a memory detaches the views that exist, so its size is said once, at the start.
 */

export interface Arena {
  readonly memory: WebAssembly.Memory;
  /**
   * Bytes of the arena, zero, aligned to 16. A decoder may read behind them, inside the memory, and never writes there.
   * @throws RangeError when the arena is full.
   */
  bytes(length: number): Uint8Array;
  /** The same as binary32. */
  floats(length: number): Float32Array;
}

const PAGE = 65_536;
const ALIGNED = 16;

/**
 * An arena of at least `bytes` bytes. A kernel takes its tables and about 130 KB of it for tiles.
 * @throws RangeError for a size that the engine does not give.
 */
export function makeArena(bytes: number): Arena {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  let next = 0;
  const take = (length: number): number => {
    const at = next;
    next = Math.ceil((at + length) / ALIGNED) * ALIGNED;
    if (next > memory.buffer.byteLength)
      throw new RangeError(
        `the arena has ${memory.buffer.byteLength - at} bytes left, ${length} are asked for; make a larger one`,
      );
    return at;
  };
  return {
    memory,
    bytes: (length) => new Uint8Array(memory.buffer, take(length), length),
    floats: (length) => new Float32Array(memory.buffer, take(4 * length), length),
  };
}
