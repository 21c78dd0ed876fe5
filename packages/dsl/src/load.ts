/**
 * Files and what they declare: parses a file and all that it imports, and says which numbers and formats each one knows.
 * No file system here: the caller's loader finds texts. Nothing is evaluated.
 * Specification: docs/design/language.md, "Names".
 */

import { preludeNumber } from '@fewerbits/numerics';
import type { FormatDeclaration, Ident, Import, NumberDeclaration, SourceFile } from './ast.ts';
import type { Diagnostic } from './diagnostics/catalogue.ts';
import { type Report, reporter } from './lower/report.ts';
import { isOneOf, NUMBER_BUILDERS, suggestion } from './names.ts';
import { parse } from './parse.ts';
import { makeSource, type Source } from './source.ts';

/** Finds imported files; it alone knows of folders and packages. */
export interface Loader {
  /** Text of the file that `path` names in the file `from`, and the name that identifies it; null if there is none. */
  read(path: string, from: string): { name: string; text: string } | null;
}

/** How many files may import one another in a chain. */
export const MOST_IMPORTS_DEEP = 64;

/** A declaration and the file that it stands in. */
export interface Entry<D> {
  readonly declaration: D;
  readonly module: Module;
}

/** One file: its tree and the names that it knows, its own and the imported ones. */
export interface Module {
  readonly source: Source;
  readonly file: SourceFile;
  readonly numbers: ReadonlyMap<string, Entry<NumberDeclaration>>;
  readonly formats: ReadonlyMap<string, Entry<FormatDeclaration>>;
}

/** Loads a file with its imports; everything wrong on the way goes to `diagnostics`. */
export function loadModule(source: Source, loader: Loader | undefined, diagnostics: Diagnostic[]): Module {
  const loaded = new Map<string, Module>();
  const chain: string[] = [];
  return load(source);

  function load(current: Source): Module {
    const { ast, diagnostics: syntax } = parse(current);
    diagnostics.push(...syntax);
    const file = ast ?? { imports: [], declarations: [], span: { start: 0, end: current.text.length } };
    const numbers = new Map<string, Entry<NumberDeclaration>>();
    const formats = new Map<string, Entry<FormatDeclaration>>();
    const module: Module = { source: current, file, numbers, formats };
    const report = reporter(current, diagnostics);
    chain.push(current.name);
    for (const item of file.imports) {
      const other = follow(item, current, report);
      if (other !== null) bring(item, other, module, numbers, formats, report);
    }
    chain.pop();
    declare(module, numbers, formats, report);
    loaded.set(current.name, module);
    return module;
  }

  function follow(item: Import, current: Source, report: Report): Module | null {
    const found = loader?.read(item.path, current.name) ?? null;
    if (found === null) {
      const help =
        loader === undefined
          ? 'this text was given without a place to import from'
          : 'paths are relative to this file';
      report('import-missing', item.pathSpan, `there is no file "${item.path}"`, help);
      return null;
    }
    const start = chain.indexOf(found.name);
    if (start >= 0) {
      const circle = [...chain.slice(start), found.name].join(' → ');
      report(
        'import-circle',
        item.pathSpan,
        `these files import one another in a circle: ${circle}`,
        'move what they share to a file of its own',
      );
      return null;
    }
    if (chain.length >= MOST_IMPORTS_DEEP) {
      report('import-depth', item.pathSpan, `imports are more than ${MOST_IMPORTS_DEEP} files deep`);
      return null;
    }
    return loaded.get(found.name) ?? load(makeSource(found.name, found.text));
  }
}

function bring(
  item: Import,
  from: Module,
  into: Module,
  numbers: Map<string, Entry<NumberDeclaration>>,
  formats: Map<string, Entry<FormatDeclaration>>,
  report: Report,
): void {
  const own = (entry: Entry<unknown> | undefined): boolean => entry?.module === from;
  const offered = [...from.numbers, ...from.formats].filter(([, entry]) => own(entry)).map(([name]) => name);
  for (const name of item.names) {
    const number = from.numbers.get(name.text);
    const format = from.formats.get(name.text);
    if (!own(number) && !own(format)) {
      report(
        'import-unknown',
        name.span,
        `"${item.path}" declares nothing called \`${name.text}\``,
        suggestion(name.text, offered),
      );
      continue;
    }
    if ((own(number) && clashes(numbers, name, into)) || (own(format) && clashes(formats, name, into))) {
      report(
        'duplicate-name',
        name.span,
        `\`${name.text}\` is imported twice`,
        'import each name from one file',
      );
      continue;
    }
    if (number !== undefined && own(number)) numbers.set(name.text, number);
    if (format !== undefined && own(format)) formats.set(name.text, format);
  }
}

function clashes(known: ReadonlyMap<string, Entry<unknown>>, name: Ident, into: Module): boolean {
  const entry = known.get(name.text);
  return entry !== undefined && entry.module !== into;
}

function declare(
  module: Module,
  numbers: Map<string, Entry<NumberDeclaration>>,
  formats: Map<string, Entry<FormatDeclaration>>,
  report: Report,
): void {
  for (const declaration of module.file.declarations) {
    const { text, span } = declaration.name;
    const known = declaration.kind === 'number' ? numbers : formats;
    if (declaration.kind === 'number' && isReservedNumber(text)) {
      const help = 'the prelude is known in every file and stays as it is: choose another name';
      report('reserved-name', span, `the number \`${text}\` belongs to the language`, help);
      continue;
    }
    if (known.has(text)) {
      const before = known.get(text)!.module === module ? 'declared' : 'imported';
      report(
        'duplicate-name',
        span,
        `the ${declaration.kind} \`${text}\` is already ${before}`,
        'give one of them another name',
      );
      continue;
    }
    if (declaration.kind === 'number') numbers.set(text, { declaration, module });
    else formats.set(text, { declaration, module });
  }
}

function isReservedNumber(name: string): boolean {
  return isOneOf(NUMBER_BUILDERS, name) || preludeNumber(name) !== undefined;
}
