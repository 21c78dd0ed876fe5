/**
 * A diagnostic as text for a terminal: the place, the source line with the mistake underlined, the cure, other places.
 *
 * Columns are counted as a terminal draws them: a tab moves to the next multiple of four, wide characters take two
 * cells, combining ones none. Knows nothing of what the codes mean.
 */

import type { Span } from '../ast.ts';
import { lineText, positionOf, type Source } from '../source.ts';
import { DIAGNOSTICS, type Diagnostic } from './catalogue.ts';

/** How to render. */
export interface RenderOptions {
  /** Use ANSI colours. */
  readonly color: boolean;
}

/** One diagnostic, over several lines, without a line end at the end. */
export function renderDiagnostic(diagnostic: Diagnostic, { color }: RenderOptions): string {
  const paint = color ? PAINT : PLAIN;
  const { code, severity, message, help, source, span, related } = diagnostic;
  const { line } = positionOf(source, span.start);
  const lines = [line, ...related.map((place) => positionOf(place.source, place.span.start).line)];
  const gutter = ' '.repeat(String(Math.max(...lines)).length);
  const tone = severity === 'error' ? paint.error : paint.note;
  const bar = paint.dim(`${gutter} |`);
  const out = [
    `${paint.strong(`${place(source, span)}: ${tone(`${severity}[${code}]`)}`)}: ${message}`,
    bar,
    ...excerpt(source, span, gutter, tone, paint),
    bar,
  ];
  for (const other of related) {
    out.push(`${gutter} ${paint.dim('-')} ${place(other.source, other.span)}: ${other.message}`);
    out.push(...excerpt(other.source, other.span, gutter, paint.note, paint));
  }
  const reason = DIAGNOSTICS[code]?.reason;
  if (reason) out.push(`${gutter} ${paint.dim('=')} ${paint.strong('why')}: ${reason}`);
  if (help !== null) out.push(`${gutter} ${paint.dim('=')} ${paint.strong('help')}: ${help}`);
  return out.join('\n');
}

/** Several, in the order given, with an empty line between them and a line end after the last; empty for none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => `${renderDiagnostic(diagnostic, options)}\n`).join('\n');
}

type Paint = Readonly<Record<'error' | 'note' | 'strong' | 'dim', (text: string) => string>>;

const same = (text: string): string => text;
const ansi =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;
const PLAIN: Paint = { error: same, note: same, strong: same, dim: same };
const PAINT: Paint = { error: ansi(31, 39), note: ansi(36, 39), strong: ansi(1, 22), dim: ansi(90, 39) };

function place(source: Source, span: Span): string {
  const { line, column } = positionOf(source, span.start);
  return `${source.name}:${line}:${column}`;
}

/** Cells of a line that are shown; a longer one is cut around the mistake. */
const WIDTH = 120;
const TAB = 4;

/** The first line of a span with its mark below. A span over several lines is marked to the end of the first. */
function excerpt(
  source: Source,
  span: Span,
  gutter: string,
  tone: (text: string) => string,
  paint: Paint,
): string[] {
  const { line, column } = positionOf(source, span.start);
  const text = lineText(source, line);
  const from = column - 1;
  const to = Math.max(from, Math.min(text.length, from + span.end - span.start));
  const drawn = draw(text, from, to);
  const number = String(line).padStart(gutter.length);
  return [
    `${paint.dim(`${number} |`)} ${drawn.text}`.trimEnd(),
    `${paint.dim(`${gutter} |`)} ${' '.repeat(drawn.start)}${tone('^'.repeat(drawn.length))}`,
  ];
}

/** A line as cells, cut to {@link WIDTH}, and where the marked characters `from..to` lie in it. */
function draw(line: string, from: number, to: number): { text: string; start: number; length: number } {
  const first = Math.max(0, from - WIDTH / 2);
  const last = Math.min(line.length, first + WIDTH);
  let text = first > 0 ? '…' : '';
  let cells = text.length;
  let start = -1;
  let end = -1;
  let at = first;
  for (const character of line.slice(first, last)) {
    if (at >= from && start < 0) start = cells;
    if (at >= to && end < 0) end = cells;
    const width = character === '\t' ? TAB - (cells % TAB) : cellWidth(character);
    text += character === '\t' ? ' '.repeat(width) : /\p{Cc}|\p{Cs}/u.test(character) ? '\ufffd' : character;
    cells += width;
    at += character.length;
  }
  if (start < 0) start = cells;
  if (end < 0) end = cells;
  return { text: last < line.length ? `${text}…` : text, start, length: Math.max(1, end - start) };
}

/** Cells of a character on a terminal, after UAX #11 (East Asian Width) and the emoji that are drawn wide. */
function cellWidth(character: string): number {
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0;
  return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u.test(
    character,
  )
    ? 2
    : 1;
}
