/**
 * Runs the work of a comparison: reads a tensor into memory that all threads see, hands its pieces out, reads the next.
 *
 * At most as many tensors as threads are in memory; their memory is used again for the next ones. The main thread stays free to draw
 * progress and to hear Ctrl-C.
 */
import type { TensorRows } from '@fewerbits/compare';
import { openTensorFile, type TensorFile } from '@fewerbits/tensorfile';
import { makePool, type Pool, sharedBuffer } from '@fewerbits/workers';
import { readRows } from '../read-rows.ts';
import type { Piece, Task, TaskResult, TensorPlace, TensorWork, WorkerStart } from './tasks.ts';

/** The threads of a comparison. */
export type ComparePool = Pool<Task, TaskResult>;

/** Makes them; close them at the end. */
export function comparePool(start: WorkerStart, threads: number, signal: AbortSignal): ComparePool {
  return makePool({ module: new URL('./thread.js', import.meta.url), threads, start, signal });
}

/** What is told while work goes on. */
export interface RunHooks {
  readonly signal: AbortSignal;
  /** After each piece. */
  readonly onDone?: (piece: Piece, result: TaskResult) => void;
  /** Milliseconds for which a tensor was read. */
  readonly onRead?: (time: number) => void;
}

/**
 * Results of every tensor's pieces, in the order of the work. The largest tensors go first, so that threads end at about the same time.
 * @throws TensorFileError for a file that cannot be read, the signal's reason, or what a thread threw.
 */
export async function runWork(
  work: readonly TensorWork[],
  pool: ComparePool,
  { signal, onDone, onRead }: RunHooks,
): Promise<TaskResult[][]> {
  const results = work.map(() => [] as TaskResult[]);
  const order = [...work.keys()].sort((a, b) => work[b]!.weights - work[a]!.weights);
  const files = new Map<string, TensorFile>();
  let next = 0;
  let failed = false;

  /** Takes tensor after tensor, in one stretch of memory. */
  const lane = async (): Promise<void> => {
    let memory = sharedBuffer(0);
    while (next < order.length && !failed) {
      const at = order[next++]!;
      const { place, weights, pieces } = work[at]!;
      try {
        signal.throwIfAborted();
        const start = performance.now();
        if (memory.byteLength < 4 * weights) memory = sharedBuffer(4 * weights);
        const tensor = await read(files, place, memory, signal);
        onRead?.(performance.now() - start);
        results[at] = await Promise.all(
          pieces.map(async (piece) => {
            const result = await pool.run({ ...piece, tensor });
            onDone?.(piece, result);
            return result;
          }),
        );
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(pool.threads, work.length) }, lane));
  await Promise.all([...files.values()].map((file) => file.close()));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return results;
}

async function read(
  files: Map<string, TensorFile>,
  { path, open, name, label }: TensorPlace,
  memory: ArrayBufferLike,
  signal: AbortSignal,
): Promise<TensorRows> {
  let file = files.get(path);
  if (file === undefined) {
    const opened = await openTensorFile(path, open);
    file = files.get(path) ?? opened;
    if (file !== opened) await opened.close();
    files.set(path, file);
  }
  const info = file.tensors.find((tensor) => tensor.name === name)!;
  const out = (length: number) => new Float32Array(memory as ArrayBuffer, 0, length);
  return { name: label, ...(await readRows(file, info, out, signal)) };
}
