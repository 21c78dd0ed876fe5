/**
 * JSON files that the user names.
 */
import { readFile } from 'node:fs/promises';
import { InputError } from './input-error.ts';

/**
 * The value in a file; `wanted` says in messages what kind of file was asked for.
 * @throws InputError where the file cannot be read or holds no JSON.
 */
export async function readJson(path: string, wanted: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new InputError(`cannot read ${path} (${code}); check the path`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = error instanceof Error ? error.message : 'no JSON';
    throw new InputError(`${path} is not JSON (${what}); ${wanted} is needed`, { cause: error });
  }
}
