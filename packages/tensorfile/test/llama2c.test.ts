import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type GgufKeyValue, ggufKeyValue, openTensorFile, type TensorFile, writeGguf } from '../src/index.ts';
import { damage, expectFileError, floats, readAll, temporaryFolder, write } from './files.ts';

const folder = temporaryFolder();
const STORIES = fileURLToPath(new URL('../../../../shared/models/stories260K/', import.meta.url));

const SIZES = { dim: 4, hidden: 6, layers: 2, heads: 2, kvHeads: 1, vocab: 7, context: 5 };

function sizes(vocab: number, change: Partial<typeof SIZES> = {}): Buffer {
  const { dim, hidden, layers, heads, kvHeads, context } = { ...SIZES, ...change };
  const bytes = Buffer.alloc(28);
  for (const [at, size] of [dim, hidden, layers, heads, kvHeads, vocab, context].entries())
    bytes.writeInt32LE(size, 4 * at);
  return bytes;
}

const blocks = (part: string, ...shape: number[]) =>
  [0, 1].map((layer) => ({ name: `blk.${layer}.${part}.weight`, shape }));

/** Every tensor of a model of these sizes, in the order of a version; `null` stands for the RoPE tables. */
const EMBEDDING = { name: 'token_embd.weight', shape: [7, 4] };
const ATTENTION = [
  ...blocks('attn_q', 4, 4),
  ...blocks('attn_k', 2, 4),
  ...blocks('attn_v', 2, 4),
  ...blocks('attn_output', 4, 4),
];
const FEED_FORWARD = [...blocks('ffn_gate', 6, 4), ...blocks('ffn_down', 4, 6), ...blocks('ffn_up', 6, 4)];
const NORM = { name: 'output_norm.weight', shape: [4] };
const CLASSIFIER = { name: 'output.weight', shape: [7, 4] };
const LEGACY = [
  EMBEDDING,
  ...blocks('attn_norm', 4),
  ...ATTENTION,
  ...blocks('ffn_norm', 4),
  ...FEED_FORWARD,
  NORM,
  null,
];
const VERSION_1 = [
  ...blocks('attn_norm', 4),
  ...blocks('ffn_norm', 4),
  NORM,
  EMBEDDING,
  ...ATTENTION,
  ...FEED_FORWARD,
];

/** A file in which element i of tensor t is 100 t + i, and what is to be read from it. */
function checkpoint(header: Buffer, order: readonly ({ name: string; shape: number[] } | null)[]) {
  const parts = [header];
  const expected = new Map<string, number[]>();
  for (const [at, tensor] of order.entries()) {
    const count = tensor === null ? 2 * 5 * 1 : tensor.shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, (_, i) => 100 * at + i);
    parts.push(floats(...values));
    if (tensor !== null) expected.set(tensor.name, values);
  }
  return { bytes: Buffer.concat(parts), expected };
}

function version1Header(shared: boolean, version = 1): Buffer {
  const header = Buffer.alloc(256);
  header.writeUInt32LE(0x616b3432, 0);
  header.writeInt32LE(version, 4);
  sizes(7).copy(header, 8);
  header.writeUInt8(Number(shared), 36);
  return header;
}

const PIECES = ['<unk>', '\n<s>\n', '\n</s>\n', '<0x00>', '\x01', ' a', 'ä'];

function tokenizer(pieces: readonly (string | Buffer)[] = PIECES): Buffer {
  const parts = pieces.map((piece, id) => {
    const text = Buffer.from(piece as string);
    const length = Buffer.alloc(4);
    length.writeInt32LE(text.length);
    return Buffer.concat([floats(-id), length, text]);
  });
  return Buffer.concat([Buffer.from([9, 0, 0, 0]), ...parts]);
}

const plainValue = ({ key, value }: GgufKeyValue): [string, unknown] => [
  key,
  typeof value === 'object' ? Array.from(value as ArrayLike<unknown>) : value,
];

