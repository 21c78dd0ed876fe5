/**
 * How a node of the concrete tree is read: its children, its words, its place. Knows no rule of the grammar by name.
 *
 * The tree must be that of a text without mistakes: what a rule insists on is there.
 */

import type { CstNode, IToken } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { numberValue } from '../number-value.ts';
import { endOf } from '../tokens.ts';

/** All children of a node under a rule or label, in order; none if it has none. */
export const nodes = (node: CstNode, key: string): readonly CstNode[] =>
  (node.children[key] ?? []) as CstNode[];

/** All words of a node under a token type or label, in order; none if it has none. */
export const tokens = (node: CstNode, key: string): readonly IToken[] =>
  (node.children[key] ?? []) as IToken[];

/** The child that a node may have, or null. */
export const child = (node: CstNode, key: string): CstNode | null => nodes(node, key)[0] ?? null;

/** The one child that a node must have. */
export const only = (node: CstNode, key: string): CstNode => nodes(node, key)[0]!;

/** The first word that a node must have. */
export const token = (node: CstNode, key: string): IToken => tokens(node, key)[0]!;

/** Whether a node has a child or word under a name. */
export const has = (node: CstNode, key: string): boolean => node.children[key] !== undefined;

/** Where a node stands. */
export const span = (node: CstNode): Ast.Span => ({
  start: node.location!.startOffset,
  end: node.location!.endOffset! + 1,
});

/** Where a word stands. */
export const tokenSpan = (word: IToken): Ast.Span => ({ start: word.startOffset, end: endOf(word) });

/** A name, or a word that serves as one. */
export const ident = (word: IToken): Ast.Ident => ({ text: word.image, span: tokenSpan(word) });

/** A number as it was written. */
export const literal = (word: IToken): Ast.NumberLiteral => ({
  value: numberValue(word.image),
  text: word.image,
  span: tokenSpan(word),
});

/** The alternative that a choosing rule took. */
export function chosen(node: CstNode): [rule: string, node: CstNode] {
  const [rule, [first]] = Object.entries(node.children)[0]! as [string, CstNode[]];
  return [rule, first!];
}

/** The names of a node, in order. */
export const names = (node: CstNode): readonly Ast.Ident[] => tokens(node, 'NAME').map(ident);
