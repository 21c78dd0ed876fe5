/**
 * A progress bar on standard error, on terminals only.
 */
import { SingleBar } from 'cli-progress';
import type { Io } from '../io.ts';
import type { Task } from './tasks.ts';

/** Counts tasks by the formats in them. */
export interface Progress {
  readonly done: (task: Task) => void;
  readonly stop: () => void;
}

/** A bar over the tasks; silent where nobody watches. */
export function progressBar(io: Io, tasks: readonly Task[]): Progress {
  if (!io.progress) return { done: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: '{bar} {value}/{total} format × tensor, {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
  });
  bar.start(
    tasks.reduce((sum, task) => sum + task.contenders.length, 0),
    0,
  );
  return { done: (task) => bar.increment(task.contenders.length), stop: () => bar.stop() };
}
