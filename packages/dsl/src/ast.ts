/**
 * The syntax tree of a `.qf` file: what was written, with its place, and nothing of what it means.
 *
 * One screen of closed discriminated unions; every pass switches over `kind` exhaustively.
 * Grammar: docs/design/language.md, "Grammar". Nodes carry half-open character ranges into the source text.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Ident {
  readonly text: string;
  readonly span: Span;
}

export interface SourceFile {
  readonly imports: readonly Import[];
  readonly declarations: readonly (NumberDeclaration | FormatDeclaration)[];
  readonly span: Span;
}

export interface Import {
  readonly names: readonly Ident[];
  readonly path: string;
  readonly pathSpan: Span;
  readonly span: Span;
}

export interface NumberDeclaration {
  readonly kind: 'number';
  readonly doc: readonly string[];
  readonly name: Ident;
  readonly params: readonly Param[];
  readonly type: TypeExpr;
  readonly expects: readonly Expectation[];
  readonly span: Span;
}

export interface FormatDeclaration {
  readonly kind: 'format';
  readonly doc: readonly string[];
  readonly name: Ident;
  readonly params: readonly Param[];
  readonly base: { readonly name: Ident; readonly args: readonly Arg[]; readonly span: Span } | null;
  readonly members: readonly Member[];
  readonly span: Span;
}

export interface Param {
  readonly name: Ident;
  readonly type: Ident;
  readonly range:
    | { readonly list: readonly Expression[] }
    | { readonly from: Expression; readonly to: Expression }
    | null;
  readonly default: Expression | null;
  readonly span: Span;
}

export interface Arg {
  readonly name: Ident | null;
  readonly value: Expression;
  /** Second end of `a..b`. */
  readonly to: Expression | null;
  readonly span: Span;
}

export interface Expectation {
  readonly name: Ident;
  readonly value: Expression;
  readonly span: Span;
}

export type Member =
  | ScopeMember
  | FieldMember
  | LetMember
  | {
      readonly kind: 'value';
      readonly doc: readonly string[];
      readonly expr: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'rotate';
      readonly doc: readonly string[];
      readonly scope: Ident;
      readonly by: Ident;
      readonly args: readonly Arg[];
      readonly span: Span;
    }
  | {
      readonly kind: 'permute';
      readonly doc: readonly string[];
      readonly scope: Ident;
      readonly by: Ident | null;
      readonly pattern: Pattern | null;
      readonly span: Span;
    }
  | OutliersMember
  | {
      readonly kind: 'entropy';
      readonly doc: readonly string[];
      readonly names: readonly Ident[];
      readonly coder: Ident;
      readonly args: readonly Arg[];
      readonly span: Span;
    }
  | {
      readonly kind: 'fit';
      readonly doc: readonly string[];
      readonly name: Ident | null;
      readonly sets: readonly {
        readonly names: readonly Ident[];
        readonly expr: Expression;
        readonly span: Span;
      }[];
      readonly span: Span;
    }
  | {
      readonly kind: 'layout';
      readonly doc: readonly string[];
      readonly items: readonly Item[];
      readonly span: Span;
    }
  | {
      readonly kind: 'setting';
      readonly doc: readonly string[];
      readonly name: Ident;
      readonly value: Ident;
      readonly span: Span;
    }
  | {
      readonly kind: 'expect';
      readonly doc: readonly string[];
      readonly facts: readonly Expectation[];
      readonly span: Span;
    };

export interface ScopeMember {
  readonly kind: 'scope';
  readonly doc: readonly string[];
  readonly name: Ident;
  /** One size: consecutive columns; two: rows and columns; null: a fixed word, or a scope reopened. */
  readonly extent: readonly Expression[] | null;
  /** `row scale: f32` has one field and no braces. */
  readonly braces: boolean;
  readonly members: readonly (ScopeMember | FieldMember | LetMember)[];
  readonly span: Span;
}

export interface FieldMember {
  readonly kind: 'field';
  readonly doc: readonly string[];
  readonly names: readonly Ident[];
  readonly storage: TypeExpr | { readonly format: Ident; readonly args: readonly Arg[]; readonly span: Span };
  readonly fit: Expression | null;
  readonly span: Span;
}

export interface LetMember {
  readonly kind: 'let';
  readonly doc: readonly string[];
  readonly names: readonly Ident[];
  readonly expr: Expression;
  readonly span: Span;
}

export interface OutliersMember {
  readonly kind: 'outliers';
  readonly doc: readonly string[];
  readonly unit: 'each' | 'row' | 'column';
  readonly select:
    | { readonly top: Expression; readonly by: Expression | null }
    | { readonly where: Expression };
  readonly index:
    | { readonly coo: TypeExpr }
    | { readonly csr: readonly [TypeExpr, TypeExpr] }
    | { readonly bitmap: true };
  readonly value: TypeExpr;
  readonly fit: Expression | null;
  readonly add: boolean;
  readonly span: Span;
}

