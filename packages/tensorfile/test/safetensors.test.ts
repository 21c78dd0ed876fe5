import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OutputTensor, openTensorFile, parseSafetensorsHeader, writeSafetensors } from '../src/index.ts';
import {
  damage,
  expectFileError,
  floats,
  readAll,
  safetensorsBytes,
  temporaryFolder,
  write,
} from './files.ts';

const folder = temporaryFolder();
const BITS = { F64: 64, F32: 32, BF16: 16, F16: 16, U8: 8, I64: 64, F4: 4, F6_E2M3: 6, F8_E8M0: 8 };

const f32 = (name: string, shape: number[], ...values: number[]): OutputTensor => {
  const bytes = floats(...values);
  return { name, dtype: 'F32', shape, bytes, byteLength: bytes.length };
};

describe('golden bytes', () => {
  it('writes what the reference implementation writes', async () => {
    const path = join(folder, 'golden.safetensors');
    await writeSafetensors(path, [f32('attn0', [1, 1, 2, 3], 0, 1, 2, 3, 4, 5)]);
    // Header of 66 bytes, padded to 72 with spaces, then six floats.
    const header = '{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}';
    const expected = Buffer.concat([
      Buffer.from([72, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from(header.padEnd(72, ' ')),
      Buffer.from('000000000000803f0000004000004040000080400000a040', 'hex'),
    ]);
    expect(readFileSync(path)).toEqual(expected);
  });

  it('writes an empty file and metadata as the reference implementation does', async () => {
    const path = join(folder, 'empty.safetensors');
    await writeSafetensors(path, []);
    expect([...readFileSync(path)]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32]);
    await writeSafetensors(path, [], { framework: 'pt' });
    expect(readFileSync(path).subarray(8).toString()).toBe('{"__metadata__":{"framework":"pt"}}     ');
  });

  it('reads a file made by hand, in the order of its data', async () => {
    const header =
      '{"b":{"dtype":"F32","shape":[1,2],"data_offsets":[2,10]},"__metadata__":{"format":"pt"},' +
      '"a":{"data_offsets":[0,2],"shape":[],"dtype":"BF16"}}  ';
    const bytes = safetensorsBytes(header, Buffer.concat([Buffer.from([0x80, 0x3f]), floats(-2, 0.5)]));
    const file = await openTensorFile(write(folder, 'hand.safetensors', bytes));
    expect(file.container).toBe('safetensors');
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.tensors).toEqual([
      {
        name: 'a',
        shape: [],
        dtype: 'BF16',
        byteLength: 2,
        contractionAxis: null,
        axisKnown: false,
        axisReason: 'fewer than two axes',
      },
      {
        name: 'b',
        shape: [1, 2],
        dtype: 'F32',
        byteLength: 8,
        contractionAxis: 1,
        axisKnown: false,
        axisReason: 'PyTorch Linear stores [out, in] (guess)',
      },
    ]);
    expect([...(await file.readFloats('a'))]).toEqual([1]);
    expect([...(await file.readFloats('b', 1))]).toEqual([0.5]);
    expect([...(await file.readBytes('b', 3, 5))]).toEqual([0xc0, 0]);
    await file.close();
    await file.close();
    await expectFileError(file.readFloats('b'), /was closed/);
  });
});

