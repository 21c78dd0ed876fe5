/**
 * `inspect`: the tensors of a file, how they are stored, where their blocks would run, and the shape of their values.
 */
import { dfText, errorText, markdownTable, printable, shapeText, textTable } from '@fewerbits/compare';
import { canonicalName, formatFacts, formatId } from '@fewerbits/format';
import { addValues, statistics } from '@fewerbits/measure';
import { type EncodedTensor, type ModelFile, type ModelTensor, weightsOf } from '@fewerbits/modelfile';
import type { GgufKeyValue } from '@fewerbits/tensorfile';
import { InputError } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { openModelFile } from '../model/open.ts';
import { decodeModelTensor, type Running, runningOf } from '../model/run.ts';
import { openOptions, patternOption } from '../option-values.ts';
import { shownPath } from '../shown-path.ts';
import { isFloatTensor, nonFiniteText, shapeOf, type TensorShape, tensorShape } from '../tensor-shape.ts';

interface Inspected {
  readonly tensor: ModelTensor;
  /** `null` for tensors that hold no real numbers, or whose format does not run here. */
  readonly values: TensorShape | null;
}

/** Lists; there are never findings. */
export async function inspect(context: Context, path: string, options: Options): Promise<boolean> {
  const { io, json, signal } = context;
  const pattern = patternOption(options, 'tensor');
  const running = runningOf(context, options);
  const model = await openModelFile(io, path, openOptions(options));
  try {
    const tensors: Inspected[] = [];
    for (const tensor of model.tensors) {
      if (pattern !== undefined && !pattern.test(tensor.name)) continue;
      signal.throwIfAborted();
      tensors.push({ tensor, values: await valuesOf(running, model, tensor) });
    }
    if (tensors.length === 0 && model.tensors.length > 0)
      throw new InputError(
        `${shownPath(path)}: --tensor matches none of its ${model.tensors.length} tensors`,
      );
    if (json) io.out(jsonText(model, tensors));
    else io.out(options.md === true ? markdownText(model, tensors) : plainText(model, tensors));
    return false;
  } finally {
    await model.close();
  }
}