/** An expression with one number in it, and modifiers: `u4 - 8 round half_away`. */
export interface TypeExpr {
  readonly expr: Expression;
  readonly modifiers: readonly Modifier[];
  readonly span: Span;
}

export type Modifier =
  | { readonly kind: 'round'; readonly rule: Ident; readonly args: readonly Arg[]; readonly span: Span }
  | { readonly kind: 'overflow'; readonly rule: Ident; readonly saturate: boolean; readonly span: Span }
  | {
      readonly kind: 'except';
      readonly levels: readonly { readonly code: NumberLiteral; readonly level: Expression }[];
      readonly span: Span;
    };

export interface NumberLiteral {
  readonly value: number;
  /** As written: `0x1f`, `0.1%`. */
  readonly text: string;
  readonly span: Span;
}

export type Item =
  | {
      readonly kind: 'stream';
      readonly name: Ident;
      readonly shown: { readonly dtype: Ident; readonly dims: readonly Expression[] } | null;
      readonly items: readonly Item[];
      readonly span: Span;
    }
  | {
      readonly kind: 'words';
      readonly bits: NumberLiteral;
      readonly msb: boolean;
      readonly whole: boolean;
      readonly items: readonly Item[];
      readonly pattern: Pattern | null;
      readonly span: Span;
    }
  | { readonly kind: 'zip'; readonly items: readonly Item[]; readonly span: Span }
  | { readonly kind: 'pad' | 'align'; readonly bits: NumberLiteral; readonly span: Span }
  | { readonly kind: 'group'; readonly scope: Ident; readonly items: readonly Item[]; readonly span: Span }
  | {
      readonly kind: 'field';
      readonly path: readonly Ident[];
      readonly entries: readonly [Expression, Expression] | null;
      readonly bits: readonly [Expression, Expression] | null;
      readonly pattern: Pattern | null;
      readonly radix: {
        readonly order: 'low' | 'high' | 'fraction';
        readonly digits: NumberLiteral;
        readonly bits: NumberLiteral;
      } | null;
      readonly span: Span;
    };

export interface Pattern {
  readonly from: readonly Axis[];
  readonly to: readonly Axis[];
  /** `tail pad`. */
  readonly padded: boolean;
  readonly span: Span;
}

export interface Axis {
  readonly name: Ident;
  readonly size: Expression | null;
  readonly reversed: boolean;
  readonly span: Span;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Expression =
  | ({ readonly kind: 'number' } & NumberLiteral)
  | { readonly kind: 'name'; readonly name: Ident; readonly span: Span }
  | { readonly kind: 'call'; readonly name: Ident; readonly args: readonly Arg[]; readonly span: Span }
  | { readonly kind: 'negate'; readonly of: Expression; readonly span: Span }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  /** Written parentheses; kept so that the formatter prints what the author wrote. */
  | { readonly kind: 'group'; readonly of: Expression; readonly span: Span }
  | {
      readonly kind: 'index';
      readonly of: Expression;
      readonly indices: readonly Expression[];
      readonly span: Span;
    }
  | { readonly kind: 'fact'; readonly of: Expression; readonly name: Ident; readonly span: Span }
  | {
      readonly kind: 'list';
      readonly items: readonly Expression[];
      readonly span: Span;
    }
  | {
      readonly kind: 'codebook';
      readonly unordered: boolean;
      readonly dimension: NumberLiteral | null;
      readonly over: readonly Expression[] | null;
      /** A list of levels (of lists, for vectors), or the digits of `over`. */
      readonly levels: readonly Expression[] | { readonly digits: string; readonly span: Span };
      readonly span: Span;
    }
  | {
      readonly kind: 'curve';
      readonly lambda: Lambda;
      readonly from: Expression;
      readonly to: Expression;
      readonly count: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'table';
      readonly dimension: NumberLiteral | null;
      readonly lambda: Lambda;
      readonly count: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: 'density';
      readonly law:
        | { readonly name: Ident; readonly args: readonly Arg[] }
        | { readonly lambda: Lambda; readonly from: Expression; readonly to: Expression };
      readonly power: Expression;
      readonly count: Expression;
      readonly mode: 'symmetric' | 'asymmetric' | 'repeat_zero' | null;
      readonly scaled: { readonly name: Ident; readonly args: readonly Arg[] } | null;
      readonly span: Span;
    };

export interface Lambda {
  readonly params: readonly Ident[];
  readonly body: Expression;
  readonly where: readonly { readonly name: Ident; readonly value: Expression }[];
  readonly span: Span;
}
