/** The shape of a rule of the grammar, for the files that share the rules out. */

import type { CstNode, ParserMethod } from 'chevrotain';

/** A rule: it takes nothing but the words of the parser, and gives a node of the concrete tree. */
export type Rule = ParserMethod<[], CstNode>;
