/** Layouts of others: their tensors become one encoded tensor, whose weights are those that were packed; what is not whole is told. */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { interpreter } from '@fewerbits/codec';
import { specText } from '@fewerbits/format';
import type { OutputTensor } from '@fewerbits/tensorfile';
import { describe, expect, it } from 'vitest';
import { type EncodedTensor, type ModelFile, openModel } from '../src/index.ts';
import { defaultFormats, encoded, fileWith, tensor, textTensor, weights } from './layouts.ts';

const bytesOf = (array: Float32Array | Int32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(array.buffer);

/** The tensors of a layer in one of the layouts, and what it should be recognised as. */
interface Layer {
  readonly layout: string;
  readonly label: string;
  readonly shape: readonly [number, number];
  readonly format: string;
  readonly name: string;
  readonly tensors: (streams: Readonly<Record<string, Uint8Array>>) => OutputTensor[];
}

const OUT = 64;
const IN = 256;
const state = (shape: readonly number[], more: object = {}): string =>
  JSON.stringify({ quant_type: 'nf4', blocksize: 64, dtype: 'bfloat16', shape, ...more });

const LAYERS: Layer[] = [
  {
    layout: 'bitsandbytes',
    label: 'nf4(size=64)',
    shape: [OUT, IN],
    format: 'nf4',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight', 'U8', [(OUT * IN) / 2, 1], s.weight!),
      tensor('l.weight.absmax', 'F32', [(OUT * IN) / 64], s.absmax!),
      tensor('l.weight.quant_map', 'F32', [16], new Uint8Array(64)),
      textTensor('l.weight.quant_state.bitsandbytes__nf4', state([OUT, IN])),
    ],
  },
  {
    layout: 'bitsandbytes',
    label: 'nf4_double(size=64)',
    shape: [OUT, IN],
    format: 'nf4_double',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight', 'U8', [(OUT * IN) / 2, 1], s.weight!),
      tensor('l.weight.absmax', 'U8', [(OUT * IN) / 64], s.absmax!),
      tensor('l.weight.nested_absmax', 'F32', [(OUT * IN) / 64 / 256], s.nested_absmax!),
      tensor('l.weight.quant_map', 'F32', [16], new Uint8Array(64)),
      tensor('l.weight.nested_quant_map', 'F32', [256], new Uint8Array(1024)),
      textTensor(
        'l.weight.quant_state.bitsandbytes__nf4',
        state([OUT, IN], {
          nested_blocksize: 256,
          nested_dtype: 'float32',
          nested_offset: new DataView(s.nested_offset!.buffer, s.nested_offset!.byteOffset).getFloat32(
            0,
            true,
          ),
        }),
      ),
    ],
  },
  {
    layout: 'bitsandbytes',
    label: 'int8_bnb',
    shape: [OUT, IN],
    format: 'int8_bnb',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight', 'I8', [OUT, IN], s.weight!),
      tensor('l.SCB', 'F32', [OUT], s.SCB!),
      tensor('l.weight_format', 'U8', [], new Uint8Array(1)),
    ],
  },
  {
    layout: 'GPTQ',
    label: 'gptq(bits=4, size=128)',
    shape: [OUT, IN],
    format: 'gptq',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.qweight', 'I32', [IN / 8, OUT], s.qweight!),
      tensor('l.qzeros', 'I32', [IN / 128, OUT / 8], s.qzeros!),
      tensor('l.scales', 'F16', [IN / 128, OUT], s.scales!),
      tensor('l.g_idx', 'I32', [IN], s.g_idx!),
    ],
  },
  {
    layout: 'AWQ',
    label: 'awq(size=128)',
    shape: [OUT, IN],
    format: 'awq',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.qweight', 'I32', [IN, OUT / 8], s.qweight!),
      tensor('l.qzeros', 'I32', [IN / 128, OUT / 8], s.qzeros!),
      tensor('l.scales', 'F16', [IN / 128, OUT], s.scales!),
    ],
  },
  {
    layout: 'compressed-tensors',
    label: 'compressed_tensors(bits=4, size=128, scales=bf16)',
    shape: [OUT, IN],
    format: 'compressed_tensors',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight_packed', 'I32', [OUT, IN / 8], s.weight_packed!),
      tensor('l.weight_scale', 'BF16', [OUT, IN / 128], s.weight_scale!),
      tensor('l.weight_shape', 'I64', [2], bytesOf(BigInt64Array.of(BigInt(OUT), BigInt(IN)))),
    ],
  },
  {
    layout: 'compressed-tensors',
    label: 'nvfp4_compressed_tensors',
    shape: [OUT, IN],
    format: 'nvfp4_compressed_tensors',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight_packed', 'U8', [OUT, IN / 2], s.weight_packed!),
      tensor('l.weight_scale', 'F8_E4M3', [OUT, IN / 16], s.weight_scale!),
      tensor('l.weight_global_scale', 'F32', [1], s.weight_global_scale!),
    ],
  },
  {
    layout: 'ModelOpt',
    label: 'nvfp4',
    shape: [OUT, IN],
    format: 'nvfp4',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight', 'U8', [OUT, IN / 2], s.weight!),
      tensor('l.weight_scale', 'F8_E4M3', [OUT, IN / 16], s.weight_scale!),
      tensor('l.weight_scale_2', 'F32', [], s.weight_scale_2!),
    ],
  },
  {
    layout: 'ModelOpt',
    label: 'e4m3',
    shape: [OUT, IN],
    format: 'e4m3',
    name: 'l.weight',
    tensors: (s) => [
      tensor('l.weight', 'F8_E4M3', [OUT, IN], s.code!),
      tensor('l.weight_scale', 'F32', [], s.scale!),
    ],
  },
];

