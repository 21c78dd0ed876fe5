/**
 * Writing a file whole or not at all: a temporary file beside it takes its name at the end.
 */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from './input-error.ts';

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