describe('round trips', () => {
  const tensor = fc
    .record({
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      dtype: fc.constantFrom(...(Object.keys(BITS) as (keyof typeof BITS)[])),
      shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    })
    .filter(({ name }) => name !== '__proto__' && name !== '__metadata__')
    // Four times as many elements fill whole bytes at every width.
    .map(({ shape, ...rest }) => ({ ...rest, shape: [4, ...shape] }))
    .chain(({ name, dtype, shape }) => {
      const byteLength = (shape.reduce((a, b) => a * b, 1) * BITS[dtype]) / 8;
      return fc
        .record({
          bytes: fc.uint8Array({ minLength: byteLength, maxLength: byteLength }),
          cut: fc.nat(byteLength),
          stream: fc.boolean(),
        })
        .map((more) => ({ name, dtype, shape, byteLength, ...more }));
    });

  it('gives back names, types, shapes, bytes and metadata', async () => {
    const path = join(folder, 'trip.safetensors');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 }),
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
          fc.string({ unit: 'grapheme' }),
          { maxKeys: 3 },
        ),
        async (tensors, metadata) => {
          async function* outputs() {
            for (const { cut, stream, bytes, ...rest } of tensors) {
              async function* chunks() {
                yield bytes.subarray(0, cut);
                yield bytes.subarray(cut);
              }
              yield { ...rest, bytes: stream ? chunks() : bytes };
            }
          }
          await writeSafetensors(path, outputs(), metadata);
          const file = await openTensorFile(path);
          expect({ ...file.metadata }).toEqual({ ...metadata });
          expect(new Set(file.tensors.map(({ name }) => name))).toEqual(
            new Set(tensors.map(({ name }) => name)),
          );
          for (const { name, dtype, shape, bytes } of tensors) {
            expect(file.tensors.find((info) => info.name === name)).toMatchObject({
              dtype,
              shape,
              byteLength: bytes.length,
            });
            expect(await file.readBytes(name)).toEqual(bytes);
          }
          await file.close();
        },
      ),
      { seed: 11, numRuns: 150 },
    );
  });

  it('reads every range of a tensor longer than a chunk', async () => {
    const count = 600_000;
    const values = Float32Array.from({ length: count }, (_, i) => i);
    const path = join(folder, 'long.safetensors');
    await writeSafetensors(path, [
      { name: 'pad', dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3), byteLength: 3 },
      {
        name: 'long',
        dtype: 'F32',
        shape: [count],
        bytes: new Uint8Array(values.buffer),
        byteLength: 4 * count,
      },
    ]);
    const file = await openTensorFile(path);
    expect(await file.readFloats('long')).toEqual(values);
    for (const [start, end] of [
      [262_143, 262_146],
      [1, 599_999],
      [524_288, 524_288],
    ] as const)
      expect(await file.readFloats('long', start, end)).toEqual(values.slice(start, end));
    await file.close();
  });

  it('reads packed elements that start inside a byte, beyond a chunk', async () => {
    const count = 2 ** 21 + 10;
    const bytes = Uint8Array.from({ length: count / 2 }, (_, i) => (i * 7 + 3) & 0xff);
    const path = join(folder, 'packed.safetensors');
    await writeSafetensors(path, [{ name: 'p', dtype: 'F4', shape: [count], bytes, byteLength: count / 2 }]);
    const file = await openTensorFile(path);
    const levels = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    const values = await file.readFloats('p', 1);
    const wrong = values.findIndex((value, i) => {
      const code = (bytes[(i + 1) >> 1]! >> (4 * ((i + 1) & 1))) & 15;
      return Math.abs(value) !== levels[code & 7];
    });
    expect(wrong).toBe(-1);
    await file.close();
  });

  it('aligns every tensor to its element in the file', async () => {
    const path = join(folder, 'aligned.safetensors');
    const bytes = Uint8Array.of(9);
    await writeSafetensors(path, [
      { name: 'odd', dtype: 'U8', shape: [1], bytes, byteLength: 1 },
      f32('wide', [1], 1),
    ]);
    const content = readFileSync(path);
    const length = Number(content.readBigUInt64LE());
    const header = JSON.parse(content.subarray(8, 8 + length).toString());
    expect(length % 8).toBe(0);
    expect(header.wide.data_offsets).toEqual([0, 4]);
    expect(header.odd.data_offsets).toEqual([4, 5]);
  });
});

describe('files beyond 4 GiB', () => {
  it('reads a tensor at the far end of a sparse file', async () => {
    const gap = 5 * 2 ** 30;
    const header = JSON.stringify({
      gap: { dtype: 'U8', shape: [gap], data_offsets: [0, gap] },
      tail: { dtype: 'F32', shape: [2], data_offsets: [gap, gap + 8] },
    });
    const path = write(folder, 'sparse.safetensors', safetensorsBytes(header));
    const handle = await open(path, 'r+');
    await handle.write(floats(7, -8), 0, 8, 8 + header.length + gap);
    await handle.close();
    const file = await openTensorFile(path);
    expect([...(await file.readFloats('tail'))]).toEqual([7, -8]);
    expect([...(await file.readFloats('gap', gap - 2))]).toEqual([0, 0]);
    expect(file.tensors[0]!.byteLength).toBe(gap);
    await file.close();
    truncateSync(path, 0);
  });

  it('says that a tensor beyond memory must be read in parts, and one beyond the file is truncated', async () => {
    const huge = 2 ** 37;
    const header = `{"t":{"dtype":"U8","shape":[${huge}],"data_offsets":[0,${huge}]}}`;
    const path = write(folder, 'huge.safetensors', safetensorsBytes(header));
    await expectFileError(openTensorFile(path), /places 137438953472 bytes.*truncated/);
    truncateSync(path, 8 + header.length + huge);
    const file = await openTensorFile(path);
    await expectFileError(file.readFloats('t'), /too large to read at once; read it in parts/);
    expect([...(await file.readFloats('t', huge - 1))]).toEqual([0]);
    await file.close();
    truncateSync(path, 0);
  });
});

