/**
 * A thread as both platforms have it: `Worker` of browsers, `worker_threads` of Node. The one file that knows the difference.
 *
 * A Node thread at rest does not keep the process alive; one at work does.
 */

/** Where a thread's module stands, or what makes the thread (bundlers want to see `new Worker(new URL(…))` in the caller's text). */
export type ThreadModule = URL | (() => Worker);

/** What a pool hears of a thread. */
export interface ThreadEvents {
  message(data: unknown): void;
  /** It has ended, or could not start: why. Heard once at most, and not after `stop`. */
  crashed(reason: string): void;
}

/** A running thread. */
export interface Thread {
  post(data: unknown, transfer: readonly Transferable[]): void;
  /** Whether the process waits for this thread. */
  hold(held: boolean): void;
  /** Ends it, in the middle of its work if need be. */
  stop(): Promise<void>;
}

/** Node's module, or null in a browser. Asked for at run time, so that a browser's bundler finds nothing to resolve. */
function nodeThreads(): typeof import('node:worker_threads') | null {
  const node = (globalThis as { process?: NodeJS.Process }).process;
  return node?.getBuiltinModule?.('node:worker_threads') ?? null;
}

/** Starts a thread. */
export function startThread(module: ThreadModule, events: ThreadEvents): Thread {
  const node = nodeThreads();
  return node !== null && module instanceof URL
    ? nodeThread(node, module, events)
    : browserThread(module, events);
}

function nodeThread(
  { Worker }: typeof import('node:worker_threads'),
  module: URL,
  events: ThreadEvents,
): Thread {
  const worker = new Worker(module);
  let stopped = false;
  const crash = (reason: string): void => {
    if (stopped) return;
    stopped = true;
    events.crashed(reason);
  };
  worker.on('message', (data) => {
    if (!stopped) events.message(data);
  });
  worker.on('error', (error: unknown) => crash(error instanceof Error ? error.message : String(error)));
  worker.on('messageerror', (error) => crash(error.message));
  worker.on('exit', (code) => crash(`exit code ${code}`));
  return {
    post: (data, transfer) =>
      worker.postMessage(data, transfer as readonly import('node:worker_threads').TransferListItem[]),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    stop: async () => {
      stopped = true;
      await worker.terminate();
    },
  };
}

function browserThread(module: ThreadModule, events: ThreadEvents): Thread {
  const worker = module instanceof URL ? new Worker(module, { type: 'module' }) : module();
  let stopped = false;
  const crash = (reason: string): void => {
    if (stopped) return;
    stopped = true;
    worker.terminate();
    events.crashed(reason);
  };
  worker.onmessage = ({ data }) => {
    if (!stopped) events.message(data);
  };
  // A module that cannot be loaded has an event without a message.
  worker.onerror = (event) => crash(event.message || 'its module could not be loaded');
  worker.onmessageerror = () => crash('a message could not be read');
  return {
    post: (data, transfer) => worker.postMessage(data, [...transfer]),
    hold: () => {},
    stop: async () => {
      stopped = true;
      worker.terminate();
    },
  };
}

/** The other end: what a thread hears and how it answers. */
export interface Home {
  listen(hear: (data: unknown) => void): void;
  answer(data: unknown, transfer: readonly Transferable[]): void;
}

/** @throws TypeError outside a thread. */
export function home(): Home {
  const port = nodeThreads()?.parentPort;
  if (port)
    return {
      listen: (hear) => void port.on('message', hear),
      answer: (data, transfer) =>
        port.postMessage(data, transfer as readonly import('node:worker_threads').TransferListItem[]),
    };
  const scope = globalThis as unknown as Partial<Worker> & { document?: unknown };
  if (typeof scope.postMessage !== 'function' || scope.document !== undefined)
    throw new TypeError('serve: this module runs in a thread of a pool, not by itself');
  return {
    listen: (hear) => {
      scope.onmessage = ({ data }) => hear(data);
    },
    answer: (data, transfer) => scope.postMessage!(data, [...transfer]),
  };
}
