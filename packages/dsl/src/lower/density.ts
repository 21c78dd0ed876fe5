/**
 * Densities: `density student_t(7) power 1/3 in 16 asymmetric scaled absmax(64)` as levels, with its canonical text.
 * The quantiles are `@fewerbits/numerics`'s; here the words are read and the constants evaluated.
 * Specification: docs/design/language.md, "Numbers"; docs/design/numerics.md, section 1.2.
 */

import type { NumberType } from '@fewerbits/numerics';
import {
  codebook,
  type DensityLaw,
  type DensityMode,
  type DensityScaling,
  densityLevels,
} from '@fewerbits/numerics';
import type { Arg, Expression, Ident } from '../ast.ts';
import { evaluateConstant, evaluateWhole, type Names, type NumberRef } from '../constant.ts';
import { isOneOf, suggestion } from '../names.ts';
import { literal } from '../print/pieces.ts';
import { lowerLambda, MOST_LEVELS, type Precision } from './levels.ts';
import { lambdaText } from './source-text.ts';

type Density = Extract<Expression, { kind: 'density' }>;

interface LawText {
  readonly law: DensityLaw;
  readonly text: string;
  readonly mentions: ReadonlyMap<string, NumberType>;
}

/** Lowers a density; null if something is wrong, which is reported. */
export function lowerDensity(expr: Density, names: Names, precision: Precision): NumberRef | null {
  const power = evaluateConstant(expr.power, names);
  const count = evaluateWhole(expr.count, names, 'the number of levels', 2, MOST_LEVELS);
  const scaled = lowerScaling(expr, names);
  const law = lowerLaw(expr, count ?? 0, names);
  if (law === null || power === null || count === null || scaled === null) return null;
  const mode: DensityMode = expr.mode ?? 'asymmetric';
  try {
    const levels = densityLevels({ law: law.law, power, count, mode, scaled });
    const source = `density ${law.text} power ${literal(power).text} in ${count} ${mode}${scalingText(scaled, law.law)}`;
    const keepEqual = mode === 'repeat_zero';
    const options = { order: keepEqual ? 'any' : 'increasing', keepEqual, source, precision } as const;
    return { type: codebook(levels, options), name: null, mentions: law.mentions };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    names.report('bad-number', expr.span, error.message);
    return null;
  }
}

const LAWS = ['normal', 'laplace', 'uniform', 'student_t'] as const;

function lowerLaw({ law }: Density, count: number, names: Names): LawText | null {
  if ('lambda' in law) {
    const pdf = lowerLambda(law.lambda, 1, names);
    const from = evaluateConstant(law.from, names);
    const to = evaluateConstant(law.to, names);
    if (pdf === null || from === null || to === null) return null;
    const { text, mentions } = lambdaText(law.lambda, names);
    return {
      law: { name: 'custom', pdf: patient(pdf, count), from, to },
      text: `${text} over ${literal(from).text}..${literal(to).text}`,
      mentions,
    };
  }
  const { text, span } = law.name;
  if (!isOneOf(LAWS, text)) {
    names.report('unknown-word', span, `there is no density \`${text}\``, suggestion(text, LAWS));
    return null;
  }
  if (text !== 'student_t') {
    if (law.args.length > 0) {
      names.report('wrong-arguments', span, `\`${text}\` takes no arguments`);
      return null;
    }
    return { law: { name: text }, text, mentions: new Map() };
  }
  const df = onlyArgument(law.name, law.args, names, 'its degrees of freedom: `student_t(7)`');
  if (df === null || df === undefined) {
    if (df === undefined)
      names.report(
        'wrong-arguments',
        span,
        '`student_t` takes its degrees of freedom',
        'write `student_t(7)`',
      );
    return null;
  }
  return { law: { name: 'student_t', df }, text: `student_t(${literal(df).text})`, mentions: new Map() };
}

/** Evaluations that integrating a density and finding one quantile may take: smooth ones need far fewer. */
const MOST_EVALUATIONS = 2 ** 20;
const MOST_FOR_A_LEVEL = 2 ** 9;

/** A density that gives up on integration that does not settle. */
function patient(pdf: (values: readonly number[]) => number, count: number): (u: number) => number {
  let left = MOST_EVALUATIONS + count * MOST_FOR_A_LEVEL;
  return (u) => {
    if (left-- <= 0)
      throw new RangeError('this density is too rough to be integrated: use a smooth expression');
    return pdf([u]);
  };
}

/** The single argument of a word; undefined if there is none, null if it is wrong, which is reported. */
function onlyArgument(
  word: Ident,
  args: readonly Arg[],
  names: Names,
  wanted: string,
): number | null | undefined {
  const [arg] = args;
  if (arg === undefined) return undefined;
  if (args.length > 1 || arg.to !== null) {
    names.report('wrong-arguments', word.span, `\`${word.text}\` takes one argument, ${wanted}`);
    return null;
  }
  return evaluateConstant(arg.value, names);
}

const SCALINGS = ['rms', 'absmax', 'signmax'] as const;

function lowerScaling({ law, scaled }: Density, names: Names): DensityScaling | null {
  if (scaled === null) return 'lambda' in law ? { by: 'absmax', block: null } : { by: 'rms' };
  const { text, span } = scaled.name;
  if (!isOneOf(SCALINGS, text)) {
    names.report('unknown-word', span, `there is no scaling \`${text}\``, suggestion(text, SCALINGS));
    return null;
  }
  const block = onlyArgument(scaled.name, scaled.args, names, 'the size of the block: `absmax(64)`');
  if (block === null) return null;
  if (text === 'rms') {
    if (block !== undefined) names.report('wrong-arguments', span, '`rms` takes no arguments');
    return block === undefined ? { by: 'rms' } : null;
  }
  return { by: text, block: block ?? null };
}

function scalingText(scaled: DensityScaling, law: DensityLaw): string {
  if (scaled.by === 'rms') return law.name === 'custom' ? ' scaled rms' : '';
  if (scaled.block !== null) return ` scaled ${scaled.by}(${literal(scaled.block).text})`;
  return law.name === 'custom' && scaled.by === 'absmax' ? '' : ` scaled ${scaled.by}`;
}
