/**
 * Every format of the repository, compiled, found by name. Data that the build wrote, read when asked for and not before.
 *
 * Knows files and names, no language and no codec: a family with other parameters is instantiated by whoever has the compiler, from
 * the sources that are kept here too.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Format, formatFromJson } from '@fewerbits/format';
import { nearest } from './nearest.ts';

/** A parameter of a family. */
export interface CatalogueParameter {
  readonly name: string;
  readonly type: 'int' | 'real' | 'number';
  /** Smallest and largest value, or `null`. */
  readonly range: readonly [number, number] | null;
  /** The allowed values, or `null`. */
  readonly choices: readonly (number | string)[] | null;
  /** `null`: has to be given. */
  readonly default: number | string | null;
}

/** What is known of a format without opening it. */
export interface CatalogueEntry {
  /** As declared: `q4_0`. */
  readonly name: string;
  /** Its documentation comment. */
  readonly doc: string;
  /** Where it is declared, relative to the catalogue: `q4-0/q4_0.qf`. */
  readonly file: string;
  readonly parameters: readonly CatalogueParameter[];
  /** Named fits beside the default one. */
  readonly fits: readonly string[];
  /** Whether it has an instance at its defaults, which `loadFormat` gives. */
  readonly instance: boolean;
  /** Of that instance; `null` without one. */
  readonly bitsPerParam: number | null;
  /** Whether the length of an encoded tensor follows from its shape alone. */
  readonly fixedLength: boolean;
  /** Whether the interpreter decodes and encodes it without help; else the reason. */
  readonly encodes: true | string;
}

interface Index {
  readonly version: 1;
  readonly formats: readonly CatalogueEntry[];
}

/** The same place seen from the sources and from what is published. */
const DATA = new URL('../dist/data/', import.meta.url);

/**
 * All formats by name.
 * @throws Error if the package was not built.
 */
export function catalogueIndex(): readonly CatalogueEntry[] {
  return (JSON.parse(read('index.json')) as Index).formats;
}

/**
 * The entry of a format; hyphens and underscores mean the same.
 * @throws RangeError for an unknown name, with the nearest known ones.
 */
export function catalogueEntry(name: string): CatalogueEntry {
  const wanted = name.replaceAll('-', '_');
  const index = catalogueIndex();
  const entry = index.find((known) => known.name === wanted);
  if (entry !== undefined) return entry;
  const near = nearest(
    wanted,
    index.map((known) => known.name),
  );
  const help = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  throw new RangeError(`the catalogue has no format '${name}'${help}`);
}

/**
 * The format at its defaults.
 * @throws RangeError for an unknown name, and for a family that has parameters without a default.
 */
export async function loadFormat(name: string): Promise<Format> {
  const file = instanceFile(catalogueEntry(name));
  return parseFormat(await readFile(new URL(file, DATA), 'utf8'));
}

/** `loadFormat`, at once. */
export function loadFormatSync(name: string): Format {
  return parseFormat(read(instanceFile(catalogueEntry(name))));
}

/**
 * The text that declares a format, with the name that its imports are relative to.
 * @throws RangeError for an unknown name.
 */
export function formatSourceOf(name: string): { readonly name: string; readonly text: string } {
  const { file } = catalogueEntry(name);
  return { name: sourceName(file), text: read(`sources/${file}`) };
}

/** Finds what the texts of the catalogue import (`"../nf4/nf4.qf"`); fits the compiler's `Loader`. */
export function catalogueLoader(): {
  read(path: string, from: string): { name: string; text: string } | null;
} {
  return {
    read(path, from) {
      const base = new URL(`${ROOT}${from.startsWith(PREFIX) ? from.slice(PREFIX.length) : ''}`);
      const found = new URL(path, base);
      // What climbs above the root, or names another place, is not in the catalogue.
      if (found.origin !== base.origin || !found.href.startsWith(ROOT)) return null;
      const file = found.href.slice(ROOT.length);
      if (!/^[a-z0-9-]+\/[A-Za-z0-9_]+\.qf$/.test(file)) return null;
      const text = readIfThere(`sources/${file}`);
      return text === null ? null : { name: sourceName(file), text };
    },
  };
}

const PREFIX = 'catalogue:';
/** Only for resolving relative paths. */
const ROOT = 'file:///catalogue/';

function sourceName(file: string): string {
  return `${PREFIX}${file}`;
}

function instanceFile(entry: CatalogueEntry): string {
  if (entry.instance) return `formats/${entry.name}.json`;
  const needed = entry.parameters.filter((parameter) => parameter.default === null).map(({ name }) => name);
  const form = needed.map((name) => `${name}=…`).join(', ');
  throw new RangeError(`'${entry.name}' is a family; give its parameters: ${entry.name}(${form})`);
}

function parseFormat(text: string): Format {
  return formatFromJson(JSON.parse(text));
}

function read(file: string): string {
  const text = readIfThere(file);
  if (text !== null) return text;
  throw new Error(
    `the catalogue's data are missing (dist/data/${file}); in a checkout run 'npm run build', elsewhere install the package again`,
  );
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(new URL(file, DATA), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
