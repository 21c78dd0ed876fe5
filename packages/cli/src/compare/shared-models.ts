/**
 * Models that all tensors of a comparison share: their codes are counted in a first pass, before anything is measured.
 */
import { fieldsOfSharedModels, type ModelTrainer, modelTrainer } from '@fewerbits/codec';
import { type PoolRun, runTasks } from './pool.ts';
import { modelKey, type SharedTable, type Task, type TaskContender } from './tasks.ts';
import type { ChosenTensor } from './tensors.ts';

/** The models by key; none without a format that shares them. A contender that could take no tensor has none. */
export async function sharedTables(
  tensors: readonly ChosenTensor[],
  perTensor: readonly TaskContender[][],
  run: PoolRun,
): Promise<Record<string, SharedTable>> {
  const { formats } = run.start;
  const shares = ({ format }: TaskContender): boolean => fieldsOfSharedModels(formats[format]!).length > 0;
  const tasks = tensors.flatMap(({ place }, i): Task[] => {
    const contenders = perTensor[i]!.filter(shares);
    return contenders.length === 0 ? [] : [{ kind: 'counts', tensor: place, contenders }];
  });
  const trained = new Map<string, { readonly trainer: ModelTrainer; weights: number }>();
  const weightsOf = new Map(tensors.map(({ place, about }) => [place.label, about.weights]));
  for (const [t, result] of (await runTasks(tasks, run)).entries()) {
    if (result.kind !== 'counts') continue;
    const { tensor, contenders } = tasks[t]!;
    for (const [c, counts] of result.counts.entries()) {
      if (counts === null) continue;
      const key = modelKey(contenders[c]!);
      const entry = trained.get(key) ?? {
        trainer: modelTrainer(formats[contenders[c]!.format]!),
        weights: 0,
      };
      entry.trainer.merge(counts);
      entry.weights += weightsOf.get(tensor.label)!;
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
