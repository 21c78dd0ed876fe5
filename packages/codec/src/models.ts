/**
 * Models of entropy coders that stand in no stream: static ones, which the format says, and shared ones, which are made from
 * the codes of several tensors. Specification: docs/design/language.md, "Entropy"; docs/design/bit-streams.md, "Model".
 */
import { type Fields, type Format, staticWeights } from '@fewerbits/format';
import { buildModel } from './entropy/build-model.ts';
import { countSymbols, mergeCounts, type SymbolCounts } from './entropy/counts.ts';
import type { Model } from './entropy/model.ts';
import { modelBytes, readModel } from './entropy/model-bytes.ts';
import { staticModel } from './entropy/static-model.ts';

/** Shared models as bytes, by the field that they code. */
export type SharedModels = Readonly<Record<string, Uint8Array>>;

/** Fields of a format whose model is shared by several tensors, in their order in the format's entropy coders. */
export function fieldsOfSharedModels(format: Format): string[] {
  return format.entropy.flatMap(({ fields, options }) => (options.model === 'shared' ? fields : []));
}

/**
 * The models that stand outside of a format's streams, by field.
 * @throws RangeError for a shared model that is missing, is none of its coder, or belongs to no field; StreamError for bytes
 * that are no model.
 */
export function outsideModels(format: Format, shared: SharedModels): ReadonlyMap<string, Model> {
  const models = new Map<string, Model>();
  const wanted = fieldsOfSharedModels(format);
  const foreign = Object.keys(shared).find((name) => !wanted.includes(name));
  if (foreign !== undefined) throw new RangeError(`models: ${format.name} shares no model of ${foreign}`);
  for (const entropy of format.entropy) {
    const { fields, coder, options } = entropy;
    const weights = staticWeights(format, entropy);
    const known = weights === null ? null : staticModel(weights, coder);
    for (const field of fields) {
      if (known !== null) models.set(field, known);
      if (options.model !== 'shared') continue;
      const bytes = shared[field];
      if (bytes === undefined) {
        throw new RangeError(
          `${format.name}: the model of ${field} is shared by several tensors and was not given; train it on them (modelTrainer)`,
        );
      }
      const model = readModel(bytes, { stream: `the model of ${field}`, chunk: null, base: 0 });
      if (model.coder !== coder) {
        throw new RangeError(
          `models: the one of ${field} is of ${model.coder}, ${format.name} codes it with ${coder}`,
        );
      }
      models.set(field, model);
    }
  }
  return models;
}

/** Counts codes of tensors for the models that they will share; in any order, tensors may be counted apart and merged. */
export interface ModelTrainer {
  /** Counts the codes of one more tensor. */
  add(fields: Fields): void;
  /** Counts so far, by field. */
  counts(): Readonly<Record<string, SymbolCounts>>;
  /** Adds what another trainer of the same format counted. */
  merge(counts: Readonly<Record<string, SymbolCounts>>): void;
  /**
   * A model for each field; each can code tensors that were not counted too.
   * @throws RangeError if nothing was counted.
   */
  models(): SharedModels;
}

/** A trainer for the shared models of a format; without any it has nothing to do. */
export function modelTrainer(format: Format): ModelTrainer {
  const names = fieldsOfSharedModels(format);
  const coderOf = (name: string) => format.entropy.find(({ fields }) => fields.includes(name))!.coder;
  const counted = new Map<string, SymbolCounts>();
  const add = (name: string, counts: SymbolCounts): void => {
    const before = counted.get(name);
    counted.set(name, before === undefined ? counts : mergeCounts([before, counts]));
  };
  return {
    add: ({ codes }) => {
      for (const name of names) add(name, countSymbols(codes[name] ?? []));
    },
    counts: () => Object.fromEntries(counted),
    merge: (counts) => {
      for (const [name, count] of Object.entries(counts)) add(name, count);
    },
    models: () =>
      Object.fromEntries(
        names.map((name) => {
          const counts = counted.get(name);
          if (counts === undefined || counts.total === 0)
            throw new RangeError(
              `${format.name}: no code of ${name} was counted; train its model on a tensor with weights`,
            );
          return [name, modelBytes(buildModel(counts, coderOf(name), { escape: 'always' }))];
        }),
      ),
  };
}
