/**
 * Layouts and patterns of the concrete tree to those of the syntax tree.
 *
 * Specification: docs/design/language.md, "Grammar"; rules in grammar/layout.ts.
 */

import type { CstNode } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { child, chosen, has, ident, literal, nodes, only, span, token, tokens } from './cst.ts';
import { ends, primary, subscripts } from './expressions.ts';
import { anyScope } from './scopes.ts';

/** The `item`s of a node, in order. */
export const items = (node: CstNode): readonly Ast.Item[] => nodes(node, 'item').map(item);

function item(node: CstNode): Ast.Item {
  const [rule, body] = chosen(node);
  switch (rule) {
    case 'streamItem': {
      const shown = child(body, 'shown');
      return {
        kind: 'stream',
        name: dotted(only(body, 'path')),
        shown: shown && { dtype: ident(token(shown, 'NAME')), dims: subscripts(only(shown, 'subscript')) },
        items: items(only(body, 'items')),
        span: span(body),
      };
    }
    case 'wordsItem':
      return {
        kind: 'words',
        bits: literal(token(body, 'NUMBER')),
        msb: has(body, 'msb'),
        whole: has(body, 'whole'),
        items: items(only(body, 'items')),
        pattern: optionalPattern(body),
        span: span(body),
      };
    case 'zipItem':
      return { kind: 'zip', items: items(body), span: span(body) };
    case 'gapItem':
      return {
        kind: token(body, 'gap').image as 'pad' | 'align',
        bits: literal(token(body, 'NUMBER')),
        span: span(body),
      };
    case 'groupItem':
      return {
        kind: 'group',
        scope: anyScope(only(body, 'anyScope')),
        items: items(only(body, 'items')),
        span: span(body),
      };
    default:
      return fieldItem(body);
  }
}

/** A stream may be called after a part of a field: `scale.code`. */
function dotted(path: CstNode): Ast.Ident {
  return {
    text: tokens(path, 'part')
      .map((word) => word.image)
      .join('.'),
    span: span(path),
  };
}

function fieldItem(node: CstNode): Ast.Item {
  const entries = child(node, 'entries');
  const bits = child(node, 'range');
  const radix = child(node, 'radixDigits');
  return {
    kind: 'field',
    path: tokens(only(node, 'path'), 'part').map(ident),
    entries: entries && ends(only(entries, 'range')),
    bits: bits && ends(bits),
    pattern: optionalPattern(node),
    radix: radix && {
      order: (tokens(radix, 'order')[0]?.image ?? 'low') as 'low' | 'high' | 'fraction',
      digits: literal(tokens(radix, 'NUMBER')[0]!),
      bits: literal(tokens(radix, 'NUMBER')[1]!),
    },
    span: span(node),
  };
}

function optionalPattern(node: CstNode): Ast.Pattern | null {
  const axes = child(node, 'pattern');
  return axes && pattern(axes);
}

/** A `pattern`: axes before and after. */
export function pattern(node: CstNode): Ast.Pattern {
  const [from, to] = nodes(node, 'axes').map((axes) => nodes(axes, 'axis').map(axis));
  return { from: from!, to: to!, padded: has(node, 'tail'), span: span(node) };
}

function axis(node: CstNode): Ast.Axis {
  const size = child(node, 'primary');
  return {
    name: ident(token(node, 'NAME')),
    size: size && primary(size),
    reversed: has(node, '-'),
    span: span(node),
  };
}
