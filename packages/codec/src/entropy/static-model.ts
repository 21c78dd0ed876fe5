/**
 * Weights of a format → a model that stands in no stream. Equal weights give equal models on every engine: readers and
 * writers make it alike. Specification: docs/design/bit-streams.md, "Static models".
 */
import type { StaticWeights } from '@fewerbits/format';
import { modelOfWidth, narrowestWorth } from './build-model.ts';
import { type Coder, entryBits, type Model } from './model.ts';

/** Weights are taken as shares of so many occurrences. */
const OCCURRENCES = 2 ** 32;

/** The model of all symbols that have a weight, and of the escape if it has one. */
export function staticModel({ symbols, weights, escape: others }: StaticWeights, coder: Coder): Model {
  const all = others > 0 ? Float64Array.of(...weights, others) : weights;
  let sum = 0;
  for (const weight of all) sum += weight;
  const occurrences = all.map((weight) => Math.max(1, Math.round((weight / sum) * OCCURRENCES)));
  return narrowestWorth(OCCURRENCES, occurrences.length, coder, (width) => {
    if (occurrences.length > 2 ** width) return null;
    const model = modelOfWidth(symbols, occurrences, coder, width);
    const cost = occurrences.reduce((bits, count, entry) => bits + count * entryBits(model, entry), 0);
    return { model, cost };
  });
}
