/** The pictures of fewerbits as SVG text: bit maps, levels, histograms, heat maps and Pareto plots. */
export { type BitMap, bitMap } from './bit-map.ts';
export { bitMapText } from './bit-map-text.ts';
export type { BitMeaning } from './bit-runs.ts';
export { type HeatMap, heatMap } from './heat-map.ts';
export { type Histogram, histogram } from './histogram.ts';
export { levelsPlot } from './levels-plot.ts';
export { type ParetoPlot, type ParetoPoint, paretoPlot } from './pareto-plot.ts';
export { escapeText } from './svg.ts';
