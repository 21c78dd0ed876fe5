import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTensorFile, writeNpy } from '../src/index.ts';
import { damage, expectFileError, floats, npyBytes, readAll, temporaryFolder, write } from './files.ts';

const folder = temporaryFolder();
const dict = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

async function read(
  bytes: Uint8Array,
): Promise<{ shape: readonly number[]; dtype: string; values: number[] }> {
  const file = await openTensorFile(write(folder, 'array.npy', bytes));
  const { name, shape, dtype } = file.tensors[0]!;
  try {
    return { shape, dtype, values: [...(await file.readFloats(name))] };
  } finally {
    await file.close();
  }
}

describe('golden bytes', () => {
  it('writes what numpy.save writes', async () => {
    // numpy 2.4: np.save('x.npy', np.arange(6, dtype='<f4').reshape(2, 3))
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    const path = join(folder, 'x.npy');
    await writeNpy(path, { shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    const expected = Buffer.concat([
      Buffer.from('934e554d505901007600', 'hex'),
      Buffer.from(`${header.padEnd(117, ' ')}\n`),
      floats(0, 1, 2, 3, 4, 5),
    ]);
    expect(readFileSync(path)).toEqual(expected);
  });

  it.each([
    [[], '()', 1],
    [[3], '(3,)', 3],
    [[0, 7], '(0, 7)', 0],
  ] as const)('writes the tuple of shape %j', async (shape, tuple, count) => {
    const path = join(folder, 'tuple.npy');
    await writeNpy(path, { shape, data: new Uint8Array(count) });
    const text = readFileSync(path, 'latin1');
    expect(text).toContain(`{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`);
    expect(text.length - count).toBe(128);
  });
});

describe('reading', () => {
  it('reads versions 1, 2 and 3', async () => {
    for (const major of [1, 2, 3]) {
      const got = await read(npyBytes(dict('<f4', '(2,)'), floats(1, -2), major));
      expect(got).toEqual({ shape: [2], dtype: 'F32', values: [1, -2] });
    }
    await expectFileError(read(npyBytes(dict('<f4', '(2,)'), floats(1, -2), 4)), /npy version 4\.0/);
  });

  it.each([
    ['<f2', 'F16', '003c00c0', [1, -2]],
    ['>f2', 'F16', '3c00c000', [1, -2]],
    ['>f4', 'F32', '3f800000c0000000', [1, -2]],
    ['<f8', 'F64', '000000000000f03f00000000000000c0', [1, -2]],
    ['>f8', 'F64', '3ff0000000000000c000000000000000', [1, -2]],
    ['|i1', 'I8', '01fe', [1, -2]],
    ['<i2', 'I16', '0100feff', [1, -2]],
    ['>i2', 'I16', '0001fffe', [1, -2]],
    ['>i4', 'I32', '00000001fffffffe', [1, -2]],
    ['>i8', 'I64', '0000000000000001fffffffffffffffe', [1, -2]],
    ['|u1', 'U8', '01fe', [1, 254]],
    ['>u2', 'U16', '0001fffe', [1, 65534]],
    ['<u4', 'U32', '0100000000000080', [1, 2147483648]],
    ['>u8', 'U64', '00000000000000018000000000000000', [1, 2 ** 63]],
    ['|b1', 'BOOL', '0001', [0, 1]],
  ] as const)('reads %s as %s', async (descr, dtype, hex, values) => {
    expect(await read(npyBytes(dict(descr, '(2,)'), Buffer.from(hex, 'hex')))).toEqual({
      shape: [2],
      dtype,
      values,
    });
  });

  it('reads a Fortran-ordered big-endian array as numpy wrote it', async () => {
    // numpy 2.4: np.asfortranarray(np.array([[1, 2, 3], [4, 5, 6]], dtype='>f2'))
    const data = Buffer.from('3c0044004000450042004600', 'hex');
    expect(await read(npyBytes(dict('>f2', '(2, 3)', 'True'), data))).toEqual({
      shape: [2, 3],
      dtype: 'F16',
      values: [1, 2, 3, 4, 5, 6],
    });
  });

  it('reads every range of a Fortran-ordered array as of its C-ordered twin', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 }),
        fc.nat(),
        fc.nat(),
        async (shape, a, b) => {
          const count = shape.reduce((x, y) => x * y, 1);
          const place = (index: number) => {
            // Row-major index → column-major place.
            let rest = index;
            const axes = shape.map(() => 0);
            for (let axis = shape.length - 1; axis >= 0; axis--) {
              axes[axis] = rest % shape[axis]!;
              rest = Math.floor(rest / shape[axis]!);
            }
            return axes.reduceRight((at, coordinate, axis) => at * shape[axis]! + coordinate, 0);
          };
          const stored = new Array<number>(count);
          for (let i = 0; i < count; i++) stored[place(i)] = i;
          const [start, end] = [a % (count + 1), b % (count + 1)].sort((x, y) => x - y) as [number, number];
          const bytes = npyBytes(dict('<f4', `(${shape.join(', ')})`, 'True'), floats(...stored));
          const file = await openTensorFile(write(folder, 'fortran.npy', bytes));
          expect([...(await file.readFloats('fortran', start, end))]).toEqual(
            Array.from({ length: end - start }, (_, i) => start + i),
          );
          await file.close();
        },
      ),
      { seed: 9, numRuns: 200 },
    );
  });

  it.each([
    [3, 200_000],
    [300_000, 3],
  ])('reads a Fortran-ordered array of %d by %d, longer than a chunk', async (height, width) => {
    const stored = new Float32Array(height * width);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) stored[x * height + y] = y * width + x;
    const bytes = npyBytes(dict('<f4', `(${height}, ${width})`, 'True'), new Uint8Array(stored.buffer));
    const file = await openTensorFile(write(folder, 'tall.npy', bytes));
    const all = await file.readFloats('tall');
    expect(all.every((value, i) => value === i)).toBe(true);
    const part = await file.readFloats('tall', 299_999, 300_007);
    expect([...part]).toEqual(Array.from({ length: 8 }, (_, i) => 299_999 + i));
    await file.close();
  });

  it('accepts the spellings of Python', async () => {
    for (const text of [
      "{'shape': (2L, 1L), 'fortran_order': False, 'descr': '<f4'}",
      "{ 'descr':'<f4','fortran_order':True,'shape':(2,1,) }   \n",
    ])
      expect((await read(npyBytes(text, floats(1, 2)))).shape).toEqual([2, 1]);
  });
});

