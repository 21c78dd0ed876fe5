/**
 * Writing a file whole or not at all: bytes go to a temporary file in the same folder, which takes the name at the end.
 */
import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileSystemError } from './error.ts';

/** What every writer accepts. */
export interface WriteOptions {
  /** Looked at before every chunk. After an abort no file is left behind, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Appends bytes; resolves when the system has them, so the caller may reuse the array. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/** A file to write: `produce` gets a function that appends to it. */
export interface OutputFile {
  readonly path: string;
  readonly produce: (append: Append) => Promise<void>;
}

/**
 * Calls `produce` with a function that appends to a temporary file beside `path`, then flushes it and renames it to
 * `path`, replacing what was there. If anything fails the temporary file is removed and `path` is as before.
 * @throws TensorFileError from the file system, whatever `produce` throws, or the signal's reason.
 */
export async function writeWhole(
  path: string,
  produce: (append: Append) => Promise<void>,
  options: WriteOptions = {},
): Promise<void> {
  await writeAllWhole([{ path, produce }], options);
}

/**
 * `writeWhole` for files that belong together: none takes its name before all are written, one after another. Should a
 * rename fail, the files that already have their names are removed.
 */
export async function writeAllWhole(files: readonly OutputFile[], options: WriteOptions = {}): Promise<void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const written: string[] = [];
  const named: string[] = [];
  let current = files[0]?.path ?? '';
  try {
    for (const { path, produce } of files) {
      current = path;
      // The folder of the target is on the target's file system, where a rename is atomic.
      const beside = join(dirname(path), `.fewerbits-${randomUUID()}.tmp`);
      written.push(beside);
      await writeTemporary(beside, produce, signal);
    }
    for (const [index, { path }] of files.entries()) {
      current = path;
      await rename(written[index]!, path);
      named.push(path);
    }
  } catch (error) {
    for (const path of [...written, ...named]) await rm(path, { force: true });
    throw fileSystemError(current, 'write the file', error);
  }
}

async function writeTemporary(
  path: string,
  produce: (append: Append) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await produce(async (bytes) => {
      signal?.throwIfAborted();
      await writeFully(handle, bytes);
    });
    signal?.throwIfAborted();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes of a tensor on their way out: at once, or chunk by chunk. */
export interface OutputBytes {
  readonly name: string;
  readonly bytes: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly byteLength: number;
}

/** Checks what can be before writing: that bytes given at once are as many as promised. Throws RangeError, TypeError. */
export function checkBytes({ name, bytes, byteLength }: OutputBytes): void {
  if (bytes instanceof Uint8Array) {
    if (bytes.length !== byteLength)
      throw new RangeError(`tensor '${name}': bytes holds ${bytes.length}, byteLength says ${byteLength}`);
  } else if (typeof bytes !== 'object' || bytes === null)
    throw new TypeError(`tensor '${name}': bytes must be a Uint8Array or yield Uint8Arrays`);
}

/**
 * Appends the bytes of a tensor; of a stream, no chunk is kept.
 * @throws TypeError, RangeError naming the tensor when a stream yields anything but Uint8Arrays, too few bytes or too many.
 */
export async function appendBytes({ name, bytes, byteLength }: OutputBytes, append: Append): Promise<void> {
  if (bytes instanceof Uint8Array) return append(bytes);
  let done = 0;
  for await (const chunk of bytes) {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError(`tensor '${name}': the stream must yield Uint8Arrays`);
    done += chunk.length;
    if (done > byteLength)
      throw new RangeError(`tensor '${name}': the stream yields more than its ${byteLength} bytes`);
    await append(chunk);
  }
  if (done < byteLength)
    throw new RangeError(`tensor '${name}': the stream ended after ${done} of ${byteLength} bytes`);
}

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  // One write call takes less than 2 GiB and may take less than it was given.
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, 2 ** 30));
    done += bytesWritten;
  }
}
