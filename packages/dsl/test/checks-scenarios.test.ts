/** Folders of `scenarios/`: `input.qf` is checked, and what is found must read as `expected.txt` says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CHECK_CODES } from '../src/diagnostics/check-codes.ts';
import { checkFile, DIAGNOSTICS, makeSource, renderDiagnostics } from '../src/index.ts';
import { memoryLoader } from './files.ts';

const root = fileURLToPath(new URL('./scenarios/', import.meta.url));
const folders = readdirSync(root);

function files(folder: string): Record<string, string> {
  const names = readdirSync(root + folder).filter((name) => name.endsWith('.qf'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${root}${folder}/${name}`, 'utf8')]));
}

describe('scenarios', () => {
  it.each(folders)('%s', async (folder) => {
    const texts = files(folder);
    const found = checkFile(makeSource('input.qf', texts['input.qf']!), memoryLoader(texts));
    const text = found.length === 0 ? 'nothing found\n' : renderDiagnostics(found, { color: false });
    await expect(text).toMatchFileSnapshot(`${root}${folder}/expected.txt`);
  });

  it('reach every code of the checks', () => {
    const seen = folders
      .map((folder) => `${root}${folder}/expected.txt`)
      .filter((path) => existsSync(path))
      .flatMap((path) => readFileSync(path, 'utf8').match(/(?<=\[)QF\d+(?=\])/g) ?? []);
    const missing = Object.values(CHECK_CODES).filter((code) => !seen.includes(code));
    // A chain of 65 files is no folder to read: `checks.test.ts` has it.
    expect(missing).toEqual([CHECK_CODES['import-depth']]);
  });
});

describe('the catalogue', () => {
  const examples = Object.values(CHECK_CODES).filter((code) => code !== CHECK_CODES['import-depth']);

  it.each(examples)('%s is reported for its example', (code) => {
    const { example } = DIAGNOSTICS[code]!;
    const loader = memoryLoader({ 'input.qf': example, 'other.qf': 'number something = u4\n' });
    const found = checkFile(makeSource('input.qf', example), loader);
    expect(found.map((item) => item.code)).toContain(code);
  });

  it('examples have one mistake each', () => {
    const several = examples.filter((code) => {
      const { example } = DIAGNOSTICS[code]!;
      const loader = memoryLoader({ 'input.qf': example, 'other.qf': 'number something = u4\n' });
      const found = checkFile(makeSource('input.qf', example), loader);
      return found.some((item) => item.code !== code && item.severity === 'error');
    });
    expect(several).toEqual([]);
  });
});
