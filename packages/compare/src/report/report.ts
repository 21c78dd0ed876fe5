/**
 * The comparison as one HTML page that needs nothing else: no scripts, no network, every name escaped.
 *
 * Each figure says what it shows and what it does not. The page has no date, so that the same measurements give the same bytes.
 */
import type { CodeHistogram } from '../code-histogram.ts';
import type { ComparedTensor, Comparison } from '../comparison.ts';
import { axisText, failures, sorted, totalCells } from '../render.ts';
import { isMeasured, type Row } from '../rows.ts';
import { bitsText, bytesText, countText, decibelText, dfText, errorText, NONE, shapeText } from '../shown.ts';
import { heatFigure, levelsFigure, paretoFigure } from './figures.ts';
import { type Content, element, figure, type Html, render, table, tag, trusted } from './html.ts';
import { STYLE } from './style.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The page as text. `histograms`: pictures of weights beside levels, in their order. */
export function comparisonHtml(comparison: Comparison, histograms: readonly CodeHistogram[] = []): string {
  const weights = comparison.tensors.reduce((sum, tensor) => sum + tensor.weights, 0);
  const head = tag(
    'head',
    trusted('<meta charset="utf-8">'),
    trusted(`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`),
    trusted('<meta name="viewport" content="width=device-width, initial-scale=1">'),
    tag('title', 'Weight formats compared'),
    tag('style', trusted(STYLE)),
  );
  const main = tag(
    'main',
    opening(comparison, weights),
    sizeAndError(comparison),
    byTensor(comparison),
    ...(histograms.length > 0 ? [levels(histograms)] : []),
    tensorsSection(comparison),
    details(comparison),
    keptSection(comparison),
    terms(),
    footer(comparison),
  );
  const page = element('html', { lang: 'en' }, head, tag('body', main));
  return `<!doctype html>\n${render(page).replaceAll('</tr>', '</tr>\n')}\n`;
}

function opening({ files, tensors, totals, kept }: Comparison, weights: number): Content {
  const complete = totals.filter((total) => total.onFront);
  const fact = (name: string, value: string): Html => tag('div', tag('dt', name), tag('dd', value));
  return [
    tag('h1', 'Weight formats compared'),
    element(
      'p',
      { class: 'lead' },
      `How near each format brings the weights back, and what it stores for that.`,
    ),
    tag('p', 'Measured on ', joined(files.map((file) => [name(file.path), ` (${file.container})`])), '.'),
    element(
      'dl',
      { class: 'facts' },
      fact('formats', `${totals.length}`),
      fact('on the Pareto front', `${complete.length}`),
      fact('tensors encoded', `${tensors.length}`),
      fact('weights', countText(weights)),
      fact('tensors kept', `${kept.length}`),
    ),
    element(
      'p',
      { class: 'note' },
      tag('strong', 'Weight error is not model quality. '),
      'R says how near the decoded weights are to the originals, every weight counted alike. It does not say what the model answers: ',
      'perplexity and accuracy depend on which weights matter, and have to be measured with the model.',
    ),
  ];
}

function sizeAndError(comparison: Comparison): Content {
  const picture = paretoFigure(comparison);
  const rows = sorted(comparison.totals).map((total) => {
    const [format, ...numbers] = totalCells(total);
    const measured = total.failed === 0 ? '' : `${total.tensors} of ${total.tensors + total.failed} tensors`;
    return {
      cells: [name(format!), ...numbers, total.onFront ? 'front' : measured],
      kind: total.onFront ? 'front' : total.complete ? 'other' : 'incomplete',
    };
  });
  const failed = failures(comparison);
  return [
    tag('h2', 'Size and error'),
    picture === null
      ? tag(
          'p',
          'No format was measured on every tensor with an error above zero, so there is nothing to plot.',
        )
      : figure(
          picture,
          'Bits per parameter count everything stored: codes, scales, tables and padding. R is the root of the squared error over the squared weights, ',
          'all tensors together, on a logarithmic axis: one more bit about halves it. Formats on the dashed line are the front: none is both smaller and nearer. ',
          'Entropy coding could still move a format to the left; the table has its bound. Speed is not in this picture.',
        ),
    table(
      'All formats, from few bits to many; those on the front in bold.',
      [
        { title: 'format' },
        { title: ['bits per', br(), 'parameter'], number: true },
        { title: 'R', number: true },
        { title: ['SQNR', br(), 'dB'], number: true },
        { title: ['max error', br(), 'of rms'], number: true },
        { title: ['code', br(), 'entropy'], number: true },
        { title: ['ideal bits per', br(), 'parameter'], number: true },
        { title: 'R · 2^bits', number: true },
        { title: '' },
      ],
      rows,
    ),
    ...(failed.length > 0 ? [tag('ul', ...failed.map((line) => tag('li', line)))] : []),
  ];
}

