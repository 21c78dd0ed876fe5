/**
 * Bits per parameter against error: every format a named point, the Pareto front a line.
 *
 * Which points are dominated is decided by the caller; this file draws. The y axis is logarithmic, because a bit more halves the error
 * of any good format and so becomes a straight line.
 */
import { frame, line } from './axes.ts';
import { categoryColour } from './colour.ts';
import { type Named, placeLabels } from './place-labels.ts';
import { linearScale, logScale, shown } from './scale.ts';
import { element, INK, label, picture, tooltip } from './svg.ts';
import { shorten, textWidth } from './text-width.ts';

export interface ParetoPoint {
  /** Bits per parameter. */
  readonly x: number;
  /** An error, positive. */
  readonly y: number;
  readonly label: string;
  /** Points of a group share a colour and a shape. */
  readonly group?: string;
  /** Some other point is at least as good in both. Drawn grey. */
  readonly dominated: boolean;
}

export interface ParetoPlot {
  readonly points: readonly ParetoPoint[];
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly width?: number;
  readonly height?: number;
}

const RADIUS = 5;
const NAME_SIZE = 12;
const LEGEND_ROW = 22;
const GREY = '#a3abb3';

/**
 * The plot as SVG. Names that find no room are left out of the picture (never of its tooltips), and a line below says how many.
 * @throws RangeError for no points, or a point with an x that is not finite or a y that is not positive.
 */
export function paretoPlot(plot: ParetoPlot): string {
  const {
    points,
    title = 'Error against size',
    xLabel = 'bits per parameter',
    yLabel = 'relative error R',
  } = plot;
  const { width = 880, height = 560 } = plot;
  checkPoints(points);
  const groups = [...new Set(points.map((point) => point.group ?? ''))].filter((group) => group !== '');
  const rows = legendRows(groups, width);
  const area = { x: 84, y: 50 + rows.length * LEGEND_ROW, width: width - 84 - 28, height: 0 };
  area.height = height - area.y - 78;
  const { x, y } = scales(points, area);

  // The front first, so that its names take the best places; then from the left.
  const drawn = [...points].sort(
    (a, b) => Number(a.dominated) - Number(b.dominated) || a.x - b.x || a.y - b.y,
  );
  const front = drawn.filter((point) => !point.dominated);
  const steps = front.slice(1).map((point, i) => ({
    from: [x.at(front[i]!.x), y.at(front[i]!.y)] as const,
    to: [x.at(point.x), y.at(point.y)] as const,
  }));
  const named: Named[] = drawn.map((point) => ({
    x: x.at(point.x),
    y: y.at(point.y),
    width: textWidth(nameOf(point), NAME_SIZE),
    height: NAME_SIZE + 1,
  }));
  const places = placeLabels(named, area, steps, RADIUS);

  const parts = [...frame({ area, x, y, xLabel, yLabel, title }), ...legend(groups, rows)];
  for (const { from, to } of steps) parts.push(line(...from, ...to, INK.text, 1.5, '6 4'));
  drawn.forEach((_, i) => {
    const leader = places[i]?.leader;
    if (leader) parts.push(line(named[i]!.x, named[i]!.y, ...leader, GREY, 0.8));
  });
  // Dominated ones below the others.
  for (const point of [...drawn].reverse()) parts.push(markOf(point, x.at(point.x), y.at(point.y), groups));
  drawn.forEach((point, i) => {
    const box = places[i]?.box;
    const fill = point.dominated ? INK.muted : INK.text;
    if (box) {
      const weight = point.dominated ? 400 : 600;
      // A white halo keeps a name readable that had to lie on a line.
      const halo = {
        stroke: '#ffffff',
        'stroke-width': 3,
        'stroke-linejoin': 'round',
        'paint-order': 'stroke',
      };
      const style = { 'font-size': NAME_SIZE, fill, 'font-weight': weight, ...halo };
      // In the middle of its box, since the box is an estimate that is rather too wide.
      const toRight = box.x >= named[i]!.x;
      const toLeft = box.x + box.width <= named[i]!.x;
      const anchor = toRight ? 'start' : toLeft ? 'end' : 'middle';
      const at = toRight ? box.x : toLeft ? box.x + box.width : box.x + box.width / 2;
      parts.push(label(at, box.y + NAME_SIZE - 1, nameOf(point), { ...style, 'text-anchor': anchor }));
    }
  });
  const nameless = places.filter((place) => place === null).length;
  parts.push(footnote(area.x, height - 12, front.length, nameless));
  const description = `${points.length} formats; on the Pareto front: ${front.map(sentence).join('; ')}.`;
  return picture({ width, height }, { title, description }, parts);
}

function checkPoints(points: readonly ParetoPoint[]): void {
  if (points.length === 0) throw new RangeError('points: a plot needs at least one point');
  points.forEach((point, i) => {
    if (!Number.isFinite(point.x))
      throw new RangeError(`points: points[${i}] (${point.label}) has x = ${point.x}`);
    if (!(point.y > 0 && point.y < Infinity)) {
      throw new RangeError(
        `points: points[${i}] (${point.label}) has y = ${point.y}; a logarithmic axis shows positive errors only, so leave lossless formats out`,
      );
    }
  });
}

