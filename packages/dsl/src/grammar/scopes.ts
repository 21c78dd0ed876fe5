/**
 * The grammar of scopes, and of what may stand in one: fields, `let` and further scopes.
 *
 * Specification: docs/design/language.md, "Grammar".
 */

import { MARK, NAME, NUMBER, WORD } from '../tokens.ts';
import type { Rule } from './rule.ts';
import { TypeRules } from './types.ts';

/** Rules of scopes, and of names for them. */
export abstract class ScopeRules extends TypeRules {
  protected readonly wordScope: Rule = this.RULE('wordScope', () => {
    this.SUBRULE(this.scopeWord);
    this.OR([{ ALT: () => this.SUBRULE(this.body) }, { ALT: () => this.SUBRULE(this.field) }]);
  });

  /** A scope or a field: factored so that one word decides, which keeps recovery from turning on the spot. */
  protected readonly named: Rule = this.RULE('named', () => {
    this.CONSUME(NAME);
    this.OR([{ ALT: () => this.SUBRULE(this.fieldTail) }, { ALT: () => this.SUBRULE(this.scopeTail) }]);
  });

  protected readonly scopeTail: Rule = this.RULE('scopeTail', () => {
    this.OPTION(() => this.SUBRULE(this.extent));
    this.SUBRULE(this.body);
  });

  protected readonly extent: Rule = this.RULE('extent', () => {
    this.OR([
      { ALT: () => this.CONSUME(NUMBER) },
      { ALT: () => this.CONSUME(NAME) },
      { ALT: () => this.SUBRULE(this.parenthesized) },
      {
        ALT: () => {
          this.CONSUME(MARK['[']);
          this.SUBRULE(this.expression);
          this.CONSUME(MARK[',']);
          this.SUBRULE2(this.expression);
          this.CONSUME(MARK[']']);
        },
      },
    ]);
  });

  protected readonly body: Rule = this.RULE('body', () => {
    this.CONSUME(MARK['{']);
    this.MANY(() => {
      this.SUBRULE(this.inner);
      this.OPTION(() => this.CONSUME(MARK[',']));
    });
    this.CONSUME(MARK['}']);
  });

  protected readonly inner: Rule = this.RULE('inner', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.wordScope) },
      { ALT: () => this.SUBRULE(this.named) },
      { ALT: () => this.SUBRULE(this.letMember) },
    ]);
  });

  protected readonly field: Rule = this.RULE('field', () => {
    this.CONSUME(NAME);
    this.SUBRULE(this.fieldTail);
  });

  protected readonly fieldTail: Rule = this.RULE('fieldTail', () => {
    this.MANY(() => {
      this.CONSUME(MARK[',']);
      this.CONSUME(NAME);
    });
    this.CONSUME(MARK[':']);
    this.OR([{ ALT: () => this.SUBRULE(this.nested) }, { ALT: () => this.SUBRULE(this.type) }]);
    this.OPTION(() => {
      this.CONSUME(MARK['=']);
      this.SUBRULE(this.expression);
    });
  });

  protected readonly nested: Rule = this.RULE('nested', () => {
    this.CONSUME(WORD.format);
    this.CONSUME(NAME);
    this.OPTION(() => this.SUBRULE(this.args));
  });

  protected readonly letMember: Rule = this.RULE('letMember', () => {
    this.CONSUME(WORD.let);
    this.SUBRULE(this.assignment);
  });

  protected readonly assignment: Rule = this.RULE('assignment', () => {
    this.SUBRULE(this.names);
    this.CONSUME(MARK['=']);
    this.SUBRULE(this.expression);
  });

  protected readonly names: Rule = this.RULE('names', () => {
    this.AT_LEAST_ONE_SEP({ SEP: MARK[','], DEF: () => this.CONSUME(NAME) });
  });

  protected readonly anyScope: Rule = this.RULE('anyScope', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.scopeWord) }, { ALT: () => this.CONSUME(NAME) }]);
  });
}
