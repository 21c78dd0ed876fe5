/**
 * Which tensors of the files take part, and what is said about them.
 */
import type { ComparedTensor, KeptTensor } from '@fewerbits/compare';
import { openTensorFile, type TensorFile, type TensorInfo } from '@fewerbits/tensorfile';
import { InputError } from '../input-error.ts';
import { isFloatTensor, shapeOf, tensorStatistics } from '../tensor-shape.ts';
import type { TensorPlace } from './tasks.ts';

/** Smaller tensors cost nothing as they are. */
const LEAST_WEIGHTS = 1024;

/** A tensor that takes part. */
export interface ChosenTensor {
  readonly place: TensorPlace;
  readonly about: ComparedTensor;
}

/** What the files hold. */
export interface ChosenTensors {
  readonly files: readonly { readonly path: string; readonly container: string }[];
  readonly tensors: readonly ChosenTensor[];
  readonly kept: readonly KeptTensor[];
}

/**
 * Reads every file once, in pieces. With a pattern, tensors that do not match are kept with that reason.
 * @throws TensorFileError for a file that cannot be read, InputError where no tensor is left.
 */
export async function chooseTensors(
  paths: readonly string[],
  open: TensorPlace['open'],
  pattern: RegExp | undefined,
  signal: AbortSignal,
): Promise<ChosenTensors> {
  const files: { path: string; container: string }[] = [];
  const tensors: ChosenTensor[] = [];
  const kept: KeptTensor[] = [];
  for (const path of new Set(paths)) {
    const file = await openTensorFile(path, open);
    try {
      files.push({ path, container: file.container });
      for (const info of file.tensors) {
        signal.throwIfAborted();
        const label = paths.length > 1 ? `${path}#${info.name}` : info.name;
        const reason = whyKept(file, info, pattern);
        if (reason === null) tensors.push(await chosen(file, info, { path, open, name: info.name, label }));
        else
          kept.push({
            name: label,
            file: path,
            shape: info.shape,
            dtype: info.dtype,
            bytes: info.byteLength,
            reason,
          });
      }
    } finally {
      await file.close();
    }
  }
  if (tensors.length > 0) return { files, tensors, kept };
  const reasons = [...new Set(kept.map(({ reason }) => reason))];
  throw new InputError(
    `nothing to compare in ${paths.join(', ')}: ${reasons.length === 0 ? 'no tensors' : reasons.join('; ')}`,
  );
}

function whyKept(file: TensorFile, info: TensorInfo, pattern: RegExp | undefined): string | null {
  const weights = info.shape.reduce((product, size) => product * size, 1);
  if (pattern !== undefined && !pattern.test(info.name)) return 'its name does not match --tensor';
  if (!isFloatTensor(file, info)) return `${info.dtype} is no type of weights`;
  if (info.shape.length < 2) return 'fewer than two axes';
  if (weights < LEAST_WEIGHTS) return `fewer than ${LEAST_WEIGHTS} weights`;
  return null;
}

async function chosen(file: TensorFile, info: TensorInfo, place: TensorPlace): Promise<ChosenTensor> {
  const { rms, crest, kurtosis, studentDf } = shapeOf(await tensorStatistics(file, info));
  const { shape, contractionAxis: axis, axisKnown, axisReason } = info;
  const weights = shape.reduce((product, size) => product * size, 1);
  const about = {
    name: place.label,
    file: place.path,
    shape,
    axis,
    axisKnown,
    axisReason,
    weights,
    rms,
    crest,
    kurtosis,
    studentDf,
  };
  return { place, about };
}
