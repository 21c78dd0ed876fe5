/**
 * The project's formats for the tests here: every `formats/<folder>/<name>.qf` through the compiler, as a catalogue has them.
 * Two maps of bitsandbytes that no format there uses stand in `fixtures/`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type CompiledFile, compileFile, type Loader, makeSource } from '@fewerbits/dsl';
import type { Format } from '@fewerbits/format';

const FORMATS = new URL('../../../formats/', import.meta.url);

/** The file of the P3109 families, for files that import from it. */
export const P3109 = new URL('p3109/p3109.qf', FORMATS);

/** Imports relative to the importing file; names are file URLs. */
export const fileLoader: Loader = {
  read(path, from) {
    const url = new URL(path, from);
    try {
      return { name: url.href, text: readFileSync(url, 'utf8') };
    } catch {
      return null;
    }
  },
};

function qfFiles(): URL[] {
  const folders = readdirSync(FORMATS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap((folder) =>
    readdirSync(new URL(`${folder.name}/`, FORMATS))
      .filter((name) => name.endsWith('.qf'))
      .map((name) => new URL(`${folder.name}/${name}`, FORMATS)),
  );
}

interface Family {
  readonly name: string;
  readonly file: CompiledFile;
}

let families: ReadonlyMap<string, Family> | null = null;

/** Every declared format by name; compiled when first asked for. */
function allFamilies(): ReadonlyMap<string, Family> {
  families ??= new Map(
    qfFiles().flatMap((url) => {
      const file = compileFile(makeSource(url.href, readFileSync(url, 'utf8')), fileLoader);
      return file.formats.map(({ name }) => [name, { name, file }] as const);
    }),
  );
  return families;
}

/** Texts of all files, for mutation. */
export function formatTexts(): string[] {
  return qfFiles().map((url) => readFileSync(url, 'utf8'));
}

/** The names of all formats, in order of file. */
export function formatNames(): string[] {
  return [...allFamilies().keys()];
}

/**
 * A format by name and parameters, null if none has the name.
 * @throws RangeError with the compiler's findings if it does not compile.
 */
export function findFormat(
  name: string,
  args: Readonly<Record<string, number | string>> = {},
): Format | null {
  const family = allFamilies().get(name);
  if (family === undefined) return null;
  const { format, diagnostics } = family.file.instantiate(name, args);
  if (format === null) {
    const found = diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n');
    throw new RangeError(`${name} does not compile:\n${found}`);
  }
  return format;
}

/** All formats whose parameters have defaults, at their defaults; those without (a family such as `mx`) are left out. */
export function defaultFormats(): Format[] {
  return formatNames().flatMap((name) => {
    const info = allFamilies()
      .get(name)!
      .file.formats.find((family) => family.name === name)!;
    return info.params.some((param) => param.default === null) ? [] : [findFormat(name)!];
  });
}
