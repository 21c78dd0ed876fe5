/**
 * Comments beside the words: which stand on lines of their own, and which document what follows.
 *
 * A documentation comment (`///`) on a line of its own belongs to the declaration or member that begins with the next
 * word. Any other would lose its words, so it is reported (QF009); a plain comment may stand anywhere.
 */

import type { IToken } from 'chevrotain';
import type { Span } from './ast.ts';
import { DOC, endOf } from './tokens.ts';

/** A comment of either kind. */
export interface Comment {
  readonly doc: boolean;
  /** As written, slashes included, without blanks at the end. */
  readonly text: string;
  /** Nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
  readonly span: Span;
}

/** The lexer's comments, with their place on the line. */
export function readComments(text: string, tokens: readonly IToken[]): Comment[] {
  return tokens.map((token) => {
    let before = token.startOffset - 1;
    while (before >= 0 && (text[before] === ' ' || text[before] === '\t')) before--;
    return {
      doc: token.tokenType === DOC,
      text: token.image.trimEnd(),
      ownLine: before < 0 || text[before] === '\n',
      span: { start: token.startOffset, end: endOf(token) },
    };
  });
}

/** Documentation by the offset of the word it stands before, a string for each line. */
export interface Documentation {
  /** The lines for what begins at an offset, marked as used; none if nothing documents it. */
  take(start: number): readonly string[];
  /** Comments that nobody took, in order. */
  orphans(): readonly Comment[];
}

/** Sorts documentation comments to the words they stand before. */
export function sortDocumentation(comments: readonly Comment[], words: readonly IToken[]): Documentation {
  const lines = new Map<number, Comment[]>();
  const orphans: Comment[] = [];
  let next = 0;
  for (const comment of comments) {
    if (!comment.doc) continue;
    while (next < words.length && words[next]!.startOffset < comment.span.start) next++;
    const owner = words[next];
    if (!owner || !comment.ownLine) orphans.push(comment);
    else {
      const known = lines.get(owner.startOffset);
      if (known) known.push(comment);
      else lines.set(owner.startOffset, [comment]);
    }
  }
  return {
    take(start) {
      const taken = lines.get(start) ?? [];
      lines.delete(start);
      return taken.map((comment) => comment.text.slice(3).replace(/^[ \t]/, ''));
    },
    orphans: () => [...orphans, ...[...lines.values()].flat()].sort((a, b) => a.span.start - b.span.start),
  };
}
