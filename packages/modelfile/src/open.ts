/**
 * Opens a model: stored tensors become those that its user thinks of.
 *
 * Each layout is asked in turn; what it finds is believed only where every part is there and as long as the Format says.
 */
import {
  canonicalName,
  type Format,
  type FormatSpec,
  formatFacts,
  type Packed,
  specText,
  streamBytes,
} from '@fewerbits/format';
import { type OpenOptions, openTensorFile, type TensorFile, type TensorInfo } from '@fewerbits/tensorfile';
import { RECOGNISERS } from './recognise/index.ts';
import type { Found, Part, Seen } from './recognise/recogniser.ts';
import { quantizationConfig } from './recognise/settings.ts';
import { type EncodedTensor, type FormatOf, type ModelFile, type ModelTensor, matrixOf } from './types.ts';

/**
 * Opens a model file of any container.
 * @param formatOf finds the formats of recognised layouts
 * @throws TensorFileError for a file that cannot be read, or a description in it that is damaged.
 */
export async function openModel(
  path: string,
  formatOf: FormatOf,
  options: OpenOptions = {},
): Promise<ModelFile> {
  const file = await openTensorFile(path, options);
  try {
    return await recognise(path, file, formatOf);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function recognise(path: string, file: TensorFile, formatOf: FormatOf): Promise<ModelFile> {
  const byName = new Map(file.tensors.map((info) => [info.name, info]));
  const seen: Seen = { file, byName, config: await quantizationConfig(path) };
  const formats = knownFormats(formatOf);
  const encoded: EncodedTensor[] = [];
  const notes: string[] = [];
  const taken = new Map<string, EncodedTensor>();
  for (const { layout, recognise } of RECOGNISERS) {
    const findings = await recognise(seen);
    notes.push(...findings.notes);
    for (const found of findings.found) {
      const used = storedIn(found);
      if (used.some((name) => taken.has(name))) continue;
      const tensor = await encodedTensor(found, layout, seen, formats);
      if (typeof tensor === 'string') {
        notes.push(`${found.name}: ${tensor}`);
        continue;
      }
      encoded.push(tensor);
      for (const name of used) taken.set(name, tensor);
    }
  }
  return {
    path,
    file,
    notes,
    tensors: inFileOrder(file.tensors, taken),
    close: () => file.close(),
  };
}

/** Each tensor where its first part stands. */
function inFileOrder(infos: readonly TensorInfo[], taken: ReadonlyMap<string, EncodedTensor>): ModelTensor[] {
  const listed = new Set<EncodedTensor>();
  return infos.flatMap((info): ModelTensor[] => {
    const tensor = taken.get(info.name);
    if (tensor === undefined) return [plain(info)];
    if (listed.has(tensor)) return [];
    listed.add(tensor);
    return [tensor];
  });
}

function plain(info: TensorInfo): ModelTensor {
  const { name, shape, contractionAxis: axis, axisReason, byteLength } = info;
  return { kind: 'plain', name, shape, axis, axisReason, byteLength, info };
}

function storedIn({ parts, beside }: Found): string[] {
  return [...Object.values(parts).flatMap((part) => ('tensor' in part ? [part.tensor] : [])), ...beside];
}

/** Formats by their text, each asked for once. */
function knownFormats(formatOf: FormatOf): (spec: FormatSpec) => Promise<Format> {
  const known = new Map<string, Promise<Format>>();
  return (spec) => {
    const key = specText(spec);
    const format = known.get(key) ?? formatOf(spec);
    known.set(key, format);
    return format;
  };
}

/** The tensor, or why what was found is none. */
async function encodedTensor(
  found: Found,
  layout: string,
  { file, byName }: Seen,
  formatOf: (spec: FormatSpec) => Promise<Format>,
): Promise<EncodedTensor | string> {
  const { name, shape, axis, axisReason, models, parts } = found;
  const missing = storedIn(found).find((part) => !byName.has(part));
  if (missing !== undefined) return `looks like ${layout}, but there is no tensor ${missing}`;
  let format: Format;
  let label: string;
  try {
    const known = 'layout' in found.format;
    format = known ? (found.format as Format) : await formatOf(found.format as FormatSpec);
    label = known ? canonicalName(format) : specText(found.format as FormatSpec);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `looks like ${layout}, which has no format here: ${error.message}`;
  }
  const matrix = matrixOf(shape, axis);
  const lengthOf = (part: Part): number =>
    'tensor' in part ? byName.get(part.tensor)!.byteLength : part.bytes.length;
  const wrong = wrongLength(format, matrix, parts, lengthOf);
  if (wrong !== null) return `looks like ${layout} in ${label}, but ${wrong}`;
  return {
    kind: 'encoded',
    name,
    shape,
    axis,
    axisReason,
    byteLength: Object.values(parts).reduce((sum, part) => sum + lengthOf(part), 0),
    format,
    label,
    layout,
    models,
    parts: storedIn(found),
    async readPacked(): Promise<Packed> {
      const streams: Record<string, Uint8Array> = {};
      for (const [stream, part] of Object.entries(parts))
        streams[stream] = 'tensor' in part ? await file.readBytes(part.tensor) : part.bytes;
      return { shape: matrix, streams };
    },
  };
}

/** What is wrong with the lengths of the parts; `null`: nothing. Streams of lengths that depend on data are left to the decoder. */
function wrongLength(
  format: Format,
  matrix: readonly number[],
  parts: Readonly<Record<string, Part>>,
  lengthOf: (part: Part) => number,
): string | null {
  if (!formatFacts(format).fixedLength) return null;
  let wanted: Record<string, number>;
  try {
    wanted = streamBytes(format, matrix);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
  for (const [stream, bytes] of Object.entries(wanted)) {
    const part = parts[stream];
    const length = part === undefined ? 0 : lengthOf(part);
    if (length !== bytes)
      return `its ${stream === '' ? 'bytes are' : `stream ${stream} is`} ${length} long, not ${bytes}`;
  }
  return null;
}
