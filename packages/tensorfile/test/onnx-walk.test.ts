import { describe, expect, it } from 'vitest';
import { readModel } from '../src/onnx/graph.ts';
import { protoFile } from '../src/onnx/proto.ts';
import { readVarint, signed, unsigned } from '../src/onnx/varint.ts';
import type { ByteSource } from '../src/source.ts';
import { expectFileError } from './files.ts';
import { counted, initializer, int, model, node, raw, tensor, varint } from './onnx-files.ts';

/** A file of pieces and of zeros that take no room; counts what is read of it. */
function pieces(...parts: (Uint8Array | number)[]) {
  const placed: { start: number; bytes: Uint8Array }[] = [];
  let byteLength = 0;
  for (const part of parts) {
    if (typeof part !== 'number') placed.push({ start: byteLength, bytes: part });
    byteLength += typeof part === 'number' ? part : part.length;
  }
  const reads = { bytes: 0 };
  const source: ByteSource = {
    byteLength,
    async read(offset, into) {
      reads.bytes += into.length;
      into.fill(0);
      for (const { start, bytes } of placed)
        for (let i = Math.max(0, offset - start); i < bytes.length && start + i < offset + into.length; i++)
          into[start + i - offset] = bytes[i]!;
    },
    async close() {},
  };
  return { source, reads };
}

/** The tag and length of a counted field, whose content follows elsewhere. */
const opening = (field: number, length: number) => Buffer.concat([varint(field * 8 + 2), varint(length)]);

describe('varints', () => {
  const read = (bytes: Buffer) => {
    const value = { low: 0, high: 0 };
    return { end: readVarint(bytes, 0, bytes.length, value), value };
  };

  it.each([
    0n,
    1n,
    127n,
    128n,
    300n,
    2n ** 28n,
    2n ** 32n - 1n,
    2n ** 35n - 1n,
    2n ** 53n - 1n,
    -1n,
    -(2n ** 31n),
  ])('reads %i', (expected) => {
    const { end, value } = read(varint(expected));
    expect(end).toBe(varint(expected).length);
    expect(signed(value)).toBe(Number(expected));
    expect(unsigned(value)).toBe(Number(BigInt.asUintN(64, expected)));
  });

  it('refuses what does not end or passes 64 bits', () => {
    expect(read(Buffer.from([0x80])).end).toBe(-1);
    expect(read(Buffer.alloc(0)).end).toBe(-1);
    expect(read(Buffer.from([...Array(9).fill(0xff), 2])).end).toBe(-1);
    expect(read(Buffer.from([...Array(9).fill(0xff), 0x81, 0])).end).toBe(-1);
    expect(read(Buffer.from([...Array(9).fill(0xff), 1])).end).toBe(10);
  });
});

describe('a file of 5 TiB', () => {
  it('is walked by its descriptions alone', async () => {
    const huge = 5 * 2 ** 40;
    const before = Buffer.concat([tensor('big', [huge], 2), opening(9, huge)]);
    const small = initializer(tensor('after', [3], 2, raw([1, 2, 3])));
    const first = opening(5, before.length + huge);
    const graph = opening(7, first.length + before.length + huge + small.length);
    const { source, reads } = pieces(int(1, 8), graph, first, before, huge, small, counted(2, 'producer'));
    const { tensors } = await readModel(protoFile(source, 'huge.onnx'), source.byteLength);
    expect(tensors.map(({ localName }) => localName)).toEqual(['big', 'after']);
    const [big, after] = tensors.map(({ record }) => record.raw!);
    expect(big!.end - big!.start).toBe(huge);
    const bytes = new Uint8Array(3);
    await source.read(after!.start, bytes);
    expect([...bytes]).toEqual([1, 2, 3]);
    expect(reads.bytes).toBeLessThan(200_000);
  });
});

describe('limits', () => {
  const walk = (bytes: Buffer, limits?: { kept: number; fields: number }) => {
    const { source } = pieces(bytes);
    return readModel(protoFile(source, 'm.onnx', limits), bytes.length);
  };

  it('end endless fields, nodes and numbers', async () => {
    const limits = { kept: 10_000, fields: 1000 };
    const many = (bytes: Buffer) => Buffer.concat(Array(1001).fill(bytes));
    await expectFileError(walk(many(int(99, 0)), limits), /more than 1000 fields/);
    const ints = counted(5, counted(1, 'a'), counted(8, Buffer.alloc(1001)));
    await expectFileError(walk(model(node('A', [], [], ints)), limits), /more than 1000 fields/);
    await expectFileError(walk(model(many(node('A', [], []))), limits), /more than 10000 bytes/);
    await expectFileError(walk(model(node('A', [], ['x'.repeat(10_000)])), limits), /more than 10000 bytes/);
    await expect(walk(model(many(node('A', [], []))))).resolves.toMatchObject({ tensors: [] });
  });

  it('end names that grow from graph to graph', async () => {
    const name = 'n'.repeat(1000);
    const nested = (depth: number): Buffer =>
      depth === 0
        ? Buffer.alloc(0)
        : node('If', [], [], counted(3, name), counted(5, counted(1, 'b'), counted(6, nested(depth - 1))));
    // 20 names of 1,000 bytes, but prefixes of 2 × 210,000.
    await expectFileError(
      walk(model(nested(20)), { kept: 100_000, fields: 10_000 }),
      /more than 100000 bytes/,
    );
    await expect(walk(model(nested(20)), { kept: 500_000, fields: 10_000 })).resolves.toBeDefined();
  });
});
