/**
 * Formats written in TypeScript: the second door to the Format value, as plain nested calls.
 *
 * ```ts
 * const int4 = buildFormat('int4', {
 *   body: [block('block', 64, [
 *     field('scale', 'bf16', div(absmax(), 7)),
 *     each([field('code', int(-7, 7))]),
 *   ])],
 *   value: mul(ref('scale'), ref('code')),
 * });
 * ```
 * The result is checked like any other Format; there is nothing that a file can say and this cannot.
 */
import { describeNumber, type NumberType, preludeNumber, resolveNumber } from '@fewerbits/numerics';
import { defaultLayout } from './default-layout.ts';
import { checkLayout } from './plan/coverage.ts';
import { checkReferences } from './references.ts';
import {
  type AggregateName,
  type BinaryOp,
  type Entropy,
  type Expr,
  type Field,
  type FitArgument,
  FORMAT_VERSION,
  type Format,
  type FunctionName,
  type Let,
  type Outliers,
  type Scope,
  type Size,
  type Step,
  type Storage,
  type Stream,
} from './types.ts';

/** A number by its prelude name (`'f16'`, `'u4'`) or as data. */
export type NumberArgument = string | NumberType;

/** An expression, or a constant. */
export type ExprArgument = Expr | number;

interface FieldNode {
  readonly node: 'field';
  readonly name: string;
  readonly doc: string;
  readonly storage:
    | { readonly kind: 'number'; readonly number: NumberArgument; readonly dims: readonly Size[] }
    | { readonly kind: 'choose'; readonly index: Expr; readonly numbers: readonly NumberArgument[] }
    | { readonly kind: 'format'; readonly format: Format };
  readonly fit: Expr | null;
}

interface LetNode {
  readonly node: 'let';
  readonly names: readonly string[];
  readonly expr: Expr;
}

interface ScopeNode {
  readonly node: 'scope';
  readonly name: string;
  readonly height: number | 'all';
  readonly width: number | 'all';
  readonly body: readonly Node[];
}

/** A scope, field or let inside a format. */
export type Node = FieldNode | LetNode | ScopeNode;

/** Everything of a format but its name; what is left out has the language's default. */
export interface FormatParts {
  readonly doc?: string;
  readonly parameters?: Readonly<Record<string, number | string>>;
  readonly arithmetic?: Format['arithmetic'];
  readonly view?: Format['view'];
  readonly tail?: Format['tail'];
  readonly nonfinite?: Format['nonfinite'];
  readonly body: readonly Node[];
  /** The value of a weight; may be left out where there is one field. */
  readonly value?: ExprArgument;
  /** Steps after the value. */
  readonly steps?: readonly Step[];
  readonly outliers?: Outliers;
  readonly entropy?: readonly Entropy[];
  readonly fits?: Format['fits'];
  readonly layout?: readonly Stream[];
  /** Numbers that expressions name (`level`, `nearest`), by key. */
  readonly numbers?: Readonly<Record<string, NumberType>>;
}

/**
 * Builds and checks a Format.
 * @throws RangeError for names that are not names, doubled or unknown ones, numbers that are not numbers, and layouts that
 * do not store every bit exactly once.
 */
export function buildFormat(name: string, parts: FormatParts): Format {
  const numbers: Record<string, NumberType> = { ...parts.numbers };
  const scopes: Scope[] = [];
  const fields: Field[] = [];
  const lets: Let[] = [];
  let eachParent: string | null = null;

  const keyOf = (argument: NumberArgument): string => {
    const type = typeof argument === 'string' ? (numbers[argument] ?? preludeNumber(argument)) : argument;
    if (type === undefined) throw new RangeError(`${name}: unknown number ${String(argument)}`);
    const key = typeof argument === 'string' ? argument : describeNumber(type);
    resolveNumber(type);
    numbers[key] = type;
    return key;
  };
  const storageOf = (storage: FieldNode['storage']): Storage => {
    switch (storage.kind) {
      case 'number':
        return { kind: 'number', number: keyOf(storage.number), dims: storage.dims };
      case 'choose':
        return { kind: 'choose', index: storage.index, numbers: storage.numbers.map(keyOf) };
      case 'format':
        return storage;
    }
  };
  const walk = (nodes: readonly Node[], scope: string | null): void => {
    for (const node of nodes) {
      if (node.node === 'scope') {
        if (node.name === 'each') eachParent = scope;
        else if (!FIXED_SCOPES.has(node.name)) {
          scopes.push({ name: node.name, parent: scope, height: node.height, width: node.width });
        }
        walk(node.body, node.name);
      } else if (scope === null) {
        throw new RangeError(
          `${name}: ${node.node === 'field' ? node.name : node.names.join(', ')} stands outside any scope`,
        );
      } else if (node.node === 'field') {
        fields.push({
          name: node.name,
          doc: node.doc,
          scope,
          storage: storageOf(node.storage),
          fit: node.fit,
        });
      } else {
        lets.push({ names: node.names, scope, expr: node.expr });
      }
    }
  };
  walk(parts.body, null);

  const value = parts.value ?? soleField(name, fields);
  const outliers = parts.outliers ?? null;
  const format: Format = {
    version: FORMAT_VERSION,
    name,
    parameters: parts.parameters ?? {},
    doc: parts.doc ?? '',
    arithmetic: parts.arithmetic ?? 'f32',
    view: parts.view ?? 'last',
    tail: parts.tail ?? 'error',
    nonfinite: parts.nonfinite ?? 'error',
    numbers,
    scopes: [
      { name: 'tensor', parent: null, height: 'all', width: 'all' },
      { name: 'row', parent: null, height: 1, width: 'all' },
      { name: 'column', parent: null, height: 'all', width: 1 },
      ...scopes,
      { name: 'each', parent: eachParent, height: 1, width: 1 },
    ],
    fields,
    lets,
    steps: [{ step: 'value', expr: toExpr(value) }, ...(parts.steps ?? [])],
    outliers,
    entropy: parts.entropy ?? [],
    fits: parts.fits ?? [],
    layout: parts.layout ?? defaultLayout({ fields, outliers }),
  };
  checkBuilt(format);
  return format;
}

