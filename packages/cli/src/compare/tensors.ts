/**
 * Which tensors of the files take part, and what is said about them.
 */
import type { ComparedTensor, KeptTensor } from '@fewerbits/compare';
import { magnitudesOf } from '@fewerbits/measure';
import { openTensorFile, type TensorFile, type TensorInfo } from '@fewerbits/tensorfile';
import { InputError } from '../input-error.ts';
import { shownPath } from '../shown-path.ts';
import { dfWithout, isFloatTensor, nonFiniteText, shapeOf, tensorStatistics } from '../tensor-shape.ts';
import type { TensorPlace } from './tasks.ts';

/** Smaller tensors cost nothing as they are. */
const LEAST_WEIGHTS = 1024;

/** A tensor that takes part. */
export interface ChosenTensor {
  readonly place: TensorPlace;
  readonly about: ComparedTensor;
  /** Degrees of freedom of the Student-t that fits best without the share `ratio` of largest magnitudes; `null` where none does. */
  dfWithout(ratio: number): number | null;
}

/** What the files hold. */
export interface ChosenTensors {
  readonly files: readonly { readonly path: string; readonly container: string }[];
  readonly tensors: readonly ChosenTensor[];
  readonly kept: readonly KeptTensor[];
}

/**
 * Reads every file once, in pieces. With a pattern, tensors that do not match are kept with that reason;
 * so are tensors with NaN or infinities, of which no format has an error.
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
      const shown = shownPath(path);
      files.push({ path: shown, container: file.container });
      for (const info of file.tensors) {
        signal.throwIfAborted();
        const label = paths.length > 1 ? `${shown}#${info.name}` : info.name;
        const place = { path, open, name: info.name, label };
        const choice = await choose(file, info, place, pattern);
        if (typeof choice !== 'string') tensors.push(choice);
        else
          kept.push({
            name: label,
            file: shown,
            shape: info.shape,
            dtype: info.dtype,
            bytes: info.byteLength,
            reason: choice,
          });
      }
    } finally {
      await file.close();
    }
  }
  if (tensors.length > 0) return { files, tensors, kept };
  const reasons = [...new Set(kept.map(({ reason }) => reason))];
  throw new InputError(
    `nothing to compare in ${paths.map(shownPath).join(', ')}: ${reasons.length === 0 ? 'no tensors' : reasons.join('; ')}`,
  );
}

function whyKept(file: TensorFile, info: TensorInfo, pattern: RegExp | undefined): string | null {
  const weights = info.shape.reduce((product, size) => product * size, 1);
  if (pattern !== undefined && !pattern.test(info.name)) return 'not matched by --tensor';
  if (info.unreadable !== undefined) return info.unreadable;
  if (!isFloatTensor(file, info)) return `${info.dtype} is no type of weights`;
  if (info.shape.length < 2) return 'fewer than two axes';
  if (weights < LEAST_WEIGHTS) return `fewer than ${LEAST_WEIGHTS} weights`;
  return null;
}

/** The tensor with its facts, or why it is kept. */
async function choose(
  file: TensorFile,
  info: TensorInfo,
  place: TensorPlace,
  pattern: RegExp | undefined,
): Promise<ChosenTensor | string> {
  const reason = whyKept(file, info, pattern);
  if (reason !== null) return reason;
  const seen = await tensorStatistics(file, info);
  const { nonFinite, rms, crest, kurtosis, studentDf } = shapeOf(seen);
  if (nonFinite > 0) return nonFiniteText(nonFinite);
  const { shape, contractionAxis: axis, axisKnown, axisReason } = info;
  const weights = shape.reduce((product, size) => product * size, 1);
  const about = {
    name: place.label,
    file: shownPath(place.path),
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
  const magnitudes = magnitudesOf(seen);
  return { place, about, dfWithout: (ratio) => (ratio === 0 ? studentDf : dfWithout(magnitudes, ratio)) };
}
