/**
 * The Format: the one value that text, builder and JSON meet in, and all that kernels, analyses, readers and writers know.
 *
 * Plain data, serialisable as JSON, always an instance (no parameter survives into it). It holds three independent parts:
 * what a code stands for (`numbers`, `fields`, `steps`), how scales and codes are chosen (`fit` of a field, `lets`, `fits`),
 * and where each bit lies (`layout`). Meaning: docs/design/language.md.
 */
import type { NumberType } from '@fewerbits/numerics';

/** The version of `format.json` that this code writes; readers accept every older one and refuse a newer one. */
export const FORMAT_VERSION = 1;

export interface Format {
  readonly version: typeof FORMAT_VERSION;
  /** As declared, `[A-Za-z_][A-Za-z0-9_]*`. */
  readonly name: string;
  /** Every parameter of the family with the value that this instance has, in order of declaration; a number as its `.qf` text. */
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly doc: string;
  /** `f32`: every operation rounds once to binary32, never fused. `f64`: binary64 throughout (analysis). */
  readonly arithmetic: 'f32' | 'f64';
  /** How a tensor becomes a matrix: `last`: last axis columns, the others rows; `first`: first axis rows; `flat`: one row. */
  readonly view: 'last' | 'first' | 'flat';
  /** An edge that a tile does not divide: refused, stored whole with zero bits, stored short, or its weights kept as binary32. */
  readonly tail: 'error' | 'pad' | 'short' | 'keep';
  readonly nonfinite: 'error' | 'zero' | 'keep';
  /** The numbers that fields and expressions refer to, by key: the declared name, or the type's own text for an anonymous one. */
  readonly numbers: Readonly<Record<string, NumberType>>;
  readonly scopes: readonly Scope[];
  readonly fields: readonly Field[];
  readonly lets: readonly Let[];
  /** The first is a `value`; the others apply in order when decoding and are undone in reverse when encoding. */
  readonly steps: readonly Step[];
  readonly outliers: Outliers | null;
  readonly entropy: readonly Entropy[];
  /** Named alternatives to the fits that stand in the fields. */
  readonly fits: readonly FitSet[];
  /** Streams in order; a single stream may have the empty name. Always explicit: `defaultLayout` writes the one that a file leaves out. */
  readonly layout: readonly Stream[];
}

/** A whole number that may depend on the shape of the tensor: a constant, or an expression in `rows` and `cols`. */
export type Size = number | Expr;

/**
 * Tiles of `height` × `width` weights cut from the origin of the whole tensor; `all` is a whole side. Always present, in this order:
 * `tensor` [all, all], `row` [1, all], `column` [all, 1], `each` [1, 1] (`each` last); named ones between them, outer before inner.
 */
export interface Scope {
  readonly name: string;
  /** The scope that it is written in; `null` for top-level ones, whose tiles need not divide anything but the tensor. */
  readonly parent: string | null;
  readonly height: number | 'all';
  readonly width: number | 'all';
}

/** One stored entry for each tile of its scope, times its array dimensions. */
export interface Field {
  readonly name: string;
  readonly doc: string;
  readonly scope: string;
  readonly storage: Storage;
  /** How the entry is chosen when encoding; `null`: a code (chosen by the rule for codes), or given by the caller. */
  readonly fit: Expr | null;
}

export type Storage =
  | { readonly kind: 'number'; readonly number: string; readonly dims: readonly Size[] }
  /** The k-th number for each entry; k from the position or from a stored field. */
  | { readonly kind: 'choose'; readonly index: Expr; readonly numbers: readonly string[] }
  /** The entries, in natural order as one row, stored in another format; its parts are `field.part`. */
  | { readonly kind: 'format'; readonly format: Format };

/** Real values used while fitting and not stored: one name, or several for a fit with several results (codes last). */
export interface Let {
  readonly names: readonly string[];
  readonly scope: string;
  readonly expr: Expr;
}

/** A named alternative fit: `sets` replace the fits of those fields, or the value of the let that gives those names. */
export interface FitSet {
  readonly name: string;
  readonly sets: readonly { readonly names: readonly string[]; readonly expr: Expr }[];
}

