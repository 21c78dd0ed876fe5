/**
 * Counts in bins, with the levels of a codebook marked below: how well the levels go with the data.
 */
import { frame, line } from './axes.ts';
import { CATEGORIES } from './colour.ts';
import { linearScale, logScale, shown } from './scale.ts';
import { element, label, picture, tooltip } from './svg.ts';

export interface Histogram {
  /** Edges of the bins, ascending: one more than counts. */
  readonly bins: readonly number[];
  /** Counts, not negative; fractions are fine. */
  readonly counts: readonly number[];
  /** Levels of a codebook, in the unit of the bins; those beyond the edges are named in the words below. */
  readonly levels?: readonly number[];
  /** Logarithmic counts: shows the tail. Empty bins stay empty. */
  readonly log?: boolean;
  readonly title: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly width?: number;
  readonly height?: number;
}

const [BLUE, VERMILLION] = CATEGORIES;

/**
 * The histogram as SVG.
 * @throws RangeError where bins and counts do not fit together, bins do not ascend, or a count is negative or not finite.
 */
export function histogram(plot: Histogram): string {
  const { bins, counts, levels = [], log = false, title, xLabel = 'value', yLabel = 'count' } = plot;
  const { width = 880, height = 420 } = plot;
  checkHistogram(plot);
  const area = { x: 84, y: 50, width: width - 84 - 28, height: height - 50 - (levels.length > 0 ? 86 : 62) };
  const bottom = area.y + area.height;
  const x = linearScale(bins[0]!, bins.at(-1)!, area.x, area.x + area.width);
  const filled = counts.filter((count) => count > 0);
  const most = Math.max(...filled, log ? 1e-300 : 0) || 1;
  const least = Math.min(...filled, most);
  const y = log
    ? logScale(least / 2, filled.length > 0 ? most * 1.5 : 1, bottom, area.y)
    : linearScale(0, most * 1.05, bottom, area.y);

  const parts = frame({ area, x, y, xLabel, yLabel, title });
  counts.forEach((count, i) => {
    if (count === 0) return;
    const [left, right, top] = [x.at(bins[i]!), x.at(bins[i + 1]!), y.at(count)];
    // A hair of white between bars while they are wide enough to bear it.
    const gap = right - left > 4 ? 0.6 : 0;
    const bar = { x: left + gap / 2, y: top, width: right - left - gap, height: bottom - top, fill: BLUE };
    const words = `${shown(bins[i]!)} to ${shown(bins[i + 1]!)}: ${countText(count)}`;
    parts.push(element('rect', { ...bar, 'fill-opacity': '0.75' }, [tooltip(words)]));
  });
  const inside = levels.filter((level) => level >= bins[0]! && level <= bins.at(-1)!);
  for (const level of inside) {
    const at = x.at(level);
    parts.push(line(at, area.y, at, bottom, VERMILLION, 1, '2 3'));
    parts.push(
      element('path', { d: marker(at, bottom), fill: VERMILLION }, [tooltip(`level ${shown(level, 6)}`)]),
    );
  }
  if (levels.length > 0)
    parts.push(levelNote(area.x, height - 14, levels.length, levels.length - inside.length));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const description = `${counts.length} bins from ${shown(bins[0]!)} to ${shown(bins.at(-1)!)}, ${countText(total)} values${
    levels.length > 0 ? `, ${levels.length} levels marked` : ''
  }${log ? '; counts on a logarithmic axis' : ''}.`;
  return picture({ width, height }, { title, description }, parts);
}

function checkHistogram({ bins, counts }: Histogram): void {
  if (counts.length === 0 || bins.length !== counts.length + 1) {
    throw new RangeError(`bins: ${counts.length} counts have ${counts.length + 1} edges, not ${bins.length}`);
  }
  bins.forEach((edge, i) => {
    if (!Number.isFinite(edge) || (i > 0 && !(edge > bins[i - 1]!))) {
      throw new RangeError(`bins: edges are finite and ascend, bins[${i}] is ${edge}`);
    }
  });
  counts.forEach((count, i) => {
    if (!(count >= 0 && count < Infinity)) throw new RangeError(`counts: counts[${i}] is ${count}`);
  });
}

/** A small triangle that points at the axis from below. */
function marker(x: number, bottom: number): string {
  return `M${x.toFixed(2)} ${(bottom + 1).toFixed(2)}l4 8h-8z`;
}

function levelNote(x: number, y: number, all: number, outside: number): string {
  const beyond = outside > 0 ? `; ${outside} more beyond the edges` : '';
  return label(x, y, `▲ ${all - outside} levels${beyond}`, { 'font-size': 12, fill: '#a34700' });
}

function countText(count: number): string {
  return Number.isSafeInteger(count) ? String(count) : shown(count, 6);
}
