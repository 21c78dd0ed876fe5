/**
 * `inspect`: the tensors of a file, where their blocks would run, and the shape of their values.
 */
import { dfText, errorText, markdownTable, printable, shapeText, textTable } from '@fewerbits/compare';
import { canonicalName, formatFacts, formatId } from '@fewerbits/format';
import { openTensorFile, type TensorFile, type TensorInfo } from '@fewerbits/tensorfile';
import { type Description, readDescription } from '../encoded-file.ts';
import { InputError } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { openOptions, patternOption } from '../option-values.ts';
import { shownPath } from '../shown-path.ts';
import { isFloatTensor, nonFiniteText, type TensorShape, tensorShape } from '../tensor-shape.ts';

interface Inspected {
  readonly info: TensorInfo;
  /** `null` for tensors that hold no real numbers. */
  readonly values: TensorShape | null;
}

/** Lists; there are never findings. */
export async function inspect(
  { io, json, signal }: Context,
  path: string,
  options: Options,
): Promise<boolean> {
  const pattern = patternOption(options, 'tensor');
  const file = await openTensorFile(path, openOptions(options));
  try {
    const about = readDescription(file);
    const tensors: Inspected[] = [];
    for (const info of file.tensors) {
      if (pattern !== undefined && !pattern.test(info.name)) continue;
      signal.throwIfAborted();
      const values = isFloatTensor(file, info) ? await tensorShape(file, info) : null;
      tensors.push({ info, values });
    }
    if (tensors.length === 0 && file.tensors.length > 0)
      throw new InputError(`${shownPath(path)}: --tensor matches none of its ${file.tensors.length} tensors`);
    if (json) io.out(jsonText(file, about, tensors));
    else io.out(options.md === true ? markdownText(file, about, tensors) : plainText(file, about, tensors));
    return false;
  } finally {
    await file.close();
  }
}

const right = (title: string) => ({ title, align: 'right' as const });
const COLUMNS = [
  { title: 'name' },
  { title: 'shape' },
  { title: 'type' },
  { title: 'blocks run along' },
  right('rms'),
  right('kurtosis'),
  right('absmax/rms'),
  right('t df'),
  right('zeros'),
];

function cells({ info, values }: Inspected): string[] {
  const axis = info.contractionAxis === null ? '–' : `axis ${info.contractionAxis}: ${info.axisReason}`;
  const start = [info.name, shapeText(info.shape), info.dtype, axis];
  if (values === null) return [...start, '–', '–', '–', '–', '–'];
  const { rms, kurtosis, crest, studentDf, zeroFraction } = values;
  const zeros = zeroFraction === 0 ? '0' : `${(100 * zeroFraction).toPrecision(3)}%`;
  return [...start, errorText(rms), errorText(kurtosis), errorText(crest), dfText(studentDf), zeros];
}

function plainText(file: TensorFile, about: Description | null, tensors: readonly Inspected[]): string {
  const nonFinite = tensors.filter(({ values }) => values !== null && values.nonFinite > 0);
  return [
    `${printable(shownPath(file.path))}: ${file.container}, ${file.tensors.length} ${file.tensors.length === 1 ? 'tensor' : 'tensors'}\n`,
    ...(about === null ? [] : [`${describe(file, about)}\n`]),
    '\n',
    textTable(COLUMNS, tensors.map(cells)),
    ...nonFinite.map(({ info, values }) => `${printable(info.name)}: ${nonFiniteText(values!.nonFinite)}\n`),
    ...tensors.flatMap(({ info }) =>
      info.unreadable === undefined ? [] : [`${printable(`${info.name}: ${info.unreadable}`)}\n`],
    ),
    '\n',
    'kurtosis: 3 for Normal data, more with heavy tails; t df: degrees of freedom of the fitted Student-t, fewer with heavier tails.\n',
  ].join('');
}

function markdownText(file: TensorFile, about: Description | null, tensors: readonly Inspected[]): string {
  return [
    `# ${printable(shownPath(file.path))}\n\n${file.container}, ${file.tensors.length} tensors\n\n`,
    ...(about === null ? [] : [`${describe(file, about)}\n\n`]),
    markdownTable(COLUMNS, tensors.map(cells)),
  ].join('');
}

/** A sentence about the tensor that the file holds encoded. */
function describe(file: TensorFile, { format, tensor, shape, axis }: Description): string {
  const bytes = file.tensors.reduce((sum, info) => sum + info.byteLength, 0);
  const weights = shape.reduce((product, size) => product * size, 1);
  const bits = weights === 0 ? 0 : (8 * bytes) / weights;
  const along = axis === null ? 'its last axis' : `axis ${axis}`;
  return printable(
    `Encoded tensor ${tensor}, ${shapeText(shape)} along ${along}, as ${canonicalName(format)} (${formatId(format)}): ` +
      `${Number(bits.toFixed(4))} bits per parameter here, ${formatFacts(format).bitsPerParam} in the limit.`,
  );
}

function jsonText(file: TensorFile, about: Description | null, tensors: readonly Inspected[]): string {
  const encoded =
    about === null
      ? null
      : {
          tensor: about.tensor,
          shape: about.shape,
          axis: about.axis,
          format: canonicalName(about.format),
          formatId: formatId(about.format),
          bitsPerParam: formatFacts(about.format).bitsPerParam,
        };
  const list = tensors.map(({ info, values }) => ({ ...info, values }));
  return `${JSON.stringify({ version: 1, path: shownPath(file.path), container: file.container, encoded, tensors: list }, null, 2)}\n`;
}
