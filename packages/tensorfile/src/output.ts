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
  const { signal } = options;
  signal?.throwIfAborted();
  // The folder of the target is on the target's file system, where a rename is atomic.
  const beside = join(dirname(path), `.fewerbits-${randomUUID()}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(beside, 'wx');
    const file = handle;
    await produce(async (bytes) => {
      signal?.throwIfAborted();
      await writeFully(file, bytes);
    });
    signal?.throwIfAborted();
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(beside, path);
  } catch (error) {
    await handle?.close();
    await rm(beside, { force: true });
    throw fileSystemError(path, 'write the file', error);
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  // One write call takes less than 2 GiB and may take less than it was given.
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, 2 ** 30));
    done += bytesWritten;
  }
}
