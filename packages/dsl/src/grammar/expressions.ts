/**
 * The grammar of expressions: operators from the loosest to the tightest, what they bind, and what calls are given.
 *
 * Specification: docs/design/language.md, "Grammar". A bracket that is drawn tight has a rule of its own
 * (`subscript`), for the formatter. Knows nothing of declarations; the numbers that begin with a word of their own
 * stand in number-words.ts.
 */

import { CstParser } from 'chevrotain';
import { MARK, NAME, NUMBER, WORD } from '../tokens.ts';
import type { Rule } from './rule.ts';

/** Rules of expressions, and of what is made of nothing else: calls, lists and ranges. */
export abstract class ExpressionRules extends CstParser {
  // Operands that hold expressions again; the next link has them.
  protected abstract readonly codebookNumber: Rule;
  protected abstract readonly curveNumber: Rule;
  protected abstract readonly tableNumber: Rule;
  protected abstract readonly densityNumber: Rule;

  protected readonly expression: Rule = this.RULE('expression', () => {
    this.SUBRULE(this.sum);
    this.OPTION(() => {
      this.OR([
        { ALT: () => this.CONSUME(MARK['=='], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['!='], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['<'], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['<='], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['>'], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['>='], { LABEL: 'operator' }) },
      ]);
      this.SUBRULE2(this.sum);
    });
  });

  protected readonly sum: Rule = this.RULE('sum', () => {
    this.SUBRULE(this.term);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(MARK['+'], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['-'], { LABEL: 'operator' }) },
      ]);
      this.SUBRULE2(this.term);
    });
  });

  protected readonly term: Rule = this.RULE('term', () => {
    this.SUBRULE(this.unary);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(MARK['*'], { LABEL: 'operator' }) },
        { ALT: () => this.CONSUME(MARK['/'], { LABEL: 'operator' }) },
      ]);
      this.SUBRULE2(this.unary);
    });
  });

  protected readonly unary: Rule = this.RULE('unary', () => {
    this.OPTION(() => this.CONSUME(MARK['-']));
    this.SUBRULE(this.postfix);
  });

  protected readonly postfix: Rule = this.RULE('postfix', () => {
    this.SUBRULE(this.primary);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.subscript, { LABEL: 'suffix' }) },
        { ALT: () => this.SUBRULE(this.property, { LABEL: 'suffix' }) },
      ]);
    });
  });

  protected readonly subscript: Rule = this.RULE('subscript', () => this.SUBRULE(this.list));

  protected readonly property: Rule = this.RULE('property', () => {
    this.CONSUME(MARK['.']);
    this.CONSUME(NAME);
  });

  protected readonly primary: Rule = this.RULE('primary', () => {
    this.OR([
      { ALT: () => this.CONSUME(NUMBER) },
      { ALT: () => this.SUBRULE(this.reference) },
      { ALT: () => this.SUBRULE(this.parenthesized) },
      { ALT: () => this.SUBRULE(this.codebookNumber) },
      { ALT: () => this.SUBRULE(this.curveNumber) },
      { ALT: () => this.SUBRULE(this.tableNumber) },
      { ALT: () => this.SUBRULE(this.densityNumber) },
    ]);
  });

  protected readonly reference: Rule = this.RULE('reference', () => {
    this.OR([
      { ALT: () => this.CONSUME(NAME, { LABEL: 'name' }) },
      { ALT: () => this.CONSUME(WORD.value, { LABEL: 'name' }) },
      { ALT: () => this.SUBRULE(this.scopeWord) },
    ]);
    this.OPTION(() => this.SUBRULE(this.args));
  });

  protected readonly call: Rule = this.RULE('call', () => {
    this.CONSUME(NAME);
    this.OPTION(() => this.SUBRULE(this.args));
  });

  protected readonly args: Rule = this.RULE('args', () => {
    this.CONSUME(MARK['(']);
    this.MANY_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.arg) });
    this.CONSUME(MARK[')']);
  });

  protected readonly arg: Rule = this.RULE('arg', () => {
    this.OPTION(() => {
      this.CONSUME(NAME);
      this.CONSUME(MARK[':']);
    });
    this.SUBRULE(this.expression);
    this.OPTION2(() => {
      this.CONSUME(MARK['..']);
      this.SUBRULE2(this.expression);
    });
  });

  protected readonly scopeWord: Rule = this.RULE('scopeWord', () => {
    this.OR([
      { ALT: () => this.CONSUME(WORD.tensor, { LABEL: 'word' }) },
      { ALT: () => this.CONSUME(WORD.row, { LABEL: 'word' }) },
      { ALT: () => this.CONSUME(WORD.column, { LABEL: 'word' }) },
      { ALT: () => this.CONSUME(WORD.each, { LABEL: 'word' }) },
    ]);
  });

  protected readonly parenthesized: Rule = this.RULE('parenthesized', () => {
    this.CONSUME(MARK['(']);
    this.SUBRULE(this.expression);
    this.CONSUME(MARK[')']);
  });

  protected readonly list: Rule = this.RULE('list', () => {
    this.CONSUME(MARK['[']);
    this.MANY_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.element) });
    this.CONSUME(MARK[']']);
  });

  protected readonly element: Rule = this.RULE('element', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.list) }, { ALT: () => this.SUBRULE(this.sum) }]);
  });

  protected readonly range: Rule = this.RULE('range', () => {
    this.SUBRULE(this.sum);
    this.CONSUME(MARK['..']);
    this.SUBRULE2(this.sum);
  });
}
