/**
 * Contraction axes of a TF.js graph model: the nodes that consume a weight tell how it is laid out.
 *
 * Specification: TensorFlow's op definitions (MatMul, Conv2D, …). A weight is followed through nodes that only pass it
 * on or rearrange it, and the axis the consumer sums over is carried back.
 */
import { type Axis, known } from '../axis.ts';
import { isArray, isObject, type JsonObject, stringAt } from '../json.ts';
import { axisBeforeReshape, einsumSummedAxis, isPermutation, resolveShape } from '../rearrange.ts';
import {
  convolution,
  dense,
  denseTransposed,
  depthwise,
  type Layout,
  lookup,
  transposedConvolution,
} from './layouts.ts';

interface Node {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: JsonObject;
}

/** A consumer of a tensor, and which of its inputs the tensor is. */
interface Use {
  readonly node: Node;
  readonly input: number;
}

/** A weight on its way: its shape at this point, and how an axis here maps back to the stored weight. */
interface Stop {
  readonly name: string;
  readonly shape: readonly number[];
  readonly back: (axis: number) => number | null;
}

/** Reads a small integer constant (a shape, a permutation) by its node name; `null` when it is none. */
export type Constant = (name: string) => Promise<readonly number[] | null>;

const PASSES = new Set(['Identity', 'ReadVariableOp', 'Enter', 'StopGradient', 'Snapshot', 'Cast']);

/** A weight passes through a few nodes at most; a graph that says otherwise is not worth following. */
const MAX_STOPS = 64;

/**
 * Reads the nodes of a topology and returns a function that tells the axis of a weight, or `null` when no consumer
 * tells, or two disagree. Malformed parts of the topology are passed over, since only this advice depends on them.
 */
export function graphAxes(
  topology: JsonObject,
  constant: Constant,
): (name: string, shape: readonly number[]) => Promise<Axis | null> {
  const uses = consumers(readNodes(topology));
  return async (name, shape) => {
    if (shape.length < 2) return null;
    let found: Axis | null = null;
    const stops: Stop[] = [{ name, shape, back: (axis) => axis }];
    for (let at = 0; at < stops.length; at++) {
      const stop = stops[at]!;
      for (const { node, input } of uses.get(stop.name) ?? []) {
        const next = input === 0 ? await passedOn(node, stop, constant) : null;
        if (next !== null && stops.length < MAX_STOPS) stops.push(next);
        const there = layoutOf(node, input, stop.shape.length)?.(stop.shape, `node ${node.op}`);
        const axis = there === undefined ? null : stop.back(there.contractionAxis!);
        if (there === undefined || axis === null) continue;
        if (found !== null && found.contractionAxis !== axis) return null;
        found ??= { ...there, contractionAxis: axis };
      }
    }
    return found;
  };
}

function readNodes(topology: JsonObject): readonly Node[] {
  const nodes = topology.get('node');
  if (!isArray(nodes)) return [];
  return nodes.flatMap((value) => {
    if (!isObject(value)) return [];
    const name = stringAt(value, 'name');
    const op = stringAt(value, 'op');
    const input = value.get('input');
    const attributes = value.get('attr');
    if (name === undefined || op === undefined) return [];
    const inputs = isArray(input) ? input.map((text) => (typeof text === 'string' ? text : '')) : [];
    return [
      { name, op, inputs: inputs.map(producer), attributes: isObject(attributes) ? attributes : new Map() },
    ];
  });
}

/** `weights:0` is the first output of `weights`; `^weights` only orders the two nodes. */
function producer(input: string): string {
  return input.startsWith('^') ? '' : input.replace(/:0$/, '');
}

function consumers(nodes: readonly Node[]): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>();
  for (const node of nodes)
    node.inputs.forEach((name, input) => {
      const list = uses.get(name);
      if (list === undefined) uses.set(name, [{ node, input }]);
      else list.push({ node, input });
    });
  return uses;
}

/** The tensor after a node that keeps its values, or `null` for any other node. */
async function passedOn(node: Node, stop: Stop, constant: Constant): Promise<Stop | null> {
  const { name, op, inputs } = node;
  if (PASSES.has(op)) return { ...stop, name };
  if (op === 'Transpose') {
    const order = await constant(inputs[1] ?? '');
    const rank = stop.shape.length;
    if (order === null || !isPermutation(order, rank)) return null;
    return { name, shape: order.map((axis) => stop.shape[axis]!), back: (axis) => stop.back(order[axis]!) };
  }
  if (op !== 'Reshape') return null;
  const target = await constant(inputs[1] ?? '');
  const shape = target === null ? null : resolveShape(target, stop.shape);
  if (shape === null) return null;
  return {
    name,
    shape,
    back: (axis) => {
      const before = axisBeforeReshape(stop.shape, shape, axis);
      return before === null ? null : stop.back(before);
    },
  };
}

/** How a node lays out that input, if the node sums over it (or looks rows up in it). */
function layoutOf(node: Node, input: number, rank: number): Layout | null {
  switch (node.op) {
    case 'MatMul':
    case '_FusedMatMul':
    case 'BatchMatMul':
    case 'BatchMatMulV2':
    case 'BatchMatMulV3': {
      if (input > 1 || rank < 2) return null;
      const flag = node.op.startsWith('Batch') ? ['adj_x', 'adj_y'] : ['transpose_a', 'transpose_b'];
      const swapped = booleanAttribute(node, flag[input]!);
      // The right factor is summed over its last axis but one, the left one over its last.
      return swapped === (input === 1) ? denseTransposed : dense;
    }
    case 'Conv2D':
    case '_FusedConv2D':
    case 'Conv3D':
      return input === 1 && rank >= 3 ? convolution : null;
    case 'Conv2DBackpropInput':
    case 'Conv3DBackpropInputV2':
      return input === 1 && rank >= 3 ? transposedConvolution : null;
    case 'DepthwiseConv2d':
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2dNative':
      return input === 1 && rank === 4 ? depthwise : null;
    case 'Gather':
    case 'GatherV2':
    case 'ResourceGather':
      return input === 0 ? lookup : null;
    case 'Einsum':
      return einsumLayout(stringAttribute(node, 'equation'), input, rank);
    default:
      return null;
  }
}

function einsumLayout(equation: string, input: number, rank: number): Layout | null {
  const summed = einsumSummedAxis(equation, input, rank);
  if (summed === null) return null;
  const { axis, label } = summed;
  return (_, user) => known(axis, `TF.js einsum ${equation}, summed over ${label} (${user})`);
}

function booleanAttribute(node: Node, key: string): boolean {
  const value = node.attributes.get(key);
  return isObject(value) && value.get('b') === true;
}

/** Strings are base64 in some exports and lists of bytes in others. */
function stringAttribute(node: Node, key: string): string {
  const value = node.attributes.get(key);
  const text = isObject(value) ? value.get('s') : undefined;
  if (typeof text === 'string') return Buffer.from(text, 'base64').toString('latin1');
  return isArray(text) ? String.fromCharCode(...text.slice(0, 256).map(Number)) : '';
}