async function valuesOf(
  running: Running,
  { file }: ModelFile,
  tensor: ModelTensor,
): Promise<TensorShape | null> {
  if (tensor.kind === 'plain')
    return isFloatTensor(file, tensor.info) ? tensorShape(file, tensor.info) : null;
  const seen = statistics();
  addValues(seen, await decodeModelTensor(running, tensor));
  return shapeOf(seen);
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

function cells({ tensor, values }: Inspected): string[] {
  const { name, shape, axis, axisReason } = tensor;
  const along = axis === null ? '–' : `axis ${axis}: ${axisReason}`;
  const type = tensor.kind === 'plain' ? tensor.info.dtype : tensor.label;
  const start = [name, shapeText(shape), type, along];
  if (values === null) return [...start, '–', '–', '–', '–', '–'];
  const { rms, kurtosis, crest, studentDf, zeroFraction } = values;
  const zeros = zeroFraction === 0 ? '0' : `${(100 * zeroFraction).toPrecision(3)}%`;
  return [...start, errorText(rms), errorText(kurtosis), errorText(crest), dfText(studentDf), zeros];
}

function plainText(model: ModelFile, tensors: readonly Inspected[]): string {
  const nonFinite = tensors.filter(({ values }) => values !== null && values.nonFinite > 0);
  return [
    `${headline(model)}\n`,
    ...formatLines(tensors).map((line) => `${line}\n`),
    ...keyValueLines(model),
    '\n',
    textTable(COLUMNS, tensors.map(cells)),
    ...nonFinite.map(
      ({ tensor, values }) => `${printable(tensor.name)}: ${nonFiniteText(values!.nonFinite)}\n`,
    ),
    ...tensors.flatMap(({ tensor }) =>
      tensor.kind === 'encoded' || tensor.info.unreadable === undefined
        ? []
        : [`${printable(`${tensor.name}: ${tensor.info.unreadable}`)}\n`],
    ),
    '\n',
    'kurtosis: 3 for Normal data, more with heavy tails; t df: degrees of freedom of the fitted Student-t, fewer with heavier tails.\n',
  ].join('');
}

function markdownText(model: ModelFile, tensors: readonly Inspected[]): string {
  return [
    `# ${printable(shownPath(model.path))}\n\n${headline(model)}\n\n`,
    ...formatLines(tensors).map((line) => `${line}\n\n`),
    markdownTable(COLUMNS, tensors.map(cells)),
  ].join('');
}

function headline({ path, file, tensors }: ModelFile): string {
  const count = `${tensors.length} ${tensors.length === 1 ? 'tensor' : 'tensors'}`;
  return `${printable(shownPath(path))}: ${file.container}, ${count}`;
}

/** Longer texts (chat templates) are cut. */
const MOST_SHOWN = 100;

/** What a GGUF header says, a line for each key; of arrays their length. */
function keyValueLines({ file }: ModelFile): string[] {
  if (file.gguf === undefined) return [];
  const shown = (pair: GgufKeyValue): string => {
    if (pair.type === 'ARRAY') return `${pair.value.length} × ${pair.items}`;
    const text = `${pair.value}`;
    return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  };
  const width = Math.max(0, ...file.gguf.keyValues.map(({ key }) => key.length));
  return [
    '\n',
    ...file.gguf.keyValues.map((pair) => `${printable(`${pair.key.padEnd(width)}  ${shown(pair)}`)}\n`),
  ];
}

/** A sentence for each format that tensors are encoded in. */
function formatLines(tensors: readonly Inspected[]): string[] {
  const groups = new Map<string, EncodedTensor[]>();
  for (const { tensor } of tensors) {
    if (tensor.kind !== 'encoded') continue;
    const key = `${tensor.layout} ${tensor.label} ${formatId(tensor.format)}`;
    groups.set(key, [...(groups.get(key) ?? []), tensor]);
  }
  return [...groups.values()].map((group) => {
    const [{ label, layout, format }] = group as [EncodedTensor];
    const weights = group.reduce((sum, { shape }) => sum + weightsOf(shape), 0);
    const bytes = group.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const bits = weights === 0 ? 0 : (8 * bytes) / weights;
    const { fixedLength, bitsPerParam } = formatFacts(format);
    const limit = fixedLength ? `, ${Number(bitsPerParam.toFixed(4))} in the limit` : '';
    return printable(
      `${group.length === 1 ? 'One tensor' : `${group.length} tensors`} as ${label} (${layout}, ${formatId(format)}): ` +
        `${Number(bits.toFixed(4))} bits per parameter here${limit}.`,
    );
  });
}

function jsonText({ path, file, notes }: ModelFile, tensors: readonly Inspected[]): string {
  const list = tensors.map(({ tensor, values }) => {
    const { name, shape, axis, axisReason, byteLength } = tensor;
    const stored = tensor.kind === 'plain' ? plainJson(tensor.info) : encodedJson(tensor);
    return { name, shape, axis, axisReason, byteLength, ...stored, values };
  });
  const result = { version: 1, path: shownPath(path), container: file.container, notes, tensors: list };
  return `${JSON.stringify(result, null, 2)}\n`;
}

function plainJson({ dtype, axisKnown, unreadable }: Extract<ModelTensor, { kind: 'plain' }>['info']) {
  return { dtype, axisKnown, encoded: null, ...(unreadable === undefined ? {} : { unreadable }) };
}

function encodedJson({ format, layout, parts }: EncodedTensor) {
  return {
    dtype: null,
    encoded: {
      layout,
      format: canonicalName(format),
      formatId: formatId(format),
      bitsPerParam: formatFacts(format).bitsPerParam,
      parts,
    },
  };
}