const FIXED_SCOPES: ReadonlySet<string> = new Set(['tensor', 'row', 'column', 'each']);
function soleField(name: string, fields: readonly Field[]): Expr {
  if (fields.length !== 1)
    throw new RangeError(`${name}: with ${fields.length} fields the value must be given`);
  return { op: 'field', name: fields[0]!.name, index: [] };
}

function checkBuilt(format: Format): void {
  checkReferences(format);
  const problem = checkLayout(format)[0];
  if (problem !== undefined) throw new RangeError(`${format.name}: ${problem.message}`);
}

// ---------------------------------------------------------------------------------------------- members

/** A field of one entry a tile (times `dims`); without a fit it is a code, or given by the caller. */
export function field(
  name: string,
  number: NumberArgument,
  fit: ExprArgument | null = null,
  dims: readonly Size[] = [],
): Node {
  return {
    node: 'field',
    name,
    doc: '',
    storage: { kind: 'number', number, dims },
    fit: fit === null ? null : toExpr(fit),
  };
}

/** A field whose entries take the k-th of several numbers. */
export function chooseField(
  name: string,
  index: Expr,
  numbers: readonly NumberArgument[],
  fit: Expr | null = null,
): Node {
  return { node: 'field', name, doc: '', storage: { kind: 'choose', index, numbers }, fit };
}

/** A field whose entries are stored in another format. */
export function nestedField(name: string, format: Format, fit: Expr): Node {
  return { node: 'field', name, doc: '', storage: { kind: 'format', format }, fit };
}

/** A real that is used while fitting and not stored. */
export function let_(names: string | readonly string[], expr: Expr): Node {
  return { node: 'let', names: typeof names === 'string' ? [names] : names, expr };
}

/** Tiles of `size` consecutive columns, or of [rows, columns]. */
export function block(
  name: string,
  size: number | 'all' | readonly [number | 'all', number | 'all'],
  body: readonly Node[],
): Node {
  const [height, width] = typeof size === 'object' ? size : ([1, size] as const);
  return { node: 'scope', name, height, width, body };
}

/** The whole tensor. */
export const tensor = (body: readonly Node[]): Node => block('tensor', ['all', 'all'], body);
/** Each row. */
export const row = (body: readonly Node[]): Node => block('row', [1, 'all'], body);
/** Each column. */
export const column = (body: readonly Node[]): Node => block('column', ['all', 1], body);
/** Each weight. */
export const each = (body: readonly Node[]): Node => block('each', [1, 1], body);

// ---------------------------------------------------------------------------------------------- expressions

function toExpr(argument: ExprArgument): Expr {
  if (typeof argument !== 'number') return argument;
  if (!Number.isFinite(argument)) throw new RangeError(`${argument} is not a constant of the language`);
  return { op: 'const', value: argument };
}

const binary =
  (op: BinaryOp) =>
  (left: ExprArgument, right: ExprArgument): Expr => ({ op, left: toExpr(left), right: toExpr(right) });

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
export const equal = binary('eq');
export const less = binary('lt');

/** The weight. */
export const x: Expr = { op: 'x' };

/** A field's entry at this tile. */
export function ref(name: string, ...index: ExprArgument[]): Expr {
  return { op: 'field', name, index: index.map(toExpr) };
}

/** A let. */
export function letRef(name: string): Expr {
  return { op: 'let', name };
}

/** The fit of a field before storage rounded it. */
export function unrounded(name: string): Expr {
  return { op: 'unrounded', field: name };
}

/** A function of the language. */
export function call(name: FunctionName, ...args: ExprArgument[]): Expr {
  return { op: 'call', name, args: args.map(toExpr) };
}

/** A reduction over the tile where the statement stands; of the weight by default. */
export function aggregate(name: AggregateName, of: Expr = x): Expr {
  return { op: 'aggregate', name, of };
}

/** The largest magnitude. */
export const absmax = (of: Expr = x): Expr => aggregate('absmax', of);
/** The first value of largest magnitude, with its sign. */
export const signmax = (of: Expr = x): Expr => aggregate('signmax', of);
/** The root mean square. */
export const rms = (of: Expr = x): Expr => aggregate('rms', of);

/** A named fit. */
export function fit(name: string, args: Readonly<Record<string, FitArgument>> = {}): Expr {
  return { op: 'fit', name, args };
}