async function open(tensors: readonly OutputTensor[]): Promise<ModelFile> {
  return openModel(await fileWith(tensors), defaultFormats().formatOf);
}

describe.each(LAYERS)('$layout: $label', ({ layout, label, shape, format, name, tensors }) => {
  const bias = tensor('l.bias', 'F32', [OUT], bytesOf(weights(OUT, 9)));

  it('is one tensor of the model, with the weights that were packed', async () => {
    const { packed, decoded } = encoded(format, shape);
    const stored = tensors(packed.streams);
    const model = await open([...stored, bias]);
    expect(model.notes).toEqual([]);
    expect(model.tensors.map((one) => [one.kind, one.name]).sort()).toEqual([
      ['encoded', name],
      ['plain', 'l.bias'],
    ]);
    const one = model.tensors.find((found) => found.kind === 'encoded') as EncodedTensor;
    expect({ layout: one.layout, label: one.label, shape: one.shape, axis: one.axis }).toEqual({
      layout,
      label,
      shape,
      axis: 1,
    });
    expect([...one.parts].sort()).toEqual(stored.map((part) => part.name).sort());
    expect(interpreter(one.format).decode(await one.readPacked())).toEqual(decoded);
    await model.close();
  });

  it('is not taken where a part is too short', async () => {
    const { packed } = encoded(format, shape);
    // The largest part without its last row of bytes: other shapes then disagree.
    const stored = tensors(packed.streams).map((part) => {
      const isCodes = part.byteLength >= (OUT * IN) / 4 && part.shape.length === 2;
      if (!isCodes) return part;
      const [height, width] = part.shape as [number, number];
      const byteLength = part.byteLength - part.byteLength / height;
      const bytes = (part.bytes as Uint8Array).subarray(0, byteLength);
      return { ...part, shape: [height - 1, width], bytes, byteLength };
    });
    const model = await open(stored);
    const taken = model.tensors.filter((one) => one.kind === 'encoded');
    // Without a shape that is stored beside them, codes and scales alone say how large the tensor is.
    expect(taken.every((one) => one.shape[0] === OUT - 1 || one.shape[1] !== IN)).toBe(true);
    expect(taken.length + model.notes.length).toBeGreaterThan(0);
    await model.close();
  });
});

describe('GPTQ', () => {
  const layer = LAYERS.find(({ layout }) => layout === 'GPTQ')!;

  it('in activation order is another format; its second version is told by the configuration', async () => {
    const { packed } = encoded('gptq', layer.shape);
    const ordered = layer.tensors(packed.streams);
    const turned = ordered.map((part) =>
      part.name === 'l.g_idx'
        ? {
            ...part,
            bytes: bytesOf(Int32Array.from({ length: IN }, (_, i) => Math.floor((IN - 1 - i) / 128))),
          }
        : part,
    );
    const formats = defaultFormats();
    const first = await openModel(await fileWith(turned), formats.formatOf);
    await first.close();
    const path = await fileWith(ordered);
    await writeFile(join(dirname(path), 'quantize_config.json'), '{"checkpoint_format": "gptq_v2"}');
    const second = await openModel(path, formats.formatOf);
    await second.close();
    expect(formats.asked.map(specText)).toEqual([
      'gptq_act_order(bits=4, size=128)',
      'gptq_v2(bits=4, size=128)',
    ]);
  });
});

describe('what is not whole', () => {
  it('is told, and its parts are listed as they are', async () => {
    const [nf4] = LAYERS as [Layer];
    const { packed } = encoded('nf4', nf4.shape);
    const stored = nf4.tensors(packed.streams).filter(({ name }) => !name.endsWith('.absmax'));
    const model = await open(stored);
    expect(model.tensors.every(({ kind }) => kind === 'plain')).toBe(true);
    expect(model.notes).toEqual([
      'l.weight: looks like bitsandbytes, but there is no tensor l.weight.absmax',
    ]);
    await model.close();
  });

  it.each([
    ['not JSON', '{"shape": [', /is not JSON/],
    ['without a shape', '{"blocksize": 64}', /says no shape and blocksize/],
    ['of another kind', state([OUT, IN]), /bitsandbytes af4 has no format here/],
  ])('bitsandbytes: a state %s', async (what, text, message) => {
    const kind = what === 'of another kind' ? 'af4' : 'nf4';
    const model = await open([
      tensor('w', 'U8', [4], new Uint8Array(4)),
      textTensor(`w.quant_state.bitsandbytes__${kind}`, text),
    ]);
    expect(model.notes.join()).toMatch(message);
    await model.close();
  });

  it('a format that is not here is told with its reason', async () => {
    const { packed } = encoded('e4m3', [OUT, IN]);
    const path = await fileWith(LAYERS.at(-1)!.tensors(packed.streams));
    const model = await openModel(path, async () => {
      throw new RangeError('no such format');
    });
    expect(model.notes).toEqual(['l.weight: looks like ModelOpt, which has no format here: no such format']);
    await model.close();
  });
});
