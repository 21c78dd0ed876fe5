/**
 * `fmt`: sets `.qf` files out; prints, writes or shows what would change.
 */
import { type Diagnostic, formatSource, renderDiagnostic } from '@fewerbits/dsl';
import { InputError } from '../input-error.ts';
import type { Context, Options } from '../main.ts';
import { STREAM } from '../option-values.ts';
import { qfFiles, readSource } from '../qf-files.ts';
import { unifiedDiff } from '../unified-diff.ts';
import { writeFileWhole } from '../write-file.ts';

interface Formatted {
  readonly path: string;
  readonly before: string;
  /** `null`: the text has errors and is left alone. */
  readonly after: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Files that cannot be read are findings; under `--exit-code` files that would change are, too. */
export async function fmt(
  { io, json, signal }: Context,
  paths: readonly string[],
  options: Options,
): Promise<boolean> {
  const { write, diff } = options;
  if (write === true && paths.includes(STREAM))
    throw new InputError('-w cannot write to standard input; leave it out to print');
  const files: Formatted[] = [];
  for (const path of await qfFiles(paths)) {
    const source = readSource(path);
    const { text, diagnostics } = formatSource(source);
    files.push({ path, before: source.text, after: text, diagnostics });
  }
  const changed = files.filter(({ before, after }) => after !== null && after !== before);
  const broken = files.filter(({ after }) => after === null);
  for (const { path, after } of write === true ? changed : []) await writeFileWhole(path, after!, signal);
  for (const { diagnostics } of broken) {
    for (const diagnostic of diagnostics)
      io.complain(`${renderDiagnostic(diagnostic, { color: false })}\n\n`);
  }
  if (json) {
    const list = files.map(({ path, before, after }) => ({
      path,
      changed: after !== null && after !== before,
      broken: after === null,
      text: after,
    }));
    io.out(`${JSON.stringify({ version: 1, written: write === true, files: list }, null, 2)}\n`);
  } else if (diff === true) {
    for (const { path, before, after } of changed) io.out(unifiedDiff(path, before, after!));
  } else if (write === true) {
    for (const { path } of changed) io.note(`${path}\n`);
  } else {
    for (const { after } of files) io.out(after ?? '');
  }
  return broken.length > 0 || (options.exitCode === true && changed.length > 0);
}
