/**
 * The contraction axis where a container does not tell it: conventions, marked as guesses.
 *
 * Blocks of a format run along this axis (docs/design/architecture.md, contract 8).
 */
import { TensorFileError } from './error.ts';
import type { TensorInfo } from './types.ts';

/** The three fields of `TensorInfo` that speak about the axis. */
export type Axis = Pick<TensorInfo, 'contractionAxis' | 'axisKnown' | 'axisReason'>;

export const known = (contractionAxis: number, axisReason: string): Axis => ({
  contractionAxis,
  axisKnown: true,
  axisReason,
});

export const guess = (contractionAxis: number, axisReason: string): Axis => ({
  contractionAxis,
  axisKnown: false,
  axisReason: `${axisReason} (guess)`,
});

const NO_AXIS: Axis = { contractionAxis: null, axisKnown: false, axisReason: 'fewer than two axes' };

/** The last axis, for containers that say nothing. */
export function lastAxis(shape: readonly number[], reason = 'last axis by default'): Axis {
  return shape.length < 2 ? NO_AXIS : guess(shape.length - 1, reason);
}

/**
 * Conventions of the library that wrote a safetensors file, known from `format` in its metadata (absent means
 * PyTorch): PyTorch Linear is [out, in], its convolutions [out, in, …]; MLX keeps inputs last everywhere; Flax and
 * TensorFlow kernels are [in, out] and […, in, out].
 */
export function conventionalAxis(name: string, shape: readonly number[], format: string | undefined): Axis {
  const rank = shape.length;
  if (rank < 2) return NO_AXIS;
  if (format === 'mlx') return guess(rank - 1, 'MLX stores inputs last');
  if (format === 'flax' || format === 'tf') {
    if (/kernel(:0)?$/.test(name)) return guess(rank - 2, 'Flax and TensorFlow kernels are [in, out]');
    return guess(rank - 1, 'last axis by default');
  }
  if (rank === 2) return guess(1, 'PyTorch Linear stores [out, in]');
  return guess(1, 'PyTorch convolutions store [out, in, …]');
}

/**
 * The caller's axis instead of the container's, for every tensor that has it; the others keep theirs.
 * @throws TensorFileError when no tensor has that axis.
 */
export function overrideAxis(
  path: string,
  tensors: readonly TensorInfo[],
  axis: number | undefined,
): readonly TensorInfo[] {
  if (axis === undefined || tensors.length === 0) return tensors;
  const most = tensors.reduce((rank, { shape }) => Math.max(rank, shape.length), 0);
  if (axis >= most)
    throw new TensorFileError(
      path,
      `no tensor has an axis ${axis}; the most axes a tensor has is ${most}, counted from 0`,
    );
  return tensors.map((info) =>
    axis < info.shape.length ? { ...info, ...known(axis, 'given by the caller') } : info,
  );
}
