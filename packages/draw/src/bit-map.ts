/**
 * The bits of a block as a picture: bytes in rows, a colour for each field, a box for each run of bits of an entry.
 */
import { heading } from './axes.ts';
import { type BitMeaning, type BitRun, bitRuns, bitsName, entryName } from './bit-runs.ts';
import { categoryColour, tint } from './colour.ts';
import { coordinate, element, hatch, INK, label, picture, tooltip } from './svg.ts';
import { textWidth } from './text-width.ts';

export interface BitMap {
  readonly title: string;
  /** Stored bits from the lowest of byte 0; whole bytes. */
  readonly bits: readonly BitMeaning[];
  /** Bits in a row, a multiple of 8; 32 without. */
  readonly rowBits?: number;
  /**
   * Which bit of a byte stands on the left. `low` (the default) keeps fields that go on in the next byte in one piece; `high` writes
   * bytes as people write numbers.
   */
  readonly left?: 'low' | 'high';
}

const ROW = 34;
const SIZE = 11;

/**
 * The bit map as SVG.
 * @throws RangeError for no bits, bits that are not whole bytes, or rows that are not.
 */
export function bitMap(map: BitMap): string {
  const { title, bits, rowBits = 32, left = 'low' } = map;
  if (bits.length === 0 || bits.length % 8 !== 0) {
    throw new RangeError(`bits: a bit map shows whole bytes, not ${bits.length} bits; pad with null`);
  }
  if (!(Number.isSafeInteger(rowBits) && rowBits > 0 && rowBits % 8 === 0)) {
    throw new RangeError(`rowBits: a row has a multiple of 8 bits, not ${rowBits}`);
  }
  const fields = [...new Set(bits.flatMap((meaning) => (meaning ? [meaning.field] : [])))];
  const padded = bits.includes(null);
  const columns = Math.min(rowBits, bits.length);
  const origin = Math.ceil(textWidth(`bytes ${bits.length / 8}–${bits.length / 8}`, SIZE)) + 24;
  const cell = Math.max(14, Math.min(26, 816 / columns));
  const key = keyRows(padded ? [...fields, null] : fields, origin + columns * cell);
  const top = 62 + key.length * 22 + 8;
  const rows = Math.ceil(bits.length / rowBits);
  const width = Math.max(origin + columns * cell + 24, textWidth(title, 16) + 40, 420);
  const height = top + rows * ROW + 20;

  const parts = [heading(title)];
  const side =
    left === 'low' ? 'lowest bit of each byte on the left' : 'highest bit of each byte on the left';
  const count = `${bits.length / 8} ${bits.length === 8 ? 'byte' : 'bytes'}, ${side}`;
  parts.push(label(20, 49, count, { 'font-size': 12, fill: INK.muted }));
  parts.push(...fieldKey(key, fields));
  for (let column = 0; column < columns; column++) {
    const bit = left === 'low' ? column % 8 : 7 - (column % 8);
    const style = { 'font-size': 10, 'text-anchor': 'middle', fill: INK.muted };
    parts.push(label(origin + (column + 0.5) * cell, top - 4, `${bit}`, style));
  }
  for (let row = 0; row < rows; row++) {
    const first = (row * rowBits) / 8;
    const last = Math.min(bits.length, (row + 1) * rowBits) / 8 - 1;
    const name = first === last ? `byte ${first}` : `bytes ${first}–${last}`;
    const style = { 'font-size': SIZE, 'text-anchor': 'end', fill: INK.muted };
    parts.push(label(origin - 9, top + row * ROW + ROW / 2 + 2, name, style));
  }
  // With the highest bit on the left, a run does not go on in the next byte to its right.
  const runs = bitRuns(bits, left === 'low' ? rowBits : 8);
  for (const run of runs) {
    const column = run.start % rowBits;
    const from = left === 'low' ? column : column - (column % 8) + 8 - (column % 8) - run.length;
    const box = {
      x: origin + from * cell,
      y: top + Math.floor(run.start / rowBits) * ROW,
      width: run.length * cell,
      height: ROW - 6,
    };
    parts.push(runBox(run, box, fields));
  }
  parts.push(byteEdges(bits.length, rowBits, runs, cell, origin, top));
  const bitsOf = (field: string): number => bits.filter((meaning) => meaning?.field === field).length;
  const words = fields.map((field) => `${field} ${bitsOf(field)} bits`);
  if (padded) words.push(`padding ${bits.filter((meaning) => meaning === null).length} bits`);
  return picture({ width, height }, { title, description: `${count}; ${words.join(', ')}.` }, parts);
}

