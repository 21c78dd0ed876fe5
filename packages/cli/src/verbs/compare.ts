/**
 * `compare`: formats on the tensors of files, as a table, Markdown, CSV, JSON and a page.
 */
import {
  type CodeHistogram,
  type Comparison,
  comparisonCsv,
  comparisonHtml,
  comparisonJson,
  comparisonMarkdown,
  comparisonText,
  isMeasured,
  makeComparison,
} from '@fewerbits/compare';
import { chooseContenders, DEFAULT_FORMATS } from '../compare/contenders.ts';
import { type ComparePool, comparePool, type RunHooks, runWork } from '../compare/run.ts';
import { sharedTables } from '../compare/shared-models.ts';
import { rowPieces, type TaskContender, type TensorWork } from '../compare/tasks.ts';
import { type ChosenTensor, chooseTensors } from '../compare/tensors.ts';
import { stopwatch, timingsText } from '../compare/timings.ts';
import { splitFormats } from '../format-list.ts';
import { InputError } from '../input-error.ts';
import { type Context, type Options, version } from '../main.ts';
import { jobsOption, openOptions, patternOption, targetOption, textOption } from '../option-values.ts';
import { progressBar } from '../progress.ts';
import { shownPath } from '../shown-path.ts';
import { requirePlace, writeFileWhole } from '../write-file.ts';

/** Compares. A format that refuses a tensor leaves an empty cell with its reason; a finding is only that nothing could be measured. */
export async function compare(
  { io, json, signal }: Context,
  paths: readonly string[],
  options: Options,
): Promise<boolean> {
  const { md, csv } = options;
  if ([json, md === true, csv === true].filter(Boolean).length > 1)
    throw new InputError('choose one of --json, --md and --csv');
  const report = textOption(options, 'report');
  const list = textOption(options, 'formats');
  const pattern = patternOption(options, 'tensor');
  const threads = jobsOption(options);
  if (options.timings === true && !json)
    throw new InputError('--timings adds them to --json; the line on standard error has them anyway');
  const formats = list === undefined ? DEFAULT_FORMATS : splitFormats(list);
  if (formats.length === 0)
    throw new InputError('--formats: the list is empty; leave it out for the usual formats');
  if (report !== undefined) await requirePlace(report);
  const contenders = await chooseContenders(formats);
  const watch = stopwatch();
  io.note(`reading ${paths.map(shownPath).join(', ')}\n`);
  const began = performance.now();
  const { files, tensors, kept } = await chooseTensors(paths, openOptions(options), pattern, signal);
  const perTensor = await Promise.all(tensors.map((tensor) => contenders.on(tensor.dfWithout)));
  watch.spend('read', performance.now() - began);
  const work = tensors.map(
    ({ place, about }, i): TensorWork => ({
      place,
      weights: about.weights,
      pieces: rowPieces(about.weights, perTensor[i]!),
    }),
  );
  const start = { formats: contenders.formats(), target: targetOption(options), models: {} };
  const models = await sharedTables(tensors, perTensor, start, threads, signal);
  const bar = progressBar(io, work);
  const pool = comparePool({ ...start, models }, threads, signal);
  let comparison: Comparison;
  let histograms: CodeHistogram[];
  try {
    const hooks: RunHooks = {
      signal,
      onDone: (piece, result) => {
        bar.done(piece);
        watch.add(result);
      },
      onRead: (time) => watch.spend('read', time),
    };
    const rows = (await runWork(work, pool, hooks))
      .flat()
      .flatMap((result) => (result.kind === 'rows' ? result.rows : []));
    comparison = makeComparison({
      files,
      versions: { fewerbits: version(), node: process.versions.node },
      formats: contenders.described(),
      tensors: tensors.map(({ about }) => about),
      kept,
      rows,
    });
    const drawing = performance.now();
    histograms =
      report === undefined ? [] : await drawHistograms(comparison, tensors, perTensor, pool, signal);
    watch.spend('report', performance.now() - drawing);
  } finally {
    bar.stop();
    await pool.close();
  }
  const writing = performance.now();
  if (report !== undefined) {
    await writeFileWhole(report, comparisonHtml(comparison, histograms), signal);
    io.note(`report: ${report}\n`);
  }
  const write = json
    ? comparisonJson
    : md === true
      ? comparisonMarkdown
      : csv === true
        ? comparisonCsv
        : comparisonText;
  const text: string = write(comparison);
  watch.spend('report', performance.now() - writing);
  const timings = watch.result(threads);
  io.out(options.timings === true ? comparisonJson(comparison, { timings }) : text);
  const weights = comparison.tensors.reduce((sum, tensor) => sum + tensor.weights, 0);
  io.note(`${weights} weights × ${comparison.formats.length} formats in ${timingsText(timings)}\n`);
  return !comparison.rows.some(isMeasured);
}

/** Tensors that the report shows beside levels. */
const DRAWN = 3;
/** Finer codebooks are a blur. */
const MOST_BITS = 6;

/** The largest tensors, each with a format that makes good use of its bits there; another one each time, as far as there are any. */
async function drawHistograms(
  comparison: Comparison,
  tensors: readonly ChosenTensor[],
  perTensor: readonly TaskContender[][],
  pool: ComparePool,
  signal: AbortSignal,
): Promise<CodeHistogram[]> {
  const used = new Set<string>();
  const work = tensors
    .map(({ place, about }, i) => ({ place, weights: about.weights, contenders: perTensor[i]! }))
    .sort((a, b) => b.weights - a.weights)
    .slice(0, DRAWN)
    .map(({ place, weights, contenders }): TensorWork => {
      const rank = scaledErrors(comparison, place.label);
      const ranked = contenders
        .filter(({ label }) => rank.has(label))
        .sort(
          (a, b) =>
            Number(used.has(a.label)) - Number(used.has(b.label)) || rank.get(a.label)! - rank.get(b.label)!,
        );
      if (ranked[0] !== undefined) used.add(ranked[0].label);
      return { place, weights, pieces: [{ kind: 'histogram', contenders: ranked }] };
    });
  const results = await runWork(work, pool, { signal });
  return results
    .flat()
    .flatMap((result) =>
      result.kind === 'histogram' && result.histogram !== null ? [result.histogram] : [],
    );
}

/** R · 2^bits of the formats of few bits on a tensor. */
function scaledErrors({ rows }: Comparison, tensor: string): ReadonlyMap<string, number> {
  const measured = rows
    .filter(isMeasured)
    .filter((row) => row.tensor === tensor && row.bitsPerParam <= MOST_BITS);
  return new Map(
    measured.flatMap((row) => (row.scaledError === null ? [] : [[row.format, row.scaledError] as const])),
  );
}
