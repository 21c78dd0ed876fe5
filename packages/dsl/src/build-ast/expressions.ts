/**
 * Expressions of the concrete tree to those of the syntax tree, with all that expressions are made of: arguments,
 * lists, and the numbers that begin with a word of their own, which hold expressions again.
 *
 * Specification: docs/design/language.md, "Grammar"; rules in grammar/expressions.ts and grammar/number-words.ts.
 */

import type { CstNode, IToken } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { STRING } from '../tokens.ts';
import { child, chosen, has, ident, literal, nodes, only, span, token, tokenSpan, tokens } from './cst.ts';

/** An `expression`: a sum, or a comparison of two. */
export function expression(node: CstNode): Ast.Expression {
  return chain(nodes(node, 'sum').map(sum), node);
}

/** A `sum`: what stands where a comparison would not fit. */
export function sum(node: CstNode): Ast.Expression {
  return chain(nodes(node, 'term').map(term), node);
}

function term(node: CstNode): Ast.Expression {
  return chain(nodes(node, 'unary').map(unary), node);
}

/** Operands and the operators between them, from the left. */
function chain(operands: readonly Ast.Expression[], node: CstNode): Ast.Expression {
  const operators = tokens(node, 'operator');
  return operands.slice(1).reduce(
    (left, right, i): Ast.Expression => ({
      kind: 'binary',
      operator: operators[i]!.image as Ast.BinaryOperator,
      left,
      right,
      span: { start: left.span.start, end: right.span.end },
    }),
    operands[0]!,
  );
}

function unary(node: CstNode): Ast.Expression {
  const of = postfix(only(node, 'postfix'));
  return has(node, '-') ? { kind: 'negate', of, span: span(node) } : of;
}

function postfix(node: CstNode): Ast.Expression {
  return nodes(node, 'suffix').reduce(
    (of: Ast.Expression, suffix): Ast.Expression => {
      const place = { start: of.span.start, end: span(suffix).end };
      return suffix.name === 'property'
        ? { kind: 'fact', of, name: ident(token(suffix, 'NAME')), span: place }
        : { kind: 'index', of, indices: subscripts(suffix), span: place };
    },
    primary(only(node, 'primary')),
  );
}

/** The indices of a `subscript`. */
export const subscripts = (node: CstNode): readonly Ast.Expression[] => elements(only(node, 'list'));

/** The items of a `list`. */
export const elements = (list: CstNode): readonly Ast.Expression[] => nodes(list, 'element').map(element);

function element(node: CstNode): Ast.Expression {
  const list = child(node, 'list');
  return list ? { kind: 'list', items: elements(list), span: span(list) } : sum(only(node, 'sum'));
}

/** A `primary`: an operand without sign or suffix. */
export function primary(node: CstNode): Ast.Expression {
  const number = tokens(node, 'NUMBER')[0];
  if (number) return { kind: 'number', ...literal(number) };
  const [rule, body] = chosen(node);
  switch (rule) {
    case 'parenthesized':
      return { kind: 'group', of: expression(only(body, 'expression')), span: span(body) };
    case 'codebookNumber':
      return codebook(body);
    case 'curveNumber':
      return curve(body);
    case 'tableNumber':
      return table(body);
    case 'densityNumber':
      return density(body);
    default:
      return reference(body);
  }
}

function reference(node: CstNode): Ast.Expression {
  const word = child(node, 'scopeWord');
  const name = word ? token(word, 'word') : token(node, 'name');
  if (!child(node, 'args')) return nameExpression(name);
  return { kind: 'call', name: ident(name), args: args(node), span: span(node) };
}

/** A name that stands for its value. */
export function nameExpression(word: IToken): Ast.Expression {
  return { kind: 'name', name: ident(word), span: tokenSpan(word) };
}

/** The arguments of a node that may have an `args`. */
export function args(node: CstNode): readonly Ast.Arg[] {
  const list = child(node, 'args');
  return list ? nodes(list, 'arg').map(arg) : [];
}

function arg(node: CstNode): Ast.Arg {
  const name = tokens(node, 'NAME')[0];
  const [value, to] = nodes(node, 'expression');
  return {
    name: name ? ident(name) : null,
    value: expression(value!),
    to: to ? expression(to) : null,
    span: span(node),
  };
}

/** A `call`: what is called, and what it is given. */
export const named = (call: CstNode): { name: Ast.Ident; args: readonly Ast.Arg[] } => ({
  name: ident(token(call, 'NAME')),
  args: args(call),
});

/** Both ends of a `range`, in order. */
export function ends(range: CstNode): [Ast.Expression, Ast.Expression] {
  const [from, to] = nodes(range, 'sum');
  return [sum(from!), sum(to!)];
}

/** Both ends of a `range`, by name. */
export function fromTo(range: CstNode): { from: Ast.Expression; to: Ast.Expression } {
  const [from, to] = ends(range);
  return { from, to };
}

function codebook(node: CstNode): Ast.Expression {
  const over = has(node, 'over');
  const list = elements(only(node, 'list'));
  const digits = tokens(node, STRING.name)[0];
  return {
    kind: 'codebook',
    unordered: has(node, 'unordered'),
    dimension: dimension(node),
    over: over ? list : null,
    levels: digits ? { digits: digits.image.slice(1, -1), span: tokenSpan(digits) } : list,
    span: span(node),
  };
}

function dimension(node: CstNode): Ast.NumberLiteral | null {
  const size = child(node, 'dimension');
  return size && literal(token(size, 'NUMBER'));
}

function curve(node: CstNode): Ast.Expression {
  return {
    kind: 'curve',
    lambda: lambda(only(node, 'lambda')),
    ...fromTo(only(node, 'range')),
    count: sum(only(node, 'sum')),
    span: span(node),
  };
}

function table(node: CstNode): Ast.Expression {
  return {
    kind: 'table',
    dimension: dimension(node),
    lambda: lambda(only(node, 'lambda')),
    count: sum(only(node, 'sum')),
    span: span(node),
  };
}

function density(node: CstNode): Ast.Expression {
  const [power, count] = nodes(node, 'sum');
  const law = child(node, 'lambda');
  const scaling = child(node, 'scaling');
  return {
    kind: 'density',
    law: law ? { lambda: lambda(law), ...fromTo(only(node, 'range')) } : named(only(node, 'call')),
    power: sum(power!),
    count: sum(count!),
    mode: (tokens(node, 'mode')[0]?.image ?? null) as 'symmetric' | 'asymmetric' | 'repeat_zero' | null,
    scaled: scaling && named(scaling),
    span: span(node),
  };
}

function lambda(node: CstNode): Ast.Lambda {
  return {
    params: tokens(node, 'NAME').map(ident),
    body: expression(only(node, 'expression')),
    where: nodes(node, 'definition').map((definition) => ({
      name: ident(token(definition, 'NAME')),
      value: expression(only(definition, 'expression')),
    })),
    span: span(node),
  };
}
