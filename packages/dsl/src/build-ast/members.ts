/**
 * Members of a format in the concrete tree to those of the syntax tree. What may stand in a scope too is read there.
 *
 * Specification: docs/design/language.md, "Grammar"; rules in grammar/members.ts.
 */

import type { CstNode } from 'chevrotain';
import type * as Ast from '../ast.ts';
import type { Documentation } from '../comments.ts';
import { child, chosen, has, ident, names, nodes, only, span, token, tokens } from './cst.ts';
import { expression, named, sum } from './expressions.ts';
import { items, pattern } from './layout.ts';
import { anyScope, assignment, innerMember, scopeName } from './scopes.ts';
import { type } from './types.ts';

/** A `member` of a format, with the lines that document it. */
export function member(node: CstNode, docs: Documentation): Ast.Member {
  const [rule, body] = chosen(node);
  if (rule === 'wordScope' || rule === 'named' || rule === 'letMember') return innerMember(node, docs);
  const head = { doc: docs.take(span(node).start), span: span(node) };
  switch (rule) {
    case 'valueMember':
      return { kind: 'value', ...head, expr: expression(only(body, 'expression')) };
    case 'rotateMember': {
      const { name, args } = named(only(body, 'call'));
      return {
        kind: 'rotate',
        ...head,
        scope: scopeName(only(body, 'scopeWord')),
        by: name,
        args,
      };
    }
    case 'permuteMember': {
      const axes = child(body, 'pattern');
      return {
        kind: 'permute',
        ...head,
        scope: anyScope(only(body, 'anyScope')),
        by: axes ? null : ident(token(body, 'NAME')),
        pattern: axes && pattern(axes),
      };
    }
    case 'outliersMember':
      return outliers(body, head);
    case 'entropyMember': {
      const { name, args } = named(only(body, 'call'));
      return { kind: 'entropy', ...head, names: names(only(body, 'names')), coder: name, args };
    }
    case 'fitMember': {
      const name = tokens(body, 'NAME')[0];
      return {
        kind: 'fit',
        ...head,
        name: name ? ident(name) : null,
        sets: nodes(body, 'assignment').map((set) => ({ ...assignment(set), span: span(set) })),
      };
    }
    case 'layoutMember':
      return { kind: 'layout', ...head, items: items(only(body, 'items')) };
    case 'setting':
      return {
        kind: 'setting',
        ...head,
        name: ident(token(body, 'key')),
        value: ident(token(body, 'choice')),
      };
    default:
      return { kind: 'expect', ...head, facts: expectations(body) };
  }
}

function outliers(node: CstNode, head: { doc: readonly string[]; span: Ast.Span }): Ast.OutliersMember {
  const selection = only(node, 'selection');
  const [first, by] = nodes(selection, 'expression').map(expression);
  const index = only(node, 'outlierIndex');
  const rows = child(index, 'compressedRows');
  const stored = only(node, 'outlierValue');
  const fit = child(stored, 'expression');
  return {
    kind: 'outliers',
    ...head,
    unit: has(node, 'row') ? 'row' : has(node, 'column') ? 'column' : 'each',
    select: has(selection, 'top') ? { top: first!, by: by ?? null } : { where: first! },
    index: has(index, 'bitmap')
      ? { bitmap: true }
      : rows
        ? { csr: nodes(rows, 'type').map(type) as [Ast.TypeExpr, Ast.TypeExpr] }
        : { coo: type(only(index, 'type')) },
    value: type(only(stored, 'type')),
    fit: fit && expression(fit),
    add: has(node, 'add'),
  };
}

/** The facts of an `expectClause`. */
export const expectations = (node: CstNode): readonly Ast.Expectation[] => nodes(node, 'fact').map(fact);

function fact(node: CstNode): Ast.Expectation {
  return { name: ident(token(node, 'NAME')), value: sum(only(node, 'sum')), span: span(node) };
}
