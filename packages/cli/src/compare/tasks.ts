/**
 * The work of a comparison in pieces that threads share: a format on a tensor.
 *
 * Plain data in both directions. What a piece gives does not depend on the thread that runs it, or on the order of the pieces.
 */
import type { ModelTrainer, SharedModels } from '@fewerbits/codec';
import type { CodeHistogram, ComparePart, Row, TensorRows } from '@fewerbits/compare';
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

/** Measure a row for each contender, draw the histogram of the first that has one, or count codes for the models that tensors share. */
export interface Piece {
  readonly kind: 'rows' | 'histogram' | 'counts';
  readonly contenders: readonly TaskContender[];
}

/** A piece with its tensor, whose weights lie in shared memory. */
export interface Task extends Piece {
  readonly tensor: TensorRows;
}

export type TaskResult =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly times: Times }
  | { readonly kind: 'histogram'; readonly histogram: CodeHistogram | null }
  /** Of each contender, in their order; `null` for one that cannot take the tensor. */
  | { readonly kind: 'counts'; readonly counts: readonly (ReturnType<ModelTrainer['counts']> | null)[] };

/** Milliseconds of a thread by what it did: making codecs, and the parts of a comparison. */
export type Times = Readonly<Record<'compile' | ComparePart, number>>;

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

/** All that is to be done with a tensor, in the order in which results are wanted. */
export interface TensorWork {
  readonly place: TensorPlace;
  readonly weights: number;
  readonly pieces: readonly Piece[];
}

/** Weights × formats of one piece: small enough to share the work evenly, large against a message. */
const PIECE = 1 << 18;

/** Cuts the formats of a tensor into pieces of about equal work. */
export function rowPieces(weights: number, contenders: readonly TaskContender[]): Piece[] {
  const each = Math.max(1, Math.floor(PIECE / Math.max(1, weights)));
  const pieces: Piece[] = [];
  for (let start = 0; start < contenders.length; start += each)
    pieces.push({ kind: 'rows', contenders: contenders.slice(start, start + each) });
  return pieces;
}
