/**
 * The static model of an entropy coder as the format says it: which codes it knows and how often each occurs. What coders
 * make of it stands in the `codec` package. Specification: docs/design/bit-streams.md, "Static models".
 */
import { type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import type { Entropy, Format } from './types.ts';

/** Where the model of an entropy coder may stand. */
export const ENTROPY_MODELS = ['tensor', 'static', 'shared'] as const satisfies readonly NonNullable<
  Entropy['options']['model']
>[];
/** The largest chunk of an entropy-coded stream, in codes: a chunk counts its escapes in 25 bits. */
export const MOST_CHUNK = 2 ** 24;
/** A coder's table has 2^16 places; the escape takes one. */
const MOST_WEIGHTS = 2 ** 16 - 1;

/** How often codes occur, in one unit. */
export interface StaticWeights {
  /** Codes that the model knows, ascending. */
  readonly symbols: Int32Array;
  /** Positive, one for each of them. */
  readonly weights: Float64Array;
  /** Of all other codes together; 0: there are none. */
  readonly escape: number;
}

/** The weights of a static model, without the codes whose weight is 0; null for a coder whose model is made from data. */
export function staticWeights(format: Format, { options }: Entropy): StaticWeights | null {
  if (options.model !== 'static' || options.weights === undefined) return null;
  const { levels } = resolveNumber(format.numbers[options.weights]!);
  const all = Array.from(levels ?? [], (weight, i) => ({ weight, symbol: (options.first ?? 0) + i }));
  const known = all.filter(({ weight }) => weight > 0);
  return {
    symbols: Int32Array.from(known, ({ symbol }) => symbol),
    weights: Float64Array.from(known, ({ weight }) => weight),
    escape: options.escape ?? 0,
  };
}

/** What makes a static model unusable, and what to do about it. */
export interface ModelProblem {
  readonly what: string;
  readonly cure: string;
}

const MEASURES = 'weights are finite and not negative, in any unit';

/** What makes a static model unusable for the fields that it codes; null if all is well or it is not static. */
export function staticModelProblem(format: Format, entropy: Entropy): ModelProblem | null {
  const { model, weights: key, first = 0, escape: others = 0 } = entropy.options;
  if (model !== 'static' || key === undefined) return null;
  const number = resolveNumber(format.numbers[key]!);
  if (number.dimension !== 1 || number.levels === null || number.codes > MOST_WEIGHTS) {
    return {
      what: `its weights are no list of at most ${MOST_WEIGHTS} levels`,
      cure: 'write such as `codebook unordered [8, 4, 2, 1]` or `table c => … in n`',
    };
  }
  const wrong = number.levels.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong >= 0) return { what: `weight ${wrong} is ${number.levels[wrong]}`, cure: MEASURES };
  if (!(others >= 0 && others < Infinity)) return { what: `the escape weighs ${others}`, cure: MEASURES };
  const { symbols } = staticWeights(format, entropy)!;
  if (symbols.length === 0) return { what: 'no weight is positive', cure: 'give the codes that occur one' };
  if (first + number.codes > 2 ** 31)
    return { what: `its codes ${first}, ${first + 1}, … leave 32 bits`, cure: 'begin at a lower `first:`' };
  for (const name of entropy.fields) {
    const storage = format.fields.find((field) => field.name === name)?.storage;
    if (storage === undefined || storage.kind === 'format') continue;
    const keys = storage.kind === 'number' ? [storage.number] : storage.numbers;
    for (const key of keys) {
      const problem = rangeProblem(name, resolveNumber(format.numbers[key]!), symbols, others > 0);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function rangeProblem(
  name: string,
  { bits, codes }: ResolvedNumber,
  symbols: Int32Array,
  escapes: boolean,
): ModelProblem | null {
  const together = 'give the others a weight together with `escape:`';
  if (bits === 0) return escapes ? null : { what: `\`${name}\` has codes without bounds`, cure: together };
  const outside = symbols.find((symbol) => symbol < 0 || symbol >= codes);
  if (outside !== undefined)
    return {
      what: `\`${name}\` has the codes 0..${codes - 1}, and code ${outside} has a weight`,
      cure: 'leave it out, or change `first:`',
    };
  if (escapes || symbols.length === codes) return null;
  const without = symbols.findIndex((symbol, i) => symbol !== i);
  return {
    what: `code ${without < 0 ? symbols.length : without} of \`${name}\` has no weight`,
    cure: `give it one, or ${together}`,
  };
}
