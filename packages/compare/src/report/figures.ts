/**
 * The pictures of the report: size against error, error by tensor, and the weights beside the levels.
 */
import { heatMap, histogram, paretoPlot } from '@fewerbits/draw';
import type { CodeHistogram } from '../code-histogram.ts';
import type { Comparison } from '../comparison.ts';
import { sorted } from '../render.ts';
import { isMeasured } from '../rows.ts';
import { type Html, trusted } from './html.ts';

/** Tensors that a heat map shows at most; the largest are shown, all of them stand in the tables. */
export const MOST_TENSORS = 40;

/** Bits per parameter against R of the complete formats; `null` where none has an error to show on a logarithmic axis. */
export function paretoFigure({ totals, formats }: Comparison): Html | null {
  const kinds = new Map(formats.map((format) => [format.label, format.kind]));
  const points = totals.flatMap((total) => {
    const { relativeError: y, bitsPerParam: x } = total;
    if (!total.complete || x === null || y === null || y === 0) return [];
    return [{ x, y, label: total.format, group: kinds.get(total.format) ?? '', dominated: !total.onFront }];
  });
  if (points.length === 0) return null;
  return trusted(
    paretoPlot({
      points,
      title: 'Error against size, over all tensors',
      yLabel: 'relative error R (logarithmic)',
      width: 1040,
      height: 620,
    }),
  );
}

/** R · 2^bits of every format on every tensor, so that formats of different sizes share one scale of colours. */
export function heatFigure(comparison: Comparison): { readonly picture: Html; readonly shown: number } {
  const { tensors, rows } = comparison;
  const places = new Map(tensors.map((tensor, i) => [tensor.name, i]));
  const chosen = [...tensors].sort((a, b) => b.weights - a.weights).slice(0, MOST_TENSORS);
  chosen.sort((a, b) => places.get(a.name)! - places.get(b.name)!);
  const formats = sorted(comparison.totals).map((total) => total.format);
  const cells = new Map(rows.map((row) => [JSON.stringify([row.format, row.tensor]), row]));
  const value = (r: number, c: number): number | null => {
    const row = cells.get(JSON.stringify([formats[r], chosen[c]!.name]));
    return row !== undefined && isMeasured(row) && row.scaledError !== null && row.scaledError > 0
      ? row.scaledError
      : null;
  };
  const picture = heatMap({
    rows: formats,
    columns: chosen.map((tensor) => `${places.get(tensor.name)! + 1}`),
    value,
    text: (r, c) => value(r, c)!.toPrecision(3),
    title: 'R · 2^bits by format and tensor',
    valueLabel: 'R · 2^bits, lower is better',
    scale: 'log',
  });
  return { picture: trusted(picture), shown: chosen.length };
}

/** The scaled weights of a tensor, with the levels that stand for them. */
export function levelsFigure(plot: CodeHistogram): Html {
  return trusted(
    histogram({
      bins: plot.bins,
      counts: plot.counts,
      levels: plot.levels,
      title: `Weights as ${plot.format} sees them`,
      xLabel: 'weight in units of the levels',
      yLabel: 'weights',
      width: 1040,
      height: 360,
    }),
  );
}
