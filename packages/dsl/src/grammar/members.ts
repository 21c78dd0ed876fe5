/**
 * The grammar of what stands in a format and in no scope: `value`, `rotate`, `permute`, `outliers`, `entropy`, `fit`,
 * settings and expectations.
 *
 * Specification: docs/design/language.md, "Grammar". Scopes and layouts have files of their own. The bracket of
 * `csr` is drawn tight, so it has a rule of its own (`compressedRows`), for the formatter.
 */

import { MARK, NAME, WORD } from '../tokens.ts';
import { LayoutRules } from './layout.ts';
import type { Rule } from './rule.ts';

/** Rules of the members of a format. */
export abstract class MemberRules extends LayoutRules {
  protected readonly member: Rule = this.RULE('member', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.wordScope) },
      { ALT: () => this.SUBRULE(this.named) },
      { ALT: () => this.SUBRULE(this.letMember) },
      { ALT: () => this.SUBRULE(this.valueMember) },
      { ALT: () => this.SUBRULE(this.rotateMember) },
      { ALT: () => this.SUBRULE(this.permuteMember) },
      { ALT: () => this.SUBRULE(this.outliersMember) },
      { ALT: () => this.SUBRULE(this.entropyMember) },
      { ALT: () => this.SUBRULE(this.fitMember) },
      { ALT: () => this.SUBRULE(this.layoutMember) },
      { ALT: () => this.SUBRULE(this.setting) },
      { ALT: () => this.SUBRULE(this.expectClause) },
    ]);
  });

  protected readonly valueMember: Rule = this.RULE('valueMember', () => {
    this.CONSUME(WORD.value);
    this.CONSUME(MARK['=']);
    this.SUBRULE(this.expression);
  });

  protected readonly rotateMember: Rule = this.RULE('rotateMember', () => {
    this.CONSUME(WORD.rotate);
    this.SUBRULE(this.scopeWord);
    this.CONSUME(WORD.by);
    this.SUBRULE(this.call);
  });

  protected readonly permuteMember: Rule = this.RULE('permuteMember', () => {
    this.CONSUME(WORD.permute);
    this.SUBRULE(this.anyScope);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(WORD.by);
          this.CONSUME(NAME);
        },
      },
      { ALT: () => this.SUBRULE(this.pattern) },
    ]);
  });

  protected readonly outliersMember: Rule = this.RULE('outliersMember', () => {
    this.CONSUME(WORD.outliers);
    this.OPTION(() => {
      this.OR([{ ALT: () => this.CONSUME(WORD.row) }, { ALT: () => this.CONSUME(WORD.column) }]);
    });
    this.SUBRULE(this.selection);
    this.CONSUME(MARK['{']);
    this.SUBRULE(this.outlierIndex);
    this.OPTION2(() => this.CONSUME(MARK[',']));
    this.SUBRULE(this.outlierValue);
    this.CONSUME(MARK['}']);
    this.OPTION3(() => this.CONSUME(WORD.add));
  });

  protected readonly selection: Rule = this.RULE('selection', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(WORD.top);
          this.SUBRULE(this.expression);
          this.OPTION(() => {
            this.CONSUME(WORD.by);
            this.SUBRULE2(this.expression);
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(WORD.where);
          this.SUBRULE3(this.expression);
        },
      },
    ]);
  });

  protected readonly outlierIndex: Rule = this.RULE('outlierIndex', () => {
    this.CONSUME(WORD.index);
    this.CONSUME(MARK[':']);
    this.OR([
      { ALT: () => this.CONSUME(WORD.bitmap) },
      { ALT: () => this.SUBRULE(this.compressedRows) },
      { ALT: () => this.SUBRULE(this.type) },
    ]);
  });

  protected readonly compressedRows: Rule = this.RULE('compressedRows', () => {
    this.CONSUME(WORD.csr);
    this.CONSUME(MARK['(']);
    this.SUBRULE(this.type);
    this.CONSUME(MARK[',']);
    this.SUBRULE2(this.type);
    this.CONSUME(MARK[')']);
  });

  protected readonly outlierValue: Rule = this.RULE('outlierValue', () => {
    this.CONSUME(WORD.value);
    this.CONSUME(MARK[':']);
    this.SUBRULE(this.type);
    this.OPTION(() => {
      this.CONSUME(MARK['=']);
      this.SUBRULE(this.expression);
    });
  });

  protected readonly entropyMember: Rule = this.RULE('entropyMember', () => {
    this.CONSUME(WORD.entropy);
    this.SUBRULE(this.names);
    this.CONSUME(WORD.with);
    this.SUBRULE(this.call);
  });

  protected readonly fitMember: Rule = this.RULE('fitMember', () => {
    this.CONSUME(WORD.fit);
    this.OPTION(() => this.CONSUME(NAME));
    this.CONSUME(MARK['{']);
    this.MANY(() => {
      this.SUBRULE(this.assignment);
      this.OPTION2(() => this.CONSUME(MARK[',']));
    });
    this.CONSUME(MARK['}']);
  });

  protected readonly setting: Rule = this.RULE('setting', () => {
    this.OR([
      { ALT: () => this.CONSUME(WORD.view, { LABEL: 'key' }) },
      { ALT: () => this.CONSUME(WORD.tail, { LABEL: 'key' }) },
      { ALT: () => this.CONSUME(WORD.nonfinite, { LABEL: 'key' }) },
      { ALT: () => this.CONSUME(WORD.arithmetic, { LABEL: 'key' }) },
    ]);
    this.OR2([
      { ALT: () => this.CONSUME(NAME, { LABEL: 'choice' }) },
      { ALT: () => this.CONSUME(WORD.pad, { LABEL: 'choice' }) },
    ]);
  });

  protected readonly expectClause: Rule = this.RULE('expectClause', () => {
    this.CONSUME(WORD.expect);
    this.AT_LEAST_ONE_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.fact) });
  });

  protected readonly fact: Rule = this.RULE('fact', () => {
    this.CONSUME(NAME);
    this.CONSUME(MARK['=']);
    this.SUBRULE(this.sum);
  });
}
