/** Temporary folders and hand-made files for the tests. Writes containers without the code under test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect } from 'vitest';
import { openTensorFile, TensorFileError } from '../src/index.ts';

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tensorfile-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A safetensors file from any header text, true or false, and data. */
export function safetensorsBytes(header: string, data: Uint8Array = new Uint8Array(0)): Buffer {
  const json = Buffer.from(header, 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** An npy file from any dict text and data. */
export function npyBytes(dict: string, data: Uint8Array = new Uint8Array(0), major = 1): Buffer {
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0]);
  const length = Buffer.alloc(major === 1 ? 2 : 4);
  if (major === 1) length.writeUInt16LE(dict.length);
  else length.writeUInt32LE(dict.length);
  return Buffer.concat([prefix, length, Buffer.from(dict, 'latin1'), data]);
}

export function write(folder: string, name: string, content: Uint8Array | string | object): string {
  const path = join(folder, name);
  const plain = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, plain ? content : JSON.stringify(content));
  return path;
}

/** Little-endian binary32 bytes. */
export function floats(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes;
}

/** Opens a file, reads every tensor whole, and closes it whatever happens. */
export async function readAll(path: string): Promise<Map<string, Float32Array>> {
  const file = await openTensorFile(path);
  try {
    const values = new Map<string, Float32Array>();
    for (const { name } of file.tensors) values.set(name, await file.readFloats(name));
    return values;
  } finally {
    await file.close();
  }
}

/**
 * Flips up to four bits of `whole` and cuts it in `runs` seeded ways; `visit` gets every damaged copy. What it throws must be a
 * TensorFileError. Returns how many copies were refused.
 */
export async function damage(
  whole: Uint8Array,
  visit: (damaged: Uint8Array) => Promise<unknown>,
  runs = 2000,
): Promise<number> {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(8 * whole.length - 1), { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(whole.length), { nil: whole.length, freq: 3 }),
      async (flips, cut) => {
        const bytes = Uint8Array.from(whole);
        for (const bit of flips) bytes[bit >> 3]! ^= 1 << (bit & 7);
        try {
          await visit(bytes.subarray(0, cut));
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(TensorFileError);
        }
      },
    ),
    { seed: 3, numRuns: runs },
  );
  return refused;
}

/** Expects a TensorFileError whose message matches, and that its path is set. */
export async function expectFileError(action: Promise<unknown> | (() => unknown), message: RegExp) {
  let error: unknown;
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(TensorFileError);
  expect((error as TensorFileError).message).toMatch(message);
  expect((error as TensorFileError).path).not.toBe('');
}
