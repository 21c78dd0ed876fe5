/**
 * Listed levels from their descriptions: codebooks, curves and tables, evaluated in binary64 when a file is compiled and
 * kept as bits together with the canonical text that they came from.
 * Specification: docs/design/language.md, "Numbers".
 */

import type { NumberType } from '@fewerbits/numerics';
import { codebook, vectors } from '@fewerbits/numerics';
import type { Expression, Lambda, Span } from '../ast.ts';
import {
  compileConstant,
  type Evaluate,
  evaluateConstant,
  evaluateWhole,
  type Names,
  type NumberRef,
} from '../constant.ts';
import { asNumber, type Constant } from '../constant-functions.ts';
import { literal } from '../print/pieces.ts';
import { lambdaText } from './source-text.ts';

/** Most levels of a listed number: codes of 16 bits. */
export const MOST_LEVELS = 65536;
/** Most components of a level. */
export const MOST_COMPONENTS = 256;

/** Most components of all levels together. */
const MOST_VALUES = 2 ** 20;

/** Binary32, or binary64 under `arithmetic f64`. */
export type Precision = 'f32' | 'f64';

type Codebook = Extract<Expression, { kind: 'codebook' }>;

const NONE: ReadonlyMap<string, NumberType> = new Map();

/** `codebook …` in all its forms; null if something is wrong, which is reported. */
export function lowerCodebook(expr: Codebook, names: Names, precision: Precision): NumberRef | null {
  return expr.dimension === null ? scalarCodebook(expr, names, precision) : vectorCodebook(expr, names);
}

function scalarCodebook(expr: Codebook, names: Names, precision: Precision): NumberRef | null {
  if ('digits' in expr.levels) {
    names.report(
      'codebook-length',
      expr.span,
      'digits spell vectors, and this codebook does not say of how many',
      'write `codebook of 8 over …`',
    );
    return null;
  }
  const list = expr.levels;
  if (!countFits(list.length, expr.span, names)) return null;
  const levels = list.map((level) => evaluateConstant(level, names));
  if (!levels.every((level) => level !== null)) return null;
  const place = (index: number): Span => list[index]!.span;
  if (!finite(levels, precision, names, place)) return null;
  if (!expr.unordered && !rising(levels, precision, names, place, 'a codebook')) return null;
  const text = `[${levels.map((level) => literal(level).text).join(', ')}]`;
  const options = {
    order: expr.unordered ? 'any' : 'increasing',
    keepEqual: expr.unordered,
    source: expr.unordered ? `codebook unordered ${text}` : `codebook ${text}`,
    precision,
  } as const;
  return { type: codebook(levels, options), name: null, mentions: NONE };
}

function vectorCodebook(expr: Codebook, names: Names): NumberRef | null {
  const dimension = dimensionOf(expr.dimension!, names);
  if (dimension === null) return null;
  const rows =
    'digits' in expr.levels
      ? digitRows(expr, expr.levels, dimension, names)
      : listRows(expr.levels, dimension, names);
  if (rows === null || !countFits(rows.levels.length, expr.span, names)) return null;
  return { type: vectors(rows.levels, `codebook of ${dimension} ${rows.text}`), name: null, mentions: NONE };
}

interface Rows {
  readonly levels: number[][];
  readonly text: string;
}

function digitRows(
  expr: Codebook,
  { digits, span }: { readonly digits: string; readonly span: Span },
  dimension: number,
  names: Names,
): Rows | null {
  const alphabet = (expr.over ?? []).map((item) => evaluateConstant(item, names));
  if (!alphabet.every((value) => value !== null)) return null;
  if (alphabet.length < 1 || alphabet.length > 36) {
    names.report(
      'codebook-length',
      expr.span,
      `an alphabet has 1 to 36 values, one for each digit, and this has ${alphabet.length}`,
    );
    return null;
  }
  if (!finite(alphabet, 'f32', names, () => expr.span)) return null;
  const words = digits.split(/\s+/).filter((word) => word !== '');
  const levels: number[][] = [];
  for (const word of words) {
    if (word.length !== dimension) {
      names.report(
        'codebook-length',
        span,
        `the vector ${word} has ${word.length} digits, and the codebook is of ${dimension}`,
      );
      return null;
    }
    const level = [...word].map((digit) => alphabet[digitOf(digit)]);
    if (!level.every((value) => value !== undefined)) {
      names.report(
        'codebook-length',
        span,
        `the vector ${word} has a digit beyond the alphabet of ${alphabet.length}`,
      );
      return null;
    }
    levels.push(level);
  }
  const over = alphabet.map((value) => literal(value).text).join(', ');
  return { levels, text: `over [${over}] "${words.join(' ')}"` };
}

function digitOf(digit: string): number {
  return /^[0-9a-zA-Z]$/.test(digit) ? Number.parseInt(digit, 36) : -1;
}

function listRows(list: readonly Expression[], dimension: number, names: Names): Rows | null {
  const levels: number[][] = [];
  for (const row of list) {
    if (row.kind !== 'list' || row.items.length !== dimension) {
      const found = row.kind === 'list' ? `${row.items.length} components` : 'a single value';
      names.report(
        'codebook-length',
        row.span,
        `each level needs ${dimension} components, and here is ${found}`,
      );
      return null;
    }
    const level = row.items.map((item) => evaluateConstant(item, names));
    if (!level.every((value) => value !== null)) return null;
    if (!finite(level, 'f32', names, (index) => row.items[index]!.span)) return null;
    levels.push(level);
  }
  return {
    levels,
    text: `[${levels.map((level) => `[${level.map((v) => literal(v).text).join(', ')}]`).join(', ')}]`,
  };
}

