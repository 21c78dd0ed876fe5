/**
 * Models that all tensors of a comparison share: their codes are counted in a first pass, before anything is measured.
 */
import { fieldsOfSharedModels, type ModelTrainer, modelTrainer } from '@fewerbits/codec';
import { comparePool, runWork } from './run.ts';
import {
  modelKey,
  type SharedTable,
  type TaskContender,
  type TensorWork,
  type WorkerStart,
} from './tasks.ts';
import type { ChosenTensor } from './tensors.ts';

/** The models by key; none without a format that shares them. A contender that could take no tensor has none. */
export async function sharedTables(
  tensors: readonly ChosenTensor[],
  perTensor: readonly TaskContender[][],
  start: WorkerStart,
  threads: number,
  signal: AbortSignal,
): Promise<Record<string, SharedTable>> {
  const { formats } = start;
  const shares = ({ format }: TaskContender): boolean => fieldsOfSharedModels(formats[format]!).length > 0;
  const work = tensors.flatMap(({ place, about }, i): TensorWork[] => {
    const contenders = perTensor[i]!.filter(shares);
    return contenders.length === 0
      ? []
      : [{ place, weights: about.weights, pieces: [{ kind: 'counts', contenders }] }];
  });
  if (work.length === 0) return {};
  const pool = comparePool(start, threads, signal);
  const results = await runWork(work, pool, { signal }).finally(() => pool.close());
  const trained = new Map<string, { readonly trainer: ModelTrainer; weights: number }>();
  for (const [w, [result]] of results.entries()) {
    if (result?.kind !== 'counts') continue;
    const { weights, pieces } = work[w]!;
    for (const [c, counts] of result.counts.entries()) {
      if (counts === null) continue;
      const contender = pieces[0]!.contenders[c]!;
      const key = modelKey(contender);
      const entry = trained.get(key) ?? { trainer: modelTrainer(formats[contender.format]!), weights: 0 };
      entry.trainer.merge(counts);
      entry.weights += weights;
      trained.set(key, entry);
    }
  }
  return Object.fromEntries(
    [...trained].map(([key, { trainer, weights }]) => [key, tableOf(trainer, weights)]),
  );
}

function tableOf(trainer: ModelTrainer, weights: number): SharedTable {
  const models = trainer.models();
  const bytes = Object.values(models).reduce((sum, model) => sum + model.length, 0);
  return { models, bytesPerWeight: bytes / weights };
}
