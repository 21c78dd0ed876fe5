/**
 * Entropy coders of a format.
 * Specification: docs/design/language.md, "Entropy".
 */
import { ENTROPY_MODELS, type Entropy, MOST_CHUNK } from '@fewerbits/format';
import type { Arg, Member } from '../ast.ts';
import { evaluateConstant, evaluateWhole } from '../constant.ts';
import { suggestion } from '../names.ts';
import { bare, type Context, contextOf, mark, type Work } from './context.ts';
import { lowerType } from './number.ts';

const CODERS = ['rans', 'huffman'] as const;

type EntropyMember = Extract<Member, { kind: 'entropy' }>;

/** Options while they are read. */
type Options = { -readonly [K in keyof Entropy['options']]: Entropy['options'][K] };

/** What an argument of a coder sets, from how it is written; it reports what is wrong and then sets nothing. */
const ARGUMENTS: Readonly<Record<keyof Options, (arg: Arg, options: Options, context: Context) => void>> = {
  chunk: (arg, options, { names }) => {
    const chunk = evaluateWhole(arg.value, names, 'a chunk', 1, MOST_CHUNK);
    if (chunk !== null) options.chunk = chunk;
  },
  model: (arg, options, { names }) => {
    const value = bare(arg.value);
    const word = value.kind === 'name' ? value.name.text : '';
    const model = ENTROPY_MODELS.find((known) => known === word);
    if (model !== undefined) options.model = model;
    else
      names.report(
        'unknown-word',
        arg.span,
        'a model of an entropy coder is one of a few words',
        suggestion(word, ENTROPY_MODELS),
      );
  },
  weights: (arg, options, { names, work }) => {
    const number = lowerType({ expr: arg.value, modifiers: [], span: arg.value.span }, names);
    if (number !== null) options.weights = work.numbers.use(number);
  },
  first: (arg, options, { names }) => {
    const first = evaluateWhole(arg.value, names, 'a code', -(2 ** 31), 2 ** 31 - 1);
    if (first !== null) options.first = first;
  },
  escape: (arg, options, { names }) => {
    const weight = evaluateConstant(arg.value, names);
    if (weight === null) return;
    if (weight >= 0 && weight < Infinity) options.escape = weight;
    else
      names.report(
        'out-of-range',
        arg.span,
        `the escape weighs ${weight}; finite and not negative is needed`,
      );
  },
};

/** All entropy coders. */
export function lowerEntropy(work: Work): Entropy[] {
  return work.flat.entropy.flatMap((item) => {
    const { member, names } = item;
    for (const name of member.names) {
      if (work.flat.fields.has(name.text)) continue;
      names.report(
        'unknown-name',
        name.span,
        `there is no field \`${name.text}\``,
        suggestion(name.text, [...work.flat.fields.keys()]),
      );
    }
    const coder = CODERS.find((name) => name === member.coder.text);
    if (coder === undefined) {
      names.report(
        'unknown-word',
        member.coder.span,
        `there is no entropy coder \`${member.coder.text}\``,
        suggestion(member.coder.text, CODERS),
      );
      return [];
    }
    const context = contextOf(work, item, 'size');
    const options: Options = {};
    for (const arg of member.args) lowerArgument(arg, options, context);
    requireWeights(options, member, context);
    return [mark({ fields: member.names.map((name) => name.text), coder, options }, member.span, context)];
  });
}

function lowerArgument(arg: Arg, options: Options, context: Context): void {
  const name = arg.name?.text ?? '';
  const known = Object.keys(ARGUMENTS) as (keyof Options)[];
  const argument = known.find((word) => word === name);
  if (argument !== undefined && arg.to === null) {
    ARGUMENTS[argument](arg, options, context);
    return;
  }
  const help = suggestion(name, known) ?? `known: ${known.map((word) => `\`${word}:\``).join(', ')}`;
  context.names.report('wrong-arguments', arg.span, 'an entropy coder takes no such argument', help);
}

/** Weights make a model static, and a static model is its weights. */
function requireWeights({ model }: Options, { args, coder }: EntropyMember, { names }: Context): void {
  const has = (word: string): boolean => args.some(({ name }) => name?.text === word);
  const given = ['weights', 'first', 'escape'].find(has);
  if (model === 'static' && !has('weights'))
    names.report(
      'wrong-arguments',
      coder.span,
      'a static model stands in the format, and this has no weights',
      'write how often each code occurs, such as `weights: table c => exp(-abs(c - 8)) in 16`',
    );
  if (model !== 'static' && given !== undefined)
    names.report(
      'wrong-arguments',
      coder.span,
      `\`${given}:\` belongs to a static model, and this one is made from data`,
      'write `model: static`, or leave it out',
    );
}
