/** The examples of the language's specification compile, and come back from print. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkFile, compileFile, makeSource, printFormat } from '../src/index.ts';
import { fileLoader } from './files.ts';

const candidates = ['../../../docs/design/language.md', '../../../../shared/design/language.md'];
const path = candidates
  .map((file) => fileURLToPath(new URL(file, import.meta.url)))
  .find((file) => existsSync(file));
if (path === undefined) console.warn('skipped: the examples of language.md, which is not there');

describe.skipIf(path === undefined)('the examples of language.md', () => {
  const blocks = [
    ...(path === undefined ? '' : readFileSync(path, 'utf8')).matchAll(/```qf\n([\s\S]*?)```/g),
  ].map((match) => match[1]!);
  const formats = fileURLToPath(new URL('../../../formats/', import.meta.url));
  const imports = `import iq2xxs_grid from "../ggml-grids/ggml_grids.qf"\nimport dynamic8 from "../dynamic8/dynamic8.qf"\n`;
  const source = makeSource(`${formats}examples/language.qf`, imports + blocks.join('\n'));

  it('are there', () => expect(blocks.length).toBe(2));

  it('are right, but for the numbers of the prelude that they show', () => {
    const errors = checkFile(source, fileLoader).filter((item) => item.severity === 'error');
    expect(errors.map((item) => `${item.code} ${source.text.slice(item.span.start, item.span.end)}`)).toEqual(
      ['QF107 e2m1', 'QF107 e4m3', 'QF107 e8m0'],
    );
  });

  it('come back from print', () => {
    const file = compileFile(source, fileLoader);
    expect(file.formats.length).toBeGreaterThan(12);
    for (const { name } of file.formats) {
      const { format } = file.instantiate(name);
      expect(format, name).not.toBeNull();
      const again = compileFile(makeSource('printed.qf', printFormat(format!))).instantiate(name);
      expect(again.format, name).toEqual(format);
    }
  });
});
