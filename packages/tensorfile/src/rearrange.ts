/**
 * Axes of a tensor that a graph rearranges before it sums over them: what TF.js and ONNX nodes have in common.
 */
import { elementCount } from './shape.ts';

/** True when `order` names each of `rank` axes once. */
export function isPermutation(order: readonly number[], rank: number): boolean {
  return (
    order.length === rank &&
    new Set(order).size === rank &&
    order.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank)
  );
}

/** Fills in the one -1 of a Reshape target; `null` when the counts disagree. */
export function resolveShape(target: readonly number[], from: readonly number[]): readonly number[] | null {
  const count = elementCount(from)!;
  const fixed = elementCount(target.filter((extent) => extent !== -1));
  if (fixed === null || fixed === 0) return null;
  const shape = target.map((extent) => (extent === -1 ? count / fixed : extent));
  return elementCount(shape) === count ? shape : null;
}

/**
 * The axis of `from` that became `axis` of `to`: the same extent at the same place. Where several axes were merged
 * into it, the innermost of them that is longer than one (all of them are summed over).
 */
export function axisBeforeReshape(
  from: readonly number[],
  to: readonly number[],
  axis: number,
): number | null {
  const product = (part: readonly number[]) => part.reduce((count, extent) => count * extent, 1);
  const before = product(to.slice(0, axis));
  const through = before * to[axis]!;
  const first = from.findIndex((_, at) => product(from.slice(0, at + 1)) > before);
  if (first === -1 || product(from.slice(0, first)) !== before) return null;
  for (let last = first; last < from.length; last++)
    if (product(from.slice(0, last + 1)) === through) return from[last]! > 1 ? last : null;
  return null;
}

/**
 * The axis of an Einsum's operand number `input` that is summed over: labels that the result lacks; of several the
 * innermost. `null` when there is none, or the equation is not of plain labels.
 */
export function einsumSummedAxis(
  equation: string,
  input: number,
  rank: number,
): { readonly axis: number; readonly label: string } | null {
  const [operands, result] = equation.replaceAll(' ', '').split('->');
  const labels = operands!.split(',')[input];
  if (labels === undefined || result === undefined || !/^[a-zA-Z]+$/.test(labels) || labels.length !== rank)
    return null;
  const axis = [...labels].findLastIndex((label) => !result.includes(label));
  return axis === -1 ? null : { axis, label: labels[axis]! };
}
