/**
 * Contraction axes of a TF.js layers model (Keras): the class of a layer tells how its kernels are laid out.
 *
 * Specification: the Keras layer documentation. Weights are named `<layer>/<kind>`; nested models, wrappers and cells
 * add segments in between.
 */
import type { Axis } from '../axis.ts';
import { isArray, isObject, type JsonObject, type JsonValue, stringAt } from '../json.ts';
import { convolution, dense, depthwise, type Layout, lookup, transposedConvolution } from './layouts.ts';

/** Layouts by layer class and kind of weight. Recurrent classes also come as cells (`LSTMCell`). */
const LAYOUTS: ReadonlyMap<string, ReadonlyMap<string, Layout>> = new Map(
  Object.entries<Readonly<Record<string, Layout>>>({
    Dense: { kernel: dense },
    Conv1D: { kernel: convolution },
    Conv2D: { kernel: convolution },
    Conv3D: { kernel: convolution },
    Conv2DTranspose: { kernel: transposedConvolution },
    Conv3DTranspose: { kernel: transposedConvolution },
    DepthwiseConv2D: { depthwise_kernel: depthwise },
    SeparableConv1D: { depthwise_kernel: depthwise, pointwise_kernel: convolution },
    SeparableConv2D: { depthwise_kernel: depthwise, pointwise_kernel: convolution },
    Embedding: { embeddings: lookup },
    LSTM: { kernel: dense, recurrent_kernel: dense },
    GRU: { kernel: dense, recurrent_kernel: dense },
    SimpleRNN: { kernel: dense, recurrent_kernel: dense },
    ConvLSTM2D: { kernel: convolution, recurrent_kernel: convolution },
  }).map(([layer, kinds]) => [layer, new Map(Object.entries(kinds))]),
);

/** Wrappers inside wrappers inside models; real ones nest two or three deep. */
const MAX_NESTING = 32;

/**
 * Reads the layers of a topology and returns a function that tells the axis of a weight, or `null` when the topology
 * does not tell. The topology is `modelTopology` of model.json; malformed parts of it are passed over, since only this
 * advice depends on them.
 */
export function layersAxes(topology: JsonObject): (name: string, shape: readonly number[]) => Axis | null {
  const config = topology.get('model_config');
  const classes = new Map<string, string>();
  collect(isObject(config) ? config : topology, classes, 0);
  return (name, shape) => {
    const segments = name.split('/');
    const kind = segments.pop()!.replace(/:\d+$/, '');
    // The innermost segment that names a layer with such a weight decides; layer names may hold slashes themselves.
    for (let end = segments.length; end > 0; end--)
      for (const layer of [segments[end - 1]!, segments.slice(0, end).join('/')]) {
        const className = classes.get(layer);
        const layout = className === undefined ? undefined : LAYOUTS.get(className)?.get(kind);
        if (layout !== undefined && shape.length >= 2) return layout(shape, `layer ${layer}, ${className}`);
      }
    return null;
  };
}

function collect(
  layer: JsonValue | undefined,
  classes: Map<string, string>,
  depth: number,
  prefix = '',
): void {
  if (!isObject(layer) || depth > MAX_NESTING) return;
  const className = stringAt(layer, 'class_name')?.replace(/Cell$/, '');
  const config = layer.get('config');
  // Old Sequential models hold their layers as the config itself.
  if (isArray(config)) for (const inner of config) collect(inner, classes, depth + 1);
  if (!isObject(config)) return;
  const name = stringAt(config, 'name') ?? stringAt(layer, 'name');
  if (className !== undefined && name !== undefined) classes.set(prefix + name, className);
  const layers = config.get('layers');
  if (isArray(layers)) for (const inner of layers) collect(inner, classes, depth + 1);
  const wrapped = config.get('layer');
  if (!isObject(wrapped)) return;
  // A wrapper's own name stands for what it wraps: `time_distributed/kernel`, `bidirectional/forward_lstm/kernel`.
  const wrappedClass = stringAt(wrapped, 'class_name');
  if (name !== undefined && wrappedClass !== undefined) classes.set(name, wrappedClass);
  for (const direction of ['', 'forward_', 'backward_']) collect(wrapped, classes, depth + 1, direction);
}
