import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTensorFile } from '../src/index.ts';
import { damage, expectFileError, floats, readAll, temporaryFolder, write } from './files.ts';
import {
  attribute,
  constant,
  counted,
  external,
  fixed32,
  initializer,
  int,
  model,
  named,
  node,
  packed,
  raw,
  tensor,
  varint,
  zeros,
} from './onnx-files.ts';

const folder = temporaryFolder();
const open = (...graph: Buffer[]) => openTensorFile(write(folder, 'm.onnx', model(...graph)));

async function listed(...graph: Buffer[]) {
  const file = await open(...graph);
  await file.close();
  return file.tensors;
}

/** The values of a tensor 't' of `count` elements. */
async function values(type: number, count: number, ...data: Buffer[]): Promise<number[]> {
  const file = await open(initializer(tensor('t', [count], type, ...data)));
  try {
    return [...(await file.readFloats('t'))];
  } finally {
    await file.close();
  }
}

describe('element types', () => {
  // Number in TensorProto.DataType, our name, raw bytes, the field and numbers that say the same, and the values.
  const F32 = [0x3f, 0xc0, 0, 0].reverse();
  it.each<[number, string, number[], Buffer | null, number[]]>([
    [1, 'F32', F32, counted(4, floats(1.5)), [1.5]],
    [2, 'U8', [200, 1], packed(5, [200, 1]), [200, 1]],
    [3, 'I8', [0x80, 127], packed(5, [-128, 127]), [-128, 127]],
    [4, 'U16', [0xff, 0xff], packed(5, [65535]), [65535]],
    [5, 'I16', [0x00, 0x80], packed(5, [-32768]), [-32768]],
    [6, 'I32', [0, 0, 0, 0x80], packed(5, [-(2 ** 31)]), [-(2 ** 31)]],
    [7, 'I64', [0xfe, ...Array(7).fill(0xff)], packed(7, [-2]), [-2]],
    [9, 'BOOL', [1, 0], packed(5, [1, 0]), [1, 0]],
    [10, 'F16', [0, 0xbc], packed(5, [0xbc00]), [-1]],
    [11, 'F64', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], counted(10, Buffer.from('000000000000f83f', 'hex')), [1.5]],
    [12, 'U32', [0, 0, 0, 0x80], packed(11, [2 ** 31]), [2 ** 31]],
    [13, 'U64', Array(8).fill(0xff), packed(11, [2n ** 64n - 1n]), [2 ** 64]],
    [16, 'BF16', [0xc0, 0x3f], packed(5, [0x3fc0]), [1.5]],
    [17, 'F8_E4M3', [0x7e], packed(5, [0x7e]), [448]],
    [18, 'F8_E4M3FNUZ', [0x7f], packed(5, [0x7f]), [240]],
    [19, 'F8_E5M2', [0x7b], packed(5, [0x7b]), [57344]],
    [20, 'F8_E5M2FNUZ', [0x7f], packed(5, [0x7f]), [57344]],
    [21, 'U4', [0xf1, 0x02], packed(5, [0xf1, 0x02]), [1, 15, 2]],
    [22, 'I4', [0xf1, 0x08], packed(5, [-15, 0x08]), [1, -1, -8]],
    [23, 'F4', [0x72, 0x0f], packed(5, [0x72, 0x0f]), [1, 6, -6]],
    [24, 'F8_E8M0', [0x80], packed(5, [0x80]), [2]],
    [25, 'U2', [0xe4, 0x01], packed(5, [0xe4, 0x01]), [0, 1, 2, 3, 1]],
    [26, 'I2', [0xe4, 0x02], packed(5, [0xe4, 0x02]), [0, 1, -2, -1, -2]],
    [28, 'F6_E3M2', [0b11_011111, 0b0000_1111, 0], null, [28, -28, 0]],
    [28, 'F6_E3M2', [0x1f], null, [28]],
  ])('%i is %s, raw and number by number', async (type, dtype, bytes, words, expected) => {
    const [info] = await listed(initializer(tensor('t', [expected.length], type, raw(bytes))));
    expect(info).toMatchObject({ dtype, byteLength: bytes.length });
    expect(await values(type, expected.length, raw(bytes))).toEqual(expected);
    if (words === null) return;
    expect(await values(type, expected.length, words)).toEqual(expected);
    const file = await open(initializer(tensor('t', [expected.length], type, words)));
    expect([...(await file.readBytes('t'))]).toEqual(bytes);
    await file.close();
  });

  it('reads no further than a part filled byte, which may end the file', async () => {
    const last = initializer(Buffer.concat([counted(8, 't'), int(1, 1), int(2, 28), raw([0x1f])]));
    const path = write(folder, 'end.onnx', Buffer.concat([int(1, 8), counted(7, last)]));
    expect([...(await readAll(path)).get('t')!]).toEqual([28]);
  });

  it('lists what it cannot read, with the reason', async () => {
    const sparse = Buffer.concat([
      counted(1, tensor('s', [1], 1, raw(floats(7)))),
      int(3, 2 ** 40),
      int(3, 5),
    ]);
    const file = await open(
      initializer(tensor('text', [2], 8, counted(6, 'ab'), counted(6, 'c'))),
      initializer(tensor('c64', [1], 14, counted(4, floats(1, 2)))),
      initializer(tensor('c128', [1], 15, raw(Buffer.alloc(16)))),
      initializer(tensor('young', [3], 99, raw([1, 2]))),
      counted(15, sparse),
    );
    expect(
      file.tensors.map(({ name, dtype, byteLength, unreadable }) => [name, dtype, byteLength, unreadable]),
    ).toEqual([
      ['text', 'STRING', 3, expect.stringMatching(/strings/)],
      ['c64', 'C64', 8, expect.stringMatching(/complex/)],
      ['c128', 'C128', 16, expect.stringMatching(/complex/)],
      ['young', 'ONNX_99', 2, expect.stringMatching(/data type 99/)],
      ['s', 'F32', 4, expect.stringMatching(/sparse/)],
    ]);
    expect(file.tensors[4]!.shape).toEqual([2 ** 40, 5]);
    for (const { name, unreadable } of file.tensors)
      await expectFileError(file.readFloats(name), new RegExp(`'${name}' ${unreadable!.slice(0, 9)}`));
    expect([...(await file.readBytes('c64'))]).toEqual([...floats(1, 2)]);
    await expectFileError(file.readBytes('text', 0, 1), /strings/);
    await file.close();
  });
});