export type Step =
  | { readonly step: 'value'; readonly expr: Expr }
  /** `size`: the length of a chunk, a power of two; `null`: the whole side (dense orthogonal). `seed` null: no signs. */
  | {
      readonly step: 'rotate';
      readonly scope: 'row' | 'column';
      readonly by: 'hadamard' | 'orthogonal';
      readonly size: Size | null;
      readonly seed: number | null;
    }
  /** Inside each tile of the scope, the weights in natural order are reordered by the pattern. */
  | { readonly step: 'permute'; readonly scope: string; readonly pattern: Pattern }
  /** Weight j of a row takes the one at `field[j]`. */
  | { readonly step: 'gather'; readonly scope: string; readonly field: string };

export interface Outliers {
  /** Single weights, or whole rows or columns. */
  readonly unit: 'each' | 'row' | 'column';
  /** The floor(ratio × N) largest |x| (or `by`), or all that satisfy a condition. */
  readonly select: { readonly top: number; readonly by: Expr | null } | { readonly where: Expr };
  readonly index:
    | { readonly kind: 'coo'; readonly number: string }
    | { readonly kind: 'csr'; readonly offset: string; readonly column: string }
    | { readonly kind: 'bitmap' };
  readonly value: { readonly number: string; readonly fit: Expr | null };
  /** Decoding adds the stored value instead of putting it in place. */
  readonly add: boolean;
}

/** Fields that are stored as entropy-coded streams, each with a model of its own. docs/design/bit-streams.md. */
export interface Entropy {
  readonly fields: readonly string[];
  readonly coder: 'rans' | 'huffman';
  readonly options: {
    /** Codes of a chunk; 65,536 if it is not said. */
    readonly chunk?: number;
    /**
     * Where the model stands: in the stream, made from its codes (`tensor`, if it is not said); in the format (`static`);
     * beside several tensors, made from all of their codes (`shared`).
     */
    readonly model?: 'tensor' | 'static' | 'shared';
    /** Of a static model: the number whose levels say how often the codes `first`, `first` + 1, … occur, in any unit. */
    readonly weights?: string;
    /** 0 if it is not said. */
    readonly first?: number;
    /** How often any other code occurs, in the same unit; 0 if it is not said. */
    readonly escape?: number;
  };
}

// ---------------------------------------------------------------------------------------------- layout

export interface Stream {
  readonly name: string;
  /** How a container shows the stream (`i32[cols / 8, rows]`); `null`: bytes. */
  readonly shown: { readonly dtype: string; readonly dims: readonly Size[] } | null;
  readonly items: readonly Item[];
}

export type Item =
  | FieldItem
  /** Once for each tile of the scope in the enclosing group. */
  | { readonly item: 'scope'; readonly scope: string; readonly items: readonly Item[] }
  /** As many rounds as the shortest item has entries, a multiple of it from the others in each round. */
  | { readonly item: 'zip'; readonly items: readonly Item[] }
  /** The bits cut into words; `msb`: filled from the top, high bits first; `whole`: no entry crosses a word. */
  | {
      readonly item: 'words';
      readonly bits: number;
      readonly msb: boolean;
      readonly whole: boolean;
      readonly items: readonly Item[];
      readonly pattern: Pattern | null;
    }
  | { readonly item: 'pad'; readonly bits: number }
  /** Zero bits up to a multiple of `bits`, counted from the start of the stream. */
  | { readonly item: 'align'; readonly bits: number };

/** The entries of a field in the enclosing group. */
export interface FieldItem {
  readonly item: 'field';
  /** `code`, `scale.code` (a part of a nested format), `outliers.index`, `outliers.offset`, `outliers.value`. */
  readonly field: string;
  /** Some of the entries, first..end. */
  readonly entries: readonly [Size, Size] | null;
  /** Some of the bits of each, low..end. */
  readonly bits: readonly [number, number] | null;
  readonly pattern: Pattern | null;
  /** `digits` digits of the number's level count in `bits` bits: first digit lowest, first digit highest, or as a fraction. */
  readonly radix: {
    readonly digits: number;
    readonly bits: number;
    readonly order: 'low' | 'high' | 'fraction';
  } | null;
}

