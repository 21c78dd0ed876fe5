/**
 * Tensors of a plan as they will be written: read, encoded or rounded when their turn comes.
 */
import type { SharedModels } from '@fewerbits/codec';
import type { EncodeOptions } from '@fewerbits/format';
import type { ModelFile, ModelOutput, PlainTensor } from '@fewerbits/modelfile';
import type { Rows } from '@fewerbits/tensorfile';
import { sharedFloats } from '@fewerbits/workers';
import type { ChosenFormat } from '../format-argument.ts';
import { asRefusal } from '../input-error.ts';
import { encodeOne } from '../one-codec.ts';
import { readRows } from '../read-rows.ts';
import { fitFor } from './fit.ts';
import { asItIs, rounded } from './floats.ts';
import type { Importances } from './importances.ts';
import type { Plan } from './plan.ts';
import type { Running } from './run.ts';
import { trainModels } from './shared-models.ts';

/** A tensor to encode. */
interface Work {
  readonly tensor: PlainTensor;
  readonly chosen: ChosenFormat;
}

/**
 * What is to be written, in the order of the plan. Formats that share models of entropy coders between tensors are trained here, over all
 * tensors that get them.
 * @throws InputError for a tensor that cannot be written, or which a format refuses.
 */
export async function plannedOutputs(
  running: Running,
  { file }: ModelFile,
  plan: Plan,
  importances: Importances | null,
): Promise<ModelOutput[]> {
  const { context, target, threads } = running;
  const load = (tensor: PlainTensor): Promise<Rows> =>
    readRows(file, tensor.info, sharedFloats, context.signal);
  const optionsOf = async ({ tensor, chosen }: Work, { rows, cols }: Rows): Promise<EncodeOptions> => {
    const importance = (await importances?.of(tensor.name, cols)) ?? null;
    const fit = fitFor(chosen, importance !== null);
    return {
      shape: [rows, cols],
      name: tensor.name,
      ...(fit === null ? {} : { fit }),
      ...(importance === null ? {} : { importance }),
    };
  };
  const trained = await modelsOf(plan, load, optionsOf);
  return plan.tensors.map(({ tensor, decision }): ModelOutput => {
    if (decision.kind === 'keep') return asItIs(file, tensor);
    if (tensor.kind === 'encoded') throw new Error(`${tensor.name} is encoded, which no plan encodes`);
    const { choice } = decision;
    const { name, shape, axis } = tensor;
    if (choice.kind === 'dtype') return rounded(file, name, shape, choice.dtype);
    const { chosen } = choice;
    const models = trained.get(chosen) ?? {};
    return {
      kind: 'encoded',
      name,
      shape,
      axis,
      format: chosen.format,
      models,
      async encode() {
        const rows = await load(tensor);
        const options = await optionsOf({ tensor, chosen }, rows);
        const start = { format: chosen.format, target, models };
        return encodeOne(context, start, rows.data, options, threads).catch((error: unknown) => {
          throw asRefusal(name, error);
        });
      },
    };
  });
}

/** Models of each format that shares them. */
async function modelsOf(
  plan: Plan,
  load: (tensor: PlainTensor) => Promise<Rows>,
  optionsOf: (work: Work, rows: Rows) => Promise<EncodeOptions>,
): Promise<ReadonlyMap<ChosenFormat, SharedModels>> {
  const works = new Map<ChosenFormat, Work[]>();
  for (const { tensor, decision } of plan.tensors) {
    if (decision.kind === 'keep' || decision.choice.kind === 'dtype' || tensor.kind === 'encoded') continue;
    const { chosen } = decision.choice;
    works.set(chosen, [...(works.get(chosen) ?? []), { tensor, chosen }]);
  }
  const models = new Map<ChosenFormat, SharedModels>();
  for (const [chosen, tensors] of works) {
    const training = tensors.map((work) => async () => {
      const rows = await load(work.tensor);
      return { data: rows.data, options: await optionsOf(work, rows) };
    });
    models.set(chosen, await trainModels(chosen.format, training));
  }
  return models;
}
