/**
 * The weight layouts of TensorFlow, shared by graph nodes and Keras layers: which axis is summed over.
 */
import { type Axis, known } from '../axis.ts';

/** From the shape of a weight to its contraction axis; `user` is what applies it, for the report. */
export type Layout = (shape: readonly number[], user: string) => Axis;

/** [in, out], or a stack of such matrices: dense layers, and the gate matrices of recurrent ones. */
export const dense: Layout = (shape, user) =>
  known(shape.length - 2, `TF.js kernel [${stack(shape)}in, out] (${user})`);

/** [out, in], or a stack of such matrices: a dense kernel used transposed. */
export const denseTransposed: Layout = (shape, user) =>
  known(shape.length - 1, `TF.js kernel [${stack(shape)}out, in] (${user})`);

/** […, in, out] with one, two or three leading spatial axes; summed over those and `in`. */
export const convolution: Layout = (shape, user) =>
  known(
    shape.length - 2,
    `TF.js kernel [${spatial(shape)}, in, out], summed over ${spatial(shape)} and in (${user})`,
  );

/** […, out, in]: transposed convolutions. */
export const transposedConvolution: Layout = (shape, user) =>
  known(shape.length - 1, `TF.js kernel [${spatial(shape)}, out, in], summed over in (${user})`);

/** [h, w, in, multiplier]: every channel by itself, so only the spatial axes are summed over. */
export const depthwise: Layout = (shape, user) =>
  known(
    shape.length === 4 && shape[1] === 1 ? 0 : Math.max(0, shape.length - 3),
    `TF.js kernel [h, w, in, multiplier], summed over h and w only (${user})`,
  );

/** [entries, features]: nothing is summed over; rows are looked up whole. */
export const lookup: Layout = (shape, user) =>
  known(shape.length - 1, `TF.js embedding [entries, features], rows are looked up (${user})`);

function stack(shape: readonly number[]): string {
  return shape.length > 2 ? '…, ' : '';
}

/** Names of the leading axes of a convolution kernel with that many. */
function spatial(shape: readonly number[]): string {
  return ['d', 'h', 'w'].slice(Math.max(0, 5 - shape.length)).join(', ');
}
