/**
 * What a pool and its threads say to each other, and errors as data.
 *
 * An error crosses with its name, message and stack, and comes out as the same kind of error, so that a caller who tells refusals
 * (RangeError) from bugs can go on doing so.
 */

/** To a thread: once what it is started with, then task after task. */
export type ToThread<Start, Task> = { readonly start: Start } | { readonly task: Task };

/** From a thread: what became of its task. */
export type FromThread<Result> = { readonly result: Result } | { readonly error: ErrorData };

/** An error as data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** An error, or whatever was thrown, as data. */
export function errorData(thrown: unknown): ErrorData {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown), stack: String(thrown) };
  const { name, message, stack } = thrown;
  return { name, message, stack: stack ?? message };
}

const KINDS: Readonly<Record<string, new (message: string) => Error>> = {
  RangeError,
  TypeError,
  SyntaxError,
  ReferenceError,
};

/** The error again, with its own message and the stack of the thread. */
export function errorOf({ name, message, stack }: ErrorData): Error {
  const error = new (KINDS[name] ?? Error)(message);
  if (error.name !== name) error.name = name;
  error.stack = stack;
  return error;
}
