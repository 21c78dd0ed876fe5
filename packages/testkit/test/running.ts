/** Formats made to run: a shape that fits, models that tensors share, and whether there is a fit for everything. */
import {
  encodeFields,
  fieldsOfSharedModels,
  fieldsToGive,
  interpreter,
  modelTrainer,
} from '@fewerbits/codec';
import { type Codec, type Format, lcm, probeShape } from '@fewerbits/format';

/** A shape on which every pattern and every rotation of the format fits. */
export function shapeOf(format: Format): readonly [rows: number, cols: number] {
  let { rows, cols } = probeShape(format);
  for (const step of format.steps) {
    if (step.step !== 'rotate' || typeof step.size !== 'number') continue;
    if (step.scope === 'row') cols = lcm(cols, step.size);
    else rows = lcm(rows, step.size);
  }
  return [rows, cols];
}

/** The interpreter; models that tensors share are trained on these weights, or on a tensor of halves. */
export function codecOf(format: Format, weights?: Float32Array, shape = shapeOf(format)): Codec {
  if (fieldsOfSharedModels(format).length === 0) return interpreter(format);
  const trainer = modelTrainer(format);
  trainer.add(encodeFields(format, weights ?? halves(shape), { shape }));
  return interpreter(format, { models: trainer.models() });
}

function halves([rows, cols]: readonly [number, number]): Float32Array {
  return new Float32Array(rows * cols).fill(0.5);
}

/** Whether the format can be asked to encode: not where only a procedure runs its fit, or the caller must help with it. */
export function encodes(format: Format): boolean {
  if (fieldsToGive(format).length > 0) return false;
  const shape = shapeOf(format);
  try {
    codecOf(format).encode(halves(shape), { shape });
    return true;
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('cannot run here')) return false;
    throw error;
  }
}
