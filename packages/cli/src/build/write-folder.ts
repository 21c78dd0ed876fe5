/** Writing a folder whole or not at all: it is made beside its place and takes its name at the end. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../input-error.ts';

/**
 * Replaces the folder `path` by these files.
 * @param check is given the folder before it takes its name; if it throws, `path` stays as it was
 * @throws InputError where the system refuses, or what `check` throws
 */
export async function writeFolderWhole(
  path: string,
  files: ReadonlyMap<string, string>,
  check: (folder: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const id = randomUUID();
  const beside = join(dirname(path), `.${basename(path)}-${id}.tmp`);
  const before = join(dirname(path), `.${basename(path)}-${id}.old`);
  try {
    for (const [file, text] of files) {
      signal.throwIfAborted();
      await mkdir(dirname(join(beside, file)), { recursive: true });
      await writeFile(join(beside, file), text, { flag: 'wx' });
    }
    await check(beside);
    signal.throwIfAborted();
    await rename(path, before).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(beside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (signal.aborted || code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new InputError(
      `cannot write ${path} (${code}); check that the folder above it exists and may be written to`,
      {
        cause: error,
      },
    );
  } finally {
    await rm(beside, { recursive: true, force: true });
    await rm(before, { recursive: true, force: true });
  }
}