function byTensor(comparison: Comparison): Content {
  const { picture, shown } = heatFigure(comparison);
  const all = comparison.tensors.length;
  return [
    tag('h2', 'Tensor by tensor'),
    figure(
      picture,
      'R · 2^bits takes the size out of the error, so that formats of any size can be set side by side: a row that is light everywhere suits these weights, ',
      'a dark cell is a tensor with tails or an axis that the format does not follow. Columns are the numbers of the tensors in the table below. ',
      'A hatched cell was not measured, or has no error at all.',
      shown < all ? ` The ${shown} largest of ${all} tensors are shown.` : '',
    ),
  ];
}

function levels(histograms: readonly CodeHistogram[]): Content {
  return [
    tag('h2', 'Weights and levels'),
    tag(
      'p',
      'Each weight divided by the scale (and moved by the zero point) that the format stores for it: what the codes stand for. ',
      'Levels should be dense where weights are many, but not as dense: the least squared error wants them to follow the cube root of the density. ',
      'Where weights crowd at the levels, the format has moved its scales to meet them. How much an error matters to the model is not in these pictures.',
    ),
    ...histograms.map((plot) => [
      tag('h3', name(plot.tensor)),
      figure(
        levelsFigure(plot),
        `The ${plot.levels.length} levels of ${plot.format} are marked below. `,
        plot.leftOut > 0.0005
          ? `${(100 * plot.leftOut).toFixed(2)} % of the weights are not shown: they lie beyond the ends or in blocks of a single level.`
          : '',
      ),
    ]),
  ];
}

function tensorsSection({ tensors }: Comparison): Content {
  return [
    tag('h2', 'What was encoded'),
    table(
      'Blocks run along the contraction axis, the one that a layer sums over. A Normal has a kurtosis of 3 and an absmax/rms of 4 to 5 at these sizes; fewer degrees of freedom mean heavier tails, 100 is as good as a Normal.',
      [
        { title: 'no.', number: true },
        { title: 'tensor' },
        { title: 'shape' },
        { title: 'blocks run along' },
        { title: 'weights', number: true },
        { title: 'kurtosis', number: true },
        { title: ['absmax', br(), '/ rms'], number: true },
        { title: ['Student-t', br(), 'df'], number: true },
      ],
      tensors.map((tensor, i) => ({ cells: tensorCells(tensor, i) })),
    ),
  ];
}

function tensorCells(tensor: ComparedTensor, i: number): Content[] {
  return [
    `${i + 1}`,
    name(tensor.name),
    shape(tensor.shape),
    axisText(tensor.axis, tensor.axisReason),
    countText(tensor.weights),
    errorText(tensor.kurtosis),
    errorText(tensor.crest),
    dfText(tensor.studentDf),
  ];
}

function details({ tensors, rows }: Comparison): Content {
  const columns = [
    { title: 'format' },
    { title: ['bits per', br(), 'parameter'], number: true },
    { title: 'R', number: true },
    { title: ['SQNR', br(), 'dB'], number: true },
    { title: ['median error', br(), 'of rms'], number: true },
    { title: ['95 % error', br(), 'of rms'], number: true },
    { title: ['max error', br(), 'of rms'], number: true },
    { title: ['code', br(), 'entropy'], number: true },
    { title: ['ideal', br(), 'bits'], number: true },
    { title: ['stored', br(), 'tables'], number: true },
  ];
  return [
    tag('h2', 'All measurements'),
    ...tensors.map((tensor, i) => {
      const own = rows.filter((row) => row.tensor === tensor.name);
      const caption = [`${i + 1}. `, name(tensor.name), `, ${shapeText(tensor.shape)}`];
      return table(
        caption,
        columns,
        own.map((row) => ({ cells: detailCells(row), ...(isMeasured(row) ? {} : { kind: 'incomplete' }) })),
      );
    }),
  ];
}

