/**
 * Constructors of NumberTypes: what the constructors and modifiers of `.qf` build, for TypeScript.
 *
 * They return plain data and check what only they can see; `resolveNumber` checks the rest.
 * Specification: docs/design/language.md, "Numbers".
 */
import { requireInteger } from './base.ts';
import { packLevels } from './levels-text.ts';
import type {
  FloatBase,
  IntCoding,
  LevelsBase,
  Move,
  NumberBase,
  NumberType,
  Overflow,
  Rounding,
} from './types.ts';

function number(base: NumberBase): NumberType {
  return { base, moves: [], except: [], round: null, overflow: null };
}

/** `uN`: integers 0 .. 2^bits - 1. @throws RangeError unless bits is 1..32. */
export function uint(bits: number): NumberType {
  requireInteger('uint: bits', bits, 1, 32);
  return int(0, 2 ** bits - 1, 'offset');
}

/** `iN`: two's complement integers of a width. @throws RangeError unless bits is 1..32. */
export function twos(bits: number): NumberType {
  requireInteger('twos: bits', bits, 1, 32);
  return int(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 'twos');
}

/** Integers low..high; two's complement if low < 0, else plain (`offset`), unless said. @throws RangeError unless low <= high are integers. */
export function int(low: number, high: number, coding?: IntCoding): NumberType {
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low > high) {
    throw new RangeError(`int(${low}..${high}): both ends must be integers, low not above high`);
  }
  return number({
    kind: 'int',
    low: low + 0,
    high: high + 0,
    coding: coding ?? (low < 0 ? 'twos' : 'offset'),
  });
}

/** What `float` needs; the rest has the language's defaults. */
export type FloatFields = Pick<FloatBase, 'exponent' | 'mantissa'> & Partial<Omit<FloatBase, 'kind'>>;

/** A binary float; bias 2^(exponent - 1) - 1, signed, with subnormals and without specials unless said. @throws RangeError for field widths below 1 (exponent) or 0 (mantissa), or above 31. */
export function float({ exponent, mantissa, ...rest }: FloatFields): NumberType {
  requireInteger('float: exponent', exponent, 1, 31);
  requireInteger('float: mantissa', mantissa, 0, 31);
  return number({
    kind: 'float',
    exponent,
    mantissa,
    bias: rest.bias ?? defaultBias(exponent),
    signed: rest.signed ?? true,
    subnormals: rest.subnormals ?? true,
    specials: rest.specials ?? 'none',
  });
}

/** The bias of a float that does not say its own. */
export function defaultBias(exponent: number): number {
  return 2 ** (exponent - 1) - 1;
}

/** How a codebook is to be read. */
export interface CodebookOptions {
  /** `increasing` (default) checks that levels rise with the code; `any` takes them as they come. */
  readonly order?: LevelsBase['order'];
  /** Equal levels keep their places; by default those of order `any` do, as in `codebook unordered`. */
  readonly keepEqual?: boolean;
  /** The type expression in `.qf`; by default the codebook written out. */
  readonly source?: string;
  readonly precision?: LevelsBase['precision'];
}

/** Scalar levels listed by code. @throws RangeError for a level that is not finite; resolving refuses unsorted `increasing` ones. */
export function codebook(levels: ArrayLike<number>, options: CodebookOptions = {}): NumberType {
  const { order = 'increasing', precision = 'f32' } = options;
  const word = order === 'increasing' ? 'codebook' : 'codebook unordered';
  return number({
    kind: 'levels',
    dimension: 1,
    order,
    keepEqual: options.keepEqual ?? order === 'any',
    levels: packLevels(levels, precision),
    precision,
    source: options.source ?? `${word} [${Array.from(levels, constantText).join(', ')}]`,
  });
}

/** Vector levels listed by code, all of the first one's dimension. @throws RangeError for an empty list, another length, or a component that is not finite. */
export function vectors(levels: readonly (readonly number[])[], source?: string): NumberType {
  const dimension = levels[0]?.length ?? 0;
  if (dimension === 0) throw new RangeError('vectors: at least one level with at least one component');
  levels.forEach((level, i) => {
    if (level.length !== dimension) {
      throw new RangeError(
        `vectors: levels[${i}] has ${level.length} components, the first has ${dimension}`,
      );
    }
  });
  const listed = (): string => levels.map((level) => `[${level.map(constantText).join(', ')}]`).join(', ');
  return number({
    kind: 'levels',
    dimension,
    order: 'any',
    keepEqual: false,
    levels: packLevels(levels.flat(), 'f32'),
    precision: 'f32',
    source: source ?? `codebook of ${dimension} [${listed()}]`,
  });
}

/** Vectors of +1 and -1, bit j set for -1; `even`: the last sign makes their number even and has no bit. */
export function signs(dimension: number, even = false): NumberType {
  return number({ kind: 'signs', dimension, even });
}

/** Every integer, for an entropy coder. */
export function grid(): NumberType {
  return number({ kind: 'grid' });
}

/** `type op constant`, or `constant op type` if swapped: moves the levels, keeps the codes. @throws RangeError if the type has exceptions, which stand after moves. */
export function move(type: NumberType, op: Move['op'], constant: number, swapped = false): NumberType {
  if (type.except.length > 0) {
    throw new RangeError('move: exceptions apply after all moves; move first, then say withExcept');
  }
  return { ...type, moves: [...type.moves, { op, constant, swapped }] };
}

/** The number with another rounding rule. */
export function withRounding(type: NumberType, round: Rounding): NumberType {
  return { ...type, round };
}

/** The number with another overflow rule. */
export function withOverflow(type: NumberType, overflow: Overflow): NumberType {
  return { ...type, overflow };
}

/** The number with single levels changed: pairs of code and level; a later pair replaces an earlier one of its code. */
export function withExcept(type: NumberType, pairs: NumberType['except']): NumberType {
  const levels = new Map([...type.except, ...pairs]);
  return { ...type, except: [...levels].sort(([a], [b]) => a - b) };
}

/** A constant as `.qf` reads it: the shortest decimal that gives back the same binary64. */
export function constantText(value: number): string {
  return (Object.is(value, -0) ? '-0' : String(value)).replace('e+', 'e');
}
