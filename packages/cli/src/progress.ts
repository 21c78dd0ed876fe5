/**
 * Progress on standard error: a bar on terminals, elsewhere (logs of build servers) a line now and then of long work.
 */
import { SingleBar } from 'cli-progress';
import type { Piece, TensorWork } from './compare/tasks.ts';
import type { Io } from './io.ts';

/** A bar. */
export interface Bar {
  /** How much is done by now. */
  readonly at: (done: number) => void;
  readonly stop: () => void;
}

/** Milliseconds between lines where there is no terminal. */
const QUIET = 5000;

/** A bar over `total` of something. */
export function progressOf(io: Io, total: number, unit: string): Bar {
  if (!io.progress) {
    let told = performance.now();
    const at = (done: number): void => {
      if (performance.now() - told < QUIET) return;
      told = performance.now();
      io.note(`${Math.floor((100 * done) / total)} % of ${total} ${unit}\n`);
    };
    return { at, stop: () => {} };
  }
  const bar = new SingleBar({
    format: `{bar} {value}/{total} ${unit}, {eta_formatted} left`,
    stream: process.stderr,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return { at: (done) => bar.update(done), stop: () => bar.stop() };
}

/** Counts pieces by the formats in them. */
export interface Progress {
  readonly done: (piece: Piece) => void;
  readonly stop: () => void;
}

/** A bar over the work of a comparison. */
export function progressBar(io: Io, work: readonly TensorWork[]): Progress {
  const total = work
    .flatMap(({ pieces }) => pieces)
    .reduce((sum, { contenders }) => sum + contenders.length, 0);
  const bar = progressOf(io, total, 'format × tensor');
  let done = 0;
  return {
    done: ({ contenders }) => {
      done += contenders.length;
      bar.at(done);
    },
    stop: bar.stop,
  };
}
