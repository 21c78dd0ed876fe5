/**
 * Contraction axes of an ONNX model: a weight is followed to the node that sums over it, through nodes that only pass it
 * on or rearrange it and into sub-graphs that use it by name; the axis is carried back.
 *
 * A name is given a value once (graph.ts sees to it), so ways never meet and the work is linear in the nodes.
 */
import type { Axis } from '../axis.ts';
import { axisBeforeReshape, isPermutation, resolveShape } from '../rearrange.ts';
import { isStandard, type Node, type Scope } from './graph.ts';
import { axisOfInput } from './layouts.ts';

/** A consumer of a value, and which of its inputs the value is. */
interface Use {
  readonly node: Node;
  readonly input: number;
}

/** A weight on its way: its shape at this point, and how an axis here maps back to the stored weight. */
interface Stop {
  readonly scope: Scope;
  readonly name: string;
  readonly shape: readonly number[];
  readonly back: (axis: number) => number | null;
}

/** Reads a short list of whole numbers (a shape) that a graph holds as a tensor; `null` when it is none. */
export type Constant = (scope: Scope, name: string) => Promise<readonly number[] | null>;

const PASSES = new Set(['Identity', 'Cast', 'Dropout', 'QuantizeLinear', 'DequantizeLinear']);

/** A weight passes through a few nodes at most; a graph that says otherwise is not worth following. */
const MAX_STOPS = 64;

/**
 * Returns a function that tells the axis of a tensor that a scope produces, or `null` when no consumer tells, or two
 * disagree.
 */
export function nodeAxes(
  nodes: readonly Node[],
  constant: Constant,
): (scope: Scope, name: string, shape: readonly number[]) => Promise<Axis | null> {
  const uses = consumers(nodes);
  return async (scope, name, shape) => {
    if (shape.length < 2) return null;
    let found: Axis | null = null;
    const stops: Stop[] = [{ scope, name, shape, back: (axis) => axis }];
    for (let at = 0; at < stops.length; at++) {
      const stop = stops[at]!;
      for (const { node, input } of uses.get(stop.scope)?.get(stop.name) ?? []) {
        const next = input === 0 && stops.length < MAX_STOPS ? await passedOn(node, stop, constant) : null;
        if (next !== null) stops.push(next);
        const there = stop.shape.length < 2 ? null : axisOfInput(node, input, stop.shape);
        const axis = there === null ? null : stop.back(there.contractionAxis!);
        if (there === null || axis === null) continue;
        if (found !== null && found.contractionAxis !== axis) return null;
        found ??= { ...there, contractionAxis: axis };
      }
    }
    return found;
  };
}

/** The scope that a name means something in: the innermost around `scope` that knows it, else the outermost. */
export function ownerOf(scope: Scope, name: string): Scope {
  let owner = scope;
  while (owner.parent !== null && !owner.produced.has(name) && !owner.inputs.has(name)) owner = owner.parent;
  return owner;
}

function consumers(nodes: readonly Node[]): ReadonlyMap<Scope, ReadonlyMap<string, readonly Use[]>> {
  const uses = new Map<Scope, Map<string, Use[]>>();
  for (const node of nodes)
    node.inputs.forEach((name, input) => {
      const owner = ownerOf(node.scope, name);
      const names = uses.get(owner) ?? new Map<string, Use[]>();
      uses.set(owner, names);
      const list = names.get(name);
      if (list === undefined) names.set(name, [{ node, input }]);
      else list.push({ node, input });
    });
  return uses;
}

/** The tensor after a node that keeps its values, or `null` for any other node. */
async function passedOn(node: Node, stop: Stop, constant: Constant): Promise<Stop | null> {
  const { scope, op, domain, ints, output: name } = node;
  if (!isStandard(domain) || name === '') return null;
  if (PASSES.has(op)) return { ...stop, scope, name };
  const rank = stop.shape.length;
  if (op === 'Transpose') {
    const order = ints.get('perm') ?? stop.shape.map((_, axis) => rank - 1 - axis);
    if (!isPermutation(order, rank)) return null;
    const shape = order.map((axis) => stop.shape[axis]!);
    return { scope, name, shape, back: (axis) => stop.back(order[axis]!) };
  }
  if (op !== 'Reshape') return null;
  const target = ints.get('shape') ?? (await constant(scope, node.inputs[1] ?? ''));
  if (target === null) return null;
  const keepsZeros = ints.get('allowzero')?.[0] === 1;
  const extents = target.map((extent, axis) =>
    extent === 0 && !keepsZeros ? (stop.shape[axis] ?? 0) : extent,
  );
  const shape = resolveShape(extents, stop.shape);
  if (shape === null) return null;
  return {
    scope,
    name,
    shape,
    back: (axis) => {
      const before = axisBeforeReshape(stop.shape, shape, axis);
      return before === null ? null : stop.back(before);
    },
  };
}