function scales(
  points: readonly ParetoPoint[],
  area: { x: number; y: number; width: number; height: number },
) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const room = (right - left) * 0.06 || 0.5;
  const factor = Math.max((high / low) ** 0.07, 1.05);
  return {
    x: linearScale(left - room, right + room, area.x, area.x + area.width),
    y: logScale(low / factor, high * factor, area.y + area.height, area.y),
  };
}

function nameOf(point: ParetoPoint): string {
  return shorten(point.label, NAME_SIZE, 220);
}

function sentence(point: ParetoPoint): string {
  return `${point.label} (${shown(point.x)}, ${shown(point.y)})`;
}

function markOf(point: ParetoPoint, x: number, y: number, groups: readonly string[]): string {
  const kind = Math.max(0, groups.indexOf(point.group ?? ''));
  const where = `${point.label}${point.group ? ` [${point.group}]` : ''}: x ${shown(point.x)}, y ${shown(point.y)}`;
  const title = tooltip(point.dominated ? `${where}, dominated` : where);
  const paint = point.dominated
    ? { fill: '#ffffff', stroke: GREY }
    : { fill: categoryColour(kind), stroke: '#ffffff' };
  return shape(kind, x, y, { ...paint, 'stroke-width': point.dominated ? 1.5 : 1 }, [title]);
}

/** The shape says the group again, for readers who do not see its colour. */
function shape(
  kind: number,
  x: number,
  y: number,
  paint: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const r = RADIUS;
  const path = (points: readonly (readonly [number, number])[]): string =>
    element(
      'polygon',
      {
        points: points.map(([dx, dy]) => `${(x + dx).toFixed(2)},${(y + dy).toFixed(2)}`).join(' '),
        ...paint,
      },
      children,
    );
  // Shifted by one for each turn of the colours, so that groups 0 and 6 still differ.
  switch ((kind + Math.floor(kind / 6)) % 6) {
    case 0:
      return element('circle', { cx: x, cy: y, r, ...paint }, children);
    case 1:
      return path([
        [-r, -r],
        [r, -r],
        [r, r],
        [-r, r],
      ]);
    case 2:
      return path([
        [0, -r * 1.25],
        [r * 1.2, r * 0.9],
        [-r * 1.2, r * 0.9],
      ]);
    case 3:
      return path([
        [0, -r * 1.4],
        [r * 1.4, 0],
        [0, r * 1.4],
        [-r * 1.4, 0],
      ]);
    case 4:
      return path([
        [0, r * 1.25],
        [r * 1.2, -r * 0.9],
        [-r * 1.2, -r * 0.9],
      ]);
    default:
      return path([
        [-r * 0.5, -r * 1.3],
        [r * 0.5, -r * 1.3],
        [r * 0.5, -r * 0.5],
        [r * 1.3, -r * 0.5],
        [r * 1.3, r * 0.5],
        [r * 0.5, r * 0.5],
        [r * 0.5, r * 1.3],
        [-r * 0.5, r * 1.3],
        [-r * 0.5, r * 0.5],
        [-r * 1.3, r * 0.5],
        [-r * 1.3, -r * 0.5],
        [-r * 0.5, -r * 0.5],
      ]);
  }
}

/** Groups in rows, each with the x of its entries. */
function legendRows(
  groups: readonly string[],
  width: number,
): { readonly group: string; readonly x: number }[][] {
  const rows: { group: string; x: number }[][] = [];
  let x = Infinity;
  for (const group of groups) {
    const needed = 24 + textWidth(group, 12) + 18;
    if (x + needed > width - 20) {
      rows.push([]);
      x = 24;
    }
    rows.at(-1)!.push({ group, x });
    x += needed;
  }
  return rows;
}

function legend(groups: readonly string[], rows: ReturnType<typeof legendRows>): string[] {
  return rows.flatMap((row, k) =>
    row.flatMap(({ group, x }) => {
      const y = 50 + k * LEGEND_ROW;
      const kind = groups.indexOf(group);
      const paint = { fill: categoryColour(kind), stroke: '#ffffff', 'stroke-width': 1 };
      return [
        shape(kind, x + 4, y, paint),
        label(x + 16, y + 4, group, { 'font-size': 12, fill: INK.muted }),
      ];
    }),
  );
}

function footnote(x: number, y: number, front: number, nameless: number): string {
  const words = [
    front > 1 ? 'Dashed: the Pareto front. Grey and hollow: dominated.' : 'Grey and hollow: dominated.',
    nameless > 0
      ? `${nameless} ${nameless === 1 ? 'name' : 'names'} left out for want of room (point at a mark to read it).`
      : '',
  ];
  return label(x, y, words.join(' ').trim(), { 'font-size': 12, fill: INK.muted });
}
