/**
 * The closed vocabularies of the language (functions, statistics, rules, settings) and the nearest known name for an unknown one.
 * Knows nothing of a file: what a program declares is found by `resolve.ts`.
 * Specification: docs/design/language.md, "Expressions" and "Numbers".
 */
import type { AggregateName, FunctionName } from '@fewerbits/format';
import { FUNCTION_ARITY } from '@fewerbits/format';

/** Reductions over a tile, as they are called: `sum(x * x)`. `min` and `max` reduce when they have one argument. */
export const AGGREGATES: readonly AggregateName[] = [
  'absmax',
  'signmax',
  'rms',
  'mean',
  'absmean',
  'norm',
  'sum',
  'running_sum',
  'sum_before',
  'min',
  'max',
];

/** Statistics that may stand without an argument and then mean the weights. */
export const BARE_AGGREGATES: readonly AggregateName[] = [
  'absmax',
  'signmax',
  'rms',
  'mean',
  'absmean',
  'norm',
];

/** Calls with a form of their own. */
export const SPECIAL_CALLS = ['unrounded', 'at', 'window', 'dot', 'bits', 'code_of'] as const;

/** A named fitting procedure: what it returns, in order, and the arguments that it knows. */
export interface FitProcedure {
  /** Names of its results; `codes` is one for each weight and always last. */
  readonly results: readonly string[];
  /** How many positional arguments it takes: [least, most]. */
  readonly positional: readonly [number, number];
  /** Names of the positional arguments that may also be given by name. */
  readonly also?: readonly string[];
  /** Named arguments. */
  readonly named: readonly string[];
  /** Named arguments that must be given. */
  readonly required: readonly string[];
  /** Named arguments that take one of a few words. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
}

/** Entries that can be written out. */
const MOST_LISTED = 256;

/** The documented fitting procedures, docs/design/language.md, "Fit". */
export const FIT_PROCEDURES: Readonly<Record<string, FitProcedure>> = {
  nearest: { results: ['code'], positional: [0, 0], named: [], required: [] },
  best: { results: ['code'], positional: [0, 0], named: ['weight'], required: [] },
  urq: { results: ['code'], positional: [0, 1], also: ['lambda'], named: ['lambda'], required: [] },
  cheapest: { results: ['code'], positional: [0, 0], named: ['rate'], required: ['rate'] },
  mse_scale: { results: ['scale'], positional: [0, 0], named: ['start'], required: [] },
  search: { results: ['scale'], positional: [2, 2], named: ['steps', 'weight'], required: ['steps'] },
  affine_search: {
    results: ['scale', 'minimum', 'codes'],
    positional: [0, 0],
    named: ['levels', 'of', 'weight', 'from', 'step', 'steps', 'error'],
    required: ['levels', 'from', 'step', 'steps'],
    words: { error: ['squared', 'absolute'] },
  },
  signed_search: {
    results: ['scale', 'codes'],
    positional: [0, 0],
    named: ['levels', 'of', 'weight', 'tries', 'step'],
    required: ['levels', 'tries', 'step'],
  },
  positive_search: {
    results: ['scale', 'codes'],
    positional: [0, 0],
    named: ['levels', 'of', 'weight', 'tries', 'step', 'passes', 'below'],
    required: ['levels', 'tries', 'step'],
    words: { below: ['none', 'bytes'] },
  },
  coordinate_search: {
    results: ['scale', 'codes'],
    positional: [0, 0],
    named: ['levels', 'of', 'passes'],
    required: ['levels'],
  },
  level_search: {
    results: ['scale'],
    positional: [0, 0],
    named: ['levels', 'of', 'weight', 'tries'],
    required: ['levels', 'tries'],
  },
  grid_search: {
    results: ['scale', 'codes'],
    positional: [0, 0],
    named: ['levels', 'of', 'weight', 'tries', 'step', 'neighbours', 'span', 'start', 'again', 'tiny'],
    required: ['levels', 'tries', 'step', 'neighbours'],
    words: { again: ['moved', 'if_moved', 'all'] },
  },
  ternary_search: {
    results: ['scale', 'codes'],
    positional: [0, 0],
    named: ['levels', 'of', 'weight', 'shift', 'parts', 'neighbours', 'sums', 'tiny'],
    required: ['levels', 'shift', 'neighbours'],
    words: { sums: ['running', 'differences'] },
  },
  even_signs: { results: ['codes'], positional: [0, 0], named: ['of', 'weight'], required: [] },
  half_quadratic: {
    results: ['scale', 'zero', 'codes'],
    positional: [0, 0],
    named: ['levels', 'steps', 'p', 'beta', 'kappa'],
    required: ['levels'],
  },
  lloyd_max: {
    results: ['levels'],
    positional: [0, 0],
    named: ['of', 'weight', 'across', 'steps'],
    required: [],
  },
  list: { results: ['entries'], positional: [1, MOST_LISTED], named: [], required: [] },
  low_rank: { results: ['factors'], positional: [0, 0], named: ['of'], required: ['of'] },
  ecsq: { results: ['levels'], positional: [0, 0], named: ['of', 'weight', 'rate'], required: ['rate'] },
  step_for_rate: { results: ['step'], positional: [1, 1], named: ['urq'], required: [] },
};

/** What each setting may say. */
export const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  view: ['last', 'first', 'flat'],
  tail: ['error', 'pad', 'short', 'keep'],
  nonfinite: ['error', 'zero', 'keep'],
  arithmetic: ['f32', 'f64'],
};

/** Overflow rules. */
export const OVERFLOWS = ['error', 'saturate', 'nan', 'inf'] as const;

/** How an `int` lies in its bits. */
export const CODINGS = ['twos', 'offset', 'sign_magnitude'] as const;

/** Which codes of a float are not finite numbers. */
export const SPECIALS = ['none', 'nan', 'ieee', 'nan_zero', 'nan_zero_inf'] as const;

/** Facts of numbers. */
export const NUMBER_FACTS = ['max', 'min', 'levels', 'bits', 'mantissa', 'emax'] as const;

/** The scopes that every format has. */
export const FIXED_SCOPES = ['tensor', 'row', 'column', 'each'] as const;

/** Data and shape, known in every format and not free for declarations. */
export const INPUTS = ['x', 'importance', 'rows', 'cols'] as const;

/** Names that build numbers and so cannot be declared as numbers. */
export const NUMBER_BUILDERS = ['uint', 'int', 'float', 'signs', 'grid', 'choose'] as const;

/** Whether a word is a function of values. */
export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTION_ARITY, name);
}

/** Whether a word is one of a closed list. */
export function isOneOf<T extends string>(list: readonly T[], name: string): name is T {
  return (list as readonly string[]).includes(name);
}

/** The known name that differs least from an unknown one, if it differs in no more than a third of its letters. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least && candidate !== name) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** A sentence that names the nearest known word, or the whole list where it is short. */
export function suggestion(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(name, known);
  if (nearest !== null) return `did you mean \`${nearest}\`?`;
  return known.length > 0 && known.length <= 12
    ? `known here: ${known.map((word) => `\`${word}\``).join(', ')}`
    : undefined;
}

/** Levenshtein's distance with neighbouring letters swapped as one step, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
