/**
 * How ONNX operators lay out their weights: which axis they sum over.
 *
 * Specification: onnx/docs/Operators.md, and onnxruntime's ContribOperators.md for the domain com.microsoft.
 */
import { type Axis, known } from '../axis.ts';
import { einsumSummedAxis } from '../rearrange.ts';
import { isStandard, type Node } from './graph.ts';

/** Inputs of an operator that are multiplied: the left and the right factor. */
const MATRIX_PRODUCTS: ReadonlyMap<string, readonly [left: number, right: number]> = new Map([
  ['MatMul', [0, 1]],
  ['Gemm', [0, 1]],
  ['MatMulInteger', [0, 1]],
  ['QLinearMatMul', [0, 3]],
  ['FusedMatMul', [0, 1]],
  ['FusedGemm', [0, 1]],
  ['MatMulIntegerToFloat', [0, 1]],
  ['DynamicQuantizeMatMul', [0, 1]],
]);

/** The input of a convolution that is its kernel. */
const CONVOLUTIONS: ReadonlyMap<string, number> = new Map([
  ['Conv', 1],
  ['ConvInteger', 1],
  ['QLinearConv', 3],
  ['FusedConv', 1],
  ['ConvTranspose', 1],
]);

/**
 * The contraction axis of input number `input` of a node, which has that shape (two axes or more), or `null` when the
 * node does not sum over it.
 */
export function axisOfInput(node: Node, input: number, shape: readonly number[]): Axis | null {
  const { op, domain } = node;
  if (!isStandard(domain) && domain !== 'com.microsoft') return null;
  const factors = MATRIX_PRODUCTS.get(op);
  if (factors !== undefined) return matrixAxis(node, factors.indexOf(input), shape);
  if (CONVOLUTIONS.get(op) === input) return convolutionAxis(node, shape);
  const last = shape.length - 1;
  switch (op) {
    case 'Gather':
      return input === 0 && isFirst(node, shape)
        ? known(last, 'ONNX embedding [entries, features], rows are looked up (node Gather)')
        : null;
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return (input === 1 || input === 2) && shape.length === 3
        ? known(last, `ONNX gate matrices [directions, gates, in] (node ${op})`)
        : null;
    case 'MatMulNBits':
      return input === 1 ? known(last, 'ONNX codes [N, blocks of K, bytes] (node MatMulNBits)') : null;
    case 'Einsum': {
      const summed = einsumSummedAxis(node.equation, input, shape.length);
      if (summed === null) return null;
      return known(summed.axis, `ONNX Einsum ${node.equation}, summed over ${summed.label}`);
    }
    default:
      return null;
  }
}

/** A matrix, or a stack of them: the right factor [K, N] is summed over its rows, the left one [M, K] over its columns. */
function matrixAxis({ op, ints }: Node, factor: number, shape: readonly number[]): Axis | null {
  if (factor === -1) return null;
  const isRight = factor === 1;
  const swapped = ints.get(isRight ? 'transB' : 'transA')?.[0] === 1;
  const rows = isRight !== swapped;
  const letters = isRight ? ['K', 'N'] : ['M', 'K'];
  if (swapped) letters.reverse();
  return known(
    shape.length - (rows ? 2 : 1),
    `ONNX ${shape.length > 2 ? 'matrices […, ' : 'matrix ['}${letters.join(', ')}] (node ${op})`,
  );
}

/** [out, in of a group, …spatial]; transposed convolutions are [in, out of a group, …spatial]. */
function convolutionAxis({ op, ints }: Node, shape: readonly number[]): Axis | null {
  if (shape.length < 3) return null;
  const transposed = op === 'ConvTranspose';
  const spatial = ['d', 'h', 'w'].slice(-(shape.length - 2)).join(', ');
  const inputs = transposed ? shape[0]! / (ints.get('group')?.[0] ?? 1) : shape[1]!;
  if (inputs === 1) {
    // Depthwise: only places are summed over; the innermost axis of them that is longer than one is reported.
    const places = shape.findLastIndex((extent, axis) => axis > 1 && extent > 1);
    if (places !== -1)
      return known(places, `ONNX kernel of one input channel, summed over ${spatial} only (node ${op})`);
  }
  return transposed
    ? known(0, `ONNX kernel [in, out, ${spatial}], summed over in (node ${op})`)
    : known(1, `ONNX kernel [out, in, ${spatial}], summed over in, ${spatial} (node ${op})`);
}

/** Gather counts from the end where the axis is negative; along any but the first axis it is no look-up of rows. */
function isFirst({ ints }: Node, shape: readonly number[]): boolean {
  const axis = ints.get('axis')?.[0] ?? 0;
  return axis === 0 || axis === -shape.length;
}
