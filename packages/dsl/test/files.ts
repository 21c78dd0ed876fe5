/** Where tests find `.qf` files: the repository's `formats/`, and folders of a scenario. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Loader, makeSource, type Source } from '../src/index.ts';

/** Reads imports relative to the file that names them. */
export const fileLoader: Loader = {
  read(path, from) {
    const name = resolve(dirname(from), path);
    try {
      return { name, text: readFileSync(name, 'utf8') };
    } catch {
      return null;
    }
  },
};

/** A loader over texts by name. */
export function memoryLoader(files: Readonly<Record<string, string>>): Loader {
  return {
    read(path) {
      const name = path.replace(/^\.\//, '');
      const text = files[name];
      return text === undefined ? null : { name, text };
    },
  };
}

/** Every file under `formats/`. */
export function formatFiles(): Source[] {
  const root = fileURLToPath(new URL('../../../formats/', import.meta.url));
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(`${root}${name}`)
        .filter((file) => file.endsWith('.qf'))
        .map((file) => `${root}${name}/${file}`),
    )
    .map((path) => makeSource(path, readFileSync(path, 'utf8')));
}
