/**
 * `check`: what is wrong with `.qf` files, for people, editors and machines.
 */
import { checkFile, type Diagnostic, positionOf, renderDiagnostic } from '@fewerbits/dsl';
import type { Context, Options } from '../main.ts';
import { textOption } from '../option-values.ts';
import { fileLoader, qfFiles, readSource } from '../qf-files.ts';

interface CheckedFile {
  readonly path: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Errors are findings; notes are not. */
export async function check(
  { io, json, signal }: Context,
  paths: readonly string[],
  options: Options,
): Promise<boolean> {
  const loader = fileLoader();
  const checked: CheckedFile[] = [];
  const sources = (await qfFiles(paths)).map((path) => ({ path, source: readSource(path) }));
  const names = new Set(sources.map(({ source }) => source.name));
  for (const { path, source } of sources) {
    signal.throwIfAborted();
    // A mistake in an imported file is told once: with that file, if it is checked too.
    const own = (diagnostic: Diagnostic): boolean =>
      diagnostic.source.name === source.name || !names.has(diagnostic.source.name);
    checked.push({ path, diagnostics: checkFile(source, loader).filter(own) });
  }
  const kind = json ? 'json' : (textOption(options, 'errorFormat') ?? 'text');
  io.out(WRITERS[kind]!(checked, io.color));
  return errorsOf(checked) > 0;
}

type Writer = (checked: readonly CheckedFile[], color: boolean) => string;

const WRITERS: Readonly<Record<string, Writer>> = {
  text: asText,
  json: asJson,
  'github-actions': asAnnotations,
  junit: asJunit,
};

function errorsOf(checked: readonly CheckedFile[]): number {
  return checked.flatMap(({ diagnostics }) => diagnostics).filter(({ severity }) => severity === 'error')
    .length;
}

function asText(checked: readonly CheckedFile[], color: boolean): string {
  const all = checked.flatMap(({ diagnostics }) => diagnostics);
  const errors = errorsOf(checked);
  const notes = all.length - errors;
  const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
  const files = counted(checked.length, 'file');
  const noted = notes === 0 ? '' : `, ${counted(notes, 'note')}`;
  const summary =
    errors === 0 ? `${files}: no errors${noted}` : `${files}: ${counted(errors, 'error')}${noted}`;
  return [...all.map((diagnostic) => `${renderDiagnostic(diagnostic, { color })}\n\n`), `${summary}\n`].join(
    '',
  );
}

function asJson(checked: readonly CheckedFile[]): string {
  const files = checked.map(({ path, diagnostics }) => ({ path, diagnostics: diagnostics.map(plain) }));
  return `${JSON.stringify({ version: 1, errors: errorsOf(checked), files }, null, 2)}\n`;
}

function plain({ code, severity, message, help, source, span, related }: Diagnostic): unknown {
  const place = (at: { source: Diagnostic['source']; span: Diagnostic['span'] }) => ({
    file: at.source.name,
    start: { offset: at.span.start, ...positionOf(at.source, at.span.start) },
    end: { offset: at.span.end, ...positionOf(at.source, at.span.end) },
  });
  return {
    code,
    severity,
    message,
    help,
    ...place({ source, span }),
    related: related.map((other) => ({ message: other.message, ...place(other) })),
  };
}

/** Workflow commands of GitHub Actions; line ends and separators are percent-encoded as its toolkit does. */
function asAnnotations(checked: readonly CheckedFile[]): string {
  const value = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string): string => value(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return checked
    .flatMap(({ diagnostics }) => diagnostics)
    .map(({ code, severity, message, help, source, span }) => {
      const start = positionOf(source, span.start);
      const end = positionOf(source, span.end);
      const columns = start.line === end.line ? `,col=${start.column},endColumn=${end.column}` : '';
      const command = severity === 'error' ? 'error' : 'notice';
      const text = help === null ? message : `${message}\n${help}`;
      return `::${command} file=${property(source.name)},line=${start.line},endLine=${end.line}${columns},title=${property(code)}::${value(text)}\n`;
    })
    .join('');
}

/** JUnit XML: a test suite for each file, a failed case for each error. */
function asJunit(checked: readonly CheckedFile[]): string {
  const suites = checked.map(({ path, diagnostics }) => {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const cases = errors.map((diagnostic) => {
      const { line, column } = positionOf(diagnostic.source, diagnostic.span.start);
      const name = xml(`${diagnostic.code} ${line}:${column}`);
      const text = xml(renderDiagnostic(diagnostic, { color: false }));
      return `    <testcase name="${name}" classname="${xml(path)}">\n      <failure message="${xml(diagnostic.message)}">${text}</failure>\n    </testcase>\n`;
    });
    const body = cases.length === 0 ? [`    <testcase name="check" classname="${xml(path)}"/>\n`] : cases;
    return `  <testsuite name="${xml(path)}" tests="${body.length}" failures="${errors.length}">\n${body.join('')}  </testsuite>\n`;
  });
  const failures = errorsOf(checked);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="fewerbits check" failures="${failures}">\n${suites.join('')}</testsuites>\n`;
}

// What XML 1.0 cannot carry even escaped.
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function xml(text: string): string {
  return text
    .replace(FORBIDDEN, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
