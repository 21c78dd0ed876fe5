/**
 * The grammar of numbers that begin with a word: `codebook`, `curve`, `table` and `density`, with the functions that
 * some of them hold.
 *
 * Specification: docs/design/language.md, "Grammar". They are operands of expressions; no operators here.
 */

import { MARK, NAME, NUMBER, STRING, WORD } from '../tokens.ts';
import { ExpressionRules } from './expressions.ts';
import type { Rule } from './rule.ts';

/** Rules of the operands that describe levels. */
export abstract class NumberWordRules extends ExpressionRules {
  protected override readonly codebookNumber: Rule = this.RULE('codebookNumber', () => {
    this.CONSUME(WORD.codebook);
    this.OPTION(() => this.CONSUME(WORD.unordered));
    this.OPTION2(() => this.SUBRULE(this.dimension));
    this.OR([
      { ALT: () => this.SUBRULE(this.list) },
      {
        ALT: () => {
          this.CONSUME(WORD.over);
          this.SUBRULE2(this.list);
          this.CONSUME(STRING);
        },
      },
    ]);
  });

  protected readonly dimension: Rule = this.RULE('dimension', () => {
    this.CONSUME(WORD.of);
    this.CONSUME(NUMBER);
  });

  protected override readonly curveNumber: Rule = this.RULE('curveNumber', () => {
    this.CONSUME(WORD.curve);
    this.SUBRULE(this.lambda);
    this.CONSUME(WORD.over);
    this.SUBRULE(this.range);
    this.CONSUME(WORD.in);
    this.SUBRULE(this.sum);
  });

  protected override readonly tableNumber: Rule = this.RULE('tableNumber', () => {
    this.CONSUME(WORD.table);
    this.OPTION(() => this.SUBRULE(this.dimension));
    this.SUBRULE(this.lambda);
    this.CONSUME(WORD.in);
    this.SUBRULE(this.sum);
  });

  protected override readonly densityNumber: Rule = this.RULE('densityNumber', () => {
    this.CONSUME(WORD.density);
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.lambda);
          this.CONSUME(WORD.over);
          this.SUBRULE(this.range);
        },
      },
      { ALT: () => this.SUBRULE(this.call) },
    ]);
    this.CONSUME(WORD.power);
    this.SUBRULE(this.sum);
    this.CONSUME(WORD.in);
    this.SUBRULE2(this.sum);
    this.OPTION(() => {
      this.OR2([
        { ALT: () => this.CONSUME(WORD.symmetric, { LABEL: 'mode' }) },
        { ALT: () => this.CONSUME(WORD.asymmetric, { LABEL: 'mode' }) },
        { ALT: () => this.CONSUME(WORD.repeat_zero, { LABEL: 'mode' }) },
      ]);
    });
    this.OPTION2(() => {
      this.CONSUME(WORD.scaled);
      this.SUBRULE2(this.call, { LABEL: 'scaling' });
    });
  });

  protected readonly lambda: Rule = this.RULE('lambda', () => {
    this.OR([
      { ALT: () => this.CONSUME(NAME) },
      {
        ALT: () => {
          this.CONSUME(MARK['(']);
          this.CONSUME2(NAME);
          this.CONSUME(MARK[',']);
          this.CONSUME3(NAME);
          this.CONSUME(MARK[')']);
        },
      },
    ]);
    this.CONSUME(MARK['=>']);
    this.SUBRULE(this.expression);
    this.OPTION(() => {
      this.CONSUME(WORD.where);
      this.AT_LEAST_ONE_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.definition) });
    });
  });

  protected readonly definition: Rule = this.RULE('definition', () => {
    this.CONSUME(NAME);
    this.CONSUME(MARK['=']);
    this.SUBRULE(this.expression);
  });
}