describe('hostile headers', () => {
  const entry = (fields: string) => `{"t":{${fields}}}`;
  const good = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';
  const cases: [title: string, header: string, dataLength: number, message: RegExp][] = [
    ['no JSON', '{"t":', 0, /not valid JSON/],
    ['no object', '[]', 0, /must be a JSON object/],
    ['a repeated name', `{"t":{${good}},"t":{${good}}}`, 4, /"t" appears twice/],
    ['a repeated field', entry(`${good},"dtype":"F32"`), 4, /"dtype" appears twice/],
    ['__proto__', `{"__proto__":{${good}}}`, 4, /'__proto__'; rename/],
    ['__proto__ by escape', `{"__pr\\u006fto__":{${good}}}`, 4, /'__proto__'; rename/],
    ['__proto__ in metadata', '{"__metadata__":{"__proto__":"x"}}', 0, /'__proto__'; rename/],
    ['metadata that is no string', '{"__metadata__":{"a":1}}', 0, /'a' must be a string/],
    ['metadata that is no object', '{"__metadata__":"a"}', 0, /object of strings/],
    ['an entry that is no object', '{"t":5}', 0, /must be an object/],
    ['an unknown field', entry(`${good},"x":1`), 4, /unknown key 'x'/],
    ['an unknown type', entry('"dtype":"F33","shape":[1],"data_offsets":[0,4]'), 4, /unknown dtype "F33"/],
    [
      'a type inherited from Object',
      entry('"dtype":"constructor","shape":[1],"data_offsets":[0,4]'),
      4,
      /unknown dtype/,
    ],
    ['no type', entry('"shape":[1],"data_offsets":[0,4]'), 4, /unknown dtype null/],
    ['a negative extent', entry('"dtype":"F32","shape":[-1],"data_offsets":[0,4]'), 4, /shape must be/],
    ['minus zero', entry('"dtype":"F32","shape":[-0],"data_offsets":[0,0]'), 0, /shape must be/],
    ['a fractional extent', entry('"dtype":"F32","shape":[1.5],"data_offsets":[0,6]'), 6, /shape must be/],
    [
      'an extent beyond 2^53',
      entry('"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]'),
      4,
      /shape must be/,
    ],
    [
      'a product beyond 2^53',
      entry('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]'),
      4,
      /shape must be/,
    ],
    [
      'a product beyond 2^53 hidden by a zero',
      entry('"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]'),
      0,
      /shape must be/,
    ],
    ['a text as extent', entry('"dtype":"F32","shape":["1"],"data_offsets":[0,4]'), 4, /shape must be/],
    ['NaN', entry('"dtype":"F32","shape":[NaN],"data_offsets":[0,4]'), 4, /not valid JSON/],
    [
      'negative offsets',
      entry('"dtype":"F32","shape":[1],"data_offsets":[-4,0]'),
      4,
      /data_offsets \[-4, 0\]/,
    ],
    ['fractional offsets', entry('"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]'), 4, /whole numbers/],
    ['reversed offsets', entry('"dtype":"F32","shape":[1],"data_offsets":[4,0]'), 4, /start <= end/],
    ['three offsets', entry('"dtype":"F32","shape":[1],"data_offsets":[0,4,8]'), 4, /\[start, end\]/],
    [
      'sizes that disagree',
      entry('"dtype":"F32","shape":[2],"data_offsets":[0,4]'),
      4,
      /takes 8 bytes, but data_offsets give it 4/,
    ],
    [
      'half a byte',
      entry('"dtype":"F4","shape":[3],"data_offsets":[0,2]'),
      2,
      /whole bytes; pad to a multiple of 2/,
    ],
    [
      'more bytes than the shape takes',
      entry('"dtype":"F32","shape":[1],"data_offsets":[0,8]'),
      8,
      /takes 4 bytes, but data_offsets give it 8/,
    ],
    ['a hole', entry('"dtype":"F32","shape":[1],"data_offsets":[4,8]'), 8, /hole or an overlap/],
    [
      'an overlap',
      `{"a":{${good}},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`,
      6,
      /hole or an overlap/,
    ],
    ['the same place twice', `{"a":{${good}},"b":{${good}}}`, 4, /hole or an overlap/],
    ['missing data', entry(good), 3, /truncated/],
    ['surplus data', entry(good), 5, /belong to no tensor/],
    ['half a surrogate pair', `{"\\ud800":{${good}}}`, 4, /surrogate/],
    ['a byte order mark', `\ufeff{}`, 0, /not valid JSON/],
  ];
  it.each(cases)('refuses %s', async (_, header, dataLength, message) => {
    await expectFileError(() => parseSafetensorsHeader(Buffer.from(header), dataLength, 'x'), message);
  });

  it('refuses bytes that are not UTF-8, and deep nesting', async () => {
    await expectFileError(() => parseSafetensorsHeader(Uint8Array.of(0x7b, 0xff, 0x7d), 0, 'x'), /not UTF-8/);
    await expectFileError(
      () => parseSafetensorsHeader(Buffer.from(`{"a":${'['.repeat(1e6)}`), 0, 'x'),
      /levels of nesting/,
    );
  });

  it('accepts the same header when nothing is wrong with it', () => {
    expect(parseSafetensorsHeader(Buffer.from(entry(good)), 4, 'x').tensors).toHaveLength(1);
    expect(
      parseSafetensorsHeader(Buffer.from('{"z":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}'), 0, 'x')
        .tensors,
    ).toHaveLength(1);
  });

  it('refuses lengths that the file cannot hold without allocating them', async () => {
    const lying = (length: bigint, rest = '{}') => {
      const bytes = Buffer.alloc(8 + rest.length);
      bytes.writeBigUInt64LE(length);
      bytes.write(rest, 8);
      return write(folder, 'lying.safetensors', bytes);
    };
    await expectFileError(openTensorFile(lying(3n)), /promise a header of 3 bytes/);
    await expectFileError(openTensorFile(lying(2n ** 64n - 1n)), /18446744073709551615/);
    const sparse = lying(100_000_001n);
    truncateSync(sparse, 200_000_000);
    await expectFileError(openTensorFile(sparse), /100 MB is the limit/);
    for (let size = 0; size < 10; size++)
      await expectFileError(
        openTensorFile(write(folder, 'short.safetensors', Buffer.alloc(size))),
        /safetensors/,
      );
  });

  it('survives 2000 damaged files with nothing but TensorFileError', async () => {
    const header = JSON.stringify({
      __metadata__: { format: 'pt', note: 'é\n' },
      w: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      b: { dtype: 'F4', shape: [4], data_offsets: [24, 26] },
    });
    const whole = safetensorsBytes(header, Buffer.alloc(26, 1));
    const refused = await damage(whole, (bytes) => readAll(write(folder, 'damaged.safetensors', bytes)));
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('shards', () => {
  const shard = (name: string, key: string, value: number) =>
    writeSafetensors(join(folder, name), [f32(key, [1, 2], value, -value)], { format: 'pt', part: name });
  const index = (map: unknown) =>
    write(folder, 'm.safetensors.index.json', { metadata: { total_size: 16 }, weight_map: map });

  it('reads as one file', async () => {
    await shard('m-1.safetensors', 'a', 1);
    await shard('m-2.safetensors', 'b', 2);
    const file = await openTensorFile(index({ b: 'm-2.safetensors', a: 'm-1.safetensors' }));
    expect(file.tensors.map(({ name }) => name)).toEqual(['b', 'a']);
    expect([...(await file.readFloats('b'))]).toEqual([2, -2]);
    expect({ ...file.metadata }).toEqual({
      format: 'pt',
      'm-1.safetensors:part': 'm-1.safetensors',
      'm-2.safetensors:part': 'm-2.safetensors',
    });
    await file.close();
    await expectFileError(file.readBytes('a'), /was closed/);
  });

  it('refuses an index that disagrees with its shards', async () => {
    await expectFileError(
      openTensorFile(index({ a: 'm-1.safetensors', c: 'm-1.safetensors' })),
      /holds tensor 'c'/,
    );
    await expectFileError(
      openTensorFile(index({ a: 'm-1.safetensors', b: './m-1.safetensors' })),
      /holds tensor 'b'|does not list/,
    );
    await expectFileError(
      openTensorFile(index({ a: 'gone.safetensors' })),
      /gone\.safetensors: cannot find.*ENOENT/,
    );
    await expectFileError(openTensorFile(index({ a: 1 })), /must be a file name/);
    await shard('m-3.safetensors', 'x', 1);
    await expectFileError(openTensorFile(index({ a: 'm-1.safetensors', y: 'm-3.safetensors' })), /'y'/);
  });

  it('refuses a shard with a tensor that the index does not list', async () => {
    await writeSafetensors(join(folder, 'two.safetensors'), [f32('a', [1], 1), f32('b', [1], 2)]);
    await expectFileError(
      openTensorFile(index({ a: 'two.safetensors' })),
      /does not list tensor 'b' of two\.safetensors/,
    );
  });

  it('refuses a truncated shard', async () => {
    await shard('cut.safetensors', 'a', 1);
    truncateSync(join(folder, 'cut.safetensors'), readFileSync(join(folder, 'cut.safetensors')).length - 1);
    await expectFileError(openTensorFile(index({ a: 'cut.safetensors' })), /cut\.safetensors: .*truncated/);
  });

  it.each(['../m-1.safetensors', '/etc/passwd', 'C:\\m-1.safetensors', 'sub/../../m', '..\\m', '', 'a\0b'])(
    'refuses the path %j',
    async (path) => {
      await expectFileError(openTensorFile(index({ a: path })), /not inside its own folder/);
    },
  );

  it('refuses a link that leaves the folder, but follows one inside it', async () => {
    const outside = temporaryFolder();
    await writeSafetensors(join(outside, 'o.safetensors'), [f32('a', [1], 1)]);
    const home = join(folder, 'links');
    mkdirSync(home);
    symlinkSync(join(outside, 'o.safetensors'), join(home, 'escape.safetensors'));
    write(home, 'm.safetensors.index.json', { weight_map: { a: 'escape.safetensors' } });
    await expectFileError(openTensorFile(home), /outside the folder/);
    await writeSafetensors(join(home, 'real.safetensors'), [f32('a', [1], 4)]);
    symlinkSync('real.safetensors', join(home, 'inner.safetensors'));
    write(home, 'm.safetensors.index.json', { weight_map: { a: 'inner.safetensors' } });
    const file = await openTensorFile(home);
    expect([...(await file.readFloats('a'))]).toEqual([4]);
    await file.close();
  });

  it('reads the layout of the Hugging Face cache, where snapshots link to blobs', async () => {
    const repository = join(folder, 'models--x--y');
    mkdirSync(join(repository, 'snapshots', 'abc'), { recursive: true });
    mkdirSync(join(repository, 'blobs'));
    await writeSafetensors(join(repository, 'blobs', 'f00d'), [f32('a', [1], 5)]);
    const snapshot = join(repository, 'snapshots', 'abc');
    symlinkSync('../../blobs/f00d', join(snapshot, 'm-1.safetensors'));
    write(snapshot, 'm.safetensors.index.json', { weight_map: { a: 'm-1.safetensors' } });
    const file = await openTensorFile(snapshot);
    expect([...(await file.readFloats('a'))]).toEqual([5]);
    await file.close();
  });
});

describe('writing whole or not at all', () => {
  const leftovers = (home: string) => readdirSync(home).filter((name) => name.endsWith('.tmp'));

  it('leaves the old file and no temporary one when a stream fails', async () => {
    const home = temporaryFolder();
    const path = write(home, 'm.safetensors', 'old');
    async function* failing() {
      yield floats(1);
      expect(leftovers(home)).toHaveLength(1);
      throw new Error('the disk of the caller burnt');
    }
    const tensor = { name: 't', dtype: 'F32', shape: [2], bytes: failing(), byteLength: 8 };
    await expect(writeSafetensors(path, [tensor])).rejects.toThrow('burnt');
    expect(readdirSync(home)).toEqual(['m.safetensors']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('stops at an abort', async () => {
    const home = temporaryFolder();
    const abort = new AbortController();
    let cleaned = false;
    async function* endless() {
      try {
        for (;;) {
          yield floats(1);
          abort.abort(new Error('enough'));
        }
      } finally {
        cleaned = true;
      }
    }
    const tensor = { name: 't', dtype: 'F32', shape: [1000], bytes: endless(), byteLength: 4000 };
    const options = { signal: abort.signal };
    await expect(writeSafetensors(join(home, 'm'), [tensor], {}, options)).rejects.toThrow('enough');
    expect(cleaned).toBe(true);
    await expect(writeSafetensors(join(home, 'm'), [], {}, options)).rejects.toThrow('enough');
    expect(readdirSync(home)).toEqual([]);
  });

  it('reports a folder that is not there as TensorFileError', async () => {
    await expectFileError(writeSafetensors(join(folder, 'no', 'm'), []), /cannot write the file \(ENOENT\)/);
  });

  async function* stream(...chunks: Uint8Array[]) {
    yield* chunks;
  }
  const one = { name: 't', dtype: 'F32', shape: [1], bytes: floats(1), byteLength: 4 };
  const wrong: [string, OutputTensor[], Record<string, string>, RegExp][] = [
    ['a repeated name', [one, one], {}, /two tensors have the name 't'/],
    [
      'a reserved name',
      [{ ...one, name: '__metadata__' }],
      {},
      /tensors\[0\]\.name '__metadata__' is reserved/,
    ],
    ['half a surrogate pair', [{ ...one, name: '\ud800' }], {}, /surrogate/],
    ['an unknown type', [{ ...one, dtype: 'Q4' }], {}, /'Q4' is no safetensors type/],
    ['a bad shape', [{ ...one, shape: [0.5] }], {}, /shape must hold whole numbers/],
    ['a wrong length', [{ ...one, byteLength: 5 }], {}, /takes 4 bytes, byteLength says 5/],
    ['bytes of another length', [{ ...one, bytes: floats(1, 2) }], {}, /bytes holds 8/],
    ['half bytes', [{ ...one, dtype: 'F4' }], {}, /do not fill whole bytes/],
    ['a short stream', [{ ...one, bytes: stream(Uint8Array.of(1)) }], {}, /ended after 1 of 4/],
    ['a long stream', [{ ...one, bytes: stream(floats(1), Uint8Array.of(1)) }], {}, /more than its 4 bytes/],
    ['metadata that is no text', [one], { a: 1 as unknown as string }, /metadata\['a'\] must be a string/],
  ];
  it.each(wrong)('refuses %s and writes nothing', async (_, tensors, metadata, message) => {
    const home = temporaryFolder();
    await expect(writeSafetensors(join(home, 'm'), tensors, metadata)).rejects.toThrow(message);
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('arguments of reads', () => {
  it('refuses unknown names and ranges outside the tensor', async () => {
    const path = join(folder, 'range.safetensors');
    await writeSafetensors(path, [f32('t', [2, 2], 1, 2, 3, 4)]);
    const file = await openTensorFile(path);
    await expectFileError(file.readFloats('u'), /no tensor 'u'; it has 1: t/);
    await expectFileError(file.readFloats('__proto__'), /no tensor/);
    for (const [start, end] of [
      [-1, 2],
      [0, 5],
      [3, 2],
      [0.5, 2],
      [Number.NaN, 2],
    ] as const)
      await expect(file.readFloats('t', start, end)).rejects.toThrow(RangeError);
    await expect(file.readBytes('t', 0, 17)).rejects.toThrow(/<= 16 bytes/);
    expect((await file.readFloats('t', 4)).length).toBe(0);
    const size = readFileSync(path).length;
    truncateSync(path, size - 1);
    await expectFileError(
      file.readFloats('t'),
      new RegExp(`ends at byte ${size - 1} .*truncated or has changed`),
    );
    await file.close();
  });
});

describe('conventions', () => {
  it.each([
    [undefined, 'w', [3, 2], 1],
    [undefined, 'conv', [8, 4, 3, 3], 1],
    ['mlx', 'conv', [8, 3, 3, 4], 3],
    ['flax', 'dense/kernel', [3, 2], 0],
    ['tf', 'conv/kernel:0', [3, 3, 4, 8], 2],
    ['flax', 'embedding', [3, 2], 1],
  ] as const)('of format %s: %s %j sums over axis %d', async (format, name, shape, axis) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const path = join(folder, 'convention.safetensors');
    const tensor = { name, dtype: 'U8', shape, bytes: new Uint8Array(count), byteLength: count };
    await writeSafetensors(path, [tensor], format === undefined ? {} : { format });
    const file = await openTensorFile(path);
    expect(file.tensors[0]).toMatchObject({ contractionAxis: axis, axisKnown: false });
    expect(file.tensors[0]!.axisReason).toMatch(/\(guess\)$/);
    await file.close();
  });
});