describe('numbers one by one', () => {
  const numbers = Array.from(
    { length: 150_000 },
    (_, i) => ((i * 2_654_435_761) % 2 ** (1 + (i % 30))) - (i % 7),
  );

  it('reads any range of a long list, packed, tagged, or both', async () => {
    const lists = {
      packed: packed(5, numbers),
      tagged: Buffer.concat(numbers.map((value) => int(5, value))),
      mixed: Buffer.concat([
        packed(5, numbers.slice(0, 70_000)),
        packed(5, []),
        ...numbers.slice(70_000, 70_010).map((value) => int(5, value)),
        packed(5, numbers.slice(70_010)),
      ]),
    };
    const file = await open(
      ...Object.entries(lists).map(([name, list]) => initializer(tensor(name, [numbers.length], 6, list))),
    );
    const bytes = Buffer.from(Int32Array.from(numbers).buffer);
    const rounded = Float32Array.from(numbers);
    for (const name of Object.keys(lists)) {
      // Compared as bytes, since vitest takes long over long arrays.
      const whole = await file.readFloats(name);
      expect(Buffer.compare(Buffer.from(whole.buffer), Buffer.from(rounded.buffer))).toBe(0);
      await fc.assert(
        fc.asyncProperty(fc.nat(4 * numbers.length), fc.nat(300), async (start, length) => {
          const end = Math.min(start + length, bytes.length);
          expect(Buffer.from(await file.readBytes(name, start, end))).toEqual(bytes.subarray(start, end));
        }),
        { seed: 5, numRuns: 25 },
      );
    }
    await file.close();
  }, 60_000);

  it('takes tagged binary32, and one list in two fields', async () => {
    const tagged = Buffer.concat([1, 2, 3].map((value) => fixed32(4, floats(value))));
    expect(await values(1, 3, tagged)).toEqual([1, 2, 3]);
    expect(await values(1, 3, counted(4, floats(1)), counted(4, floats(2, 3)))).toEqual([1, 2, 3]);
    // Other fields may stand between two numbers.
    expect(await values(6, 3, int(5, 1), int(5, 2), counted(12, 'doc'), int(5, 3))).toEqual([1, 2, 3]);
  });

  it.each<[string, number, number, Buffer[], RegExp]>([
    ['too few', 6, 3, [packed(5, [1, 2])], /3 numbers, but it holds 1 to 2/],
    ['fewer than the bytes allow', 6, 3, [packed(5, [300, 300])], /holds 2 numbers where .* take 3/],
    ['out of range', 3, 1, [packed(5, [128])], /number 0 is 128, outside -128…127/],
    ['negative where unsigned', 2, 2, [packed(5, [1, -1])], /number 1 is -1, outside 0…255/],
    ['a number that does not end', 6, 1, [counted(5, Buffer.from([0x80]))], /does not end/],
    ['a number beyond 64 bits', 7, 1, [counted(7, Buffer.alloc(10, 0xff))], /does not end/],
    ['a broken list', 1, 1, [counted(4, Buffer.alloc(5))], /4-byte numbers takes 5 bytes/],
    ['another field', 1, 1, [packed(5, [1])], /field 5, which is not for FLOAT/],
    ['two fields', 1, 1, [counted(4, floats(1)), raw(floats(1))], /several fields \(4, 9\)/],
    ['a scattered list', 6, 1025, Array(1025).fill(packed(5, [1])), /more than 1024 places/],
  ])('refuses %s', async (_, type, count, data, message) => {
    await expectFileError(values(type, count, ...data), message);
  });
});

