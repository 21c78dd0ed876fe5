import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GGMLQuantizationType, type GGUFTensorInfo, gguf } from '@huggingface/gguf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GGML_TYPES,
  type GgufArray,
  type GgufKeyValue,
  type GgufOutputTensor,
  type GgufValueType,
  ggmlTypeNamed,
  ggmlTypeOf,
  ggufKeyValue,
  openTensorFile,
  writeGguf,
} from '../src/index.ts';
import { damage, expectFileError, floats, temporaryFolder, write } from './files.ts';
import { GGUF_TYPE_IDS, ggufBytes, info, keyValue, string, u32, u64 } from './gguf-files.ts';

const folder = temporaryFolder();

describe('the types of ggml', () => {
  it('are 35, of distinct names and numbers, found by both', () => {
    expect(GGML_TYPES.filter(({ elements }) => elements > 1)).toHaveLength(27);
    for (const type of GGML_TYPES) {
      expect(ggmlTypeOf(type.id)).toBe(type);
      expect(ggmlTypeNamed(type.name)).toBe(type);
    }
    expect(ggmlTypeNamed('q4_0')).toBeUndefined();
    expect(ggmlTypeOf(4)).toBeUndefined();
  });

  it('have the numbers of @huggingface/gguf and its bits per weight', async () => {
    const theirs = Object.entries(GGMLQuantizationType).filter(([, id]) => typeof id === 'number');
    expect(theirs.map(([name, id]) => `${id} ${name}`).sort()).toEqual(
      GGML_TYPES.map(({ id, name }) => `${id} ${name}`).sort(),
    );
    // The table of sizes is in the package, but not among what it exports.
    const entry = createRequire(import.meta.url).resolve('@huggingface/gguf');
    const text = readFileSync(join(dirname(entry), '../src/quant-descriptions.ts'), 'utf8');
    const sizes = [...text.matchAll(/\[GGMLQuantizationType\.(\w+)\]: calcBPW\((\d+), ([\dQK_ +*/]+)\)/g)];
    expect(sizes).toHaveLength(GGML_TYPES.length);
    for (const [, name, elements, sum] of sizes) {
      const terms = sum!.replaceAll('QK_K', '256').split('+');
      const bytes = terms.reduce((total, term) => total + value(term), 0);
      // Theirs is from the years when the two factors of Q8_1 were binary32; they have been binary16 since 2023.
      const known = ggmlTypeNamed(name!)!;
      expect([name, Number(elements), bytes]).toEqual([
        name,
        known.elements,
        known.bytes + (name === 'Q8_1' ? 4 : 0),
      ]);
    }
  });
});

/** A product or quotient of whole numbers. */
function value(term: string): number {
  const [first, ...rest] = term.trim().split(/ ([*/]) /);
  let result = Number(first);
  for (let i = 0; i < rest.length; i += 2)
    result = rest[i] === '*' ? result * Number(rest[i + 1]) : result / Number(rest[i + 1]);
  return result;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const SCALARS: Record<Exclude<GgufValueType, 'ARRAY'>, fc.Arbitrary<number | bigint | boolean | string>> = {
  UINT8: fc.integer({ min: 0, max: 255 }),
  INT8: fc.integer({ min: -128, max: 127 }),
  UINT16: fc.integer({ min: 0, max: 65535 }),
  INT16: fc.integer({ min: -32768, max: 32767 }),
  UINT32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  INT32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  FLOAT32: fc.float(),
  BOOL: fc.boolean(),
  STRING: text,
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FLOAT64: fc.double(),
};
const scalar = fc.oneof(
  ...Object.entries(SCALARS).map(([type, values]) => values.map((of) => ({ type, value: of }))),
);
const flat = fc.oneof(
  ...Object.entries(SCALARS).map(([items, values]) =>
    fc.array(values, { maxLength: 5 }).map((of) => ({ type: 'ARRAY', items, value: of })),
  ),
);
const nested = fc.letrec((tie) => ({
  array: fc.oneof(
    { maxDepth: 3 },
    flat,
    fc.array(tie('array'), { maxLength: 3 }).map((of) => ({ type: 'ARRAY', items: 'ARRAY', value: of })),
  ),
})).array;
const keyValues = fc
  .uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { maxLength: 8 })
  .chain((keys) =>
    fc.tuple(...keys.map((key) => fc.oneof(scalar, flat, nested).map((of) => ({ key, ...(of as object) })))),
  )
  .map((list) => list.filter(({ key }) => !/^(general\.alignment|split\.)/.test(key)) as GgufKeyValue[]);

