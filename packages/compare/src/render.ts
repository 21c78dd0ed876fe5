/**
 * A comparison as text for a terminal, Markdown, CSV and JSON. All in the order of the comparison, so that two runs can be diffed.
 */
import type { Comparison } from './comparison.ts';
import { isMeasured, type Row } from './rows.ts';
import { bitsText, bytesText, decibelText, dfText, errorText, NONE, shapeText } from './shown.ts';
import { type Column, csvTable, markdownTable, markdownText, printable, textTable } from './table.ts';
import type { Total } from './totals.ts';

const right = (title: string): Column => ({ title, align: 'right' });

const TOTAL_COLUMNS: readonly Column[] = [
  { title: 'format' },
  right('bits/param'),
  right('R'),
  right('SQNR dB'),
  right('max/rms'),
  right('entropy'),
  right('ideal bits'),
  right('R·2^bits'),
  { title: '' },
];

/** What the columns of the tables mean, a sentence each. */
export const LEGEND: readonly string[] = [
  'bits/param: 8 × all stored bytes ÷ weights, scales and tables included.',
  'R: root of the squared error over the squared weights, over all tensors. SQNR: −20 log10 R.',
  'max/rms: the greatest error in units of its tensor’s root mean square.',
  'entropy: of the codes, bits per weight; ideal bits: bits/param if the codes were coded at their entropy.',
  'R·2^bits: the error with the size taken out; lower is better at any size.',
  'Weight error is not model quality: R says how near the weights are, not what the model answers.',
];

/** Totals first, then what was left out; `*` marks the Pareto front. */
export function comparisonText(comparison: Comparison): string {
  const rows = sorted(comparison.totals).map((total) => [...totalCells(total), mark(total)]);
  return [
    textTable(TOTAL_COLUMNS, rows),
    '\n',
    '* on the Pareto front: no other format is both smaller and nearer.\n',
    ...LEGEND.map((line) => `${line}\n`),
    ...failures(comparison).map((line) => `${printable(line)}\n`),
  ].join('');
}

/** Totals, one table of R by tensor, tensors with their axes, and what was kept. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { tensors, kept, files, versions } = comparison;
  const shown = sorted(comparison.totals);
  const cells = new Map(comparison.rows.map((row) => [cellKey(row.tensor, row.format), row]));
  const perTensor = tensors.map((tensor, i) => [
    `${i + 1}`,
    ...shown.map((total) => cellText(cells.get(cellKey(tensor.name, total.format)))),
  ]);
  const about = tensors.map((tensor, i) => [
    `${i + 1}`,
    tensor.name,
    shapeText(tensor.shape),
    axisText(tensor.axis, tensor.axisReason),
    errorText(tensor.kurtosis),
    errorText(tensor.crest),
    dfText(tensor.studentDf),
  ]);
  const sections = [
    '# Formats compared\n',
    `${files.map((file) => `- ${markdownText(file.path)} (${markdownText(file.container)})`).join('\n')}\n`,
    `${Object.entries(versions)
      .map(([name, version]) => `${markdownText(name)} ${markdownText(version)}`)
      .join(', ')}\n`,
    '## Over all tensors\n',
    markdownTable(
      TOTAL_COLUMNS,
      shown.map((total) => [...totalCells(total), mark(total)]),
    ),
    `${['`*`: on the Pareto front.', ...LEGEND].map((line) => `- ${line}`).join('\n')}\n`,
    '## R by tensor\n',
    markdownTable([right('tensor'), ...shown.map((total) => right(total.format))], perTensor),
    '## Tensors\n',
    markdownTable(
      [
        right('tensor'),
        { title: 'name' },
        { title: 'shape' },
        { title: 'blocks run along' },
        right('kurtosis'),
        right('absmax/rms'),
        right('Student-t df'),
      ],
      about,
    ),
  ];
  if (kept.length > 0) {
    const rows = kept.map((tensor) => [
      tensor.name,
      shapeText(tensor.shape),
      tensor.dtype,
      bytesText(tensor.bytes),
      tensor.reason,
    ]);
    sections.push(
      '## Kept as they are\n',
      markdownTable(
        [{ title: 'name' }, { title: 'shape' }, { title: 'type' }, right('size'), { title: 'reason' }],
        rows,
      ),
    );
  }
  const failed = failures(comparison);
  if (failed.length > 0)
    sections.push('## Not measured\n', `${failed.map((line) => `- ${markdownText(line)}`).join('\n')}\n`);
  return sections.join('\n');
}

/** One line for each tensor and format, numbers in full. */
export function comparisonCsv(comparison: Comparison): string {
  const columns: Column[] = [
    'tensor',
    'format',
    'weights',
    'bytes',
    'bits_per_param',
    'table_bytes',
    'relative_error',
    'sqnr_db',
    'median_error_of_rms',
    'p95_error_of_rms',
    'max_error_of_rms',
    'code_entropy',
    'ideal_bits',
    'scaled_error',
    'failure',
  ].map((title) => ({ title }));
  const rows = comparison.rows.map((row) => {
    const start = [row.tensor, row.format, `${row.weights}`];
    if (!isMeasured(row)) return [...start, ...Array<string>(11).fill(''), row.failure];
    const numbers = [
      row.bytes,
      row.bitsPerParam,
      row.tableBytes,
      row.relativeError,
      row.sqnr,
      row.medianError,
      row.p95Error,
      row.maxError,
      row.codeEntropy,
      row.idealBits,
      row.scaledError,
    ];
    return [...start, ...numbers.map((value) => (value === null ? '' : `${value}`)), ''];
  });
  return csvTable(columns, rows);
}