describe('tensors of a model', () => {
  it('are initializers and every kind of Constant', async () => {
    const constantOf = (name: string, key: string, ...fields: Buffer[]) =>
      node('Constant', [], [name], attribute(key, ...fields));
    const graph = [
      constant('t', tensor('inner name', [2], 1, raw(floats(1, 2)))),
      constantOf('f', 'value_float', fixed32(2, floats(3))),
      constantOf('fs', 'value_floats', fixed32(7, floats(4)), fixed32(7, floats(5))),
      constantOf('i', 'value_int', int(3, -6)),
      constantOf('is', 'value_ints', int(8, 7), int(8, -8)),
      constantOf('packed', 'value_ints', packed(8, [1000, 2])),
      constantOf('none', 'value_floats'),
      initializer(tensor('w', [], 1, raw(floats(9)))),
    ];
    const path = write(folder, 'kinds.onnx', model(...graph));
    expect(Object.fromEntries([...(await readAll(path))].map(([name, data]) => [name, [...data]]))).toEqual({
      t: [1, 2],
      f: [3],
      fs: [4, 5],
      i: [-6],
      is: [7, -8],
      packed: [1000, 2],
      none: [],
      w: [9],
    });
    const shapes = (await listed(...graph)).map(({ name, shape, dtype }) => [name, shape, dtype]);
    expect(shapes).toContainEqual(['f', [], 'F32']);
    expect(shapes).toContainEqual(['is', [2], 'I64']);
    const others = await listed(
      constantOf('s', 'value_string', counted(4, 'abc')),
      constantOf('ss', 'value_strings', counted(9, 'a'), counted(9, 'bc')),
      constantOf(
        'sparse',
        'sparse_value',
        counted(22, counted(1, tensor('', [1], 1, raw(floats(1)))), int(3, 4)),
      ),
      node('Constant', [], ['other'], counted(7, 'my.domain')),
    );
    expect(others.map(({ name, shape, unreadable }) => [name, shape, unreadable !== undefined])).toEqual([
      ['s', [], true],
      ['ss', [2], true],
      ['sparse', [4], true],
    ]);
  });

  it('are found in sub-graphs and functions, named by their way', async () => {
    const inner = [
      zeros('w', 2),
      node('If', ['c'], ['y'], attribute('then_branch', counted(6, zeros('deep', 1)))),
    ];
    const graph = [
      node(
        'If',
        ['c'],
        ['o1'],
        named('choose'),
        attribute('then_branch', counted(6, ...inner)),
        attribute('else_branch', counted(6, zeros('w', 3))),
      ),
      node('If', ['c'], ['o2'], named('choose'), attribute('then_branch', counted(6, zeros('w', 4)))),
      node(
        'Scan',
        ['x'],
        ['o3'],
        attribute('bodies', counted(11, zeros('w', 5)), counted(11, zeros('w', 6))),
      ),
      zeros('w', 7),
    ];
    const reference = node('Constant', [], ['r'], attribute('value', counted(21, 'given')));
    const f = counted(
      25,
      counted(7, constant('k', tensor('', [8], 3, raw(Buffer.alloc(8)))).subarray(2)),
      counted(7, reference.subarray(2)),
      counted(1, 'gelu'),
    );
    const path = write(folder, 'nested.onnx', Buffer.concat([model(...graph), f]));
    const file = await openTensorFile(path);
    await file.close();
    expect(file.tensors.map(({ name, shape }) => [name, shape[0]])).toEqual([
      ['choose/then_branch/w', 2],
      ['choose/then_branch/y/then_branch/deep', 1],
      ['choose/else_branch/w', 3],
      ['choose/then_branch#2/w', 4],
      ['o3/bodies/w', 5],
      ['o3/bodies#2/w', 6],
      ['w', 7],
      ['gelu/k', 8],
    ]);
  });

  it('may be inputs, and may be described in any order', async () => {
    const backwards = Buffer.concat([
      counted(8, int(2, 21)),
      counted(
        7,
        counted(11, counted(1, 'w')),
        initializer(Buffer.concat([counted(8, 'w'), raw(floats(1, 2)), int(2, 1), packed(1, [1, 2])])),
      ),
      int(1, 8),
    ]);
    const file = await openTensorFile(write(folder, 'backwards.onnx', backwards));
    expect(file.tensors).toMatchObject([{ name: 'w', shape: [1, 2] }]);
    expect([...(await file.readFloats('w', 1))]).toEqual([2]);
    await file.close();
    await expectFileError(file.readFloats('w'), /was closed/);
  });
});

