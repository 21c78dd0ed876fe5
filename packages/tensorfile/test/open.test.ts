import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTensorFile, writeNpy, writeSafetensors } from '../src/index.ts';
import { expectFileError, floats, safetensorsBytes, temporaryFolder, write } from './files.ts';

const folder = temporaryFolder();

describe('raw binary32', () => {
  it('takes shape and name from outside', async () => {
    const path = write(folder, 'w.f32', floats(1, 2, 3, 4, 5, 6));
    const file = await openTensorFile(path, { shape: [2, 3] });
    expect(file).toMatchObject({ container: 'raw', path });
    expect(file.tensors).toEqual([
      {
        name: 'w',
        shape: [2, 3],
        dtype: 'F32',
        byteLength: 24,
        contractionAxis: 1,
        axisKnown: false,
        axisReason: 'last axis by default (guess)',
      },
    ]);
    expect([...(await file.readFloats('w', 2, 4))]).toEqual([3, 4]);
    await file.close();
  });

  it('refuses a missing or wrong shape', async () => {
    const path = write(folder, 'w.bin', floats(1, 2));
    await expectFileError(openTensorFile(path), /needs its shape/);
    await expectFileError(
      openTensorFile(path, { shape: [3] }),
      /takes 12 bytes, but the file has 8 \(2 elements\)/,
    );
    await expect(openTensorFile(path, { shape: [-1] })).rejects.toThrow(
      /options\.shape must hold whole numbers/,
    );
    await expect(openTensorFile(path, { shape: 'x' as never })).rejects.toThrow(TypeError);
  });

  it('believes the shape even where the numbers look like another container', async () => {
    const lookalike = safetensorsBytes('{}  ');
    const file = await openTensorFile(write(folder, 'lookalike.f32', lookalike), { shape: [3] });
    expect(file.container).toBe('raw');
    await file.close();
    const npy = join(folder, 'n.npy');
    await writeNpy(npy, { shape: [2], data: Float32Array.of(1, 2) });
    await expectFileError(openTensorFile(npy, { shape: [2] }), /carries its own shapes/);
  });
});

describe('recognition', () => {
  it('goes by content, not by name', async () => {
    const file = await openTensorFile(write(folder, 'renamed.dat', safetensorsBytes('{}')));
    expect(file).toMatchObject({ container: 'safetensors', tensors: [] });
    await file.close();
  });

  it.each([
    ['x.pt', Buffer.from('PK\x03\x04aaaaaaaaaaaa'), /zip/],
    ['x.npz', Buffer.from('PK\x03\x04aaaaaaaaaaaa'), /unzip an npz/],
    ['x.h5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /HDF5/],
    ['x.pkl', Buffer.from([0x80, 0x02, 0x7d]), /pickle/],
    ['x.gz', Buffer.from([0x1f, 0x8b, 8]), /gzip/],
    ['x.onnx', Buffer.from([8, 7, 18, 3]), /ONNX/],
    ['x.json', Buffer.from('[1]'), /not JSON/],
    ['y.json', Buffer.from('{"a":1}'), /neither a safetensors index/],
    ['z.json', Buffer.from('{"a":1'), /not valid JSON: character 6/],
    ['x.npy', Buffer.from('NUMPY'), /magic of npy/],
    ['x.safetensors', Buffer.alloc(0), /0 bytes long/],
    ['x.txt', Buffer.from('hello, world, hello'), /no tensor file of a known kind/],
  ])('explains %s', async (name, bytes, message) => {
    await expectFileError(openTensorFile(write(folder, name, bytes)), message);
  });

  it('refuses what is no file', async () => {
    await expectFileError(openTensorFile(join(folder, 'gone')), /ENOENT.*check the path/);
    await expect(openTensorFile('')).rejects.toThrow(TypeError);
  });

  it('finds the one model of a folder', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    await expectFileError(openTensorFile(home), /folder without/);
    const one = { name: 't', dtype: 'U8', shape: [1], bytes: Uint8Array.of(1), byteLength: 1 };
    await writeSafetensors(join(home, 'a.safetensors'), [one]);
    const file = await openTensorFile(home);
    expect([file.path, file.tensors.length]).toEqual([home, 1]);
    await file.close();
    await writeSafetensors(join(home, 'b.safetensors'), [one]);
    await expectFileError(openTensorFile(home), /several models \(a\.safetensors, b\.safetensors\)/);
  });
});

describe('the axis of the caller', () => {
  it('wins where a tensor has it, and must exist somewhere', async () => {
    const path = join(folder, 'axis.safetensors');
    const of = (name: string, shape: number[]) => {
      const byteLength = shape.reduce((a, b) => a * b, 1);
      return { name, dtype: 'U8', shape, bytes: new Uint8Array(byteLength), byteLength };
    };
    await writeSafetensors(path, [of('m', [2, 3]), of('v', [2])]);
    const file = await openTensorFile(path, { axis: 1 });
    const [m, v] = file.tensors;
    expect(m).toMatchObject({ contractionAxis: 1, axisKnown: true, axisReason: 'given by the caller' });
    expect(v).toMatchObject({ contractionAxis: null, axisKnown: false });
    await file.close();
    const first = await openTensorFile(path, { axis: 0 });
    expect(first.tensors.map(({ contractionAxis }) => contractionAxis)).toEqual([0, 0]);
    await first.close();
    await expectFileError(openTensorFile(path, { axis: 2 }), /no tensor has an axis 2/);
    await expect(openTensorFile(path, { axis: -1 })).rejects.toThrow(RangeError);
    await expect(openTensorFile(path, { axis: 0.5 })).rejects.toThrow(RangeError);
  });
});
