/** Formats × tensors: measured, added up, and written as text, Markdown, CSV, JSON or one HTML page. */
export { type CodeHistogram, codeHistogramOf } from './code-histogram.ts';
export { type CompareOptions, type ComparePart, compareTensor } from './compare-tensor.ts';
export {
  type ComparedFormat,
  type ComparedTensor,
  type Comparison,
  type KeptTensor,
  makeComparison,
} from './comparison.ts';
export { levelKind } from './level-kind.ts';
export { comparisonCsv, comparisonJson, comparisonMarkdown, comparisonText } from './render.ts';
export { comparisonHtml } from './report/report.ts';
export {
  type Contender,
  type FailedRow,
  isMeasured,
  type MeasuredRow,
  type Row,
  type TensorRows,
} from './rows.ts';
export { bitsText, bytesText, countText, dfText, errorText, shapeText } from './shown.ts';
export { codeFields, type StoredBits, storedBits } from './stored-codes.ts';
export { type Column, csvTable, markdownTable, markdownText, printable, textTable } from './table.ts';
export { type Place, paretoFront, type Total, totals } from './totals.ts';
