/**
 * The grammar of layouts: streams, words, groups and fields in the order of their bits, and patterns of axes.
 *
 * Specification: docs/design/language.md, "Grammar". Patterns stand here though `permute` has one too: they speak of
 * the order of elements, as a layout does.
 */

import { MARK, NAME, NUMBER, WORD } from '../tokens.ts';
import type { Rule } from './rule.ts';
import { ScopeRules } from './scopes.ts';

/** Rules of layouts, and of patterns. */
export abstract class LayoutRules extends ScopeRules {
  protected readonly layoutMember: Rule = this.RULE('layoutMember', () => {
    this.CONSUME(WORD.layout);
    this.SUBRULE(this.items);
  });

  protected readonly items: Rule = this.RULE('items', () => {
    this.CONSUME(MARK['{']);
    this.MANY(() => {
      this.SUBRULE(this.item);
      this.OPTION(() => this.CONSUME(MARK[',']));
    });
    this.CONSUME(MARK['}']);
  });

  protected readonly item: Rule = this.RULE('item', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.streamItem) },
      { ALT: () => this.SUBRULE(this.wordsItem) },
      { ALT: () => this.SUBRULE(this.zipItem) },
      { ALT: () => this.SUBRULE(this.gapItem) },
      { ALT: () => this.SUBRULE(this.groupItem) },
      { ALT: () => this.SUBRULE(this.fieldItem) },
    ]);
  });

  protected readonly streamItem: Rule = this.RULE('streamItem', () => {
    this.CONSUME(WORD.stream);
    this.SUBRULE(this.path);
    this.OPTION(() => {
      this.CONSUME(WORD.as);
      this.SUBRULE(this.shown);
    });
    this.SUBRULE(this.items);
  });

  protected readonly shown: Rule = this.RULE('shown', () => {
    this.CONSUME(NAME);
    this.SUBRULE(this.subscript);
  });

  protected readonly wordsItem: Rule = this.RULE('wordsItem', () => {
    this.CONSUME(WORD.words);
    this.CONSUME(NUMBER);
    this.OPTION(() => this.CONSUME(WORD.msb));
    this.OPTION2(() => this.CONSUME(WORD.whole));
    this.SUBRULE(this.items);
    this.OPTION3(() => {
      this.CONSUME(MARK[':']);
      this.SUBRULE(this.pattern);
    });
  });

  protected readonly zipItem: Rule = this.RULE('zipItem', () => {
    this.CONSUME(WORD.zip);
    this.CONSUME(MARK['(']);
    this.AT_LEAST_ONE_SEP({ SEP: MARK[','], DEF: () => this.SUBRULE(this.item) });
    this.CONSUME(MARK[')']);
  });

  protected readonly gapItem: Rule = this.RULE('gapItem', () => {
    this.OR([
      { ALT: () => this.CONSUME(WORD.pad, { LABEL: 'gap' }) },
      { ALT: () => this.CONSUME(WORD.align, { LABEL: 'gap' }) },
    ]);
    this.CONSUME(NUMBER);
  });

  protected readonly groupItem: Rule = this.RULE('groupItem', () => {
    this.SUBRULE(this.anyScope);
    this.SUBRULE(this.items);
  });

  protected readonly fieldItem: Rule = this.RULE('fieldItem', () => {
    this.SUBRULE(this.path);
    this.OPTION(() => this.SUBRULE(this.entries));
    this.OPTION2(() => {
      this.CONSUME(WORD.bits);
      this.SUBRULE(this.range);
    });
    this.OPTION3(() => {
      this.CONSUME(MARK[':']);
      this.SUBRULE(this.pattern);
    });
    this.OPTION4(() => this.SUBRULE(this.radixDigits));
  });

  protected readonly path: Rule = this.RULE('path', () => {
    this.OR([
      { ALT: () => this.CONSUME(WORD.outliers, { LABEL: 'part' }) },
      { ALT: () => this.CONSUME(NAME, { LABEL: 'part' }) },
    ]);
    this.MANY(() => {
      this.CONSUME(MARK['.']);
      this.OR2([
        { ALT: () => this.CONSUME(WORD.value, { LABEL: 'part' }) },
        { ALT: () => this.CONSUME2(NAME, { LABEL: 'part' }) },
      ]);
    });
  });

  protected readonly entries: Rule = this.RULE('entries', () => {
    this.CONSUME(MARK['[']);
    this.SUBRULE(this.range);
    this.CONSUME(MARK[']']);
  });

  protected readonly radixDigits: Rule = this.RULE('radixDigits', () => {
    this.CONSUME(WORD.radix);
    this.OPTION(() => {
      this.OR([
        { ALT: () => this.CONSUME(WORD.fraction, { LABEL: 'order' }) },
        { ALT: () => this.CONSUME(WORD.high, { LABEL: 'order' }) },
      ]);
    });
    this.CONSUME(NUMBER);
    this.CONSUME(WORD.in);
    this.CONSUME2(NUMBER);
  });

  protected readonly pattern: Rule = this.RULE('pattern', () => {
    this.SUBRULE(this.axes);
    this.CONSUME(MARK['->']);
    this.SUBRULE2(this.axes);
    this.OPTION(() => {
      this.CONSUME(WORD.tail);
      this.CONSUME(WORD.pad);
    });
  });

  protected readonly axes: Rule = this.RULE('axes', () => {
    this.CONSUME(MARK['(']);
    this.MANY(() => this.SUBRULE(this.axis));
    this.CONSUME(MARK[')']);
  });

  protected readonly axis: Rule = this.RULE('axis', () => {
    this.OPTION(() => this.CONSUME(MARK['-']));
    this.CONSUME(NAME);
    this.OPTION2(() => {
      this.CONSUME(MARK[':']);
      this.SUBRULE(this.primary);
    });
  });
}
