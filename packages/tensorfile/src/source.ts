/**
 * Bytes at positions: a file, or several files read as one. Everything above reads through this.
 *
 * Knows no container. Offsets are doubles below 2^53 and reads name their position, so files beyond 4 GiB work and
 * reads may overlap.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { fileSystemError, TensorFileError } from './error.ts';

/** Random-access bytes. */
export interface ByteSource {
  readonly byteLength: number;
  /** Fills `into` from `offset`; throws TensorFileError when the bytes are not there (any more). */
  read(offset: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The system refuses single reads of 2 GiB and more. */
const MAX_READ = 2 ** 30;

/** Opens a regular file and keeps it open. */
export async function openFile(path: string): Promise<ByteSource> {
  const byteLength = await fileLength(path);
  const handle = await openHandle(path);
  let open = true;
  return {
    byteLength,
    async read(offset, into) {
      if (!open) throw new TensorFileError(path, 'the file was closed; open it again to read');
      await readFully(path, handle, offset, into);
    },
    async close() {
      if (!open) return;
      open = false;
      await handle.close();
    },
  };
}

/** Bytes of a regular file. Asking before opening keeps a named pipe from blocking the process. */
export async function fileLength(path: string): Promise<number> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileSystemError(path, 'open the file', error);
  });
  if (!stats.isFile())
    throw new TensorFileError(path, 'is not a regular file; positions cannot be read in it');
  return stats.size;
}

/**
 * Files read one after another as one run of bytes. Each is opened for the reads that touch it, so a model of a
 * thousand shards needs one handle.
 */
export async function concatenatedFiles(paths: readonly string[]): Promise<ByteSource> {
  const parts: { path: string; start: number; end: number }[] = [];
  let byteLength = 0;
  for (const path of paths) {
    const start = byteLength;
    byteLength += await fileLength(path);
    parts.push({ path, start, end: byteLength });
  }
  let open = true;
  return {
    byteLength,
    async read(offset, into) {
      for (const { path, start, end } of parts) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + into.length, end);
        if (from >= to) continue;
        if (!open) throw new TensorFileError(path, 'the file was closed; open it again to read');
        const handle = await openHandle(path);
        try {
          await readFully(path, handle, from - start, into.subarray(from - offset, to - offset));
        } finally {
          await handle.close();
        }
      }
    },
    async close() {
      open = false;
    },
  };
}

async function openHandle(path: string): Promise<FileHandle> {
  return open(path, 'r').catch((error: unknown) => {
    throw fileSystemError(path, 'open the file', error);
  });
}

async function readFully(path: string, handle: FileHandle, offset: number, into: Uint8Array): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const length = Math.min(into.length - done, MAX_READ);
    const { bytesRead } = await handle
      .read(into, done, length, offset + done)
      .catch((error: unknown) => Promise.reject(fileSystemError(path, 'read the file', error)));
    if (bytesRead === 0)
      throw new TensorFileError(
        path,
        `ends at byte ${offset + done} while more was promised; it is truncated or has changed`,
      );
    done += bytesRead;
  }
}
