/**
 * Paths that come out of a file (an index, a manifest) and must stay in the folder of that file.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep, win32 } from 'node:path';
import { fileSystemError, TensorFileError } from './error.ts';

/**
 * The real path of `name` in `folder`, which may name subfolders but never leave: no absolute path, no `..`, no link to the outside.
 * One outside place is allowed, since every Hugging Face download looks so: `<repository>/snapshots/<revision>` and its
 * subfolders may link to files of `<repository>/blobs`.
 * @throws TensorFileError naming `listedIn`, the file the name was read from.
 */
export async function pathInside(folder: string, name: string, listedIn: string): Promise<string> {
  const parts = name.split(/[\\/]/);
  if (
    name === '' ||
    name.includes('\0') ||
    parts.includes('..') ||
    isAbsolute(name) ||
    win32.isAbsolute(name)
  )
    throw new TensorFileError(
      listedIn,
      `names the file '${name}', which is not inside its own folder; refusing to read it`,
    );
  const path = join(folder, name);
  const resolve = (which: string) =>
    realpath(which).catch((error: unknown) => {
      throw fileSystemError(path, `find the file that ${basename(listedIn)} names`, error);
    });
  const root = await resolve(folder);
  const real = await resolve(path);
  const blobs = blobsOf(root);
  const roots = blobs === null ? [root] : [root, blobs];
  if (roots.some((allowed) => contains(allowed, real))) return real;
  throw new TensorFileError(
    listedIn,
    `names the file '${name}', a link to ${real} outside the folder; replace the link by the file`,
  );
}

/** The `blobs` beside the `snapshots` that a folder lies in, if it does. */
function blobsOf(folder: string): string | null {
  const above = dirname(folder);
  if (above === folder) return null;
  return basename(above) === 'snapshots' ? join(above, '..', 'blobs') : blobsOf(above);
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