/** The comparison as one JSON object with `"version": 1`, and whatever else the caller has to say; ends with a line feed. */
export function comparisonJson(comparison: Comparison, more: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ version: 1, ...comparison, ...more }, null, 2)}\n`;
}

/** Cells of a format's totals, as in `TOTAL_COLUMNS` without the mark. */
export function totalCells(total: Total): string[] {
  return [
    total.format,
    bitsText(total.bitsPerParam),
    errorText(total.relativeError),
    decibelText(total.sqnr),
    errorText(total.maxError),
    total.codeEntropy === null ? NONE : total.codeEntropy.toFixed(3),
    total.idealBits === null ? NONE : total.idealBits.toFixed(3),
    errorText(total.scaledError),
  ];
}

/** From few bits to many, the smaller error first; formats without a measurement last. */
export function sorted(all: readonly Total[]): Total[] {
  const key = (total: Total): readonly [number, number] => [
    total.bitsPerParam ?? 1e9,
    total.relativeError ?? 1e9,
  ];
  return [...all].sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
}

/** A sentence for each format that could not take every tensor, with its reasons. */
export function failures(comparison: Comparison): string[] {
  return comparison.totals
    .filter((total) => total.failed > 0)
    .map((total) => {
      const reasons = comparison.rows.flatMap((row) =>
        row.format === total.format && !isMeasured(row) ? [`${row.tensor}: ${row.failure}`] : [],
      );
      const more = reasons.length > 3 ? `; and ${reasons.length - 3} more` : '';
      const all = total.failed + total.tensors;
      return `${total.format}: not on ${total.failed} of ${all} tensors, so not on the front (${reasons.slice(0, 3).join('; ')}${more})`;
    });
}

/** `axis 0: TF.js kernels are [in, out]`. */
export function axisText(axis: number | null, reason: string): string {
  return axis === null ? `last axis: ${reason}` : `axis ${axis}: ${reason}`;
}

function mark(total: Total): string {
  if (total.onFront) return '*';
  return total.failed > 0 ? `${total.tensors} of ${total.tensors + total.failed} tensors` : '';
}

function cellKey(tensor: string, format: string): string {
  return JSON.stringify([tensor, format]);
}

function cellText(row: Row | undefined): string {
  return row !== undefined && isMeasured(row) ? errorText(row.relativeError) : NONE;
}
