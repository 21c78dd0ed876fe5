/**
 * A table of values as coloured cells: formats × tensors, sizes × parameters.
 *
 * Every cell carries its value as text too; a cell without a value is hatched, so that "not measured" never looks like "small".
 */
import { heading } from './axes.ts';
import { rampColour, textOn } from './colour.ts';
import { linearScale, logScale, shown, ticks } from './scale.ts';
import { type Attributes, element, hatch, INK, label, picture, tooltip } from './svg.ts';
import { shorten, textWidth } from './text-width.ts';

export interface HeatMap {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** The value of a cell by indices of row and column; `null` where there is none. */
  readonly value: (row: number, column: number) => number | null;
  /** What a cell says; the value in four digits without. */
  readonly text?: (row: number, column: number) => string;
  readonly title: string;
  /** What the values are, beside the colours. */
  readonly valueLabel?: string;
  /** How values become colours; `log` needs positive values. */
  readonly scale?: 'linear' | 'log';
}

const CELL_HEIGHT = 30;
const TEXT_SIZE = 12;
const LEGEND_STEPS = 48;

/**
 * The map as SVG, light to dark from the least value to the greatest.
 * @throws RangeError for no rows or columns, a value that is not finite, or one that is not positive on a `log` scale.
 */
export function heatMap(map: HeatMap): string {
  const { rows, columns, title, valueLabel = '', scale = 'linear' } = map;
  if (rows.length === 0 || columns.length === 0)
    throw new RangeError('rows, columns: a heat map needs one of each');
  const values = rows.map((_, r) => columns.map((_, c) => checked(map, r, c)));
  const known = values.flat().filter((value) => value !== null);
  const texts = rows.map((_, r) =>
    columns.map((_, c) => (values[r]![c] === null ? '' : (map.text?.(r, c) ?? shown(values[r]![c]!)))),
  );

  const widest = Math.max(...texts.flat().map((text) => textWidth(text, TEXT_SIZE)));
  const cellWidth = Math.min(160, Math.max(46, widest + 14));
  const rowNames = rows.map((name) => shorten(name, TEXT_SIZE, 260));
  const columnNames = columns.map((name) => shorten(name, TEXT_SIZE, 200));
  const left = 28 + Math.max(...rowNames.map((name) => textWidth(name, TEXT_SIZE)));
  const longest = Math.max(...columnNames.map((name) => textWidth(name, TEXT_SIZE)));
  // Names of columns lie flat where they fit and climb where they do not.
  const flat = longest <= cellWidth - 8;
  const top = 48 + (flat ? 22 : longest * Math.SQRT1_2 + 14);
  const overhang = flat ? 0 : longest * Math.SQRT1_2;
  const gridWidth = columns.length * cellWidth;
  const bottom = top + rows.length * CELL_HEIGHT;
  const width = Math.max(left + gridWidth + 24 + overhang, textWidth(title, 16) + 40, left + 260);
  const height = bottom + 78;

  const low = known.length > 0 ? Math.min(...known) : scale === 'log' ? 1 : 0;
  const high = known.length > 0 ? Math.max(...known) : 1;
  const place = scale === 'log' ? logScale(low, high, 0, 1) : linearScale(low, high, 0, 1);

  const parts = [heading(title)];
  columnNames.forEach((name, c) => {
    const x = left + (c + 0.5) * cellWidth;
    const y = top - 8;
    const turned: Attributes = flat
      ? { 'text-anchor': 'middle' }
      : { transform: `rotate(-45 ${x.toFixed(2)} ${y.toFixed(2)})` };
    parts.push(label(x, y, name, { 'font-size': TEXT_SIZE, ...turned }));
  });
  rows.forEach((row, r) => {
    const y = top + r * CELL_HEIGHT;
    const style = { 'font-size': TEXT_SIZE, 'text-anchor': 'end' };
    parts.push(label(left - 9, y + CELL_HEIGHT / 2 + 4, rowNames[r]!, style));
    columns.forEach((column, c) => {
      const x = left + c * cellWidth;
      const value = values[r]![c]!;
      parts.push(
        cell(x, y, cellWidth, value === null ? null : place.at(value), texts[r]![c]!, `${row}, ${column}`),
      );
    });
  });
  const empty = known.length < rows.length * columns.length;
  parts.push(
    ...colourKey(
      left,
      bottom + 24,
      Math.min(300, width - left - 30),
      place,
      valueLabel,
      empty,
      known.length > 0,
    ),
  );
  const range = known.length > 0 ? `from ${shown(low)} to ${shown(high)}` : 'none measured';
  const description = `${rows.length} rows by ${columns.length} columns; ${valueLabel || 'values'} ${range}.`;
  return picture({ width, height }, { title, description }, parts);
}

function checked(map: HeatMap, row: number, column: number): number | null {
  const value = map.value(row, column);
  if (value === null) return null;
  if (!Number.isFinite(value) || (map.scale === 'log' && value <= 0)) {
    const wanted = map.scale === 'log' ? 'positive' : 'finite';
    throw new RangeError(
      `value: ${value} at row ${row} (${map.rows[row]}), column ${column} (${map.columns[column]}) is not ${wanted}; give null for a cell without a value`,
    );
  }
  return value;
}

function cell(x: number, y: number, width: number, place: number | null, text: string, name: string): string {
  const box = { x: x + 1, y: y + 1, width: width - 2, height: CELL_HEIGHT - 2 };
  if (place === null) {
    const ground = element('rect', { ...box, fill: INK.none }, [tooltip(`${name}: no value`)]);
    return ground + hatch(box.x, box.y, box.width, box.height);
  }
  const colour = rampColour(place);
  const rect = element('rect', { ...box, fill: colour }, [tooltip(`${name}: ${text}`)]);
  const style = { 'font-size': TEXT_SIZE, 'text-anchor': 'middle', fill: textOn(colour) };
  return rect + label(x + width / 2, y + CELL_HEIGHT / 2 + 4, shorten(text, TEXT_SIZE, width - 6), style);
}

function colourKey(
  x: number,
  y: number,
  width: number,
  place: ReturnType<typeof linearScale>,
  words: string,
  empty: boolean,
  known: boolean,
): string[] {
  const parts: string[] = [];
  const step = width / LEGEND_STEPS;
  if (known) {
    for (let k = 0; k < LEGEND_STEPS; k++) {
      // A little wider than a step, so that no white shows between them.
      const part = { x: x + k * step, y, width: step + (k < LEGEND_STEPS - 1 ? 0.5 : 0), height: 12 };
      parts.push(element('rect', { ...part, fill: rampColour((k + 0.5) / LEGEND_STEPS) }));
    }
    for (const value of ticks(place, 4)) {
      const at = x + place.at(value) * width;
      parts.push(element('line', { x1: at, y1: y + 12, x2: at, y2: y + 16, stroke: INK.line }));
      parts.push(
        label(at, y + 29, shown(value), { 'font-size': 11, 'text-anchor': 'middle', fill: INK.muted }),
      );
    }
    parts.push(label(x - 9, y + 10, words, { 'font-size': 12, 'text-anchor': 'end', fill: INK.muted }));
  }
  if (empty) {
    parts.push(
      element('rect', { x, y: y + 38, width: 22, height: 12, fill: INK.none }),
      hatch(x, y + 38, 22, 12, 6),
    );
    parts.push(label(x + 29, y + 48, 'no value', { 'font-size': 11, fill: INK.muted }));
  }
  return parts;
}
