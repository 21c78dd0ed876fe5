/**
 * The text that a curve, a table or a density keeps of itself: its lambda as written, with parameters replaced by their
 * values and spaces made canonical, so that it means the same in any file that declares the numbers it mentions.
 * Specification: docs/design/language.md, "Parameters" ("no parameter survives").
 */

import type { NumberType } from '@fewerbits/numerics';
import { describeNumber } from '@fewerbits/numerics';
import type { Expression, Lambda } from '../ast.ts';
import type { Names, NumberRef } from '../constant.ts';
import { isFunctionName } from '../names.ts';
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
} from '../print/pieces.ts';

/** Canonical text of a lambda, and the declared numbers that it names. */
export interface LambdaText {
  readonly text: string;
  readonly mentions: ReadonlyMap<string, NumberType>;
}

/** Text of `u => body where …`; the lambda must have compiled without errors. */
export function lambdaText(lambda: Lambda, names: Names): LambdaText {
  const mentions = new Map<string, NumberType>();
  const variables = new Set(
    [...lambda.params, ...lambda.where.map((item) => item.name)].map((name) => name.text),
  );
  const params = lambda.params.map((param) => param.text);
  const head = params.length === 1 ? params[0]! : `(${params.join(', ')})`;
  const where = lambda.where.map((item) => `${item.name.text} = ${text(item.value)}`);
  return {
    text: `${head} => ${text(lambda.body)}${where.length === 0 ? '' : ` where ${where.join(', ')}`}`,
    mentions,
  };

  function text(expr: Expression): string {
    return piece(expr).text;
  }

  function piece(expr: Expression): Piece {
    switch (expr.kind) {
      case 'number':
        return literal(expr.value);
      case 'group':
        return piece(expr.of);
      case 'negate':
        return negatePiece(piece(expr.of));
      case 'binary':
        return binaryPiece(expr.operator, piece(expr.left), piece(expr.right));
      case 'name':
        return nameText(expr);
      case 'call':
        return callText(expr);
      case 'index':
        return indexPiece(numberText(expr.of), expr.indices.map(text));
      case 'fact':
        return primary(`${within(numberText(expr.of), RANK.primary)}.${expr.name.text}`);
      default:
        return numberText(expr);
    }
  }

  function nameText(expr: Extract<Expression, { kind: 'name' }>): Piece {
    const value = variables.has(expr.name.text) ? undefined : names.constants.get(expr.name.text);
    return value === undefined ? primary(expr.name.text) : literal(value);
  }

  function callText(expr: Extract<Expression, { kind: 'call' }>): Piece {
    const name = expr.name.text;
    if (name === 'bits') {
      const range = expr.args[1]!;
      return callPiece(name, [text(expr.args[0]!.value), `${text(range.value)}..${text(range.to!)}`]);
    }
    if (name === 'code_of')
      return callPiece(name, [numberText(expr.args[0]!.value).text, text(expr.args[1]!.value)]);
    const args = expr.args.map((arg) => text(arg.value));
    if (isFunctionName(name) || name === 'sum') return callPiece(name, args);
    const number = names.number({ kind: 'name', name: expr.name, span: expr.span });
    if (number === undefined || number === null) return callPiece(name, args);
    const named = refText(number);
    return number.name === null
      ? indexPiece(named, [callPiece('code_of', [named.text, ...args]).text])
      : callPiece(named.text, args);
  }

  function numberText(expr: Expression): Piece {
    const number = names.number(expr);
    return number === undefined || number === null ? primary('0') : refText(number);
  }

  function refText(number: NumberRef): Piece {
    for (const [name, type] of number.mentions) mentions.set(name, type);
    if (number.name === null) return { text: describeNumber(number.type), rank: RANK.comparison };
    mentions.set(number.name, number.type);
    return primary(number.name);
  }
}
