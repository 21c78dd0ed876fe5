/**
 * A thread of a comparison: reads a tensor, runs the codecs, answers with rows.
 *
 * Holds one tensor at a time, the one that it worked on last.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Contender, codeHistogramOf, compareTensor, type TensorRows } from '@fewerbits/compare';
import type { Codec } from '@fewerbits/format';
import { openTensorFile, toRows } from '@fewerbits/tensorfile';
import { targetCodec } from '../target.ts';
import type { Task, TaskContender, TaskResult, TensorPlace, WorkerAnswer, WorkerStart } from './tasks.ts';

const { formats, target } = workerData as WorkerStart;
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
  if (kind === 'rows') return { kind, rows: compareTensor(rows, contenders.map(contenderOf)) };
  for (const contender of contenders) {
    const histogram = codeHistogramOf(rows, contenderOf(contender));
    if (histogram !== null) return { kind, histogram };
  }
  return { kind, histogram: null };
}

function contenderOf({ label, format, fit }: TaskContender): Contender {
  const codec = codecs.get(format) ?? targetCodec(formats[format]!, target).codec;
  codecs.set(format, codec);
  return { label, codec, ...(fit === null ? {} : { fit }) };
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
