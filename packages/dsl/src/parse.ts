/**
 * Text to syntax tree, with every mistake that can be told in one go.
 *
 * Total and linear: any text returns, and one with a mistake returns no tree, so nothing is ever made from a guess of
 * the parser's recovery. At most one diagnostic for a line and 20 for a file: the first is the one to mend. What
 * follows from an error on the line before is left out.
 */

import { type CstNode, EOF, type IRecognitionException, type IToken } from 'chevrotain';
import type { SourceFile } from './ast.ts';
import { buildAst } from './build-ast.ts';
import { type Comment, readComments, sortDocumentation } from './comments.ts';
import { type Diagnostic, diagnose } from './diagnostics/catalogue.ts';
import { slip, syntaxMessages } from './diagnostics/syntax-messages.ts';
import { QfParser } from './grammar.ts';
import { asIntended, lexicalErrors, tooDeep, tooLarge } from './lexical-errors.ts';
import { MAX_LENGTH, MAX_WORDS, measureNesting } from './limits.ts';
import { positionOf, type Source } from './source.ts';
import { findStrayBrace } from './stray-braces.ts';
import { endOf, tokenize } from './tokens.ts';

/** A tree, or the reasons why there is none. */
export interface ParseResult {
  /** Null if there is any error. */
  readonly ast: SourceFile | null;
  /** In order of place. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What a text without mistakes is made of, for the formatter. */
export interface Reading {
  readonly words: readonly IToken[];
  readonly comments: readonly Comment[];
  readonly cst: CstNode;
  readonly ast: SourceFile;
}

/** Reads a file. Never throws, whatever the text. */
export function parse(source: Source): ParseResult {
  const { reading, diagnostics } = read(source);
  return { ast: reading?.ast ?? null, diagnostics };
}

/** As {@link parse}, with the words, comments and concrete tree that the formatter needs. */
export function read(source: Source): { reading: Reading | null; diagnostics: readonly Diagnostic[] } {
  if (source.text.length > MAX_LENGTH) return { reading: null, diagnostics: [tooLarge(source, MAX_LENGTH)] };
  const tokens = tokenize(source.text);
  const words = tokens.words.map(asIntended);
  if (words.length > MAX_WORDS) {
    return { reading: null, diagnostics: [tooLarge(source, words[MAX_WORDS]!.startOffset)] };
  }
  const comments = readComments(source.text, tokens.comments);
  const found = lexicalErrors(source, tokens, words);
  const nesting = measureNesting(words);
  if (nesting.excess)
    return { reading: null, diagnostics: settle(source, [...found, tooDeep(source, nesting.excess)]) };
  const { cst, errors } = readWords(words);
  const syntax = errors.map((error) => syntaxError(source, error, nesting.open));
  if (!cst || found.length + syntax.length > 0) {
    return { reading: null, diagnostics: settle(source, found, syntax, words) };
  }
  const docs = sortDocumentation(comments, words);
  const ast = buildAst(cst, source.text.length, docs);
  const orphans = docs.orphans().map((comment) => orphan(source, comment));
  if (orphans.length > 0) return { reading: null, diagnostics: settle(source, orphans) };
  return { reading: { words, comments, cst, ast }, diagnostics: [] };
}

// Running the parser

/** Mistakes that the parser may recover from before it gives up; recovery looks far ahead and must not run for ever. */
const MAX_RECOVERIES = 40;
/** Formats that are read again without a stray `}`; each costs as much as reading the file. */
const MAX_STRAY_BRACES = 4;
/** As many as a person reads. */
const MAX_DIAGNOSTICS = 20;
const GIVE_UP = new Error('too many syntax errors');

/** Made when first used: analysing the grammar takes longer than parsing most files. */
let shared: { readonly parser: QfParser; readonly budget: { left: number } } | null = null;

function theParser(): NonNullable<typeof shared> {
  if (shared) return shared;
  const budget = { left: 0 };
  const parser = new QfParser(
    syntaxMessages(() => {
      if (budget.left-- <= 0) throw GIVE_UP;
    }),
  );
  shared = { parser, budget };
  return shared;
}

/** Parses; where a `}` too many ends a format, parses again without it, to see the rest of that format. */
function readWords(words: readonly IToken[]): ReturnType<typeof runParser> {
  const strays: IRecognitionException[] = [];
  let kept = words;
  for (;;) {
    const { cst, errors } = runParser(kept);
    const stray = strays.length < MAX_STRAY_BRACES ? findStrayBrace(kept, errors) : null;
    if (!stray) return { cst, errors: [...strays, ...errors] };
    strays.push(stray.error);
    kept = kept.filter((_, i) => i !== stray.at);
  }
}

function runParser(words: readonly IToken[]): {
  cst: CstNode | null;
  errors: readonly IRecognitionException[];
} {
  const { parser, budget } = theParser();
  budget.left = MAX_RECOVERIES;
  parser.input = [...words];
  let cst: CstNode | null = null;
  try {
    cst = parser.file();
  } catch (error) {
    if (error !== GIVE_UP) throw error;
  }
  const { errors } = parser;
  parser.input = [];
  return { cst, errors };
}

function orphan(source: Source, comment: Comment): Diagnostic {
  const help = comment.ownLine
    ? 'Write `//` for a plain comment.'
    : 'Put it on the line before what it documents, or write `//` for a plain comment.';
  return diagnose('QF009', source, comment.span, 'This documentation comment documents nothing.', help);
}

// What the parser has to say

function syntaxError(source: Source, error: IRecognitionException, open: readonly IToken[]): Diagnostic {
  const { token, message } = error;
  if (token.tokenType !== EOF) {
    const span = { start: token.startOffset, end: endOf(token) };
    return diagnose('QF003', source, span, message, slip(token, message));
  }
  const end = source.text.length;
  const last = open[open.length - 1];
  const related = last
    ? [
        {
          message: `this \`${last.image}\` is never closed`,
          source,
          span: { start: last.startOffset, end: endOf(last) },
        },
      ]
    : [];
  return diagnose('QF004', source, { start: end, end }, message, null, related);
}

/**
 * In order of place, one for a line, no more than a person reads. What the parser (in `syntax`) says of the first of
 * `words` on a line is left out if the line before has an error: a spoilt statement seldom ends where the parser
 * ends it.
 */
function settle(
  source: Source,
  found: readonly Diagnostic[],
  syntax: readonly Diagnostic[] = [],
  words: readonly IToken[] = [],
): readonly Diagnostic[] {
  const lineOf = (offset: number): number => positionOf(source, offset).line;
  const before = new Map(words.slice(1).map((word, i) => [word.startOffset, words[i]!.startOffset]));
  const parsed = new Set(syntax);
  const lines = new Set<number>();
  const kept: Diagnostic[] = [];
  for (const diagnostic of [...found, ...syntax].sort((a, b) => a.span.start - b.span.start)) {
    const { start } = diagnostic.span;
    const previous = parsed.has(diagnostic) ? before.get(start) : undefined;
    if (lines.has(lineOf(start)) || (previous !== undefined && lines.has(lineOf(previous)))) continue;
    lines.add(lineOf(start));
    kept.push(diagnostic);
    if (kept.length === MAX_DIAGNOSTICS) break;
  }
  return kept;
}
