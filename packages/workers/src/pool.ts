/**
 * A pool: threads that take tasks one after another, in the order in which they are given.
 *
 * It knows nothing of what a task is. Threads start when there is work for them, a thread at rest does not keep a process alive, and
 * a task that is aborted ends with its thread, since nothing else stops a computation.
 */
import { errorOf, type FromThread, type ToThread } from './messages.ts';
import { startThread, type Thread, type ThreadModule } from './thread.ts';

/** What a pool is made of. */
export interface PoolOptions<Start> {
  /** The module of a thread, which calls `serve`. */
  readonly module: ThreadModule;
  /** The most threads; they start as tasks come. */
  readonly threads: number;
  /** What each thread is started with: plain data, copied once for each. */
  readonly start: Start;
  /** Aborts every task, and those to come. */
  readonly signal?: AbortSignal;
}

/** How one task is done. */
export interface RunOptions {
  /** Aborts this task. */
  readonly signal?: AbortSignal;
  /** Buffers of the task that go over without a copy and are lost here. */
  readonly transfer?: readonly Transferable[];
}

/** Threads that do tasks. */
export interface Pool<Task, Result> {
  readonly threads: number;
  /**
   * The result of a task.
   * @throws (as a rejection) what the thread threw, as the same kind of error; the reason of a signal; an Error that says so where the
   * thread ended under the task, or the pool was closed. The pool goes on in all cases but the last.
   */
  run(task: Task, options?: RunOptions): Promise<Result>;
  /** Ends every thread, in the middle of work if need be; tasks that are not done reject. Twice is harmless. */
  close(): Promise<void>;
}

interface Job<Task, Result> {
  readonly task: Task;
  readonly transfer: readonly Transferable[];
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

interface Place<Task, Result> {
  readonly thread: Thread;
  job: Job<Task, Result> | null;
}

/**
 * Makes a pool. No thread starts before the first task.
 * @throws RangeError for a number of threads that is not a whole number from 1 on.
 */
export function makePool<Start, Task, Result>({
  module,
  threads,
  start,
  signal,
}: PoolOptions<Start>): Pool<Task, Result> {
  if (!(Number.isSafeInteger(threads) && threads >= 1))
    throw new RangeError(`threads: a whole number from 1 on, not ${threads}`);
  const places = new Set<Place<Task, Result>>();
  const waiting: Job<Task, Result>[] = [];
  let closed = false;

  const settle = (place: Place<Task, Result>): Job<Task, Result> => {
    const job = place.job!;
    place.job = null;
    place.thread.hold(false);
    return job;
  };
  const open = (): Place<Task, Result> => {
    const thread = startThread(module, {
      message: (data) => {
        const answer = data as FromThread<Result>;
        const job = settle(place);
        if ('error' in answer) job.reject(errorOf(answer.error));
        else job.resolve(answer.result);
        advance();
      },
      crashed: (reason) => {
        places.delete(place);
        const { job } = place;
        if (job !== null) job.reject(new Error(`a thread ended before its task was done: ${reason}`));
        advance();
      },
    });
    const place: Place<Task, Result> = { thread, job: null };
    places.add(place);
    thread.hold(false);
    thread.post({ start } satisfies ToThread<Start, Task>, []);
    return place;
  };
  const advance = (): void => {
    while (waiting.length > 0 && !closed) {
      const free =
        [...places].find(({ job }) => job === null) ?? (places.size < threads ? open() : undefined);
      if (free === undefined) return;
      const job = waiting.shift()!;
      try {
        free.thread.post({ task: job.task } satisfies ToThread<Start, Task>, job.transfer);
      } catch (error) {
        // What cannot be copied: the thread never saw it.
        job.reject(error);
        continue;
      }
      free.job = job;
      free.thread.hold(true);
    }
  };
  /** Takes a job out, wherever it is. */
  const abort = (job: Job<Task, Result>, reason: unknown): void => {
    const at = waiting.indexOf(job);
    if (at >= 0) waiting.splice(at, 1);
    const place = [...places].find((one) => one.job === job);
    if (place !== undefined) {
      places.delete(place);
      void place.thread.stop();
    }
    job.reject(reason);
    advance();
  };

  // One listener for all tasks.
  const abortAll = (): void => {
    const jobs = [...waiting.splice(0), ...[...places].flatMap(({ job }) => job ?? [])];
    for (const job of jobs) abort(job, signal!.reason);
  };
  signal?.addEventListener('abort', abortAll, { once: true });

  return {
    threads,
    run: (task, { signal: own, transfer = [] } = {}) =>
      new Promise<Result>((resolve, reject) => {
        if (closed) throw new Error('the pool is closed');
        signal?.throwIfAborted();
        own?.throwIfAborted();
        const forget = (): void => own?.removeEventListener('abort', onAbort);
        const job: Job<Task, Result> = {
          task,
          transfer,
          resolve: (result) => {
            forget();
            resolve(result);
          },
          reject: (reason) => {
            forget();
            reject(reason);
          },
        };
        const onAbort = (): void => abort(job, own!.reason);
        own?.addEventListener('abort', onAbort, { once: true });
        waiting.push(job);
        advance();
      }),
    close: async () => {
      closed = true;
      signal?.removeEventListener('abort', abortAll);
      const jobs = [...waiting.splice(0), ...[...places].flatMap(({ job }) => job ?? [])];
      const ended = Promise.all([...places].map(({ thread }) => thread.stop()));
      places.clear();
      for (const job of jobs) job.reject(new Error('the pool was closed before the task was done'));
      await ended;
    },
  };
}
