/**
 * The frame of a plot: grid lines, ticks with their numbers, names of the axes, and the title above.
 */
import type { Box } from './place-labels.ts';
import { type Scale, shown, ticks } from './scale.ts';
import { element, INK, label } from './svg.ts';

/** What stands around the plot area. */
export interface Frame {
  readonly area: Box;
  readonly x: Scale;
  readonly y: Scale;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title: string;
}

/** Grid, axes, ticks and words; drawn before the data. */
export function frame({ area, x, y, xLabel, yLabel, title }: Frame): string[] {
  const bottom = area.y + area.height;
  const right = area.x + area.width;
  const parts: string[] = [heading(title)];
  for (const value of ticks(x, Math.max(3, Math.floor(area.width / 90)))) {
    const at = x.at(value);
    parts.push(line(at, area.y, at, bottom, INK.grid), line(at, bottom, at, bottom + 5, INK.line));
    parts.push(
      label(at, bottom + 19, shown(value), { 'text-anchor': 'middle', 'font-size': 12, fill: INK.muted }),
    );
  }
  for (const value of ticks(y, Math.max(3, Math.floor(area.height / 55)))) {
    const at = y.at(value);
    parts.push(line(area.x, at, right, at, INK.grid), line(area.x - 5, at, area.x, at, INK.line));
    parts.push(
      label(area.x - 9, at + 4, shown(value), { 'text-anchor': 'end', 'font-size': 12, fill: INK.muted }),
    );
  }
  parts.push(line(area.x, bottom, right, bottom, INK.line), line(area.x, area.y, area.x, bottom, INK.line));
  parts.push(label(area.x + area.width / 2, bottom + 42, xLabel, { 'text-anchor': 'middle' }));
  const middle = area.y + area.height / 2;
  const turned = `rotate(-90 20 ${middle.toFixed(2)})`;
  parts.push(label(20, middle, yLabel, { 'text-anchor': 'middle', transform: turned }));
  return parts;
}

/** The title of a picture. */
export function heading(title: string): string {
  return label(20, 28, title, { 'font-size': 16, 'font-weight': 600 });
}

/** A straight line. */
export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  width = 1,
  dash = '',
): string {
  const attributes = { x1, y1, x2, y2, stroke, 'stroke-width': width };
  return element('line', dash ? { ...attributes, 'stroke-dasharray': dash } : attributes);
}
