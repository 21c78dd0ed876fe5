/**
 * A thread of `encode` and `decode`: runs the codec of the target that the command line chose.
 */
import type { SharedModels } from '@fewerbits/codec';
import type { Format } from '@fewerbits/format';
import { type CodecResult, type CodecTask, codecTasks, serve } from '@fewerbits/workers';
import { type Target, targetCodec } from './target.ts';

/** What a thread is started with. */
export interface CodecStart {
  readonly format: Format;
  /** null: the fastest. */
  readonly target: Target | null;
  readonly models: SharedModels;
}

serve<CodecStart, CodecTask, CodecResult>(({ format, target, models }) =>
  codecTasks(() => targetCodec(format, target, models).codec),
);
