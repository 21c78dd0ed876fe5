/**
 * Writing a file whole or not at all: a temporary file beside it takes its name at the end.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from './input-error.ts';

/**
 * Makes sure, before long work, that a file may stand at `path`: its folder is there, and it is no folder itself.
 * @throws InputError if not.
 */
export async function requirePlace(path: string): Promise<void> {
  const isFolder = (name: string): Promise<boolean> =>
    stat(name).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isFolder(path)) throw new InputError(`cannot write ${path}: it is a folder; name a file`);
  const folder = dirname(path);
  if (!(await isFolder(folder)))
    throw new InputError(`cannot write ${path}: there is no folder ${folder}; make it first`);
}

/**
 * Replaces `path` by these contents; after a failure or an abort `path` is as before and nothing lies beside it.
 * @throws InputError naming the path where the system refuses, or the signal's reason.
 */
export async function writeFileWhole(
  path: string,
  contents: string | Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const beside = join(dirname(path), `.fewerbits-${randomUUID()}.tmp`);
  try {
    await writeFile(beside, contents, { flag: 'wx', ...(signal === undefined ? {} : { signal }) });
    signal?.throwIfAborted();
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (signal?.aborted || code === undefined) throw error;
    throw new InputError(
      `cannot write ${path} (${code}); check that its folder exists and may be written to`,
      { cause: error },
    );
  }
}
