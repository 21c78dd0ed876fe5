/**
 * Number types of the concrete tree to those of the syntax tree.
 *
 * Specification: docs/design/language.md, "Grammar"; rules in grammar/types.ts.
 */

import type { CstNode } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { has, ident, literal, nodes, only, span, token } from './cst.ts';
import { named, sum } from './expressions.ts';

/** A `type`: a number and its modifiers. */
export function type(node: CstNode): Ast.TypeExpr {
  return { expr: sum(only(node, 'sum')), modifiers: nodes(node, 'modifier').map(modifier), span: span(node) };
}

function modifier(node: CstNode): Ast.Modifier {
  if (has(node, 'round')) {
    const { name, args } = named(only(node, 'call'));
    return { kind: 'round', rule: name, args, span: span(node) };
  }
  if (has(node, 'except')) {
    const levels = nodes(node, 'exception').map((exception) => ({
      code: literal(token(exception, 'NUMBER')),
      level: sum(only(exception, 'sum')),
    }));
    return { kind: 'except', levels, span: span(node) };
  }
  const saturate = has(node, 'saturate');
  return {
    kind: 'overflow',
    rule: ident(token(node, saturate ? 'saturate' : 'NAME')),
    saturate,
    span: span(node),
  };
}