/** The left side splits the natural order into axes (last fastest, one size may be left out), the right side is the order of storage. */
export interface Pattern {
  readonly from: readonly { readonly axis: string; readonly size: Size | null }[];
  /** An axis that is only here stores copies and has a size. */
  readonly to: readonly { readonly axis: string; readonly size: Size | null; readonly reversed: boolean }[];
  /** The axis without a size is rounded up, and what lies beyond the last entry is zero bits; otherwise axes divide the entries. */
  readonly tail?: 'pad' | undefined;
}

// ---------------------------------------------------------------------------------------------- expressions

export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** Functions of values; `min` and `max` with two or more arguments (with one they are aggregates). */
export type FunctionName =
  | 'abs'
  | 'sign'
  | 'sqrt'
  | 'floor'
  | 'ceil'
  | 'trunc'
  | 'round'
  | 'min'
  | 'max'
  | 'clamp'
  | 'mod'
  | 'if'
  | 'choose'
  | 'exp'
  | 'log'
  | 'exp2'
  | 'log2'
  | 'pow'
  | 'floor_pow2'
  | 'ceil_pow2'
  | 'round_mantissa'
  | 'and'
  | 'or'
  | 'xor'
  | 'parity'
  | 'u32';

/** Reductions over the tile where the statement stands, in index order. */
export type AggregateName =
  | 'absmax'
  | 'signmax'
  | 'rms'
  | 'mean'
  | 'absmean'
  | 'norm'
  | 'sum'
  | 'running_sum'
  | 'min'
  | 'max'
  | 'sum_before';

/** Real expressions, evaluated in the Format's arithmetic, one rounding for each operation; a part without data in binary64, rounded once. */
export type Expr =
  | { readonly op: 'const'; readonly value: number }
  /** The weight; a mean importance; the shape; the value of the steps before (in later steps and outlier fits). */
  | { readonly op: 'x' | 'importance' | 'rows' | 'cols' | 'value' }
  /** A field's entry at this tile; `index` for arrays (one expression a dimension, clamped). Parts of nested formats cannot be named. */
  | { readonly op: 'field'; readonly name: string; readonly index: readonly Expr[] }
  | { readonly op: 'let'; readonly name: string }
  /** The fit before storage rounded it. */
  | { readonly op: 'unrounded'; readonly field: string }
  | { readonly op: 'neg'; readonly of: Expr }
  | { readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'call'; readonly name: FunctionName; readonly args: readonly Expr[] }
  /** Bits `from..to` of a whole number below 2^53, as a whole number. */
  | { readonly op: 'bits'; readonly of: Expr; readonly from: number; readonly to: number }
  | { readonly op: 'aggregate'; readonly name: AggregateName; readonly of: Expr }
  /** Index of the current tile inside its tile of the scope. */
  | { readonly op: 'at'; readonly scope: string }
  /** The n bits that end with this weight's code, over the enclosing tile, wrapping. */
  | { readonly op: 'window'; readonly field: string; readonly bits: number }
  /** Sum of products of two array fields, first to last. */
  | { readonly op: 'dot'; readonly left: string; readonly right: string }
  /** `N[code]` and `N[code, component]`: a level. */
  | { readonly op: 'level'; readonly number: string; readonly code: Expr; readonly component: Expr | null }
  /** `N(x)`: the nearest level by N's rule. `code_of(N, x)`: its code. */
  | { readonly op: 'nearest' | 'code_of'; readonly number: string; readonly of: Expr }
  /** A documented fitting procedure; only as the whole of a field's fit or a let. */
  | { readonly op: 'fit'; readonly name: string; readonly args: Readonly<Record<string, FitArgument>> };

/** `range` for `search(e, a..b, …)`; a word such as `absolute`; a number for `levels:`. Positional arguments have the keys '0', '1', …. */
export type FitArgument =
  | { readonly arg: 'expr'; readonly expr: Expr }
  | { readonly arg: 'range'; readonly from: Expr; readonly to: Expr }
  | { readonly arg: 'word'; readonly word: string }
  | { readonly arg: 'number'; readonly number: string };
