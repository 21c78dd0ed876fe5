/**
 * The one error a reader or writer of tensor files throws for what it finds on disk.
 *
 * Wrong arguments are `TypeError` or `RangeError` as everywhere else; this class is for files.
 */

/** A file that cannot be read or written as asked. The message names the file, the place in it and the cure. */
export class TensorFileError extends Error {
  /** The file or folder the message is about. */
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.name = 'TensorFileError';
    this.path = path;
  }
}

/** Turns an error of the file system into a `TensorFileError` that says what was being done; others pass unchanged. */
export function fileSystemError(path: string, doing: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TensorFileError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const cure = CURES.get(code) ?? error.message;
  return new TensorFileError(path, `cannot ${doing} (${code}): ${cure}`, { cause: error });
}

const CURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder; check the path'],
  ['EACCES', 'permission denied; check who owns the file'],
  ['EPERM', 'not permitted; check who owns the file'],
  ['EISDIR', 'this is a folder; name a file in it'],
  ['ENOTDIR', 'a part of the path is a file, not a folder'],
  ['ENOSPC', 'the disk is full; free some space'],
  ['EMFILE', 'too many files are open; raise the limit (ulimit -n) or merge the shards'],
  ['ELOOP', 'the link points to itself'],
]);
