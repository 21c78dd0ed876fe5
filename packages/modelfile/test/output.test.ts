/** What is written opens as it was meant: plain and encoded tensors, lengths known and unknown, shared models, both versions of the description. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadFormatSync } from '@fewerbits/catalogue';
import { encodeFields, interpreter, modelTrainer } from '@fewerbits/codec';
import { TensorFileError, writeSafetensors } from '@fewerbits/tensorfile';
import { describe, expect, it } from 'vitest';
import {
  type EncodedOutput,
  type EncodedTensor,
  type ModelOutput,
  type Models,
  openModel,
  type PlainOutput,
  readDescription,
  streamTensor,
  writeModelSafetensors,
} from '../src/index.ts';
import { defaultFormats, encoded, folder, tensor, weights } from './layouts.ts';

const { formatOf } = defaultFormats();
const SHAPE = [16, 256] as const;

function output(name: string, format: string, models: Models = {}, seed = 1): EncodedOutput {
  const codec = interpreter(loadFormatSync(format), { models });
  return {
    kind: 'encoded',
    name,
    shape: SHAPE,
    axis: 1,
    format: codec.format,
    models,
    encode: async () => codec.encode(weights(16 * 256, seed), { shape: SHAPE }),
  };
}

function plain(name: string): PlainOutput {
  const bytes = new Uint8Array(weights(12, 5).buffer);
  return {
    kind: 'plain',
    name,
    shape: [3, 4],
    dtype: 'F32',
    byteLength: bytes.length,
    async *bytes() {
      yield bytes.subarray(0, 20);
      yield bytes.subarray(20);
    },
  };
}

async function written(
  outputs: readonly ModelOutput[],
  metadata: Record<string, string> = {},
): Promise<string> {
  const path = join(await folder(), 'model.safetensors');
  await writeModelSafetensors(path, outputs, metadata);
  return path;
}

describe('a model', () => {
  it('comes back: one stream, several streams, lengths that depend on data, plain tensors, metadata', async () => {
    const formats = ['q4_0', 'nf4_double', 'ecsq', 'student_entropy', 'llm_int8'];
    const outputs = formats.map((format, k) => output(`w${k}`, format, {}, k + 1));
    const path = await written([plain('bias'), ...outputs], { format: 'pt' });
    const model = await openModel(path, formatOf);
    expect(model.notes).toEqual([]);
    expect(model.file.metadata.format).toBe('pt');
    expect([...(await model.file.readFloats('bias'))]).toEqual([...weights(12, 5)]);
    for (const [k, format] of formats.entries()) {
      const one = model.tensors.find(({ name }) => name === `w${k}`) as EncodedTensor;
      const { decoded } = encoded(format, SHAPE, k + 1);
      expect(one.format.name).toBe(format);
      expect(interpreter(one.format, { models: one.models }).decode(await one.readPacked())).toEqual(decoded);
    }
    await model.close();
    expect(await readdir(dirname(path))).toEqual(['model.safetensors']);
  });

  it('holds a Format once for all its tensors, and the models that they share', async () => {
    const format = loadFormatSync('ecsq_shared');
    const trainer = modelTrainer(format);
    for (const seed of [1, 2]) trainer.add(encodeFields(format, weights(16 * 256, seed), { shape: SHAPE }));
    const models = trainer.models();
    const path = await written([output('a', 'ecsq_shared', models), output('b', 'ecsq_shared', models, 2)]);
    const model = await openModel(path, formatOf);
    const stored = JSON.parse(model.file.metadata.fewerbits!) as { formats: unknown[] };
    expect(stored.formats).toHaveLength(1);
    for (const one of model.tensors as EncodedTensor[])
      interpreter(one.format, { models: one.models }).decode(await one.readPacked());
    await model.close();
  });

  it('is encoded one tensor at a time, each once', async () => {
    const events: string[] = [];
    const watched = ['a', 'b', 'c'].map((name): EncodedOutput => {
      const made = output(name, 'nf4');
      return {
        ...made,
        async encode() {
          events.push(name);
          return made.encode();
        },
      };
    });
    await written(watched);
    expect(events).toEqual(['a', 'b', 'c']);
  });

  it('leaves nothing behind when a tensor fails', async () => {
    const path = join(await folder(), 'model.safetensors');
    const failing: EncodedOutput = {
      ...output('b', 'ecsq'),
      encode: async () => {
        throw new RangeError('b: no');
      },
    };
    await expect(writeModelSafetensors(path, [output('a', 'ecsq'), failing], {})).rejects.toThrow('b: no');
    expect(await readdir(dirname(path))).toEqual([]);
  });
});

describe('the description', () => {
  it('of one tensor, as version 1 had it, is read', async () => {
    const { packed, decoded } = encoded('nf4', SHAPE);
    const about = { version: 1, format: loadFormatSync('nf4'), tensor: 'w', shape: SHAPE, axis: 1 };
    const path = join(await folder(), 'old.safetensors');
    await writeSafetensors(
      path,
      Object.entries(packed.streams).map(([stream, bytes]) =>
        tensor(streamTensor('w', stream), 'U8', [bytes.length], bytes),
      ),
      { fewerbits: JSON.stringify(about) },
    );
    const model = await openModel(path, formatOf);
    const [one] = model.tensors as [EncodedTensor];
    expect(interpreter(one.format).decode(await one.readPacked())).toEqual(decoded);
    await model.close();
  });

  const format = loadFormatSync('nf4');
  const whole = {
    version: 2,
    formats: [{ format }],
    tensors: [{ name: 'w', shape: [2], axis: null, format: 0 }],
  };

  it.each<[string, unknown, RegExp]>([
    ['newer', { ...whole, version: 3 }, /newer fewerbits.*install the latest/],
    ['without a version', { ...whole, version: undefined }, /damaged/],
    ['no object', [], /damaged/],
    ['of a format that is not there', { ...whole, tensors: [{ ...whole.tensors[0], format: 1 }] }, /damaged/],
    ['of a negative size', { ...whole, tensors: [{ ...whole.tensors[0], shape: [-1] }] }, /damaged/],
    ['of an axis beyond the shape', { ...whole, tensors: [{ ...whole.tensors[0], axis: 1 }] }, /damaged/],
    ['of two tensors of one name', { ...whole, tensors: [...whole.tensors, ...whole.tensors] }, /damaged/],
    ['with models that are no texts', { ...whole, formats: [{ format, models: { code: 1 } }] }, /damaged/],
    [
      'with a format of a newer version',
      { ...whole, formats: [{ format: { ...format, version: 99 } }] },
      /version/,
    ],
  ])('%s is refused', (_, about, message) => {
    const read = () => readDescription({ fewerbits: JSON.stringify(about) }, 'x.safetensors');
    expect(read).toThrow(TensorFileError);
    expect(read).toThrow(message);
  });
});
