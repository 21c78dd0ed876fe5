/**
 * The FORMAT argument of every verb: a name of the catalogue, a name with parameters or a fit, a `.qf` file, a `format.json`.
 *
 * The compiler is loaded only where a text has to be compiled: a name without parameters is read as it was built.
 */
import {
  type CatalogueEntry,
  catalogueEntry,
  catalogueIndex,
  catalogueLoader,
  formatSourceOf,
  loadFormat,
} from '@fewerbits/catalogue';
import type { Diagnostic, ParameterInfo, Source } from '@fewerbits/dsl';
import { type Format, type FormatSpec, formatFromJson, parseSpec, specText } from '@fewerbits/format';
import { InputError, refusable } from './input-error.ts';
import { readJson } from './read-json.ts';

/** A format that was asked for. */
export interface ChosenFormat {
  /** As asked for, in the one spelling: `student(bits=3)`. */
  readonly label: string;
  readonly format: Format;
  /** A named fit, checked to be one of the format's. */
  readonly fit: string | null;
}

/** A FORMAT argument taken apart; nothing is read yet. */
export type FormatArgument =
  | { readonly kind: 'catalogue'; readonly spec: FormatSpec }
  /** `spec.name` is empty where the file's last format is meant. */
  | { readonly kind: 'qf'; readonly path: string; readonly spec: FormatSpec }
  | { readonly kind: 'json'; readonly path: string; readonly spec: FormatSpec };

/**
 * Takes an argument apart.
 * @throws InputError for what is none of the forms.
 */
export function parseFormatArgument(text: string): FormatArgument {
  const qf = /^(.*\.qf)(?:#(.*))?$/s.exec(text);
  if (qf !== null) {
    const spec =
      qf[2] === undefined ? { name: '', args: {}, fit: null } : refusable('format', () => parseSpec(qf[2]!));
    return { kind: 'qf', path: qf[1]!, spec };
  }
  const json = /^(.*\.json)(?:@([A-Za-z_][A-Za-z0-9_-]*))?$/s.exec(text);
  if (json !== null) {
    const fit = json[2]?.replaceAll('-', '_') ?? null;
    return { kind: 'json', path: json[1]!, spec: { name: '', args: {}, fit } };
  }
  return { kind: 'catalogue', spec: refusable('format', () => parseSpec(text)) };
}

/**
 * The format that an argument means.
 * @throws InputError for unknown names (with the nearest ones), parameters out of range, files that do not compile, unknown fits.
 */
export async function chooseFormat(text: string): Promise<ChosenFormat> {
  return resolveArgument(parseFormatArgument(text), text);
}

/** The format of an argument taken apart; `text` is how messages call it. */
export async function resolveArgument(argument: FormatArgument, text: string): Promise<ChosenFormat> {
  const { spec } = argument;
  const format = await formatOf(argument);
  if (spec.fit !== null && !format.fits.some((fit) => fit.name === spec.fit)) {
    const known = format.fits.map((fit) => fit.name).join(', ');
    const help = known === '' ? 'it has none beside its own' : `it has ${known}`;
    throw new InputError(`${text}: the format ${format.name} has no fit '${spec.fit}'; ${help}`);
  }
  const label = specText({ ...spec, name: spec.name === '' ? format.name : spec.name });
  return { label, format, fit: spec.fit };
}

async function formatOf(argument: FormatArgument): Promise<Format> {
  const { spec } = argument;
  if (argument.kind === 'json') return readFormatJson(argument.path);
  if (argument.kind === 'qf') {
    const { fileLoader, readSource } = await import('./qf-files.ts');
    return instantiate(readSource(argument.path), fileLoader(), spec);
  }
  const entry = knownEntry(spec.name);
  const needsCompiler = Object.keys(spec.args).length > 0;
  if (!needsCompiler) {
    if (entry.instance) return loadFormat(spec.name);
    // Says which parameters are missing.
    return loadFormat(spec.name).catch((error: Error) => {
      throw error instanceof RangeError ? new InputError(error.message) : error;
    });
  }
  const { makeSource } = await import('@fewerbits/dsl');
  const { name, text } = formatSourceOf(spec.name);
  return instantiate(makeSource(name, text), catalogueLoader(), spec);
}

function knownEntry(name: string): CatalogueEntry {
  try {
    return catalogueEntry(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`${error.message}; files are named with their ending, .qf or .json`, {
      cause: error,
    });
  }
}

async function instantiate(
  source: Source,
  loader: ReturnType<typeof catalogueLoader>,
  spec: FormatSpec,
): Promise<Format> {
  const { compileFile } = await import('@fewerbits/dsl');
  const compiled = compileFile(source, loader);
  if (!compiled.ok) throw await compileError(source.name, compiled.diagnostics);
  const names = compiled.formats.map((family) => family.name);
  const name = spec.name === '' ? names.at(-1) : names.find((known) => known === spec.name);
  if (name === undefined) {
    if (names.length === 0)
      throw new InputError(`${source.name} declares no format; write \`format NAME { … }\``);
    throw new InputError(`${source.name}: no format '${spec.name}'; it declares ${names.join(', ')}`);
  }
  const { format, diagnostics } = compiled.instantiate(name, spec.args);
  if (format !== null) return format;
  const what = specText({ ...spec, name });
  if (diagnostics.length > 0) throw await compileError(what, diagnostics);
  const params = compiled.formats.find((family) => family.name === name)!.params.map(parameterText);
  throw new InputError(`${what}: a value is not allowed; the parameters are ${params.join(', ')}`);
}

function parameterText({ name, type, range }: ParameterInfo): string {
  if (range === null) return `${name}: ${type}`;
  return `${name}: ${type} in ${'list' in range ? `[${range.list.join(', ')}]` : `${range.from}..${range.to}`}`;
}

async function compileError(what: string, diagnostics: readonly Diagnostic[]): Promise<InputError> {
  const { renderDiagnostic } = await import('@fewerbits/dsl');
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const shown = errors.slice(0, 5).map((diagnostic) => renderDiagnostic(diagnostic, { color: false }));
  const more = errors.length > 5 ? `\n\n${errors.length - 5} more; see fewerbits check` : '';
  return new InputError(`${what} is not a format:\n${shown.join('\n\n')}${more}`);
}

async function readFormatJson(path: string): Promise<Format> {
  const json = await readJson(path, 'a format.json');
  return refusable(path, () => formatFromJson(json));
}

/** Names of the catalogue's formats that encode without help. */
export function encodingFormats(): string[] {
  return catalogueIndex()
    .filter((entry) => entry.instance && entry.encodes === true)
    .map((entry) => entry.name);
}