describe('external data', () => {
  const home = join(folder, 'external');
  mkdirSync(join(home, 'sub'), { recursive: true });
  write(folder, 'outside.bin', floats(1, 2));
  write(home, 'w.data', floats(1, 2, 3));
  write(join(home, 'sub'), 'w.data', floats(4, 5));
  symlinkSync(join(folder, 'outside.bin'), join(home, 'link'));
  const at = (entries: Record<string, string>) =>
    write(home, 'm.onnx', model(initializer(tensor('w', [2], 1, external(entries)))));
  const read = async (entries: Record<string, string>) => [...(await readAll(at(entries))).get('w')!];

  it('is read out of the folder', async () => {
    expect(await read({ location: 'w.data' })).toEqual([1, 2]);
    expect(await read({ location: 'w.data', offset: '4', length: '8', checksum: 'x' })).toEqual([2, 3]);
    expect(await read({ location: 'sub/w.data' })).toEqual([4, 5]);
  });

  it.each<[Record<string, string>, RegExp]>([
    [{}, /no 'location'/],
    [{ location: '../outside.bin' }, /not inside its own folder/],
    [{ location: join(folder, 'outside.bin') }, /not inside its own folder/],
    [{ location: 'C:\\w.data' }, /not inside its own folder/],
    [{ location: 'w\0' }, /not inside its own folder/],
    [{ location: 'link' }, /outside the folder/],
    [{ location: '.' }, /outside the folder/],
    [{ location: 'sub' }, /not a regular file/],
    [{ location: 'gone' }, /cannot find the file that m\.onnx names/],
    [{ location: 'w.data', offset: '5' }, /8 bytes from byte 5 on are not in 'w\.data', which has 12/],
    [{ location: 'w.data', offset: '9007199254740991' }, /are not in/],
    [{ location: 'w.data', offset: '-4' }, /no whole number/],
    [{ location: 'w.data', offset: '1e1' }, /no whole number/],
    [{ location: 'w.data', length: '12' }, /take 8 bytes, but its external data has 12/],
  ])('refuses %j', async (entries, message) => {
    await expectFileError(openTensorFile(at(entries)), message);
  });

  it('may be a link of a Hugging Face download, in a subfolder too', async () => {
    const repository = join(folder, 'models--a--b');
    const onnx = join(repository, 'snapshots', 'revision', 'onnx');
    mkdirSync(onnx, { recursive: true });
    mkdirSync(join(repository, 'blobs'));
    symlinkSync(write(join(repository, 'blobs'), '0123', floats(6, 7)), join(onnx, 'm.onnx_data'));
    const content = model(initializer(tensor('w', [2], 1, external({ location: 'm.onnx_data' }))));
    expect([...(await readAll(write(onnx, 'm.onnx', content))).get('w')!]).toEqual([6, 7]);
  });
});