/** A line at every edge of a byte; inside a run only its two ends, so that it does not strike the run's name out. */
function byteEdges(
  length: number,
  rowBits: number,
  runs: readonly BitRun[],
  cell: number,
  origin: number,
  top: number,
): string {
  const starts = new Set(runs.map((run) => run.start));
  const strokes: string[] = [];
  for (let row = 0; row * rowBits < length; row++) {
    const columns = Math.min(rowBits, length - row * rowBits);
    for (let column = 0; column <= columns; column += 8) {
      const whole = column === columns || starts.has(row * rowBits + column);
      const x = coordinate(origin + column * cell);
      const y = top + row * ROW - 2;
      strokes.push(whole ? `M${x} ${y}v${ROW - 2}` : `M${x} ${y}v4M${x} ${y + ROW - 6}v4`);
    }
  }
  return element('path', { d: strokes.join(''), fill: 'none', stroke: INK.text, 'stroke-width': 1.5 });
}

function runBox(
  run: BitRun,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  fields: readonly string[],
): string {
  const words = `${entryName(run)}${run.field === null ? '' : ` ${bitsName(run)}`}`;
  const title = tooltip(`byte ${Math.floor(run.start / 8)} bit ${run.start % 8}: ${words}`);
  if (run.field === null) {
    const ground = element('rect', { ...box, fill: INK.none, stroke: INK.line, 'stroke-width': 0.8 }, [
      title,
    ]);
    return ground + hatch(box.x, box.y, box.width, box.height);
  }
  // Two shades by turns, so that neighbouring entries part.
  const colour = tint(categoryColour(fields.indexOf(run.field)), run.entry % 2 === 0 ? 0.62 : 0.78);
  const rect = element('rect', { ...box, fill: colour, stroke: '#ffffff', 'stroke-width': 1 }, [title]);
  const middle = box.x + box.width / 2;
  const style = { 'text-anchor': 'middle', 'pointer-events': 'none' };
  const fits = (text: string, size: number): boolean => textWidth(text, size) <= box.width - 2;
  const name =
    [entryName(run), `${run.entry}`].find((text) => fits(text, SIZE)) ??
    (fits(`${run.entry}`, 9) ? `${run.entry}` : '');
  const range = run.length === 1 ? `${run.bit}` : `${run.bit}..${run.bit + run.length - 1}`;
  const lines = [rect];
  if (name)
    lines.push(label(middle, box.y + 12, name, { ...style, 'font-size': fits(name, SIZE) ? SIZE : 9 }));
  if (fits(range, 9))
    lines.push(label(middle, box.y + 23.5, range, { ...style, 'font-size': 9, fill: '#3d4650' }));
  return lines.join('');
}

type KeyEntry = { readonly field: string | null; readonly x: number };

function keyRows(fields: readonly (string | null)[], width: number): KeyEntry[][] {
  const rows: KeyEntry[][] = [];
  let x = Infinity;
  for (const field of fields) {
    const needed = 22 + textWidth(field ?? 'padding', 12) + 18;
    if (x + needed > Math.max(width, 400)) {
      rows.push([]);
      x = 20;
    }
    rows.at(-1)!.push({ field, x });
    x += needed;
  }
  return rows;
}

function fieldKey(rows: readonly KeyEntry[][], fields: readonly string[]): string[] {
  return rows.flatMap((row, k) =>
    row.flatMap(({ field, x }) => {
      const box = { x, y: 60 + k * 22, width: 14, height: 14 };
      const fill = field === null ? INK.none : tint(categoryColour(fields.indexOf(field)), 0.62);
      const square = element('rect', { ...box, fill, stroke: INK.line, 'stroke-width': 0.8 });
      const mark = field === null ? square + hatch(box.x, box.y, box.width, box.height, 5) : square;
      return [mark, label(x + 20, box.y + 11.5, field ?? 'padding', { 'font-size': 12 })];
    }),
  );
}
