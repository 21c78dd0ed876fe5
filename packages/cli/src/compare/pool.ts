/**
 * Threads that take tasks one after another. The main thread stays free to draw progress and to hear Ctrl-C.
 */
import { Worker } from 'node:worker_threads';
import { InputError } from '../input-error.ts';
import type { Task, TaskResult, WorkerAnswer, WorkerStart } from './tasks.ts';

/** What a run is given. */
export interface PoolRun {
  readonly threads: number;
  readonly start: WorkerStart;
  readonly signal: AbortSignal;
  /** After each task. */
  readonly onDone: (task: Task) => void;
}

/**
 * Results in the order of the tasks. All threads have ended when the promise settles.
 * @throws InputError for a file that a thread cannot read, the signal's reason, or an error with the thread's stack.
 */
export async function runTasks(
  tasks: readonly Task[],
  { threads, start, signal, onDone }: PoolRun,
): Promise<TaskResult[]> {
  signal.throwIfAborted();
  const results = new Array<TaskResult>(tasks.length);
  let next = 0;
  const count = Math.min(threads, tasks.length);
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL('./worker.js', import.meta.url), { workerData: start }),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      let busy = workers.length;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      for (const worker of workers) {
        let at = -1;
        const advance = (): void => {
          at = next++;
          if (at < tasks.length) worker.postMessage(tasks[at]);
          else if (--busy === 0) resolve();
        };
        worker.on('message', (answer: WorkerAnswer) => {
          if ('error' in answer) {
            reject(answer.input ? new InputError(answer.error) : new Error(`in a thread: ${answer.error}`));
            return;
          }
          results[at] = answer.result;
          onDone(tasks[at]!);
          advance();
        });
        worker.on('error', reject);
        advance();
      }
      if (workers.length === 0) resolve();
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}
