/**
 * The work of a comparison in pieces that threads share: some formats on one tensor.
 *
 * Plain data in both directions. What a piece gives does not depend on the thread that runs it, or on how the work was cut.
 */
import type { ModelTrainer, SharedModels } from '@fewerbits/codec';
import type { CodeHistogram, Row } from '@fewerbits/compare';
import type { Format } from '@fewerbits/format';
import type { Target } from '../target.ts';

/** A tensor in a file. */
export interface TensorPlace {
  readonly path: string;
  /** For `openTensorFile`. */
  readonly open: { readonly shape?: readonly number[]; readonly axis?: number };
  readonly name: string;
  /** What rows call it; unlike names, unique over all files. */
  readonly label: string;
}

/** A contender by the key of its format. */
export interface TaskContender {
  readonly label: string;
  readonly format: string;
  readonly fit: string | null;
}

/** Measure rows, draw the histogram of the first contender that has one, or count codes for the models that tensors share. */
export interface Task {
  readonly kind: 'rows' | 'histogram' | 'counts';
  readonly tensor: TensorPlace;
  readonly contenders: readonly TaskContender[];
}

export type TaskResult =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'histogram'; readonly histogram: CodeHistogram | null }
  /** Of each contender, in their order; `null` for one that cannot take the tensor. */
  | { readonly kind: 'counts'; readonly counts: readonly (ReturnType<ModelTrainer['counts']> | null)[] };

/** What a thread is started with. */
export interface WorkerStart {
  readonly formats: Readonly<Record<string, Format>>;
  /** What decodes; null: the fastest. */
  readonly target: Target | null;
  /** Models that tensors share, by `modelKey`. */
  readonly models: Readonly<Record<string, SharedTable>>;
}

/** Models that the tensors of a contender share, and what they cost each weight. */
export interface SharedTable {
  readonly models: SharedModels;
  /** Bytes of the models ÷ all weights that are coded by them. */
  readonly bytesPerWeight: number;
}

/** Contenders of one key share models: another fit chooses other codes. */
export function modelKey({ format, fit }: TaskContender): string {
  return JSON.stringify([format, fit]);
}

/** What a thread answers; `error` is a bug with its stack. */
export type WorkerAnswer =
  | { readonly result: TaskResult }
  | { readonly error: string; readonly input: boolean };

/** Weights × formats of one piece: small enough to share the work evenly, large against reading the tensor. */
const PIECE = 1 << 20;

/** Cuts the formats of a tensor into tasks of about equal work. */
export function rowTasks(tensor: TensorPlace, weights: number, contenders: readonly TaskContender[]): Task[] {
  const each = Math.max(1, Math.floor(PIECE / Math.max(1, weights)));
  const tasks: Task[] = [];
  for (let start = 0; start < contenders.length; start += each) {
    tasks.push({ kind: 'rows', tensor, contenders: contenders.slice(start, start + each) });
  }
  return tasks;
}
