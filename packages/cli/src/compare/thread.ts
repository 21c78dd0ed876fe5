/**
 * A thread of a comparison: runs the codecs of the target on a tensor in shared memory, answers with rows.
 *
 * Tensors go through a codec in bands where the format allows it, so that a thread needs the memory of a band.
 */
import { encodeFields, modelTrainer } from '@fewerbits/codec';
import { type Contender, codeHistogramOf, compareTensor, type TensorRows } from '@fewerbits/compare';
import { bandsOf, rowsApart, serve } from '@fewerbits/workers';
import { targetCodec } from '../target.ts';
import { modelKey, type Task, type TaskContender, type TaskResult, type WorkerStart } from './tasks.ts';

/** Weights of a band: large against what a call costs, small against memory. */
const BAND = 1 << 20;

serve<WorkerStart, Task, TaskResult>(({ formats, target, models }) => {
  const made = new Map<string, Pick<Contender, 'codec' | 'bands'>>();

  const contenderOf = (contender: TaskContender): Contender => {
    const { label, format, fit } = contender;
    const shared = models[modelKey(contender)];
    // Fits of one format share its codec, but not models.
    const key = shared === undefined ? format : modelKey(contender);
    let parts = made.get(key);
    if (parts === undefined) {
      const { codec } = targetCodec(formats[format]!, target, shared?.models);
      const apart = rowsApart(codec.format);
      parts = { codec, bands: (rows, cols) => bandsOf(apart, [rows, cols], BAND) };
      made.set(key, parts);
    }
    return {
      label,
      ...parts,
      ...(fit === null ? {} : { fit }),
      ...(shared === undefined ? {} : { sharedBytesPerWeight: shared.bytesPerWeight }),
    };
  };

  /** Codes of a tensor, counted for the models that it will share; a tensor that the format refuses will say so in its row. */
  const countsOf = ({ name, data, rows, cols }: TensorRows, { format, fit }: TaskContender) => {
    const trainer = modelTrainer(formats[format]!);
    try {
      const shape = [rows, cols];
      trainer.add(encodeFields(formats[format]!, data, { shape, name, ...(fit === null ? {} : { fit }) }));
      return trainer.counts();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return null;
    }
  };

  const rowsOf = (tensor: TensorRows, contenders: readonly TaskContender[]): TaskResult => {
    const times = { compile: 0, encode: 0, decode: 0, measure: 0 };
    const part = <T>(name: keyof typeof times, run: () => T): T => {
      const start = performance.now();
      try {
        return run();
      } finally {
        times[name] += performance.now() - start;
      }
    };
    const ready = part('compile', () => contenders.map(contenderOf));
    return { kind: 'rows', rows: compareTensor(tensor, ready, { part }), times };
  };

  return ({ kind, tensor, contenders }) => {
    if (kind === 'counts')
      return { result: { kind, counts: contenders.map((contender) => countsOf(tensor, contender)) } };
    if (kind === 'rows') return { result: rowsOf(tensor, contenders) };
    for (const contender of contenders) {
      const histogram = codeHistogramOf(tensor, contenderOf(contender));
      if (histogram !== null) return { result: { kind, histogram } };
    }
    return { result: { kind, histogram: null } };
  };
});