describe('recognition', () => {
  it('goes by content where the name says nothing', async () => {
    const file = await openTensorFile(write(folder, 'model.dat', model(zeros('w', 2, 3))));
    expect(file).toMatchObject({ container: 'onnx', tensors: [{ name: 'w' }] });
    await file.close();
    await expectFileError(
      openTensorFile(write(folder, 'x.dat', Buffer.from([8, 7, 9, 9, 9]))),
      /no tensor file of a known kind/,
    );
    await expectFileError(
      openTensorFile(write(folder, 'm.onnx', model()), { shape: [2] }),
      /carries its own shapes/,
    );
  });

  it('finds the one ONNX model of a folder', async () => {
    const home = join(folder, 'alone');
    mkdirSync(home);
    write(home, 'any.onnx', model());
    write(home, 'any.onnx.data', floats(1));
    const file = await openTensorFile(home);
    expect([file.container, file.path, file.tensors]).toEqual(['onnx', home, []]);
    await file.close();
  });
});

describe('hostile files', () => {
  const nested = (depth: number): Buffer =>
    depth === 0
      ? zeros('w', 1)
      : node('If', ['c'], [`y${depth}`], attribute('b', counted(6, nested(depth - 1))));

  it('may nest 64 graphs, no more', async () => {
    expect(await listed(nested(64))).toHaveLength(1);
    await expectFileError(open(nested(65)), /more than 64 deep/);
  });

  const w = (...fields: Buffer[]) => model(initializer(Buffer.concat(fields)));
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', Buffer.alloc(0), /has no graph/],
    ['a length beyond its message', w(Buffer.from([0x4a, 2, 0])), /field 9 takes 2 bytes where 1 are left/],
    ['a length beyond 2^53', w(Buffer.from([0x4a]), varint(-1)), /takes 18446744073709552000 bytes where 0/],
    ['a length of eleven bytes', w(Buffer.from([0x4a]), Buffer.alloc(11, 0x80)), /64 bits/],
    ['field 0', w(Buffer.from([0, 0])), /no field 0/],
    ['a field number beyond 2^29', w(varint(2 ** 33), Buffer.from([0])), /no field 1073741824/],
    ['a group', w(Buffer.from([0x0b])), /wire type 3/],
    ['wire type 6', w(Buffer.from([0x0e])), /wire type 6/],
    ['a name that is a number', w(int(8, 1)), /field 8 has wire type 0, not 2/],
    ['a name that is no text', w(counted(8, Buffer.from([0xff]))), /not valid UTF-8/],
    ['a name of 64 KiB', w(counted(8, Buffer.alloc(65_537))), /name of 65537 bytes/],
    ['no name', w(tensor('', [1], 1, raw(floats(1)))), /has no name/],
    ['the name of the prototype', w(tensor('__proto__', [1], 1, raw(floats(1)))), /taken or reserved/],
    ['a name twice', model(zeros('w', 1), zeros('w', 1)), /'w' is given a value twice/],
    ['a value twice', model(zeros('w', 1), node('Add', [], ['w'])), /'w' is given a value twice/],
    [
      'names that meet',
      model(zeros('n/b/w', 1), node('If', [], ['n'], attribute('b', counted(6, zeros('w', 1))))),
      /'n\/b\/w' is taken/,
    ],
    ['a negative extent', w(tensor('w', [-1], 1, raw(floats(1)))), /shape \[-1\]/],
    ['too many elements', w(tensor('w', [2 ** 30, 2 ** 30], 1)), /product below 2\^53/],
    ['too many bytes', w(tensor('w', [2 ** 52], 15)), /takes 2\^53 bytes or more/],
    ['elements without data', w(tensor('w', [2 ** 40], 1)), /takes 4398046511104 bytes, but it has no data/],
    ['data of another size', w(tensor('w', [3], 1, raw(floats(1)))), /takes 12 bytes, but it holds 4/],
    ['65 axes', w(tensor('w', Array(65).fill(1), 1, raw(floats(1)))), /more than 64 axes/],
    ['65 packed axes', w(packed(1, Array(65).fill(1))), /more than 64 axes/],
    ['a Constant without value', model(node('Constant', [], ['k'])), /'k' has no value/],
  ])('%s', async (_, bytes, message) => {
    await expectFileError(openTensorFile(write(folder, 'hostile.onnx', bytes)), message);
  });

  it('2000 damaged files give nothing but TensorFileError', async () => {
    write(folder, 'd', floats(1, 2, 3, 4));
    const whole = model(
      node(
        'If',
        ['c'],
        ['y'],
        attribute('b', counted(6, zeros('u', 2, 2), node('MatMul', ['x', 'w'], ['z']))),
      ),
      constant('k', tensor('', [2], 7, packed(7, [3, -1]))),
      node('Constant', [], ['fs'], attribute('value_floats', fixed32(7, floats(1)), fixed32(7, floats(2)))),
      node('Reshape', ['w', 'k'], ['r']),
      node('Conv', ['x', 'v'], ['q']),
      initializer(tensor('w', [2, 3], 6, packed(5, [1, 300, -1, 4, 5, 6]))),
      initializer(tensor('v', [3], 22, raw([0x21, 0x03]))),
      initializer(tensor('e', [2, 2], 1, external({ location: 'd', offset: '0' }))),
      counted(15, counted(1, tensor('s', [1], 1, raw(floats(7)))), int(3, 9)),
    );
    const path = write(folder, 'damaged.onnx', whole);
    const visit = async (bytes: Uint8Array) => {
      write(folder, 'damaged.onnx', bytes);
      const file = await openTensorFile(path);
      try {
        for (const { name } of file.tensors) {
          await file.readBytes(name);
          await file.readFloats(name);
        }
      } finally {
        await file.close();
      }
    };
    expect(await damage(whole, visit)).toBeGreaterThan(1000);
  });
});
