/** What a package is called and what stands in it: the `package.json` beside a `.qf`, or options. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../input-error.ts';

/** The part of a development manifest that `build` reads. */
export interface Settings {
  readonly name: string;
  readonly version: string;
  /** An SPDX name, or UNLICENSED. */
  readonly license: string;
  /** Formats as arguments name them, the package itself first; empty: the file's last format. */
  readonly members: readonly string[];
}

/**
 * The settings of a `.qf` file: those of the `package.json` beside it where there is one.
 * @throws InputError for a manifest that cannot be read or says something else than it should
 */
export async function settingsOf(qf: string): Promise<Settings> {
  const path = join(dirname(qf), 'package.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { name: '', version: '0.0.0', license: 'UNLICENSED', members: [] };
    throw new InputError(`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  const manifest = parsed(text, path);
  const word = (key: string, fallback: string): string => {
    const value = manifest[key] ?? fallback;
    if (typeof value !== 'string') throw new InputError(`${path}: ${key} is a text`);
    return value;
  };
  const own = manifest.fewerbits ?? {};
  const members = isObject(own) ? (own.members ?? []) : null;
  if (!Array.isArray(members) || !members.every((member) => typeof member === 'string'))
    throw new InputError(`${path}: "fewerbits" is { "members": ["name(parameter=value)", …] }`);
  return {
    name: word('name', ''),
    version: word('version', '0.0.0'),
    license: word('license', 'UNLICENSED'),
    members,
  };
}

function parsed(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isObject(value)) throw new InputError(`${path} is no object`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name that npm takes. */
export function requirePackageName(name: string): string {
  if (/^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/.test(name) && name.length <= 214)
    return name;
  throw new InputError(`--name ${name}: npm takes lower case letters, digits, - . _ and @scope/ before`);
}

/** A version that npm takes. */
export function requireVersion(version: string): string {
  if (/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(version)) return version;
  throw new InputError(`--package-version ${version}: a version is three numbers, 1.0.0`);
}
