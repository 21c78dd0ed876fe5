/**
 * The grammar as rules: words to a concrete syntax tree, and nothing else. LL(2), no gates, no actions.
 *
 * Specification: docs/design/language.md, "Grammar", rule by rule under the same names where a name was free. A file
 * and its declarations stand here; the rest is inherited link by link, each a file in grammar/ that uses the links
 * before it: expressions, number-words, types, scopes, layout, members.
 */

import { EOF, type IParserErrorMessageProvider } from 'chevrotain';
import { MemberRules } from './grammar/members.ts';
import type { Rule } from './grammar/rule.ts';
import { MARK, NAME, STRING, TOKEN_TYPES, WORD } from './tokens.ts';

/** The parser. One instance serves any number of texts, one after the other. */
export class QfParser extends MemberRules {
  /** @param messages words the errors; it may throw to end the parse. */
  constructor(messages: IParserErrorMessageProvider) {
    super([...TOKEN_TYPES], {
      maxLookahead: 2,
      recoveryEnabled: true,
      nodeLocationTracking: 'onlyOffset',
      errorMessageProvider: messages,
    });
    this.performSelfAnalysis();
  }

  readonly file: Rule = this.RULE('file', () => {
    this.MANY(() => this.SUBRULE(this.importDeclaration));
    this.MANY2(() => this.SUBRULE(this.declaration));
    this.CONSUME(EOF);
  });

  private readonly importDeclaration: Rule = this.RULE('importDeclaration', () => {
    this.CONSUME(WORD.import);
    this.SUBRULE(this.names);
    this.CONSUME(WORD.from);
    this.CONSUME(STRING);
  });

  private readonly declaration: Rule = this.RULE('declaration', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.numberDeclaration) },
      { ALT: () => this.SUBRULE(this.formatDeclaration) },
    ]);
  });

  private readonly numberDeclaration: Rule = this.RULE('numberDeclaration', () => {
    this.CONSUME(WORD.number);
    this.CONSUME(NAME);
    this.OPTION(() => this.SUBRULE(this.params));
    this.CONSUME(MARK['=']);
    this.SUBRULE(this.type);
    this.MANY(() => this.SUBRULE(this.expectClause));
  });

  private readonly formatDeclaration: Rule = this.RULE('formatDeclaration', () => {
    this.CONSUME(WORD.format);
    this.CONSUME(NAME);
    this.OPTION(() => this.SUBRULE(this.params));
    this.OPTION2(() => this.SUBRULE(this.base));
    this.CONSUME(MARK['{']);
    this.MANY(() => {
      this.SUBRULE(this.member);
      this.OPTION3(() => this.CONSUME(MARK[',']));
    });
    this.CONSUME(MARK['}']);
  });

  private readonly base: Rule = this.RULE('base', () => {
    this.CONSUME(WORD.extends);
    this.CONSUME(NAME);
    this.OPTION(() => this.SUBRULE(this.args));
  });

  private readonly params: Rule = this.RULE('params', () => {
    this.CONSUME(MARK['(']);
    this.AT_LEAST_ONE_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.param) });
    this.CONSUME(MARK[')']);
  });

  private readonly param: Rule = this.RULE('param', () => {
    this.CONSUME(NAME);
    this.CONSUME(MARK[':']);
    this.OR([
      { ALT: () => this.CONSUME(WORD.number, { LABEL: 'kind' }) },
      { ALT: () => this.CONSUME2(NAME, { LABEL: 'kind' }) },
    ]);
    this.OPTION(() => {
      this.CONSUME(WORD.in);
      this.OR2([{ ALT: () => this.SUBRULE(this.list) }, { ALT: () => this.SUBRULE(this.range) }]);
    });
    this.OPTION2(() => {
      this.CONSUME(MARK['=']);
      this.SUBRULE(this.expression);
    });
  });
}
