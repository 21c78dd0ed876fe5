/**
 * The inside of a thread: a module calls `serve` with what a task is, and a pool sends tasks.
 */
import { errorData, type FromThread, type ToThread } from './messages.ts';
import { home } from './thread.ts';

/** What a task gives; `transfer`: buffers of the result that go over without a copy and are lost here. */
export interface Answer<Result> {
  readonly result: Result;
  readonly transfer?: readonly Transferable[];
}

/** Does a task. What it throws reaches the caller of `run`. */
export type Handler<Task, Result> = (task: Task) => Answer<Result> | Promise<Answer<Result>>;

/**
 * Does the tasks of a pool, one at a time, in the order in which they come.
 * @param prepare makes the handler, once, from what the pool was started with; codecs are compiled here or when they are first met
 * @throws TypeError outside a thread.
 */
export function serve<Start, Task, Result>(prepare: (start: Start) => Handler<Task, Result>): void {
  const { listen, answer } = home();
  let start: Start | undefined;
  let handler: Handler<Task, Result> | null = null;
  const run = async (task: Task): Promise<void> => {
    try {
      // What goes wrong while preparing is the answer to each task, too.
      handler ??= prepare(start!);
      const { result, transfer = [] } = await handler(task);
      answer({ result } satisfies FromThread<Result>, transfer);
    } catch (error) {
      answer({ error: errorData(error) } satisfies FromThread<Result>, []);
    }
  };
  listen((data) => {
    const message = data as ToThread<Start, Task>;
    if ('task' in message) void run(message.task);
    else start = message.start;
  });
}
