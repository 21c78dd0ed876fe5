/** GGUF of models: types by what Formats decode, numbers of the type table as our formats have them, headers that survive safetensors. */
import { join } from 'node:path';
import { loadFormatSync } from '@fewerbits/catalogue';
import { interpreter } from '@fewerbits/codec';
import { encodedLength, formatFacts } from '@fewerbits/format';
import {
  GGML_TYPES,
  type GgufHeader,
  openTensorFile,
  TensorFileError,
  writeGguf,
} from '@fewerbits/tensorfile';
import { describe, expect, it } from 'vitest';
import {
  type EncodedTensor,
  FORMAT_OF_GGML_TYPE,
  ggmlTypeOfFormat,
  ggufHeaderOf,
  openModel,
  withGgufHeader,
  writeModelGguf,
  writeModelSafetensors,
} from '../src/index.ts';
import { defaultFormats, encoded, folder } from './layouts.ts';

const { formatOf } = defaultFormats();
const BLOCKS = GGML_TYPES.filter(({ elements }) => elements > 1);

describe('types of ggml', () => {
  it.each(BLOCKS)(
    '$name: $elements weights in $bytes bytes, as its format says',
    async ({ name, elements, bytes }) => {
      const format = loadFormatSync(FORMAT_OF_GGML_TYPE[name]!);
      expect(formatFacts(format).tile.width).toBe(elements);
      expect(encodedLength(format, [1, elements])).toBe(bytes);
      expect(await ggmlTypeOfFormat(format, formatOf)).toBe(name);
    },
  );

  it('are told by what a format decodes, not by its name', async () => {
    expect(await ggmlTypeOfFormat({ ...loadFormatSync('q4_0'), name: 'mine' }, formatOf)).toBe('Q4_0');
    expect(await ggmlTypeOfFormat(loadFormatSync('nf4'), formatOf)).toBeNull();
  });
});

describe('a model as GGUF', () => {
  it('has the bytes of its formats, turned where the contraction axis is not the last', async () => {
    const { packed, decoded } = encoded('q4_0', [6, 64]);
    const path = join(await folder(), 'm.gguf');
    const output = {
      kind: 'encoded',
      name: 'w',
      shape: [2, 64, 3],
      axis: 1,
      format: loadFormatSync('q4_0'),
      models: {},
      encode: async () => packed,
    } as const;
    const { paths, sizes } = await writeModelGguf(path, [output], null, formatOf);
    expect({ paths, size: sizes.get('w') }).toEqual({ paths: [path], size: packed.streams['']!.length });
    const model = await openModel(path, formatOf);
    const [one] = model.tensors as [EncodedTensor];
    expect({ shape: one.shape, axis: one.axis, layout: one.layout }).toEqual({
      shape: [2, 3, 64],
      axis: 2,
      layout: 'GGUF',
    });
    expect(interpreter(one.format).decode(await one.readPacked())).toEqual(decoded);
    await model.close();
  });

  it('takes key-values over, but not what they said of its types', async () => {
    const header: GgufHeader = {
      version: 3,
      alignment: 64,
      keyValues: [
        { key: 'general.architecture', type: 'STRING', value: 'llama' },
        { key: 'general.file_type', type: 'UINT32', value: 1 },
      ],
    };
    const path = join(await folder(), 'm.gguf');
    const { packed } = encoded('q8_0', [2, 32]);
    await writeModelGguf(
      path,
      [
        {
          kind: 'encoded',
          name: 'w',
          shape: [2, 32],
          axis: 1,
          format: loadFormatSync('q8_0'),
          models: {},
          encode: async () => packed,
        },
      ],
      header,
      formatOf,
    );
    const file = await openTensorFile(path);
    expect(file.gguf).toMatchObject({
      alignment: 64,
      keyValues: [
        { key: 'general.architecture', value: 'llama' },
        { key: 'general.quantization_version', value: 2 },
        { key: 'general.alignment', value: 64 },
      ],
    });
    await file.close();
  });

  it.each([
    ['U8', /is U8, which is no type of ggml/],
    ['Q4_0', /is Q4_0, which is no type of ggml/],
  ])('refuses a plain tensor of %s', async (dtype, message) => {
    const bytes = async function* () {};
    const output = { kind: 'plain', name: 'w', shape: [4], dtype, byteLength: 4, bytes } as const;
    await expect(writeModelGguf(join(await folder(), 'm.gguf'), [output], null, formatOf)).rejects.toThrow(
      message,
    );
  });
});

describe('a GGUF header in safetensors', () => {
  const header: GgufHeader = {
    version: 3,
    alignment: 32,
    keyValues: [
      { key: 'a', type: 'UINT64', value: 2n ** 64n - 1n },
      { key: 'b', type: 'FLOAT32', value: Number.NaN },
      { key: 'c', type: 'ARRAY', items: 'INT64', value: BigInt64Array.of(-1n, 2n) },
      { key: 'd', type: 'ARRAY', items: 'FLOAT64', value: Float64Array.of(1.5, Number.POSITIVE_INFINITY) },
      { key: 'e', type: 'ARRAY', items: 'STRING', value: ['a', 'ü'] },
      {
        key: 'f',
        type: 'ARRAY',
        items: 'ARRAY',
        value: [{ type: 'ARRAY', items: 'BOOL', value: [true, false] }],
      },
      { key: 'g', type: 'BOOL', value: false },
      { key: 'h', type: 'STRING', value: '' },
    ],
  };

  it('comes back as it was, types and all', async () => {
    const place = await folder();
    await writeGguf(join(place, 'a.gguf'), [], header);
    const first = await openTensorFile(join(place, 'a.gguf'));
    await writeModelSafetensors(join(place, 'b.safetensors'), [], withGgufHeader({}, first.gguf!));
    const second = await openTensorFile(join(place, 'b.safetensors'));
    await writeGguf(join(place, 'c.gguf'), [], ggufHeaderOf(second)!);
    const third = await openTensorFile(join(place, 'c.gguf'));
    expect(third.gguf).toEqual(first.gguf);
    for (const file of [first, second, third]) await file.close();
  });

  it.each([
    '{',
    '{"keyValues": 1}',
    '{"keyValues": [{"key": "a", "type": "ARRAY", "value": 1}]}',
    '{"keyValues": [{"key": "a", "type": "INT64", "value": "x"}]}',
  ])('%s is refused', async (text) => {
    const path = join(await folder(), 'b.safetensors');
    await writeModelSafetensors(path, [], { gguf: text });
    const file = await openTensorFile(path);
    expect(() => ggufHeaderOf(file)).toThrow(TensorFileError);
    await file.close();
  });
});
