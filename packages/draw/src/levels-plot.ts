/**
 * The levels of a codebook on a number line: their spacing, their ends, and where zero is.
 */
import { heading, line } from './axes.ts';
import { CATEGORIES } from './colour.ts';
import { linearScale, shown, ticks } from './scale.ts';
import { element, INK, label, picture, tooltip } from './svg.ts';
import { textWidth } from './text-width.ts';

const [BLUE, VERMILLION] = CATEGORIES;
const SIZE = 11;
const ROWS = 4;
/** Levels nearer than this many pixels to a neighbour are a solid stretch: a number among them points at nothing. */
const CROWDED = 4;

/**
 * The number line as SVG; a level's tooltip names its code. Numbers are written where there is room, the ends and zero before others.
 * @throws RangeError for no levels or one that is not finite.
 */
export function levelsPlot(
  levels: readonly number[],
  options: { readonly title: string; readonly width?: number },
): string {
  const { title, width = 880 } = options;
  if (levels.length === 0) throw new RangeError('levels: a number line needs at least one level');
  levels.forEach((level, code) => {
    if (!Number.isFinite(level)) {
      throw new RangeError(`levels: levels[${code}] is ${level}; leave codes that are no finite number out`);
    }
  });
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const room = (high - low) * 0.02 || 0.5;
  const x = linearScale(low - room, high + room, 40, width - 40);
  const numbers = placeNumbers(levels, x.at);
  const rows = Math.max(1, ...numbers.map((number) => number.row + 1));
  const axis = 64 + rows * 16 + 14;
  const height = axis + 40;

  const parts = [heading(title), line(40, axis, width - 40, axis, INK.line)];
  for (const value of ticks(x, Math.floor(width / 110))) {
    parts.push(line(x.at(value), axis, x.at(value), axis + 5, INK.line));
    const style = { 'font-size': SIZE, 'text-anchor': 'middle', fill: INK.muted };
    parts.push(label(x.at(value), axis + 20, shown(value), style));
  }
  for (const { at, row, text, zero } of numbers) {
    const y = axis - 24 - row * 16;
    if (row > 0) parts.push(line(at, y + 3, at, axis - 12, INK.grid));
    const style = { 'font-size': SIZE, 'text-anchor': 'middle', fill: zero ? '#a34700' : INK.text };
    parts.push(label(at, y, text, style));
  }
  levels.forEach((level, code) => {
    const colour = level === 0 ? VERMILLION : BLUE;
    const mark = { x: x.at(level) - 1, y: axis - 12, width: 2, height: 12, fill: colour };
    parts.push(element('rect', mark, [tooltip(`code ${code}: ${shown(level, 9)}`)]));
  });
  const unnamed = new Set(levels).size - numbers.length;
  const note = unnamed > 0 ? `; ${unnamed} not written for want of room` : '';
  parts.push(label(40, 48, `${levels.length} levels${note}`, { 'font-size': 12, fill: INK.muted }));
  const zero = levels.includes(0) ? 'zero is a level' : 'zero is no level';
  const description = `${levels.length} levels from ${shown(low)} to ${shown(high)}; ${zero}.`;
  return picture({ width, height }, { title, description }, parts);
}

interface WrittenNumber {
  readonly at: number;
  readonly row: number;
  readonly text: string;
  readonly zero: boolean;
}

/** Numbers in up to four rows: the ends, zero, then the others by the room around them. */
function placeNumbers(levels: readonly number[], at: (level: number) => number): WrittenNumber[] {
  const distinct = [...new Set(levels.map((level) => level + 0))].sort((a, b) => a - b);
  const ends = [distinct[0]!, distinct.at(-1)!];
  const room = (i: number): number =>
    Math.min(distinct[i]! - distinct[i - 1]!, distinct[i + 1]! - distinct[i]!);
  const rest = distinct
    .map((level, i) => ({ level, room: ends.includes(level) ? 0 : room(i) }))
    .filter(
      ({ level, room }) => level !== 0 && !ends.includes(level) && at(level + room) - at(level) >= CROWDED,
    )
    .sort((a, b) => b.room - a.room || a.level - b.level)
    .map(({ level }) => level);
  const order = [...new Set([...ends, ...distinct.filter((level) => level === 0), ...rest])];
  const taken: { from: number; to: number }[][] = Array.from({ length: ROWS }, () => []);
  const written: WrittenNumber[] = [];
  for (const level of order) {
    const text = shown(level);
    const middle = at(level);
    const half = textWidth(text, SIZE) / 2 + 2;
    const span = { from: middle - half, to: middle + half };
    const row = taken.findIndex(
      (spans, r) =>
        spans.every((other) => span.to <= other.from || span.from >= other.to) &&
        // Nor may the thin line down to its level cut a number below, nor this number cover the line of one above.
        taken
          .slice(0, r)
          .every((below) => below.every((other) => middle < other.from || middle > other.to)) &&
        written.every((other) => other.row <= r || other.at < span.from || other.at > span.to),
    );
    if (row < 0) continue;
    taken[row]!.push(span);
    written.push({ at: middle, row, text, zero: level === 0 });
  }
  return written;
}
