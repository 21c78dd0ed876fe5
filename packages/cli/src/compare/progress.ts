/**
 * A progress bar on standard error, on terminals only.
 */
import { SingleBar } from 'cli-progress';
import type { Io } from '../io.ts';
import type { Piece, TensorWork } from './tasks.ts';

/** Counts pieces by the formats in them. */
export interface Progress {
  readonly done: (piece: Piece) => void;
  readonly stop: () => void;
}

/** A bar over the work; silent where nobody watches. */
export function progressBar(io: Io, work: readonly TensorWork[]): Progress {
  if (!io.progress) return { done: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: '{bar} {value}/{total} format × tensor, {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
  });
  bar.start(
    work.flatMap(({ pieces }) => pieces).reduce((sum, { contenders }) => sum + contenders.length, 0),
    0,
  );
  return { done: (piece) => bar.increment(piece.contenders.length), stop: () => bar.stop() };
}
