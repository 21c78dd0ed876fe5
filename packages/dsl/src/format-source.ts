/**
 * The formatter: the same words and comments, set out in one way.
 *
 * Two spaces of indentation; each pair of braces stays on one line or on many, as the author wrote it; nothing is
 * aligned, and the words are never changed. Blank lines come down to one. Formatting twice changes nothing more.
 * Rules: docs/design/language.md, "Diagnostics" (last sentence), and the comments below.
 */

import type { IToken } from 'chevrotain';
import type { Comment } from './comments.ts';
import type { Diagnostic } from './diagnostics/catalogue.ts';
import { type Roles, readRoles } from './format-roles.ts';
import { type Reading, read } from './parse.ts';
import type { Source } from './source.ts';
import { endOf } from './tokens.ts';

/** The text set out, or the reasons why it cannot be. */
export interface FormatResult {
  /** Null if the text has errors: what cannot be read is left alone. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Sets a file out. Never throws, whatever the text. */
export function formatSource(source: Source): FormatResult {
  const { reading, diagnostics } = read(source);
  return { text: reading && print(source.text, reading), diagnostics };
}

const INDENT = 2;

/** A word or a comment, with what stands between it and the one before. */
interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly comment: boolean;
  /** Line ends in the source since the piece before; the first piece has none. */
  readonly newlines: number;
  /** Columns of blanks at the head of the source line on which the piece stands. */
  readonly column: number;
}

/** What continuation lines are measured from. */
interface Statement {
  /** Indentation of its first line, as written out. */
  readonly indent: number;
  /** The same in the source. */
  readonly column: number;
}

/** A bracket that is open, or the file. */
interface Level {
  readonly bracket: string;
  /** Indentation of what stands directly inside. */
  readonly inside: number;
  /** Indentation of the closing bracket, if it begins a line. */
  readonly outside: number;
  /** A pair of braces on many lines. */
  readonly many: boolean;
  /** The statement that goes on after the bracket. */
  readonly statement: Statement;
}

function print(text: string, { words, comments, cst }: Reading): string {
  const roles = readRoles(cst);
  const pieces = merge(text, words, comments);
  const owners = nextWords(pieces);
  const many = manyLined(pieces);
  let statement: Statement = { indent: 0, column: 0 };
  const levels: Level[] = [{ bracket: '', inside: 0, outside: 0, many: true, statement }];
  let lineIndent = 0;
  const out: string[] = [];

  pieces.forEach((piece, i) => {
    const level = levels[levels.length - 1]!;
    const previous = pieces[i - 1];
    const starts = !piece.comment && roles.starts.has(piece.start);
    const breaks = previous ? lineBreaks(previous, piece, level, starts, roles) : 0;
    const heads = !previous || breaks > 0;
    if (heads) {
      const owner = owners[i];
      const onward = owner != null && !roles.starts.has(owner.start) && !CLOSING.test(owner.text);
      lineIndent = indentation(piece, level, onward, statement, roles);
      out.push('\n'.repeat(breaks), ' '.repeat(lineIndent));
    } else out.push(gap(previous, piece, starts, roles));
    if (starts) statement = { indent: lineIndent, column: piece.column };
    out.push(piece.text.includes('\n') ? reindent(piece.text, lineIndent) : piece.text);
    if (OPENING.test(piece.text)) {
      const brace = piece.text === '{';
      const outside = brace ? statement.indent : lineIndent;
      const inside = outside + INDENT;
      levels.push({ bracket: piece.text, inside, outside, many: brace && many.has(piece.start), statement });
    } else if (CLOSING.test(piece.text)) statement = levels.pop()!.statement;
  });
  return out.length === 0 ? '' : `${out.join('')}\n`;
}

const OPENING = /^[([{]$/;
const CLOSING = /^[)\]}]$/;

/** Words and comments in order, with the line ends and blanks of the source between them. */
function merge(text: string, words: readonly IToken[], comments: readonly Comment[]): Piece[] {
  const bare = [
    ...words.map((word) => ({ text: word.image, start: word.startOffset, end: endOf(word), comment: false })),
    ...comments.map(({ text: image, span }) => ({
      text: image,
      start: span.start,
      end: span.end,
      comment: true,
    })),
  ].sort((a, b) => a.start - b.start);
  let end = 0;
  let column = 0;
  return bare.map((piece, i) => {
    const between = text.slice(end, piece.start);
    const newlines = between.split('\n').length - 1;
    const lastEnd = piece.text.lastIndexOf('\n');
    if (newlines > 0 || i === 0) column = columns(between.slice(between.lastIndexOf('\n') + 1));
    end = piece.end;
    const placed = { ...piece, newlines: i === 0 ? 0 : newlines, column };
    // What follows a string of several lines stands on its last line; the statement still begins where it began.
    if (lastEnd >= 0) column = placed.column;
    return placed;
  });
}

