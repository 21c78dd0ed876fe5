/**
 * Concrete tree to syntax tree: one function for each rule of the grammar.
 *
 * Takes the tree of a text without mistakes and cannot fail. Knows the shape of the grammar and of ast.ts, nothing of
 * meaning; names are not looked up. A file and its declarations stand here, the rest in build-ast/, shared out as in
 * grammar/.
 */

import type { CstNode } from 'chevrotain';
import type * as Ast from './ast.ts';
import { child, chosen, ident, names, nodes, only, span, token, tokenSpan } from './build-ast/cst.ts';
import { args, elements, expression, fromTo } from './build-ast/expressions.ts';
import { expectations, member } from './build-ast/members.ts';
import { type } from './build-ast/types.ts';
import type { Documentation } from './comments.ts';
import { STRING } from './tokens.ts';

/** The syntax tree of a concrete tree. `docs` gives each declaration and member its lines. */
export function buildAst(file: CstNode, length: number, docs: Documentation): Ast.SourceFile {
  return {
    imports: nodes(file, 'importDeclaration').map(importDeclaration),
    declarations: nodes(file, 'declaration').map((node) => declaration(node, docs)),
    span: { start: 0, end: length },
  };
}

function importDeclaration(node: CstNode): Ast.Import {
  const path = token(node, STRING.name);
  return {
    names: names(only(node, 'names')),
    path: path.image.slice(1, -1),
    pathSpan: tokenSpan(path),
    span: span(node),
  };
}

function declaration(node: CstNode, docs: Documentation): Ast.NumberDeclaration | Ast.FormatDeclaration {
  const [rule, body] = chosen(node);
  const head = {
    doc: docs.take(span(node).start),
    name: ident(token(body, 'NAME')),
    params: child(body, 'params') ? nodes(only(body, 'params'), 'param').map(param) : [],
    span: span(node),
  };
  if (rule === 'numberDeclaration') {
    const expects = nodes(body, 'expectClause').flatMap(expectations);
    return { kind: 'number', ...head, type: type(only(body, 'type')), expects };
  }
  const base = child(body, 'base');
  return {
    kind: 'format',
    ...head,
    base: base && { name: ident(token(base, 'NAME')), args: args(base), span: span(base) },
    members: nodes(body, 'member').map((inner) => member(inner, docs)),
  };
}

function param(node: CstNode): Ast.Param {
  const list = child(node, 'list');
  const range = child(node, 'range');
  const value = child(node, 'expression');
  return {
    name: ident(token(node, 'NAME')),
    type: ident(token(node, 'kind')),
    range: list ? { list: elements(list) } : range ? fromTo(range) : null,
    default: value && expression(value),
    span: span(node),
  };
}