const tensors = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 6 }).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc
        .tuple(
          fc.constantFrom(...GGML_TYPES),
          fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 0, maxLength: 3 }),
          fc.integer({ min: 0, max: 2 }),
        )
        .map(([type, outer, blocks]): GgufOutputTensor => {
          const rows = outer.reduce((product, extent) => product * extent, 1);
          const byteLength = rows * blocks * type.bytes;
          const bytes = new Uint8Array(byteLength).map((_, at) => (at * 31 + name.length) & 255);
          return { name, type: type.name, shape: [...outer, blocks * type.elements], byteLength, bytes };
        }),
    ),
  ),
);

/** Typed arrays as plain ones, so that values compare by what they are. */
function plain<T extends GgufKeyValue | GgufArray>(given: T): unknown {
  if (given.type !== 'ARRAY') return given;
  const items = Array.from(given.value as ArrayLike<unknown>);
  return { ...given, value: given.items === 'ARRAY' ? items.map((item) => plain(item as GgufArray)) : items };
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(7);
  for (let at = 0; at < bytes.length; at += 7) {
    // The writer must not keep what it was given.
    chunk.set(bytes.subarray(at, at + 7));
    yield chunk.subarray(0, Math.min(7, bytes.length - at));
  }
}

describe('what is written', () => {
  const path = join(folder, 'any.gguf');

  it('comes back: key-values with their types, tensors, bytes', async () => {
    await fc.assert(
      fc.asyncProperty(keyValues, tensors, fc.nat(10), async (pairs, list, power) => {
        const alignment = 2 ** power;
        const streams = list.map((tensor, at) =>
          at % 2 === 0 ? tensor : { ...tensor, bytes: inChunks(tensor.bytes as Uint8Array) },
        );
        expect(await writeGguf(path, streams, { keyValues: pairs, alignment })).toEqual([path]);
        const file = await openTensorFile(path);
        try {
          const added = { key: 'general.alignment', type: 'UINT32', value: alignment };
          expect(file.gguf!.keyValues.map(plain)).toEqual(
            [...pairs.map(plain), added].slice(0, alignment === 32 ? -1 : undefined),
          );
          expect(file.gguf).toMatchObject({ version: 3, alignment });
          expect(file.tensors.map(({ name, shape, dtype }) => ({ name, shape, dtype }))).toEqual(
            list.map(({ name, shape, type }) => ({ name, shape, dtype: type })),
          );
          for (const { name, bytes } of list) expect(await file.readBytes(name)).toEqual(bytes);
          // And once more: what was read gives the same file.
          const again = join(folder, 'again.gguf');
          const copies = list.map((tensor) => ({ ...tensor, bytes: [tensor.bytes as Uint8Array] }));
          await writeGguf(again, copies, file.gguf);
          expect(readFileSync(again).equals(readFileSync(path))).toBe(true);
        } finally {
          await file.close();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is read alike by @huggingface/gguf', async () => {
    await fc.assert(
      fc.asyncProperty(keyValues, tensors, async (pairs, list) => {
        // It keeps keys in a plain object.
        const safe = pairs.filter(({ key }) => !(key in {}) && !/^\d+$/.test(key));
        await writeGguf(path, list, { keyValues: safe });
        const theirs = await gguf(path, { allowLocalFile: true, typedMetadata: true });
        const typed = Object.entries(theirs.typedMetadata as object)
          .slice(3)
          .map(([key, { value: of, type, subType }]) => [key, type, subType, bare(of)]);
        expect(typed).toEqual(
          safe.map((pair) => [
            pair.key,
            GGUF_TYPE_IDS[pair.type],
            pair.type === 'ARRAY' ? GGUF_TYPE_IDS[pair.items] : undefined,
            bare(pair.value),
          ]),
        );
        const file = await openTensorFile(path);
        const whole = readFileSync(path);
        expect(theirs.tensorInfos).toHaveLength(list.length);
        for (const [at, tensor] of theirs.tensorInfos.entries()) {
          const { name, shape, dtype }: GGUFTensorInfo = tensor;
          const ours = file.tensors[at]!;
          expect([name, [...shape].reverse().map(Number), GGMLQuantizationType[dtype]]).toEqual([
            ours.name,
            ours.shape,
            ours.dtype,
          ]);
          const start = Number(theirs.tensorDataOffset + tensor.offset);
          expect(Buffer.from(await file.readBytes(name))).toEqual(
            whole.subarray(start, start + ours.byteLength),
          );
        }
        await file.close();
      }),
      { numRuns: 100 },
    );
  });

  it('is laid out byte by byte as the specification says', async () => {
    const golden = Buffer.concat([
      Buffer.from('GGUF'),
      u32(3),
      u64(2),
      u64(2),
      string('general.architecture'),
      u32(8),
      string('llama'),
      string('sizes'),
      u32(9),
      u32(5),
      u64(2),
      Buffer.from([1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]),
      ...[string('a'), u32(2), u64(3), u64(2), u32(0), u64(0)],
      ...[string('b'), u32(1), u64(32), u32(2), u64(32)],
    ]);
    const data = Buffer.concat([
      floats(1, 2, 3, 4, 5, 6),
      Buffer.alloc(8),
      Buffer.alloc(18, 9),
      Buffer.alloc(14),
    ]);
    const padding = Buffer.alloc((32 - (golden.length % 32)) % 32);
    await writeGguf(
      path,
      [
        { name: 'a', type: 'F32', shape: [2, 3], byteLength: 24, bytes: floats(1, 2, 3, 4, 5, 6) },
        { name: 'b', type: 'Q4_0', shape: [32], byteLength: 18, bytes: Buffer.alloc(18, 9) },
      ],
      {
        keyValues: [
          { key: 'general.architecture', type: 'STRING', value: 'llama' },
          { key: 'sizes', type: 'ARRAY', items: 'INT32', value: [1, -2] },
        ],
      },
    );
    expect(readFileSync(path).toString('hex')).toBe(Buffer.concat([golden, padding, data]).toString('hex'));
    const file = await openTensorFile(path);
    expect([...(await file.readFloats('a', 1, 5))]).toEqual([2, 3, 4, 5]);
    expect(ggufKeyValue(file.gguf!, 'general.architecture')).toMatchObject({ value: 'llama' });
    expect(ggufKeyValue(file.gguf!, 'gone')).toBeUndefined();
    expect(file.tensors[0]).toMatchObject({ contractionAxis: 1, axisKnown: true });
    expect(file.tensors[1]).toMatchObject({
      byteLength: 18,
      unreadable: expect.stringMatching(/Q4_0 blocks/),
    });
    await expectFileError(file.readFloats('b'), /'b' is stored in ggml Q4_0 blocks; .*fewerbits dequantize/);
    await file.close();
  });

  it('stores scalars with one axis, as ggml knows none without', async () => {
    await writeGguf(path, [{ name: 's', type: 'F32', shape: [], byteLength: 4, bytes: floats(7) }]);
    const file = await openTensorFile(path);
    expect(file.tensors[0]!.shape).toEqual([1]);
    expect([...(await file.readFloats('s'))]).toEqual([7]);
    await file.close();
  });
});

/** What @huggingface/gguf makes of a value: arrays only. */
function bare(of: unknown): unknown {
  if (typeof of !== 'object' || of === null) return of;
  if ('value' in of) return bare(of.value);
  return Array.from(of as ArrayLike<unknown>, bare);
}

describe('refusals of the writer', () => {
  const one = { name: 't', type: 'F32', shape: [1], byteLength: 4, bytes: floats(1) };
  const key = (of: object): GgufKeyValue[] => [{ key: 'k', ...of } as GgufKeyValue];
  async function* stream(...chunks: Uint8Array[]) {
    yield* chunks;
  }
  const wrong: [string, GgufOutputTensor[], object, RegExp][] = [
    ['two tensors of one name', [one, one], {}, /two tensors have the name 't'/],
    ['a long name', [{ ...one, name: 'é'.repeat(32) }], {}, /has 64 bytes, but ggml reads fewer than 64/],
    ['an unknown type', [{ ...one, type: 'q4_0' }], {}, /'q4_0' is no type of ggml; it knows F32, F16, Q4_0/],
    ['five axes', [{ ...one, shape: [1, 1, 1, 1, 1] }], {}, /has 5 axes, but ggml has at most 4/],
    [
      'a ragged row',
      [{ ...one, type: 'Q4_0', shape: [2, 33] }],
      {},
      /blocks of 32, and dimension 1 of \[2, 33\] is 33/,
    ],
    ['a scalar in blocks', [{ ...one, type: 'Q4_0', shape: [] }], {}, /dimension 0 of \[\] is 1/],
    ['a wrong length', [{ ...one, byteLength: 5 }], {}, /takes 4 bytes, byteLength says 5/],
    ['a bad shape', [{ ...one, shape: [-1] }], {}, /shape must hold whole numbers/],
    ['bytes of another length', [{ ...one, bytes: floats(1, 2) }], {}, /bytes holds 8/],
    ['bytes that are none', [{ ...one, bytes: 'abcd' as never }], {}, /bytes must be a Uint8Array or yield/],
    ['a short stream', [{ ...one, bytes: stream(Uint8Array.of(1)) }], {}, /ended after 1 of 4/],
    ['a long stream', [{ ...one, bytes: [floats(1), Uint8Array.of(1)] }], {}, /more than its 4 bytes/],
    ['half a surrogate pair', [{ ...one, name: '\ud800' }], {}, /surrogate/],
    [
      'an empty key',
      [],
      { keyValues: [{ key: '', type: 'BOOL', value: true }] },
      /keyValues\[0\]\.key has 0 bytes/,
    ],
    [
      'a long key',
      [],
      { keyValues: [{ key: 'k'.repeat(65536), type: 'BOOL', value: true }] },
      /has 65536 bytes/,
    ],
    [
      'two equal keys',
      [],
      { keyValues: [...key({ type: 'BOOL', value: true }), ...key({ type: 'UINT8', value: 1 })] },
      /two key-values have the key 'k'/,
    ],
    [
      'an unknown value type',
      [],
      { keyValues: key({ type: 'U8', value: 1 }) },
      /'U8' is no value type; use one of UINT8/,
    ],
    [
      'a number too large',
      [],
      { keyValues: key({ type: 'UINT8', value: 256 }) },
      /key 'k': UINT8 cannot hold 256/,
    ],
    ['a fraction', [], { keyValues: key({ type: 'INT32', value: 0.5 }) }, /INT32 cannot hold 0.5/],
    ['a bigint too large', [], { keyValues: key({ type: 'UINT64', value: -1n }) }, /UINT64 cannot hold -1/],
    [
      'a number for a bigint',
      [],
      { keyValues: key({ type: 'UINT64', value: 1 }) },
      /UINT64 must be a bigint, not number/,
    ],
    [
      'a real beyond binary32',
      [],
      { keyValues: key({ type: 'FLOAT32', value: 1e39 }) },
      /FLOAT32 cannot hold 1e\+39/,
    ],
    [
      'a wrong item',
      [],
      { keyValues: key({ type: 'ARRAY', items: 'STRING', value: ['a', 1] }) },
      /key 'k'\[1\] must be a string/,
    ],
    [
      'no array',
      [],
      { keyValues: key({ type: 'ARRAY', items: 'STRING', value: 1 }) },
      /key 'k': value must be an array/,
    ],
    [
      'a bare inner array',
      [],
      { keyValues: key({ type: 'ARRAY', items: 'ARRAY', value: [[1]] }) },
      /key 'k'\[0\]: must be of type 'ARRAY'/,
    ],
    ['an odd alignment', [], { alignment: 24 }, /power of two/],
    [
      'an alignment of another type',
      [],
      { keyValues: [{ key: 'general.alignment', type: 'UINT64', value: 64n }] },
      /must be a UINT32/,
    ],
    [
      'two alignments',
      [],
      { alignment: 64, keyValues: [{ key: 'general.alignment', type: 'UINT32', value: 32 }] },
      /alignment is 64, but key .* says 32/,
    ],
    [
      'keys of a split',
      [],
      { keyValues: [{ key: 'split.no', type: 'UINT16', value: 0 }] },
      /'split\.no' speaks of files/,
    ],
  ];
  it.each(wrong)('%s; nothing is written', async (_, list, header, message) => {
    const home = temporaryFolder();
    const action = writeGguf(join(home, 'm.gguf'), list, header as never);
    await expect(action).rejects.toThrow(message);
    expect(readdirSync(home)).toEqual([]);
  });

  it('a bad splitBytes', async () => {
    for (const splitBytes of [0, -1, 0.5, Number.NaN])
      await expect(writeGguf(join(folder, 'm'), [], {}, { splitBytes })).rejects.toThrow(
        /splitBytes must be/,
      );
  });

  it('stops at an abort, and no shard stays', async () => {
    const home = temporaryFolder();
    const abort = new AbortController();
    async function* aborting() {
      yield floats(1);
      abort.abort(new Error('enough'));
      yield floats(1);
    }
    const list = [one, { name: 'u', type: 'F32', shape: [2], byteLength: 8, bytes: aborting() }];
    const options = { signal: abort.signal, splitBytes: 1 };
    await expect(writeGguf(join(home, 'm.gguf'), list, {}, options)).rejects.toThrow('enough');
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('what is read', () => {
  const open = async (bytes: Uint8Array, name = 'made.gguf') => openTensorFile(write(folder, name, bytes));

  it('versions 2 and 3, whatever the extension', async () => {
    for (const version of [2, 3])
      for (const name of ['x.gguf', 'x.bin', 'x']) {
        const made = { version, tensors: [info('t', [2], 0, 0)], data: floats(1, 2) };
        const file = await open(ggufBytes(made), name);
        expect(file).toMatchObject({ container: 'gguf', gguf: { version, alignment: 32, keyValues: [] } });
        expect([...(await file.readFloats('t'))]).toEqual([1, 2]);
        await file.close();
      }
  });

  it('numbers of every plain type', async () => {
    const values: [id: number, dtype: string, bytes: Buffer][] = [
      [0, 'F32', floats(-1.5)],
      [1, 'F16', Buffer.from([0, 0xbe])],
      [24, 'I8', Buffer.from([0xfe])],
      [25, 'I16', Buffer.from([0xfe, 0xff])],
      [26, 'I32', Buffer.from([0xfe, 0xff, 0xff, 0xff])],
      [27, 'I64', Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
      [28, 'F64', Buffer.from(new Uint8Array(Float64Array.of(-1.5).buffer))],
      [30, 'BF16', Buffer.from([0xc0, 0xbf])],
    ];
    for (const [id, dtype, bytes] of values) {
      const file = await open(ggufBytes({ tensors: [info('t', [1], id, 0)], data: bytes }));
      expect(file.tensors[0]).toMatchObject({ dtype, byteLength: bytes.length });
      expect([...(await file.readFloats('t'))]).toEqual([dtype.includes('F') ? -1.5 : -2]);
      await file.close();
    }
  });

  it('positions beyond 4 GiB', async () => {
    const path = join(folder, 'large.gguf');
    const elements = 2 ** 32;
    const head = ggufBytes({ tensors: [info('hole', [elements], 24, 0), info('t', [2], 0, elements)] });
    const handle = openSync(path, 'w');
    writeSync(handle, head);
    ftruncateSync(handle, head.length + elements);
    writeSync(handle, floats(3, 4), 0, 8, head.length + elements);
    closeSync(handle);
    const file = await openTensorFile(path);
    expect([...(await file.readFloats('t'))]).toEqual([3, 4]);
    expect([...(await file.readBytes('hole', elements - 1))]).toEqual([0]);
    await file.close();
    rmSync(path);
  });

  it('heads longer than what is read at first', async () => {
    const words = Array.from({ length: 100_000 }, (_, at) => string(`token ${at}`));
    const tokens = Buffer.concat([u32(8), u64(words.length), ...words]);
    const file = await open(ggufBytes({ keyValues: [keyValue('tokens', 9, tokens)] }));
    const { value: list } = ggufKeyValue(file.gguf!, 'tokens')!;
    expect([(list as string[]).length, (list as string[])[99_999]]).toEqual([100_000, 'token 99999']);
    await file.close();
  });

  it('no more values than memory has room for', async () => {
    const most = Buffer.concat([u32(7), u64(2 ** 21 + 1), Buffer.alloc(2 ** 21 + 1)]);
    await expectFileError(
      open(ggufBytes({ keyValues: [keyValue('k', 9, most)] })),
      /2097153 truth values make more than 2097152 values/,
    );
    // Numbers are not counted.
    most.writeUInt32LE(0);
    const file = await open(ggufBytes({ keyValues: [keyValue('k', 9, most)] }));
    expect((ggufKeyValue(file.gguf!, 'k')!.value as Uint8Array).length).toBe(2 ** 21 + 1);
    await file.close();
  });

  const one = [info('t', [2], 0, 0)];
  const bad: [string, Uint8Array, RegExp][] = [
    [
      'a mark alone',
      Buffer.from('GGUF'),
      /byte 4, the header: 4 bytes should follow, but the file ends at 4/,
    ],
    ['another file', Buffer.from('hello hello hello hello'), /does not start with 'GGUF'/],
    ['version 1', ggufBytes({ version: 1 }), /version 1, which is no longer read/],
    ['version 4', ggufBytes({ version: 4 }), /version 4 is not known/],
    ['big-endian', ggufBytes({ version: 0x03000000 }), /big-endian.*gguf_convert_endian/],
    [
      'many tensors',
      ggufBytes({ counts: [2n ** 63n, 0] }),
      /promises 9223372036854775808 tensors, but the rest of the file has room for \d/,
    ],
    [
      'many key-values',
      ggufBytes({ counts: [0, 2n ** 64n - 1n] }),
      /promises 18446744073709551615 key-values/,
    ],
    [
      'a long key',
      ggufBytes({ keyValues: [keyValue(Buffer.alloc(65536, 97), 0, Buffer.from([1]))] }),
      /key-value 0: a key has 1 to 65535 bytes, not 65536/,
    ],
    [
      'an empty key',
      ggufBytes({ keyValues: [keyValue('', 0, Buffer.from([1]))] }),
      /1 to 65535 bytes, not 0/,
    ],
    [
      'a key twice',
      ggufBytes({ keyValues: [keyValue('k', 0, Buffer.from([1])), keyValue('k', 0, Buffer.from([1]))] }),
      /key 'k': appears twice/,
    ],
    [
      'a key that is no text',
      ggufBytes({ keyValues: [keyValue(Buffer.from([0xff]), 0, Buffer.from([1]))] }),
      /byte 32, key-value 0: 1 bytes of text are not UTF-8/,
    ],
    [
      'a value that is no text',
      ggufBytes({ keyValues: [keyValue('k', 8, string(Buffer.from([0xc3])))] }),
      /key 'k': 1 bytes of text are not UTF-8/,
    ],
    [
      'an unknown value type',
      ggufBytes({ keyValues: [keyValue('k', 13, u32(0))] }),
      /key 'k': value type 13 is not known/,
    ],
    [
      'a long string',
      ggufBytes({ keyValues: [keyValue('k', 8, u64(2n ** 62n))] }),
      /promises 4611686018427387904 bytes of text/,
    ],
    [
      'a long array',
      ggufBytes({ keyValues: [keyValue('k', 9, Buffer.concat([u32(12), u64(2n ** 61n)]))] }),
      /promises 2305843009213693952 numbers/,
    ],
    [
      'a truth value of 2',
      ggufBytes({ keyValues: [keyValue('k', 7, Buffer.from([2]))] }),
      /a truth value is 0 or 1, not 2/,
    ],
    [
      'deep nesting',
      ggufBytes({
        keyValues: [
          keyValue('k', 9, Buffer.concat(Array.from({ length: 40 }, () => Buffer.concat([u32(9), u64(1)])))),
        ],
      }),
      /more than 16 arrays inside one another/,
    ],
    [
      'an alignment of 0',
      ggufBytes({ keyValues: [keyValue('general.alignment', 4, u32(0))] }),
      /power of two up to 2097152, not 0/,
    ],
    [
      'an alignment of text',
      ggufBytes({ keyValues: [keyValue('general.alignment', 8, string('32'))] }),
      /not of type STRING/,
    ],
    [
      'two tensors of a name',
      ggufBytes({ tensors: [...one, info('t', [2], 0, 32)], data: Buffer.alloc(64) }),
      /tensor 't': two tensors have this name/,
    ],
    [
      'five axes',
      ggufBytes({ tensors: [info('t', [1, 1, 1, 1, 1], 0, 0)] }),
      /tensor 't': has 5 axes, but ggml has at most 4/,
    ],
    [
      'an unknown type',
      ggufBytes({ tensors: [info('t', [2], 99, 0)], data: Buffer.alloc(8) }),
      /tensor 't': is of ggml type 99, which this version does not know/,
    ],
    [
      'a removed type',
      ggufBytes({ tensors: [info('t', [2], 31, 0)], data: Buffer.alloc(8) }),
      /ggml type 31 \(Q4_0_4_4\), which ggml has removed/,
    ],
    [
      'a ragged row',
      ggufBytes({ tensors: [info('t', [33], 2, 0)], data: Buffer.alloc(64) }),
      /rows of 33 do not hold whole blocks of 32 \(Q4_0\)/,
    ],
    ['a huge shape', ggufBytes({ tensors: [info('t', [2n ** 63n, 2n ** 63n], 0, 0)] }), /is beyond 2\^53/],
    [
      'a tensor beyond the file',
      ggufBytes({ tensors: one, data: Buffer.alloc(7) }),
      /'t' takes bytes 64 to 72, but the file ends at 71; it is truncated/,
    ],
    [
      'an offset elsewhere',
      ggufBytes({ tensors: [info('t', [2], 0, 32)], data: Buffer.alloc(64) }),
      /starts at data byte 32, but the tensors before it end at 0/,
    ],
    [
      'an overlap',
      ggufBytes({ tensors: [...one, info('u', [2], 0, 0)], data: Buffer.alloc(64) }),
      /'u' starts at data byte 0, .* end at 32/,
    ],
    [
      'an offset between',
      ggufBytes({ tensors: [...one, info('u', [2], 0, 8)], data: Buffer.alloc(64) }),
      /'u' starts at data byte 8, .* end at 32/,
    ],
  ];
  it.each(bad)('refuses %s', async (_, bytes, message) => {
    await expectFileError(open(bytes), message);
  });

  it('refuses or reads whatever is damaged, and never hangs', async () => {
    const path = join(folder, 'whole.gguf');
    await writeGguf(
      path,
      [
        { name: 'a.weight', type: 'Q4_0', shape: [2, 32], byteLength: 36, bytes: Buffer.alloc(36, 1) },
        { name: 'b', type: 'F32', shape: [3], byteLength: 12, bytes: floats(1, 2, 3) },
      ],
      {
        keyValues: [
          { key: 'general.architecture', type: 'STRING', value: 'llama' },
          { key: 'n', type: 'UINT64', value: 5n },
          { key: 'tokens', type: 'ARRAY', items: 'STRING', value: ['<s>', 'ä'] },
          {
            key: 'deep',
            type: 'ARRAY',
            items: 'ARRAY',
            value: [{ type: 'ARRAY', items: 'BOOL', value: [true] }],
          },
          { key: 'scores', type: 'ARRAY', items: 'FLOAT32', value: [1, 2] },
        ],
      },
    );
    const whole = readFileSync(path);
    const visit = async (bytes: Uint8Array) => {
      const file = await openTensorFile(write(folder, 'damaged.gguf', bytes));
      for (const { name } of file.tensors) await file.readBytes(name);
      await file.close();
    };
    expect(await damage(whole, visit)).toBeGreaterThan(1000);
    // Every byte of the head, all bits and none.
    for (let at = 0; at < whole.length - 96; at++)
      for (const value of [0, 255]) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = value;
        await visit(bytes).catch((error: unknown) => expect(error).toHaveProperty('name', 'TensorFileError'));
      }
  });
});

describe('shards', () => {
  const list = ['a', 'b', 'c', 'd'].map((name, at) => ({
    name,
    type: 'F32',
    shape: [4],
    byteLength: 16,
    bytes: floats(at, at, at, at),
  }));
  const keyValues: GgufKeyValue[] = [{ key: 'general.name', type: 'STRING', value: 'x' }];
  const name = (index: number, count: number) => `m-0000${index}-of-0000${count}.gguf`;

  async function written(alignment = 32): Promise<string> {
    const home = temporaryFolder();
    const paths = await writeGguf(
      join(home, 'm.gguf'),
      list,
      { keyValues, alignment },
      { splitBytes: 2 * alignment },
    );
    expect(paths).toEqual([1, 2].map((index) => join(home, name(index, 2))));
    return home;
  }

  it('are written as gguf-split does and read as one, by any of them and by their folder', async () => {
    for (const alignment of [32, 64]) {
      const home = await written(alignment);
      for (const path of [home, join(home, name(1, 2)), join(home, name(2, 2))]) {
        const file = await openTensorFile(path);
        expect(file.tensors.map((tensor) => tensor.name)).toEqual(['a', 'b', 'c', 'd']);
        expect([...(await file.readFloats('d'))]).toEqual([3, 3, 3, 3]);
        expect(file.gguf!.keyValues.slice(0, 1)).toEqual(keyValues);
        expect(file.gguf).toMatchObject({ alignment });
        expect(file.gguf!.keyValues).toHaveLength(alignment === 32 ? 1 : 2);
        await file.close();
        await expectFileError(file.readBytes('a'), /was closed/);
        await expectFileError(file.readBytes('d'), /was closed/);
      }
      const theirs = await gguf(join(home, name(2, 2)), { allowLocalFile: true, typedMetadata: true });
      expect(theirs.typedMetadata).toMatchObject({
        'split.no': { value: 1, type: 2 },
        'split.count': { value: 2, type: 2 },
        'split.tensors.count': { value: 4, type: 5 },
      });
    }
  });

  it('are one file where everything fits', async () => {
    const home = temporaryFolder();
    const path = join(home, 'm.gguf');
    expect(await writeGguf(path, list, {}, { splitBytes: 128 })).toEqual([path]);
    expect(readdirSync(home)).toEqual(['m.gguf']);
    // A tensor that alone is larger has a file of its own.
    expect(await writeGguf(path, list, {}, { splitBytes: 1 })).toHaveLength(4);
  });

  it('appear all or none: a name that cannot be taken takes the others away', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, name(2, 2), 'in the way'), { recursive: true });
    await expectFileError(
      writeGguf(join(home, 'm.gguf'), list, {}, { splitBytes: 64 }),
      /m-00002-of-00002\.gguf: cannot write the file/,
    );
    expect(readdirSync(home)).toEqual([name(2, 2)]);
  });

  it('name what is missing, renamed or of another model', async () => {
    const home = await written();
    const first = join(home, name(1, 2));
    const second = join(home, name(2, 2));
    const bytes = readFileSync(second);
    rmSync(second);
    await expectFileError(openTensorFile(first), /m-00002-of-00002\.gguf: cannot find.*ENOENT/);
    writeFileSync(join(home, 'other.gguf'), bytes);
    await expectFileError(
      openTensorFile(join(home, 'other.gguf')),
      /shard 2 of 2, so its name must end in -00002-of-00002\.gguf; rename it/,
    );
    writeFileSync(second, readFileSync(first));
    await expectFileError(
      openTensorFile(first),
      /says split\.no 0 and split\.count 2, but its name says 1 and 2/,
    );
    const few = temporaryFolder();
    await writeGguf(join(few, 'm.gguf'), list.slice(0, 3), {}, { splitBytes: 64 });
    writeFileSync(second, readFileSync(join(few, name(2, 2))));
    await expectFileError(openTensorFile(first), /hold 3 tensors, but split\.tensors\.count promises 4/);
    const twice = temporaryFolder();
    await writeGguf(join(twice, 'm.gguf'), [...list.slice(2), ...list.slice(0, 2)], {}, { splitBytes: 64 });
    writeFileSync(second, readFileSync(join(twice, name(2, 2))));
    await expectFileError(openTensorFile(first), /tensor 'a' is in m-00001-of-00002\.gguf too/);
  });
});
