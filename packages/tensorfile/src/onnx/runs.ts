/**
 * Where the numbers of a repeated field lie: packed into one field, or each behind a tag of its own.
 *
 * Specification: protobuf.dev/programming-guides/encoding, "Repeated Elements"; a reader must take both, and any mixture.
 * Only places are kept, never numbers.
 */
import { TensorFileError } from '../error.ts';
import type { Field, Proto, Range, Wire } from './proto.ts';

/** Numbers that follow each other in the file. */
export interface Run extends Range {
  /** Each number stands behind its tag, which belongs to the range. */
  readonly tagged: boolean;
  /** How many; `null` where only reading tells (packed varints). */
  readonly count: number | null;
}

/** Wire types of a field of numbers, by what one number takes in it: a varint, or that many bytes. */
export const WIRES = {
  varint: [0, 2],
  4: [5, 2],
  8: [1, 2],
} as const satisfies Record<string, readonly Wire[]>;
export type Stored = keyof typeof WIRES;

/** Scattered runs per tensor; writers make one. */
const MAX_RUNS = 1024;

/** Adds the numbers of one more field, `stored` as told, to the runs of a tensor. Throws TensorFileError. */
export function addRun(proto: Proto, runs: Run[], field: Field, stored: Stored): void {
  const { tag, start, end } = field;
  if (field.wire !== 2) {
    const last = runs.at(-1);
    if (last?.tagged && last.end === tag) runs[runs.length - 1] = { ...last, end, count: last.count! + 1 };
    else push(proto, runs, { start: tag, end, tagged: true, count: 1 });
    return;
  }
  if (start === end) return;
  const count = stored === 'varint' ? null : (end - start) / stored;
  if (count !== null && !Number.isInteger(count))
    throw new TensorFileError(
      proto.path,
      `byte ${start}: a list of ${stored}-byte numbers takes ${end - start} bytes; the file is damaged`,
    );
  push(proto, runs, { start, end, tagged: false, count });
}

function push(proto: Proto, runs: Run[], run: Run): void {
  if (runs.length === MAX_RUNS)
    throw new TensorFileError(
      proto.path,
      `byte ${run.start}: a tensor's numbers lie in more than ${MAX_RUNS} places; save the model again`,
    );
  proto.keep();
  runs.push(run);
}

/** The fewest and the most numbers that the runs can hold; equal unless varints are packed. */
export function countBounds(runs: readonly Run[]): { least: number; most: number } {
  let least = 0;
  let most = 0;
  for (const { start, end, count } of runs) {
    least += count ?? Math.ceil((end - start) / 10);
    most += count ?? end - start;
  }
  return { least, most };
}
