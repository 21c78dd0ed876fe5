/**
 * Expressions of a Format as canonical `.qf` text, with no parentheses that the grammar does not need.
 * Specification: docs/design/language.md, "Grammar" and "Expressions".
 */
import type { BinaryOp, Expr, FitArgument, Size } from '@fewerbits/format';
import type { BinaryOperator } from '../ast.ts';
import { BARE_AGGREGATES, isOneOf } from '../names.ts';
import {
  binaryPiece,
  callPiece,
  indexPiece,
  literal,
  negatePiece,
  type Piece,
  primary,
  RANK,
  within,
} from './pieces.ts';

/** What printing an expression must know of its format. */
export interface ExpressionText {
  /** A number as a part of an expression. */
  readonly number: (key: string) => Piece;
  /** Whether fields, lets, scopes or parameters have this name, so that it no longer means a statistic or a procedure. */
  readonly isTaken: (name: string) => boolean;
}

const OPERATORS: Readonly<Record<BinaryOp, BinaryOperator>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

/** An expression as text. */
export function exprText(expr: Expr, names: ExpressionText): string {
  return exprPiece(expr, names).text;
}

/** A size as text. */
export function sizeText(size: Size, names: ExpressionText): string {
  return typeof size === 'number' ? literal(size).text : exprText(size, names);
}

/** A size where the grammar wants a primary: `(cols / 32)`. */
export function primarySizeText(size: Size, names: ExpressionText): string {
  return typeof size === 'number' ? literal(size).text : within(exprPiece(size, names), RANK.primary);
}

/** An expression where the grammar wants a sum: a comparison stands in parentheses. */
export function sumText(expr: Expr, names: ExpressionText): string {
  return within(exprPiece(expr, names), RANK.sum);
}

function exprPiece(expr: Expr, names: ExpressionText): Piece {
  const piece = (inner: Expr): Piece => exprPiece(inner, names);
  const text = (inner: Expr): string => piece(inner).text;
  const sum = (inner: Expr): string => within(piece(inner), RANK.sum);
  switch (expr.op) {
    case 'const':
      return literal(expr.value);
    case 'x':
    case 'importance':
    case 'rows':
    case 'cols':
    case 'value':
      return primary(expr.op);
    case 'field':
      return expr.index.length === 0
        ? primary(expr.name)
        : indexPiece(primary(expr.name), expr.index.map(sum));
    case 'let':
      return primary(expr.name);
    case 'unrounded':
      return callPiece('unrounded', [expr.field]);
    case 'neg':
      return negatePiece(piece(expr.of));
    case 'call':
      return callPiece(expr.name, expr.args.map(text));
    case 'bits':
      return callPiece('bits', [text(expr.of), `${expr.from}..${expr.to}`]);
    case 'aggregate': {
      const isBare = expr.of.op === 'x' && isOneOf(BARE_AGGREGATES, expr.name) && !names.isTaken(expr.name);
      return isBare ? primary(expr.name) : callPiece(expr.name, [text(expr.of)]);
    }
    case 'at':
      return callPiece('at', [expr.scope]);
    case 'window':
      return callPiece('window', [expr.field, String(expr.bits)]);
    case 'dot':
      return callPiece('dot', [expr.left, expr.right]);
    case 'level': {
      const indices = expr.component === null ? [expr.code] : [expr.code, expr.component];
      return indexPiece(names.number(expr.number), indices.map(sum));
    }
    case 'nearest':
      return nearestPiece(names.number(expr.number), text(expr.of));
    case 'code_of':
      return callPiece('code_of', [names.number(expr.number).text, text(expr.of)]);
    case 'fit':
      return fitPiece(expr, names);
    default:
      return binaryPiece(OPERATORS[expr.op], piece(expr.left), piece(expr.right));
  }
}

/** `N(x)`; a number without a name cannot be called, so its level at its nearest code is taken, which is the same. */
function nearestPiece(number: Piece, of: string): Piece {
  const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(number.text);
  return isName ? callPiece(number.text, [of]) : indexPiece(number, [`code_of(${number.text}, ${of})`]);
}

function fitPiece(expr: Extract<Expr, { op: 'fit' }>, names: ExpressionText): Piece {
  const args = Object.entries(expr.args).map(([key, argument]) => {
    const value = argumentText(argument, names);
    return /^\d+$/.test(key) ? value : `${key}: ${value}`;
  });
  return args.length === 0 && !names.isTaken(expr.name) ? primary(expr.name) : callPiece(expr.name, args);
}

function argumentText(argument: FitArgument, names: ExpressionText): string {
  switch (argument.arg) {
    case 'expr':
      return exprText(argument.expr, names);
    case 'range':
      return `${exprText(argument.from, names)}..${exprText(argument.to, names)}`;
    case 'word':
      return argument.word;
    case 'number':
      return names.number(argument.number).text;
  }
}