async function opened<T>(path: string, use: (file: TensorFile) => T | Promise<T>): Promise<T> {
  const file = await openTensorFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

describe('llama2.c checkpoints', () => {
  it.each([
    ['version 0', sizes(7), LEGACY],
    ['version 0 with a classifier', sizes(-7), [...LEGACY, CLASSIFIER]],
    ['version 1', version1Header(true), VERSION_1],
    ['version 1 with a classifier', version1Header(false), [...VERSION_1, CLASSIFIER]],
  ])('%s: every tensor under the name of llama.cpp', async (_, header, order) => {
    const { bytes, expected } = checkpoint(header, order);
    const path = write(folder, 'model.bin', bytes);
    const tensors = order.filter((tensor) => tensor !== null);
    await opened(path, async (file) => {
      expect(file.container).toBe('llama2c');
      expect(file.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(tensors);
      for (const [name, values] of expected) expect([...(await file.readFloats(name))]).toEqual(values);
      expect(file.tensors.find(({ name }) => name === 'token_embd.weight')).toMatchObject({
        dtype: 'F32',
        byteLength: 112,
        contractionAxis: 1,
        axisKnown: true,
      });
    });
  });

  it('are raw numbers where a shape is given', async () => {
    const { bytes } = checkpoint(sizes(7), LEGACY);
    const file = await openTensorFile(write(folder, 'raw.bin', bytes), { shape: [bytes.length / 4] });
    expect(file.container).toBe('raw');
    await file.close();
  });

  it('are only recognised when the sizes explain the length to the byte', async () => {
    const { bytes } = checkpoint(sizes(7), LEGACY);
    for (const wrong of [
      bytes.subarray(0, -4),
      Buffer.concat([bytes, Buffer.alloc(4)]),
      Buffer.concat([sizes(7, { heads: 3 }), bytes.subarray(28)]),
      Buffer.concat([sizes(7, { heads: 4 }), bytes.subarray(28)]),
      Buffer.concat([sizes(7, { layers: 2 ** 31 - 1, dim: 2 ** 30 }), bytes.subarray(28)]),
      Buffer.concat([sizes(7, { layers: 0 }), bytes.subarray(28)]),
      bytes.subarray(0, 20),
    ])
      await expectFileError(openTensorFile(write(folder, 'wrong.bin', wrong)), /needs its shape/);
  });

  it.each([
    [2, Buffer.alloc(0), /version 2, already quantised; export version 0 or 1/],
    [3, Buffer.alloc(0), /version 3; 0 and 1 are read/],
    [1, Buffer.alloc(4), /260 bytes, which its sizes do not explain; it is truncated/],
  ])('of version %i with the wrong contents are refused', async (version, data, message) => {
    const bytes = Buffer.concat([version1Header(true, version), data]);
    await expectFileError(openTensorFile(write(folder, 'marked.bin', bytes)), message);
    await expectFileError(
      openTensorFile(write(folder, 'cut.bin', bytes.subarray(0, 12))),
      /version|truncated/,
    );
  });

  it('survive damage', async () => {
    const { bytes } = checkpoint(version1Header(true), VERSION_1);
    expect(
      await damage(bytes, (damaged) => readAll(write(folder, 'damaged.bin', damaged)), 500),
    ).toBeGreaterThan(50);
  });
});

describe('the header for a GGUF', () => {
  const { bytes } = checkpoint(sizes(7), LEGACY);
  const home = (name: string): string => {
    mkdirSync(join(folder, name));
    write(join(folder, name), 'model.bin', bytes);
    return join(folder, name);
  };

  it('holds what llama.cpp needs', async () => {
    const place = home('complete');
    write(place, 'tok7.bin', tokenizer());
    await opened(join(place, 'model.bin'), (file) => {
      expect(Object.fromEntries(file.gguf!.keyValues.map(plainValue))).toEqual({
        'general.architecture': 'llama',
        'general.name': 'model',
        'llama.vocab_size': 7,
        'llama.context_length': 5,
        'llama.embedding_length': 4,
        'llama.block_count': 2,
        'llama.feed_forward_length': 6,
        'llama.attention.head_count': 2,
        'llama.attention.head_count_kv': 1,
        'llama.rope.dimension_count': 2,
        'llama.rope.freq_base': 10000,
        'llama.attention.layer_norm_rms_epsilon': 1e-5,
        'tokenizer.ggml.model': 'llama',
        'tokenizer.ggml.tokens': ['<unk>', '<s>', '</s>', '<0x00>', '<0x01>', '▁a', 'ä'],
        'tokenizer.ggml.scores': [-0, -1, -2, -3, -4, -5, -6],
        'tokenizer.ggml.token_type': [2, 3, 3, 6, 6, 1, 1],
        'tokenizer.ggml.bos_token_id': 1,
        'tokenizer.ggml.eos_token_id': 2,
        'tokenizer.ggml.unknown_token_id': 0,
        'tokenizer.ggml.add_bos_token': true,
        'tokenizer.ggml.add_eos_token': false,
        'tokenizer.ggml.add_space_prefix': true,
      });
      expect(file.ggufLacks).toBeUndefined();
    });
  });

  it('comes from tokenizer.bin too, and from no tokenizer of another model', async () => {
    const place = home('other');
    write(place, 'tok7.bin', tokenizer(PIECES.slice(1)));
    write(place, 'tokenizer.bin', tokenizer());
    await opened(join(place, 'model.bin'), (file) => {
      expect(ggufKeyValue(file.gguf!, 'tokenizer.ggml.model')).toBeDefined();
    });
  });

  it.each([
    [
      'none',
      null,
      /^a tokenizer; put tok7\.bin or tokenizer\.bin of llama2\.c into the folder of model\.bin$/,
    ],
    ['few', tokenizer(PIECES.slice(1)), /has 6 tokens, but the model has 7; .*another model/],
    ['many', tokenizer([...PIECES, 'b', 'c']), /has more than 7 tokens/],
    ['cut', tokenizer().subarray(0, -1), /byte 77, token 6: the file ends within it/],
    ['no-text', tokenizer([...PIECES.slice(1), Buffer.from([0xff])]), /token 6: not UTF-8/],
    ['empty', Buffer.alloc(0), /has 0 tokens/],
  ])('is missing with a reason, and the model opens: %s', async (name, file, reason) => {
    const place = home(name);
    if (file !== null) write(place, 'tokenizer.bin', file);
    await opened(join(place, 'model.bin'), async (model) => {
      expect(model.gguf).toBeUndefined();
      expect(model.ggufLacks).toMatch(reason);
      expect((await model.readFloats('output_norm.weight')).length).toBe(4);
    });
  });
});

describe.skipIf(!existsSync(STORIES))('stories260K', () => {
  it('has 260,032 parameters in 47 tensors, and gives the same GGUF twice', async () => {
    const path = join(folder, 'stories.gguf');
    await opened(join(STORIES, 'stories260K.bin'), async (file) => {
      const count = file.tensors.reduce((sum, { byteLength }) => sum + byteLength / 4, 0);
      expect([file.tensors.length, count]).toEqual([47, 260_032]);
      const tensors = await Promise.all(
        file.tensors.map(async ({ name, shape, dtype: type, byteLength }) => ({
          ...{ name, shape, type, byteLength },
          bytes: await file.readBytes(name),
        })),
      );
      await writeGguf(path, tensors, file.gguf);
      await opened(path, async (copy) => {
        expect(copy.tensors.map(({ name }) => name)).toEqual(file.tensors.map(({ name }) => name));
        const again = join(folder, 'again.gguf');
        await writeGguf(again, tensors, copy.gguf);
        expect(readFileSync(again).equals(readFileSync(path))).toBe(true);
      });
    });
  });

  it('opens without its tokenizer', async () => {
    const place = join(folder, 'lonely');
    mkdirSync(place);
    copyFileSync(join(STORIES, 'stories260K.bin'), join(place, 'stories260K.bin'));
    await opened(join(place, 'stories260K.bin'), ({ ggufLacks }) => {
      expect(ggufLacks).toMatch(/put tok512\.bin/);
    });
  });
});
