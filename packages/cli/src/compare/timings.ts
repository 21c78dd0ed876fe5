/**
 * Where the time of a comparison goes.
 */
import type { TaskResult, Times } from './tasks.ts';

/** Milliseconds: `wall` from start to end, `report` writing tables and the page, the others added up over threads. */
export interface Timings extends Times {
  readonly threads: number;
  readonly wall: number;
  /** Finding tensors and their statistics, fitting curves to them, and reading them. */
  readonly read: number;
  readonly report: number;
}

/** Adds up what parts take. */
export interface Stopwatch {
  add(result: TaskResult): void;
  /** The time of the main thread's own parts. */
  spend(part: 'read' | 'report', time: number): void;
  result(threads: number): Timings;
}

/** A watch that starts now. */
export function stopwatch(): Stopwatch {
  const start = performance.now();
  const spent = { read: 0, compile: 0, encode: 0, decode: 0, measure: 0, report: 0 };
  return {
    add: (result) => {
      if (result.kind !== 'rows') return;
      for (const [part, time] of Object.entries(result.times)) spent[part as keyof Times] += time;
    },
    spend: (part, time) => {
      spent[part] += time;
    },
    result: (threads) => {
      const wall = performance.now() - start;
      const rounded = Object.entries({ wall, ...spent }).map(([part, time]) => [part, Math.round(time)]);
      return { threads, ...(Object.fromEntries(rounded) as Omit<Timings, 'threads'>) };
    },
  };
}

/** One line: the whole, and its parts added up over threads. */
export function timingsText({ threads, wall, ...parts }: Timings): string {
  const seconds = (time: number): string => `${(time / 1000).toFixed(time < 1000 ? 2 : 1)} s`;
  const each = Object.entries(parts).map(([part, time]) => `${part} ${seconds(time)}`);
  return `${seconds(wall)} on ${threads} ${threads === 1 ? 'thread' : 'threads'}; time of threads: ${each.join(', ')}`;
}
