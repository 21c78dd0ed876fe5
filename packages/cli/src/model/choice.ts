/**
 * What a tensor of a model can become: a Format, a floating-point type of the container's own, or what it is (`keep`).
 */
import { type ChosenFormat, chooseFormat } from '../format-argument.ts';

/** Types that every container of models has. */
const DTYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** A floating-point type by its name in files. */
export type FloatType = (typeof DTYPES)[keyof typeof DTYPES];

export type Choice = {
  /** As it was asked for; what a plan file says. */
  readonly source: string;
  /** As tables call it. */
  readonly label: string;
} & (
  | { readonly kind: 'format'; readonly chosen: ChosenFormat }
  | { readonly kind: 'dtype'; readonly dtype: FloatType }
);

/** The word for leaving a tensor as it is. */
export const KEEP = 'keep';

/** Words for the types, as options take them. */
export const FLOAT_TYPES: readonly string[] = Object.keys(DTYPES);

/** The type that a word names; undefined for other words. */
export function floatType(word: string): FloatType | undefined {
  return Object.hasOwn(DTYPES, word) ? DTYPES[word as keyof typeof DTYPES] : undefined;
}

/**
 * Reads choices, each text once, so that tensors of one format share its value; `null` for `keep`.
 * @throws InputError as `chooseFormat`.
 */
export function choiceReader(): (text: string) => Promise<Choice | null> {
  const known = new Map<string, Promise<Choice | null>>();
  return (text) => {
    const choice = known.get(text) ?? readChoice(text);
    known.set(text, choice);
    return choice;
  };
}

async function readChoice(text: string): Promise<Choice | null> {
  if (text === KEEP) return null;
  const dtype = floatType(text);
  if (dtype !== undefined) return { kind: 'dtype', source: text, label: text, dtype };
  const chosen = await chooseFormat(text);
  return { kind: 'format', source: text, label: chosen.label, chosen };
}
