/**
 * Scopes of the concrete tree to those of the syntax tree, with the fields, `let`s and scopes that stand in them.
 *
 * Specification: docs/design/language.md, "Grammar"; rules in grammar/scopes.ts.
 */

import type { CstNode, IToken } from 'chevrotain';
import type * as Ast from '../ast.ts';
import type { Documentation } from '../comments.ts';
import { child, chosen, has, ident, literal, names, nodes, only, span, token } from './cst.ts';
import { args, expression, nameExpression } from './expressions.ts';
import { type } from './types.ts';

/** A member that may stand in a scope; `node` is a `member` or an `inner`. */
export function innerMember(
  node: CstNode,
  docs: Documentation,
): Ast.ScopeMember | Ast.FieldMember | Ast.LetMember {
  const [rule, body] = chosen(node);
  const doc = docs.take(span(node).start);
  if (rule === 'letMember')
    return { kind: 'let', doc, ...assignment(only(body, 'assignment')), span: span(body) };
  if (rule === 'wordScope') return wordScope(body, doc, docs);
  return has(body, 'fieldTail') ? field(body, doc) : namedScope(body, doc, docs);
}

const innerMembers = (body: CstNode, docs: Documentation): Ast.ScopeMember['members'] =>
  nodes(body, 'inner').map((inner) => innerMember(inner, docs));

function wordScope(node: CstNode, doc: readonly string[], docs: Documentation): Ast.ScopeMember {
  const body = child(node, 'body');
  return {
    kind: 'scope',
    doc,
    name: scopeName(only(node, 'scopeWord')),
    extent: null,
    braces: body !== null,
    members: body ? innerMembers(body, docs) : [field(only(node, 'field'), [])],
    span: span(node),
  };
}

function namedScope(node: CstNode, doc: readonly string[], docs: Documentation): Ast.ScopeMember {
  const tail = only(node, 'scopeTail');
  const size = child(tail, 'extent');
  return {
    kind: 'scope',
    doc,
    name: ident(token(node, 'NAME')),
    extent: size && extent(size),
    braces: true,
    members: innerMembers(only(tail, 'body'), docs),
    span: span(node),
  };
}

function extent(node: CstNode): readonly Ast.Expression[] {
  const [rule, first] = Object.entries(node.children)[0]! as [string, (CstNode & IToken)[]];
  if (rule === 'NUMBER') return [{ kind: 'number', ...literal(first[0]!) }];
  if (rule === 'NAME') return [nameExpression(first[0]!)];
  if (rule === 'parenthesized') return [expression(only(first[0]!, 'expression'))];
  return nodes(node, 'expression').map(expression);
}

/** `node` is a `field`, or a `named` that turned out to be one: a name and a `fieldTail`. */
function field(node: CstNode, doc: readonly string[]): Ast.FieldMember {
  const tail = only(node, 'fieldTail');
  const nested = child(tail, 'nested');
  const fit = child(tail, 'expression');
  return {
    kind: 'field',
    doc,
    names: [...names(node), ...names(tail)],
    storage: nested
      ? { format: ident(token(nested, 'NAME')), args: args(nested), span: span(nested) }
      : type(only(tail, 'type')),
    fit: fit && expression(fit),
    span: span(node),
  };
}

/** An `assignment`: the names and what they are set to. */
export const assignment = (node: CstNode): { names: readonly Ast.Ident[]; expr: Ast.Expression } => ({
  names: names(only(node, 'names')),
  expr: expression(only(node, 'expression')),
});

/** A `scopeWord` as the name of a scope. */
export const scopeName = (node: CstNode): Ast.Ident => ident(token(node, 'word'));

/** An `anyScope`: the name of a scope, whether a word of the language or not. */
export function anyScope(node: CstNode): Ast.Ident {
  const word = child(node, 'scopeWord');
  return word ? scopeName(word) : ident(token(node, 'NAME'));
}
