/**
 * Says in the words of the language what the parser found and what would fit there.
 *
 * The parser reports rules and token types; this table of rules is what a person would call them.
 */

import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType } from 'chevrotain';
import { isReserved, NUMBER, STRING } from '../tokens.ts';

const VALUE = 'a value (such as a number, a name or `(`)';
const SCOPE_MEMBER = 'a scope, a field or `let`';
const FORMAT_MEMBER =
  'a member of the format (such as a scope, a field, `value`, `fit`, `layout` or `expect`)';
const LAYOUT_ITEM =
  'an item of the layout (such as `stream`, a scope with braces, a field, `zip`, `words` or `pad`)';

/** What fits where a rule has to choose, by rule. */
const CHOICES: Readonly<Record<string, string>> = {
  declaration: '`number` or `format`',
  param: '`int`, `real` or `number`',
  member: FORMAT_MEMBER,
  inner: SCOPE_MEMBER,
  wordScope: 'a field, or `{` with the members of the scope',
  named: '`:` and the number of a field, or the size and the `{` of a scope',
  extent: 'the size of the scope: a number, a name, `(…)` or `[rows, columns]`',
  fieldTail: 'a number type or `format`',
  primary: VALUE,
  reference: VALUE,
  element: VALUE,
  codebookNumber: '`[` with the levels, or `over`',
  densityNumber: 'the name of a density, or `u => …`',
  lambda: 'a name and `=>`',
  item: LAYOUT_ITEM,
  path: 'the name of a field',
  permuteMember: '`by` or `(`',
  anyScope: 'the name of a scope',
  scopeWord: '`tensor`, `row`, `column` or `each`',
  selection: '`top` or `where`',
  outlierIndex: 'a number type, `bitmap` or `csr(…)`',
  setting: 'the name of a choice',
  modifier: '`round`, `saturate`, `overflow` or `except`',
};

/** What fits where a rule insists on one word, by rule and word; the word itself if not listed. */
const INSISTENCE: Readonly<Record<string, string>> = {
  'importDeclaration from': '`,` or `from`',
  'body {': '`{` and the members of the scope',
  'file EOF': '`number` or `format`',
  'formatDeclaration }': `${FORMAT_MEMBER} or \`}\``,
  'body }': `${SCOPE_MEMBER}, or \`}\``,
  'items }': `${LAYOUT_ITEM} or \`}\``,
  'fitMember }': 'a name to set, or `}`',
  'args )': '`,` or `)`',
  'params )': '`,` or `)`',
  'zipItem )': '`,` or `)`',
  'axes )': 'an axis or `)`',
  'parenthesized )': 'an operator or `)`',
  'list ]': '`,` or `]`',
  'fieldTail :': '`,` or `:`',
  'assignment =': '`,` or `=`',
  'param :': '`:` and `int`, `real` or `number`',
};

/** What a word is, for a sentence. */
export function describeWord(token: IToken): string {
  if (token.tokenType === EOF) return 'the end of the file';
  if (token.tokenType === NUMBER) return `number \`${shorten(token.image)}\``;
  if (token.tokenType === STRING || token.tokenType.CATEGORIES?.includes(STRING)) return 'string';
  return /^\w/.test(token.image) ? `\`${shorten(token.image)}\`` : `\`${token.image}\``;
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const sentence = (token: IToken, fits: string): string =>
  token.tokenType === EOF
    ? `The file ends where ${fits} should follow.`
    : `Unexpected ${describeWord(token)}: here fits ${fits}.`;

const labels = (types: readonly TokenType[]): string[] => [
  ...new Set(types.map((type) => type.LABEL ?? `\`${type.name}\``)),
];

/** "a, b or c". */
function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}

/** A cure for a common slip, from the word that was found and the one before; or null. */
export function slip(token: IToken, message: string): string | null {
  if (isReserved(token.image) && message.includes('a name')) {
    return `\`${token.image}\` is a reserved word; choose another name.`;
  }
  if (token.image === '-' && message.includes(VALUE))
    return 'Write `-(-a)`: an operand has one sign at most.';
  if (message.endsWith('fits `number` or `format`.') && token.image !== '(') {
    return 'If this belongs to the format above, a `}` before it is one too many.';
  }
  if (/^(==|!=|<=|>=|<|>)$/.test(token.image)) return 'Comparisons do not chain; put one in parentheses.';
  return null;
}

/**
 * Wording for chevrotain. Calls `onError` before each message, which may throw to end the parse.
 */
export function syntaxMessages(onError: () => void): IParserErrorMessageProvider {
  return {
    buildMismatchTokenMessage({ expected, actual, ruleName }) {
      onError();
      return sentence(actual, INSISTENCE[`${ruleName} ${expected.name}`] ?? either(labels([expected])));
    },
    buildNotAllInputParsedMessage({ firstRedundant }) {
      onError();
      return sentence(firstRedundant, '`number` or `format`');
    },
    buildNoViableAltMessage({ expectedPathsPerAlt, actual, ruleName }) {
      onError();
      const first = labels(expectedPathsPerAlt.flat().flatMap((path) => path.slice(0, 1)));
      return sentence(actual[0]!, CHOICES[ruleName] ?? either(first.slice(0, 6)));
    },
    buildEarlyExitMessage({ expectedIterationPaths, actual, ruleName }) {
      onError();
      const first = labels(expectedIterationPaths.flatMap((path) => path.slice(0, 1)));
      return sentence(actual[0]!, CHOICES[ruleName] ?? either(first.slice(0, 6)));
    },
  };
}
