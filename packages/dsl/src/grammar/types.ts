/**
 * The grammar of number types: an expression, with how to round, what is too large and which codes are exceptions.
 *
 * Specification: docs/design/language.md, "Grammar".
 */

import { MARK, NAME, NUMBER, WORD } from '../tokens.ts';
import { NumberWordRules } from './number-words.ts';
import type { Rule } from './rule.ts';

/** Rules of number types. */
export abstract class TypeRules extends NumberWordRules {
  protected readonly type: Rule = this.RULE('type', () => {
    this.SUBRULE(this.sum);
    this.MANY(() => this.SUBRULE(this.modifier));
  });

  protected readonly modifier: Rule = this.RULE('modifier', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(WORD.round);
          this.SUBRULE(this.call);
        },
      },
      { ALT: () => this.CONSUME(WORD.saturate) },
      {
        ALT: () => {
          this.CONSUME(WORD.overflow);
          this.CONSUME(NAME);
        },
      },
      {
        ALT: () => {
          this.CONSUME(WORD.except);
          this.AT_LEAST_ONE_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.exception) });
        },
      },
    ]);
  });

  protected readonly exception: Rule = this.RULE('exception', () => {
    this.CONSUME(NUMBER);
    this.CONSUME(MARK[':']);
    this.SUBRULE(this.sum);
  });
}