describe('what is refused', () => {
  it.each([
    [dict('|O', '(1,)'), /Python objects.*astype/],
    [dict('|V2', '(2,)'), /bfloat16.*write safetensors/],
    [dict('<U3', '(1,)'), /no plain numbers/],
    [dict('<c16', '(1,)'), /no plain numbers/],
    [dict('|f4', '(1,)'), /without a byte order/],
    [dict('=f4', '(1,)'), /cannot be read/],
    ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", /structured.*array\["field"\]/],
    [dict('<f4', '(1)'), /no tuple/],
    [dict('<f4', '(-1,)'), /cannot be read at character/],
    [dict('<f4', '(1.5,)'), /cannot be read at character/],
    [dict('<f4', `(${Number.MAX_SAFE_INTEGER}, 2)`), /product below 2\^53/],
    [dict('<f4', `(${'1, '.repeat(65)})`), /at most 64/],
    [dict('<f4', '(1,)', '1'), /cannot be read/],
    [dict('<f4', '(1,)', "'x'"), /exactly 'descr'/],
    ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", /'descr' twice/],
    ["{'descr': '<f4', 'fortran_order': False, }", /exactly 'descr'/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': True, }", /exactly 'descr'/],
    ["__import__('os').system('true')", /no Python dict/],
    [`${dict('<f4', '(1,)')}garbage`, /cannot be read at character/],
    ['', /no Python dict/],
  ])('%s', async (text, message) => {
    await expectFileError(read(npyBytes(text, floats(1))), message);
  });

  it('sizes that disagree', async () => {
    await expectFileError(read(npyBytes(dict('<f4', '(2,)'), floats(1))), /takes 8 bytes, but 4 follow/);
    await expectFileError(read(npyBytes(dict('<f4', '(1,)'), floats(1, 2))), /more than one array/);
    await expectFileError(read(npyBytes(dict('<c8', '(1,)'), Buffer.alloc(8))), /complex/);
  });

  it('headers longer than the file', async () => {
    const bytes = npyBytes(dict('<f4', '(1,)'), floats(1), 2);
    bytes.writeUInt32LE(0xffffffff, 8);
    await expectFileError(read(bytes), /promises an npy header of 4294967295 bytes/);
    await expectFileError(read(bytes.subarray(0, 11)), /cut after 11 bytes/);
  });

  it('2000 damaged files, with nothing but TensorFileError', async () => {
    const whole = npyBytes(dict('<f4', '(2, 3)', 'True'), floats(1, 2, 3, 4, 5, 6));
    const refused = await damage(whole, (bytes) => readAll(write(folder, 'damaged.npy', bytes)));
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('writing', () => {
  it('round-trips whole arrays and chunks, bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 64 }),
        fc.nat(16),
        fc.boolean(),
        async (bytes, cut, chunked) => {
          const data = new Float32Array(bytes.slice(0, bytes.length & ~3).buffer);
          const path = join(folder, 'trip.npy');
          const chunks = [data.subarray(0, cut), data.subarray(Math.min(cut, data.length))];
          await writeNpy(path, { shape: [data.length], data: chunked ? chunks : data });
          const file = await openTensorFile(path);
          expect(new Uint8Array((await file.readFloats('trip')).buffer)).toEqual(new Uint8Array(data.buffer));
          await file.close();
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });

  it('refuses what does not fit the shape and writes nothing', async () => {
    const home = temporaryFolder();
    const path = join(home, 'x.npy');
    const two = Float32Array.of(1, 2);
    await expect(writeNpy(path, { shape: [3], data: two })).rejects.toThrow(
      /holds 3 elements, but data holds 2/,
    );
    await expect(writeNpy(path, { shape: [3], data: [two] })).rejects.toThrow(/ended after 2 of the 3/);
    await expect(writeNpy(path, { shape: [3], data: [two, two] })).rejects.toThrow(
      /more than the 3 elements/,
    );
    await expect(writeNpy(path, { shape: [2], data: [Uint8Array.of(1, 2)] })).rejects.toThrow(
      /Float32Array chunks/,
    );
    await expect(writeNpy(path, { shape: [2], data: two }, { dtype: 'U8' })).rejects.toThrow(/dtype is 'U8'/);
    await expect(writeNpy(path, { shape: [-2], data: two })).rejects.toThrow(RangeError);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(writeNpy(path, { shape: [2], data: two }, { signal })).rejects.toThrow('stop');
    expect(readdirSync(home)).toEqual([]);
  });
});
