/**
 * `compare`: formats on the tensors of files, as a table, Markdown, CSV, JSON and a page.
 */
import { availableParallelism } from 'node:os';
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
import { runTasks } from '../compare/pool.ts';
import { progressBar } from '../compare/progress.ts';
import { sharedTables } from '../compare/shared-models.ts';
import { rowTasks, type Task, type TaskContender } from '../compare/tasks.ts';
import { type ChosenTensor, chooseTensors } from '../compare/tensors.ts';
import { splitFormats } from '../format-list.ts';
import { InputError } from '../input-error.ts';
import { type Context, type Options, version } from '../main.ts';
import { countOption, openOptions, patternOption, targetOption, textOption } from '../option-values.ts';
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
  const threads = countOption(options, 'jobs', 1) ?? availableParallelism();
  const formats = list === undefined ? DEFAULT_FORMATS : splitFormats(list);
  if (formats.length === 0)
    throw new InputError('--formats: the list is empty; leave it out for the usual formats');
  if (report !== undefined) await requirePlace(report);
  const contenders = await chooseContenders(formats);
  io.note(`reading ${paths.map(shownPath).join(', ')}\n`);
  const { files, tensors, kept } = await chooseTensors(paths, openOptions(options), pattern, signal);
  const perTensor = await Promise.all(tensors.map((tensor) => contenders.on(tensor.dfWithout)));
  const tasks = tasksOf(tensors, perTensor);
  const quiet = {
    threads,
    start: { formats: contenders.formats(), target: targetOption(options), models: {} },
    signal,
    onDone: () => {},
  };
  const models = await sharedTables(tensors, perTensor, quiet);
  const bar = progressBar(io, tasks);
  const run = { ...quiet, start: { ...quiet.start, models }, onDone: bar.done };
  let comparison: Comparison;
  let histograms: CodeHistogram[];
  try {
    const results = await runTasks(tasks, run);
    const rows = results.flatMap((result) => (result.kind === 'rows' ? result.rows : []));
    comparison = makeComparison({
      files,
      versions: { fewerbits: version(), node: process.versions.node },
      formats: contenders.described(),
      tensors: tensors.map(({ about }) => about),
      kept,
      rows,
    });
    histograms = report === undefined ? [] : await drawHistograms(comparison, tensors, perTensor, run);
  } finally {
    bar.stop();
  }
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
  io.out(write(comparison));
  return !comparison.rows.some(isMeasured);
}

/** Large tensors first, so that threads end at about the same time. */
function tasksOf(tensors: readonly ChosenTensor[], perTensor: readonly TaskContender[][]): Task[] {
  return tensors
    .map((tensor, i) => ({ ...tensor, contenders: perTensor[i]! }))
    .sort((a, b) => b.about.weights - a.about.weights)
    .flatMap(({ place, about, contenders }) => rowTasks(place, about.weights, contenders));
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
  run: Parameters<typeof runTasks>[1],
): Promise<CodeHistogram[]> {
  const used = new Set<string>();
  const tasks = tensors
    .map(({ place, about }, i) => ({ place, weights: about.weights, contenders: perTensor[i]! }))
    .sort((a, b) => b.weights - a.weights)
    .slice(0, DRAWN)
    .map(({ place, contenders }): Task => {
      const rank = scaledErrors(comparison, place.label);
      const ranked = contenders
        .filter(({ label }) => rank.has(label))
        .sort(
          (a, b) =>
            Number(used.has(a.label)) - Number(used.has(b.label)) || rank.get(a.label)! - rank.get(b.label)!,
        );
      if (ranked[0] !== undefined) used.add(ranked[0].label);
      return { kind: 'histogram', tensor: place, contenders: ranked };
    });
  const results = await runTasks(tasks, { ...run, onDone: () => {} });
  return results.flatMap((result) =>
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
