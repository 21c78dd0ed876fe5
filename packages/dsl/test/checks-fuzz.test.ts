/** Broken files: whatever is done to the words of a good one, it is diagnosed or compiled, and nothing throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFile, compileFile, makeSource, printFormat } from '../src/index.ts';
import { fileLoader, formatFiles } from './files.ts';

/** Files small enough to be compiled many times; the big grids and tables say nothing new. */
const sources = formatFiles().filter(({ text }) => text.length < 3000 && !/in 65536|65536, 8/.test(text));
const words = [
  ...new Set(sources.flatMap(({ text }) => text.match(/[A-Za-z_]\w*|[0-9.]+%?|[^\s\w]/g) ?? [])),
];

const edit = fc.record({
  kind: fc.constantFrom('delete', 'double', 'replace', 'swap'),
  at: fc.nat(),
  word: fc.constantFrom(...words),
});
type Edit = { kind: string; at: number; word: string };

function edited(text: string, edits: readonly Edit[]): string {
  const parts =
    text
      .replace(/^\s*\/\/.*$/gm, '')
      .match(/"[^"]*"|[A-Za-z_]\w*|[0-9.]+%?|\.\.|->|=>|[<>=!]=|\s+|[^\s\w]/g) ?? [];
  for (const { kind, at, word } of edits) {
    const index = at % parts.length;
    if (kind === 'delete') parts.splice(index, 1);
    else if (kind === 'double') parts.splice(index, 0, parts[index]!);
    else if (kind === 'replace') parts[index] = word;
    else [parts[index], parts[at % 7]] = [parts[at % 7]!, parts[index]!];
  }
  return parts.join('');
}

describe('broken files', () => {
  it('have enough to start from', () => expect(sources.length).toBeGreaterThan(40));

  it('never make the compiler throw', () => {
    const property = fc.property(
      fc.nat(sources.length - 1),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (pick, edits) => {
        const { name, text } = sources[pick]!;
        const source = makeSource(name, edited(text, edits));
        for (const { code, message } of checkFile(source, fileLoader)) {
          expect(code).toMatch(/^QF\d{3}$/);
          expect(message).not.toMatch(/undefined|\[object/);
        }
        const file = compileFile(source, fileLoader);
        for (const { name: format } of file.formats) {
          const made = file.instantiate(format).format;
          if (made !== null) printFormat(made);
        }
      },
    );
    fc.assert(property, { seed: 20250101, numRuns: 250 });
  });
});
