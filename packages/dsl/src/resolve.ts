/**
 * What a name means in a file: the constants and numbers that its expressions may use, with declared numbers evaluated
 * once for each set of arguments. Knows nothing of scopes, fields and lets.
 * Specification: docs/design/language.md, "Names".
 */

import { PRELUDE, preludeNumber } from '@fewerbits/numerics';
import type { Arg, NumberDeclaration, Span } from './ast.ts';
import type { Names, NumberRef } from './constant.ts';
import type { Diagnostic } from './diagnostics/catalogue.ts';
import type { Entry, Module } from './load.ts';
import type { Precision } from './lower/levels.ts';
import { lowerNumber, lowerType, type NumberScope } from './lower/number.ts';
import { type Bindings, bindParameters, matchArguments, numberText } from './lower/parameters.ts';
import { reporter } from './lower/report.ts';

/** What evaluating a file remembers: declared numbers by their arguments, with what was wrong with them. */
export interface Memory {
  readonly numbers: Map<NumberDeclaration, Map<string, Remembered>>;
}

interface Remembered {
  /** `busy` while it is evaluated, which is how a circle shows. */
  ref: NumberRef | null | 'busy';
  readonly diagnostics: Diagnostic[];
}

/** A memory with nothing in it; one serves one compiled file. */
export function emptyMemory(): Memory {
  return { numbers: new Map() };
}

/** Where names are looked up and where findings go. */
export interface Home {
  readonly module: Module;
  readonly bindings: Bindings;
  readonly precision: Precision;
  readonly memory: Memory;
  readonly diagnostics: Diagnostic[];
  /** What names of a format are (`a field`), for messages. */
  readonly describe?: (name: string) => string | null;
  /** Names of a format, for suggestions. */
  readonly members?: () => readonly string[];
}

/** The names that expressions of a file may use. */
export function namesIn(home: Home): Names {
  const { module, bindings, diagnostics } = home;
  const scope: NumberScope = {
    precision: home.precision,
    parameters: bindings.numbers,
    isDeclared: (name) => {
      const entry = module.numbers.get(name);
      return entry === undefined ? null : entry.declaration.params.length > 0 ? 'family' : 'plain';
    },
    declared: (name, args, span) => declaredNumber(module.numbers.get(name)!, args, span, names, home),
  };
  const names: Names = {
    report: reporter(module.source, diagnostics),
    constants: bindings.constants,
    number: (expr) => lowerNumber(expr, names, scope),
    describe: (name) => home.describe?.(name) ?? describeName(name, home),
    known: () => [
      ...(home.members?.() ?? []),
      ...bindings.constants.keys(),
      ...bindings.numbers.keys(),
      ...module.numbers.keys(),
      ...Object.keys(PRELUDE),
    ],
  };
  return names;
}

function describeName(name: string, { module, bindings }: Home): string | null {
  if (bindings.constants.has(name)) return 'a parameter';
  if (bindings.numbers.has(name) || module.numbers.has(name)) return 'a number type';
  if (preludeNumber(name) !== undefined) return 'a number type';
  return module.formats.has(name) ? 'a format' : null;
}

/** A declared number with arguments given in some file; null if anything about it is wrong, which is reported there. */
export function declaredNumber(
  entry: Entry<NumberDeclaration>,
  args: readonly Arg[],
  span: Span,
  caller: Names,
  home: Home,
): NumberRef | null {
  const { declaration } = entry;
  const given = matchArguments(declaration.params, args, `the number \`${declaration.name.text}\``, caller);
  if (given === null) return null;
  const found: Diagnostic[] = [];
  const inside = {
    ...home,
    module: entry.module,
    diagnostics: found,
    describe: undefined,
    members: undefined,
  } as const;
  const bindings = bindParameters(
    declaration.params,
    given,
    (partial) => namesIn({ ...inside, bindings: partial }),
    (message, help) => caller.report('parameter-missing', span, message, help),
  );
  if (bindings === null) {
    home.diagnostics.push(...found);
    return null;
  }
  const key = JSON.stringify([
    home.precision,
    [...bindings.constants],
    [...bindings.numbers].map(([name, ref]) => [name, numberText(ref), ref.type]),
  ]);
  const known = remembered(declaration, key, home.memory);
  if (known.ref === 'busy') {
    caller.report('number-circle', span, `the number \`${declaration.name.text}\` is made of itself`);
    return null;
  }
  if (known.ref === undefined) {
    known.ref = 'busy';
    const names = namesIn({ ...inside, bindings, diagnostics: known.diagnostics });
    const ref = lowerType(declaration.type, names);
    known.ref =
      ref === null ? null : { ...ref, name: declaration.params.length === 0 ? declaration.name.text : null };
  }
  home.diagnostics.push(...known.diagnostics);
  return known.ref;
}

function remembered(
  declaration: NumberDeclaration,
  key: string,
  memory: Memory,
): { ref: Remembered['ref'] | undefined; readonly diagnostics: Diagnostic[] } {
  const byKey = memory.numbers.get(declaration) ?? new Map<string, Remembered>();
  memory.numbers.set(declaration, byKey);
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const fresh: { ref: Remembered['ref'] | undefined; readonly diagnostics: Diagnostic[] } = {
    ref: undefined,
    diagnostics: [],
  };
  byKey.set(key, fresh as Remembered);
  return fresh;
}
