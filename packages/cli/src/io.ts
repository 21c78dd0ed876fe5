/**
 * Where text goes: findings to standard output, notes and complaints to standard error, colours only where they are wanted.
 */

/** The outside of a verb. */
export interface Io {
  /** Whether standard output takes ANSI colours. */
  readonly color: boolean;
  /** Whether progress may be drawn on standard error. */
  readonly progress: boolean;
  /** Columns of standard output. */
  readonly columns: number;
  /** Results. Bytes are written as they are. */
  out(result: string | Uint8Array): void;
  /** What a reader may like to know; nothing under `--quiet`. */
  note(text: string): void;
  /** What went wrong, also under `--quiet`. */
  complain(text: string): void;
}

/**
 * The streams of a process. A reader that goes away early (`| head`) ends the command quietly.
 * Colours follow NO_COLOR (no-color.org), FORCE_COLOR and whether there is a terminal.
 */
export function processIo(process: NodeJS.Process, options: { readonly quiet: boolean }): Io {
  const { stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
  const forced = env.FORCE_COLOR;
  return {
    color: forced !== undefined && forced !== '' ? forced !== '0' : !env.NO_COLOR && stdout.isTTY === true,
    progress: stderr.isTTY === true && !options.quiet,
    columns: stdout.columns ?? 80,
    out: (result) => void stdout.write(result),
    note: (text) => void (options.quiet || stderr.write(text)),
    complain: (text) => void stderr.write(text),
  };
}