/** Blanks in columns; a tab counts as one level. */
const columns = (blanks: string): number =>
  [...blanks].reduce((sum, blank) => sum + (blank === '\t' ? INDENT : 1), 0);

/** Opening braces of the pairs with any line end inside. */
function manyLined(pieces: readonly Piece[]): ReadonlySet<number> {
  const many = new Set<number>();
  const open: { start: number; line: number }[] = [];
  let line = 0;
  for (const piece of pieces) {
    line += piece.newlines;
    if (!piece.comment && piece.text === '{') open.push({ start: piece.start, line });
    if (!piece.comment && piece.text === '}') {
      const brace = open.pop()!;
      if (brace.line !== line) many.add(brace.start);
    }
    if (piece.text.includes('\n')) line++;
  }
  return many;
}

/** For each piece the word that it is or stands before; null at the end of the file. */
function nextWords(pieces: readonly Piece[]): readonly (Piece | null)[] {
  const found: (Piece | null)[] = new Array(pieces.length).fill(null);
  for (let i = pieces.length - 1; i >= 0; i--)
    found[i] = pieces[i]!.comment ? (found[i + 1] ?? null) : pieces[i]!;
  return found;
}

/** Line ends to write between two pieces: 0, 1 or 2. */
function lineBreaks(previous: Piece, piece: Piece, level: Level, starts: boolean, roles: Roles): 0 | 1 | 2 {
  const opens = !previous.comment && previous.text === '{' && level.many;
  const closes = !piece.comment && piece.text === '}' && level.many;
  const blank = piece.newlines > 1 ? 2 : 1;
  if (piece.comment) {
    if (piece.newlines === 0) return 0;
    return opens ? 1 : blank;
  }
  if (opens || closes) return 1;
  if (previous.comment) return starts ? blank : 1;
  if (starts) {
    if (level.bracket === '') return blank;
    return piece.newlines > 0 ? blank : 0;
  }
  if (piece.newlines === 0 || !mayBreak(previous, piece, roles)) return 0;
  return level.bracket === '[' && piece.newlines > 1 && previous.text === ',' ? 2 : 1;
}

/** Inside a statement the author's line ends stay where a space would stand, and just inside brackets. */
function mayBreak(previous: Piece, piece: Piece, roles: Roles): boolean {
  if (/^[,:={]$/.test(piece.text) || roles.brackets.has(piece.start)) return false;
  if (/^[([]$/.test(previous.text) || /^[)\]]$/.test(piece.text)) return true;
  return space(previous, piece, roles);
}

/** What stands between two pieces of a line. */
function gap(previous: Piece, piece: Piece, starts: boolean, roles: Roles): string {
  if (piece.comment) return '  ';
  // Two members on a line without a comma: the wider gap shows where the second begins.
  if (starts && !/^[,{(]$/.test(previous.text)) return '  ';
  return space(previous, piece, roles) ? ' ' : '';
}

function space(previous: Piece, piece: Piece, roles: Roles): boolean {
  const [a, b] = [previous.text, piece.text];
  if (a === '{' && b === '}') return false;
  if (a === '(' || a === '[' || b === ')' || b === ']' || b === ',' || b === ':') return false;
  if (a === '.' || b === '.' || a === '..' || b === '..') return false;
  if (roles.signs.has(previous.start) || roles.brackets.has(piece.start) || roles.colons.has(previous.start))
    return false;
  return !roles.fractions.has(previous.start) && !roles.fractions.has(piece.start);
}

/** Indentation of a piece that begins a line. `onward`: it, or the word after a comment, goes on with a statement. */
function indentation(
  piece: Piece,
  level: Level,
  onward: boolean,
  statement: Statement,
  roles: Roles,
): number {
  if (CLOSING.test(piece.text)) return level.outside;
  // In brackets that opened since the statement began: one level below the line of the bracket.
  if (level.bracket === '(' || level.bracket === '[') return level.inside;
  if (!onward) return level.inside;
  if (piece.text === '{') return statement.indent;
  // Going on: one level below the statement, or deeper where the author put it.
  if (piece.comment || roles.clauses.has(piece.start)) return statement.indent + INDENT;
  return statement.indent + Math.max(INDENT, piece.column - statement.column);
}

/** A string of several lines: each below the line where it begins, its closing mark where the author put it. */
function reindent(string: string, indent: number): string {
  const lines = string
    .slice(0, -1)
    .split('\n')
    .map((line) => line.trim().replace(/[ \t]+/g, ' '));
  const inside = lines.slice(1).filter((line) => line !== '');
  const body = [lines[0], ...inside.map((line) => ' '.repeat(indent + INDENT) + line)].join('\n');
  return lines[lines.length - 1] === '' && inside.length > 0 ? `${body}\n${' '.repeat(indent)}"` : `${body}"`;
}