function detailCells(row: Row): Content[] {
  if (!isMeasured(row))
    return [
      [name(row.format), element('span', { class: 'quiet' }, `: ${row.failure}`)],
      ...Array<string>(9).fill(NONE),
    ];
  return [
    name(row.format),
    bitsText(row.bitsPerParam),
    errorText(row.relativeError),
    decibelText(row.sqnr),
    errorText(row.medianError),
    errorText(row.p95Error),
    errorText(row.maxError),
    row.codeEntropy.toFixed(3),
    row.idealBits.toFixed(3),
    row.tableBytes === 0 ? NONE : bytesText(row.tableBytes),
  ];
}

function keptSection({ kept }: Comparison): Content {
  if (kept.length === 0) return [];
  const bytes = kept.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return [
    tag('h2', 'Kept as they are'),
    table(
      `${kept.length === 1 ? 'One tensor' : `${kept.length} tensors`}, ${bytesText(bytes)} in all: in none of the numbers above.`,
      [
        { title: 'tensor' },
        { title: 'shape' },
        { title: 'type' },
        { title: 'size', number: true },
        { title: 'reason' },
      ],
      kept.map((tensor) => ({
        cells: [name(tensor.name), shape(tensor.shape), tensor.dtype, bytesText(tensor.bytes), tensor.reason],
      })),
    ),
  ];
}

function terms(): Content {
  const term = (word: string, meaning: string): Html[] => [tag('dt', word), tag('dd', meaning)];
  return [
    tag('h2', 'What the numbers mean'),
    element(
      'dl',
      { class: 'terms' },
      ...term(
        'bits per parameter',
        '8 × all stored bytes ÷ weights. Nothing is left out: scales, zero points, stored levels, outliers and padding count.',
      ),
      ...term(
        'R',
        'sqrt(Σ(y − x)² / Σx²) over the weights x and what was decoded for them, y. 0.1 is an error of a tenth of the weights’ size.',
      ),
      ...term('SQNR', 'signal to quantisation noise, −20 log10 R. One bit is worth about 6 dB.'),
      ...term(
        'median, 95 % and max error of rms',
        '|y − x| in units of the tensor’s root mean square; percentiles within 0.8 %.',
      ),
      ...term(
        'code entropy',
        'order-0 entropy of the codes of a tensor in bits per weight: how many of their bits carry something.',
      ),
      ...term(
        'ideal bits',
        'bits per parameter if the codes took just their entropy and everything else its present size. A bound: a real coder also stores its model.',
      ),
      ...term(
        'R · 2^bits',
        'the error scaled to a common size, after the rule that one more bit halves the error of any good format.',
      ),
      ...term(
        'stored tables',
        'levels or codebooks that travel with the tensor; part of the bits, and negligible only on large tensors.',
      ),
    ),
  ];
}

function footer({ versions, formats }: Comparison): Content {
  const instances = formats.map((format) => {
    const fit = format.fit === null ? '' : `, fit ${format.fit}`;
    const several = format.instances.length > 1 ? `${format.instances.length} instances: ` : '';
    return tag(
      'li',
      name(format.label),
      `: ${several}`,
      joined(format.instances.map((text) => name(text))),
      fit,
      format.doc === '' ? '' : `. ${format.doc}`,
    );
  });
  return [
    tag('h2', 'The formats in full'),
    tag('ul', ...instances),
    tag(
      'footer',
      Object.entries(versions)
        .map(([program, version]) => `${program} ${version}`)
        .join(' · '),
    ),
  ];
}

/** A name that may break after its separators, which is where people read a pause. */
function name(text: string): Html {
  const parts = text
    .split(/(?<=[/.#])/)
    .flatMap((part, i): Content[] => (i === 0 ? [part] : [trusted('<wbr>'), part]));
  return element('span', { class: 'name' }, ...parts);
}

function shape(sizes: readonly number[]): Html {
  return element('span', { class: 'whole' }, shapeText(sizes));
}

function joined(parts: readonly Content[]): Content {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [', ', part]));
}

function br(): Html {
  return trusted('<br>');
}
