/**
 * A source text and its positions.
 *
 * Every offset in the package counts UTF-16 units of the normalised text: the byte order mark is dropped and all line
 * ends are `\n`, so a file means the same wherever it was saved. Knows nothing of the language.
 */

/** A named, normalised text. Make it with {@link makeSource}: positions refer to `text` as it stands here. */
export interface Source {
  /** What diagnostics call the file: a path, or a made-up name such as `<input>`. */
  readonly name: string;
  /** The text without byte order mark, with `\n` line ends. */
  readonly text: string;
}

/** A place for people: line and column count from 1; the column counts UTF-16 units, as editors' protocols do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Normalises `text` (byte order mark, CRLF and CR line ends) and gives it a name. */
export function makeSource(name: string, text: string): Source {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return { name, text: body.includes('\r') ? body.replace(/\r\n?/g, '\n') : body };
}

/** Where each line starts, once for each source: looking a place up must not scan the file again. */
const LINE_STARTS = new WeakMap<Source, readonly number[]>();

function lineStarts(source: Source): readonly number[] {
  const known = LINE_STARTS.get(source);
  if (known) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  LINE_STARTS.set(source, starts);
  return starts;
}

/**
 * Line and column of an offset. An offset beyond the text is the place just after its last character.
 *
 * @throws RangeError if `offset` is negative or not a number.
 */
export function positionOf(source: Source, offset: number): Position {
  if (!(offset >= 0)) throw new RangeError(`offset must be a number from 0 on, not ${offset}`);
  const place = Math.min(offset, source.text.length);
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: place - starts[low]! + 1 };
}

/**
 * The text of a line (from 1), without its line end.
 *
 * @throws RangeError if the source has no such line.
 */
export function lineText(source: Source, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) throw new RangeError(`line must be in 1..${starts.length}, not ${line}`);
  const next = starts[line];
  return source.text.slice(start, next === undefined ? source.text.length : next - 1);
}
