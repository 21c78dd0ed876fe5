/** Runs the command in an empty folder: the built one in a process of its own, or the sources in this one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { runCommand } from '../src/main.ts';

const BIN = fileURLToPath(new URL('../bin/fewerbits.js', import.meta.url));
const BUILT = [
  new URL('../dist/main.js', import.meta.url),
  new URL('../../catalogue/dist/data/index.json', import.meta.url),
];

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** An empty folder for the tests of a file, and the command in it. */
export function workplace(): {
  path(name: string): string;
  write(name: string, contents: string | Uint8Array): string;
  /** The built command in a process. */
  run(...args: string[]): Ended;
  /** The sources, here: quick, for what needs no process. Bytes in `out` are Latin-1. */
  call(...args: string[]): Promise<Ended>;
  runWith(env: NodeJS.ProcessEnv, input: string | Uint8Array | undefined, ...args: string[]): Ended;
  start(...args: string[]): ChildProcess;
} {
  let folder = '';
  beforeAll(() => {
    for (const file of BUILT)
      if (!existsSync(file))
        throw new Error(`${file.pathname} is missing: run npm run build before these tests`);
    folder = mkdtempSync(join(tmpdir(), 'fewerbits-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const call = async (...args: string[]): Promise<Ended> => {
    const before = process.cwd();
    let [out, err] = ['', ''];
    process.chdir(folder);
    try {
      const complain = (text: string): void => {
        err += text;
      };
      const quiet = args.includes('--quiet');
      const io = {
        color: false,
        progress: false,
        columns: 80,
        out: (result: string | Uint8Array): void => {
          out += typeof result === 'string' ? result : Buffer.from(result).toString('latin1');
        },
        note: (text: string): void => (quiet ? undefined : complain(text)),
        complain,
      };
      return { code: await runCommand(args, io, new AbortController().signal), out, err };
    } finally {
      process.chdir(before);
    }
  };
  const path = (name: string): string => join(folder, name);
  const runWith = (
    env: NodeJS.ProcessEnv,
    input: string | Uint8Array | undefined,
    ...args: string[]
  ): Ended => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...usual } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
      cwd: folder,
      env: { ...usual, ...env },
      encoding: 'utf8',
      input: input ?? '',
      maxBuffer: 1 << 26,
    });
    return { code: status, out: stdout, err: stderr };
  };
  return {
    path,
    write: (name, contents) => {
      writeFileSync(path(name), contents);
      return path(name);
    },
    run: (...args) => runWith({}, undefined, ...args),
    call,
    runWith,
    start: (...args) => spawn(process.execPath, [BIN, ...args], { cwd: folder }),
  };
}

/** An npy file of binary32, written out by hand. */
export function npy(shape: readonly number[], data: Float32Array): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const header = `${dict.padEnd(Math.ceil((11 + dict.length) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length + data.length * 4);
  bytes.set([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(Buffer.from(header), 10);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of data.entries()) view.setFloat32(10 + header.length + i * 4, value, true);
  return bytes;
}

/** The elements of an npy file that `decode` wrote. */
export function npyData(bytes: Buffer): Float32Array {
  const start = 10 + bytes.readUInt16LE(8);
  return Float32Array.from({ length: (bytes.length - start) / 4 }, (_, i) =>
    bytes.readFloatLE(start + i * 4),
  );
}

/** A safetensors file of binary32 tensors. */
export function safetensors(
  tensors: Readonly<Record<string, { shape: readonly number[]; data: Float32Array }>>,
): Uint8Array {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    const start = offset;
    offset += data.length * 4;
    return [name, { dtype: 'F32', shape, data_offsets: [start, offset] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const size = Math.ceil(header.length / 8) * 8;
  const out = Buffer.alloc(8 + size + offset, 0x20);
  out.writeBigUInt64LE(BigInt(size), 0);
  header.copy(out, 8);
  let at = 8 + size;
  for (const { data } of Object.values(tensors)) for (const value of data) at = out.writeFloatLE(value, at);
  return out;
}

/** Deterministic weights of about unit size with a few larger ones. */
export function weights(count: number, seed = 1): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => Math.sin((i + 1) * (seed + 0.37)) * (i % 29 === 0 ? 3 : 1),
  );
}
