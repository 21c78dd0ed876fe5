/**
 * Ctrl-C: work stops, half-written files are removed, the exit code is 130.
 *
 * While a codec computes nothing is half-written and no event can be heard, so the system's own way of ending a process is let through.
 */

const SIGNAL = 'SIGINT';
const EXIT_CODE = 130;

/** What happens at Ctrl-C; one command, one process. */
let onInterrupt: (() => void) | null = null;

/** Runs `work` with a signal that Ctrl-C aborts. A second Ctrl-C ends the process at once. */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  onInterrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT_CODE);
    controller.abort(new Error('interrupted'));
    process.exitCode = EXIT_CODE;
  };
  process.on(SIGNAL, onInterrupt);
  try {
    await work(controller.signal);
  } finally {
    process.off(SIGNAL, onInterrupt);
    onInterrupt = null;
  }
}

/** Runs long work that never waits; Ctrl-C ends the process there and then. */
export function uninterrupted<T>(compute: () => T): T {
  const listener = onInterrupt;
  if (listener === null) return compute();
  process.off(SIGNAL, listener);
  try {
    return compute();
  } finally {
    process.on(SIGNAL, listener);
  }
}
