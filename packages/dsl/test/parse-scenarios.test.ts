/**
 * Scenario folders: `input.qf` and the diagnostics that a reader of the terminal sees, in `expected.txt`.
 * `npx vitest run packages/dsl -u` writes the expected texts anew; read the difference before keeping it.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../src/diagnostics/render.ts';
import { parse } from '../src/parse.ts';
import { makeSource } from '../src/source.ts';

const folder = new URL('./scenarios-syntax/', import.meta.url);
const scenarios = readdirSync(folder).sort();
const input = (scenario: string): string => readFileSync(new URL(`${scenario}/input.qf`, folder), 'utf8');
const report = (text: string): string =>
  renderDiagnostics(parse(makeSource('input.qf', text)).diagnostics, { color: false });

describe.each(scenarios)('%s', (scenario) => {
  it('reports what is expected', async () => {
    const expected = fileURLToPath(new URL(`${scenario}/expected.txt`, folder));
    await expect(report(input(scenario))).toMatchFileSnapshot(expected);
  });

  it('reports the same with CRLF or CR line ends and a byte order mark', () => {
    const text = input(scenario);
    expect(report(`\ufeff${text.replaceAll('\n', '\r\n')}`)).toBe(report(text));
    expect(report(text.replaceAll('\n', '\r'))).toBe(report(text));
  });

  it('makes a tree if and only if it reports nothing', () => {
    const { ast, diagnostics } = parse(makeSource('input.qf', input(scenario)));
    expect(ast === null).toBe(diagnostics.length > 0);
    expect(ast === null).toBe(scenario !== 'every-construct');
  });
});