function dimensionOf(
  literalNode: { readonly value: number; readonly span: Span },
  names: Names,
): number | null {
  const { value, span } = literalNode;
  if (Number.isInteger(value) && value >= 2 && value <= MOST_COMPONENTS) return value;
  names.report(
    'out-of-range',
    span,
    `a vector has 2 to ${MOST_COMPONENTS} components, and this says ${value}`,
  );
  return null;
}

/** `curve u => e over a..b in n`. */
export function lowerCurve(
  expr: Extract<Expression, { kind: 'curve' }>,
  names: Names,
  precision: Precision,
): NumberRef | null {
  const from = evaluateConstant(expr.from, names);
  const to = evaluateConstant(expr.to, names);
  const count = evaluateWhole(expr.count, names, 'the number of levels', 2, MOST_LEVELS);
  const lambda = lowerLambda(expr.lambda, 1, names);
  if (from === null || to === null || count === null || lambda === null) return null;
  const levels = Array.from({ length: count }, (_, i) => lambda([from + ((to - from) * i) / (count - 1)]));
  const place = (): Span => expr.lambda.body.span;
  if (!finite(levels, precision, names, place) || !rising(levels, precision, names, place, 'a curve'))
    return null;
  const { text, mentions } = lambdaText(expr.lambda, names);
  const source = `curve ${text} over ${literal(from).text}..${literal(to).text} in ${count}`;
  return {
    type: codebook(levels, { order: 'increasing', keepEqual: false, source, precision }),
    name: null,
    mentions,
  };
}

/** `table c => e in n` and `table of d (c, i) => e in n`. */
export function lowerTable(
  expr: Extract<Expression, { kind: 'table' }>,
  names: Names,
  precision: Precision,
): NumberRef | null {
  const dimension = expr.dimension === null ? 1 : dimensionOf(expr.dimension, names);
  const count = evaluateWhole(expr.count, names, 'the number of levels', 1, MOST_LEVELS);
  const lambda = lowerLambda(expr.lambda, expr.dimension === null ? 1 : 2, names);
  if (dimension === null || count === null || lambda === null) return null;
  const place = (): Span => expr.lambda.body.span;
  const { text, mentions } = lambdaText(expr.lambda, names);
  if (expr.dimension === null) {
    const levels = Array.from({ length: count }, (_, code) => lambda([code]));
    if (!finite(levels, precision, names, place)) return null;
    const source = `table ${text} in ${count}`;
    return {
      type: codebook(levels, { order: 'any', keepEqual: false, source, precision }),
      name: null,
      mentions,
    };
  }
  if (count * dimension > MOST_VALUES) {
    names.report(
      'too-many-levels',
      expr.span,
      `all levels together have at most ${MOST_VALUES} components, and these have ${count * dimension}`,
    );
    return null;
  }
  const rows = Array.from({ length: count }, (_, code) =>
    Array.from({ length: dimension }, (_, component) => lambda([code, component])),
  );
  for (const row of rows) if (!finite(row, 'f32', names, place)) return null;
  return { type: vectors(rows, `table of ${dimension} ${text} in ${count}`), name: null, mentions };
}

/** A lambda as a function of its parameters; null if it is wrong, which is reported. */
export function lowerLambda(
  lambda: Lambda,
  parameters: number,
  names: Names,
): ((values: readonly number[]) => number) | null {
  if (lambda.params.length !== parameters) {
    const wanted = parameters === 1 ? 'one variable' : 'the code and the component, `(c, i)`';
    names.report(
      'wrong-arguments',
      lambda.span,
      `this takes ${wanted}, and ${lambda.params.length} are named`,
    );
    return null;
  }
  const variables = lambda.params.map((param) => param.text);
  const steps: Evaluate[] = [];
  for (const { name, value } of lambda.where) {
    const step = compileConstant(value, names, variables);
    if (step === null) return null;
    steps.push(step);
    variables.push(name.text);
  }
  const body = compileConstant(lambda.body, names, variables);
  if (body === null) return null;
  return (values) => {
    const slots: Constant[] = [...values];
    for (const step of steps) slots.push(step(slots));
    return asNumber(body(slots));
  };
}

function countFits(count: number, span: Span, names: Names): boolean {
  if (count >= 1 && count <= MOST_LEVELS) return true;
  names.report(
    'too-many-levels',
    span,
    `a number has 1 to ${MOST_LEVELS} listed levels, and this has ${count}`,
  );
  return false;
}

function rounded(level: number, precision: Precision): number {
  return precision === 'f32' ? Math.fround(level) : level;
}

function finite(
  levels: readonly number[],
  precision: Precision,
  names: Names,
  place: (index: number) => Span,
): boolean {
  const index = levels.findIndex((level) => !Number.isFinite(rounded(level, precision)));
  if (index < 0) return true;
  names.report(
    'not-finite',
    place(index),
    `level ${index} is ${levels[index]}, which is no finite binary32 number`,
  );
  return false;
}

function rising(
  levels: readonly number[],
  precision: Precision,
  names: Names,
  place: (index: number) => Span,
  what: string,
): boolean {
  const index = levels.findIndex(
    (level, i) => i > 0 && !(rounded(level, precision) > rounded(levels[i - 1]!, precision)),
  );
  if (index < 0) return true;
  const [before, here] = [levels[index - 1]!, levels[index]!];
  const equal = rounded(before, precision) === rounded(here, precision);
  const why = equal
    ? `level ${index} is ${here} again`
    : `level ${index} is ${here}, below the ${before} before it`;
  const help =
    what === 'a codebook'
      ? 'sort the levels, or write `codebook unordered`'
      : 'write a `table`, whose levels may stand in any order';
  names.report('codebook-order', place(index), `${what} must increase with the code, and ${why}`, help);
  return false;
}
