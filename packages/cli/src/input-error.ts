/**
 * The error for what the user gave: a wrong option, a file that is not what it should be, a tensor that a format refuses.
 */

/** Ends the command with exit code 2 and its message; anything else that is thrown counts as a bug. */
export class InputError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InputError';
  }
}

/**
 * What `run` gives; its RangeErrors, with which the libraries refuse data and arguments, become input errors about `what`.
 * @throws InputError, or whatever else `run` throws.
 */
export function refusable<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asRefusal(what, error);
  }
}

/** The input error for a RangeError; other errors as they are. Messages that begin with `what` already are left so. */
export function asRefusal(what: string, error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  const message = error.message.startsWith(`${what}: `) ? error.message : `${what}: ${error.message}`;
  return new InputError(message, { cause: error });
}
