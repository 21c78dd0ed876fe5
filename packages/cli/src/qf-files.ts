/**
 * `.qf` texts on disk, in folders, on standard input, and what they import.
 */
import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { catalogueLoader } from '@fewerbits/catalogue';
import { type Loader, makeSource, type Source } from '@fewerbits/dsl';
import { InputError } from './input-error.ts';
import { STREAM } from './option-values.ts';
import { shownPath } from './shown-path.ts';

/**
 * Reads a file, or standard input for `-`.
 * @throws InputError where it cannot be read, or is not UTF-8.
 */
export function readSource(path: string): Source {
  if (path === STREAM) return makeSource('<stdin>', textOf('standard input', 0));
  return makeSource(shownPath(path), textOf(path, path));
}

function textOf(what: string, file: string | number): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new InputError(`cannot read ${what} (${code}); check the path`, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new InputError(`${what} is not UTF-8 text`, { cause: error });
  }
}

/**
 * The files that paths stand for: files themselves, all `.qf` files below folders, in order.
 * @throws InputError for a path that is not there, and for a folder without `.qf` files.
 */
export async function qfFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (path === STREAM || !(await isFolder(path))) {
      files.push(path);
      continue;
    }
    const names = await readdir(path, { recursive: true });
    const found = names
      .filter((name) => name.endsWith('.qf') && !/(^|[\\/])(node_modules|dist)[\\/]/.test(name))
      .sort();
    if (found.length === 0) throw new InputError(`${path}: a folder without .qf files`);
    files.push(...found.map((name) => join(path, name)));
  }
  return [...new Set(files)];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new InputError(`cannot read ${path} (${code}); check the path`, { cause: error });
  }
}

/** Imports relative to the importing file, on disk or inside the catalogue. */
export function fileLoader(): Loader {
  const catalogue = catalogueLoader();
  return {
    read(path, from) {
      if (from.startsWith('catalogue:')) return catalogue.read(path, from);
      const name = shownPath(resolve(from === '<stdin>' ? '.' : dirname(from), path));
      try {
        return { name, text: readFileSync(name, 'utf8') };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
        throw new InputError(`cannot read ${name} (${code})`, { cause: error });
      }
    },
  };
}
