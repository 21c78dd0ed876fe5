/**
 * Rows of text as aligned columns, Markdown or CSV (RFC 4180).
 *
 * Cells come as strings; numbers are rounded by whoever knows what they mean. Control characters never reach a terminal.
 */

/** A column and how its cells stand. */
export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly align?: 'left' | 'right';
}

/** Columns two spaces apart under their titles; a line feed after every row. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) => row.map(printable));
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ''))));
  return cells
    .map((row) => columns.map((column, i) => padded(row[i] ?? '', widths[i]!, column.align)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** A GitHub-flavoured Markdown table; pipes and line ends in cells are escaped. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const rule = columns.map((column) => (column.align === 'right' ? '---:' : '---'));
  const body = rows.map((row) => line(columns.map((_, i) => markdownText(row[i] ?? ''))));
  return [line(columns.map((column) => markdownText(column.title))), line(rule), ...body].join('');
}

/** CSV with CRLF line ends; cells that need it are quoted. */
export function csvTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
  return [line(columns.map((column) => column.title)), ...rows.map(line)].join('');
}

/** Text without control characters, which terminals would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu, '\uFFFD');
}

/** Text that Markdown shows as it is, in one table cell or line. */
export function markdownText(text: string): string {
  // An underscore inside a word means nothing to GitHub, and names of formats stay readable as plain text.
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/[\\`*{}[\]<>|~#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (mark) => `\\${mark}`);
}

function padded(text: string, size: number, align: Column['align']): string {
  const room = ' '.repeat(Math.max(0, size - width(text)));
  return align === 'right' ? room + text : text + room;
}

function width(text: string): number {
  return [...text].length;
}

/** Spreadsheets run cells that begin like a formula; a name from a file must stay text. */
function csvCell(text: string): string {
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
