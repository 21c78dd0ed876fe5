/**
 * A thread of a comparison: reads a tensor, runs the codecs, answers with rows.
 *
 * Holds one tensor at a time, the one that it worked on last.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { encodeFields, modelTrainer } from '@fewerbits/codec';
import { type Contender, codeHistogramOf, compareTensor, type TensorRows } from '@fewerbits/compare';
import type { Codec } from '@fewerbits/format';
import { openTensorFile, toRows } from '@fewerbits/tensorfile';
import { targetCodec } from '../target.ts';
import {
  modelKey,
  type Task,
  type TaskContender,
  type TaskResult,
  type TensorPlace,
  type WorkerAnswer,
  type WorkerStart,
} from './tasks.ts';

const { formats, target, models } = workerData as WorkerStart;
const codecs = new Map<string, Codec>();
let held: { readonly key: string; readonly rows: TensorRows } | null = null;

parentPort!.on('message', (task: Task) => {
  run(task).then(
    (result) => answer({ result }),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const input = error instanceof Error && error.name === 'TensorFileError';
      answer({ error: input ? (error as Error).message : text, input });
    },
  );
});

function answer(message: WorkerAnswer): void {
  parentPort!.postMessage(message);
}

async function run({ kind, tensor, contenders }: Task): Promise<TaskResult> {
  const rows = await rowsOf(tensor);
  if (kind === 'counts') return { kind, counts: contenders.map((contender) => countsOf(rows, contender)) };
  if (kind === 'rows') return { kind, rows: compareTensor(rows, contenders.map(contenderOf)) };
  for (const contender of contenders) {
    const histogram = codeHistogramOf(rows, contenderOf(contender));
    if (histogram !== null) return { kind, histogram };
  }
  return { kind, histogram: null };
}

function contenderOf(contender: TaskContender): Contender {
  const { label, format, fit } = contender;
  const shared = models[modelKey(contender)];
  // Fits of one format share its codec, but not models.
  const key = shared === undefined ? format : modelKey(contender);
  const codec = codecs.get(key) ?? targetCodec(formats[format]!, target, shared?.models).codec;
  codecs.set(key, codec);
  return {
    label,
    codec,
    ...(fit === null ? {} : { fit }),
    ...(shared === undefined ? {} : { sharedBytesPerWeight: shared.bytesPerWeight }),
  };
}

/** Codes of a tensor, counted for the models that it will share; a tensor that the format refuses will say so in its row. */
function countsOf({ name, data, rows, cols }: TensorRows, { format, fit }: TaskContender) {
  const trainer = modelTrainer(formats[format]!);
  try {
    const shape = [rows, cols];
    trainer.add(encodeFields(formats[format]!, data, { shape, name, ...(fit === null ? {} : { fit }) }));
    return trainer.counts();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

async function rowsOf({ path, open, name, label }: TensorPlace): Promise<TensorRows> {
  const key = JSON.stringify([path, name]);
  if (held?.key === key) return held.rows;
  // Two tensors at once would be twice the memory.
  held = null;
  const file = await openTensorFile(path, open);
  try {
    const info = file.tensors.find((tensor) => tensor.name === name)!;
    const { data, rows, cols } = toRows(await file.readFloats(name), info.shape, info.contractionAxis);
    held = { key, rows: { name: label, data, rows, cols } };
    return held.rows;
  } finally {
    await file.close();
  }
}
