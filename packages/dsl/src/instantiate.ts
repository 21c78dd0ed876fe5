/**
 * Families and their instances: parameters bound, `extends` followed, members flattened and lowered, checks run.
 * Never throws on account of a file: what is wrong becomes diagnostics.
 * Specification: docs/design/language.md, "Parameters".
 */
import type { Format } from '@fewerbits/format';
import type { FormatDeclaration, Param } from './ast.ts';
import { runChecks } from './checks/index.ts';
import type { NumberRef } from './constant.ts';
import type { Diagnostic } from './diagnostics/catalogue.ts';
import type { Entry, Module } from './load.ts';
import type { Origins } from './lower/context.ts';
import type { Nested } from './lower/fields.ts';
import { addMembers, describeMember, emptyFlat, type Flat, memberNames } from './lower/flatten.ts';
import { lowerFormat } from './lower/format.ts';
import type { Precision } from './lower/levels.ts';
import {
  type Bindings,
  bindParameters,
  type Given,
  matchArguments,
  NO_BINDINGS,
} from './lower/parameters.ts';
import { reporter } from './lower/report.ts';
import { suggestion } from './names.ts';
import { type Home, type Memory, namesIn } from './resolve.ts';

/** What every instance of one file shares. */
export interface Session {
  readonly memory: Memory;
}

/** An instance, or null with the reasons. */
export interface Instance {
  readonly format: Format | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** How deep formats may extend and contain one another. */
const MOST_NESTED = 32;

type FormatEntry = Entry<FormatDeclaration>;

interface Flattened {
  readonly flat: Flat;
  /** Parameters that are still open to callers, with their values, own ones first. */
  readonly open: ReadonlyMap<string, number | NumberRef>;
  /** All parameters that members may use. */
  readonly bindings: Bindings;
}

/** Makes the instance of a family with the values given for its parameters, and checks it. */
export function instantiateFormat(
  entry: FormatEntry,
  given: ReadonlyMap<string, Given>,
  session: Session,
): Instance {
  const diagnostics: Diagnostic[] = [];
  const format = build(entry, given, session, diagnostics, []);
  return { format: diagnostics.some((item) => item.severity === 'error') ? null : format, diagnostics };
}

function build(
  entry: FormatEntry,
  given: ReadonlyMap<string, Given>,
  session: Session,
  diagnostics: Diagnostic[],
  outer: readonly FormatDeclaration[],
): Format | null {
  const { declaration, module } = entry;
  const start = diagnostics.length;
  const report = reporter(module.source, diagnostics);
  const flattened = flatten(entry, given, precisionOf(entry), session, diagnostics, []);
  if (flattened === null) return null;
  const { flat } = flattened;
  const origins: Origins = new WeakMap();
  const place = { source: module.source, span: declaration.name.span };
  const heading = {
    name: declaration.name.text,
    doc: declaration.doc.join('\n'),
    parameters: flattened.open,
    place,
    report,
  };
  const nested: Nested = (storage, written) => {
    const inner = findFormat(
      written.place.source === module.source ? module : moduleOf(entry, written.place.source),
      storage.format.text,
    );
    if (inner === null) {
      written.names.report(
        'unknown-name',
        storage.format.span,
        `there is no format \`${storage.format.text}\``,
        suggestion(storage.format.text, [...module.formats.keys()]),
      );
      return null;
    }
    if (
      outer.includes(inner.declaration) ||
      inner.declaration === declaration ||
      outer.length >= MOST_NESTED
    ) {
      written.names.report(
        'format-circle',
        storage.format.span,
        `\`${storage.format.text}\` would be stored inside itself`,
      );
      return null;
    }
    const params = openParameters(inner, []).map(({ param }) => param);
    const args = matchArguments(params, storage.args, `the format \`${storage.format.text}\``, written.names);
    return args === null ? null : build(inner, args, session, diagnostics, [...outer, declaration]);
  };
  const format = lowerFormat(flat, heading, nested, origins);
  const broken = diagnostics.slice(start).some((item) => item.severity === 'error');
  const atDefaults = given.size === 0 && outer.length === 0;
  diagnostics.push(...runChecks({ format, flat, origins, place, atDefaults }, broken));
  return format;
}

/** The file that a member was written in, found among the files of what the format extends. */
function moduleOf(entry: FormatEntry, source: Module['source']): Module {
  let current: FormatEntry | null = entry;
  for (let depth = 0; current !== null && depth < MOST_NESTED; depth++) {
    if (current.module.source === source) return current.module;
    current = baseOf(current);
  }
  return entry.module;
}

function findFormat(module: Module, name: string): FormatEntry | null {
  return module.formats.get(name) ?? null;
}

function baseOf(entry: FormatEntry): FormatEntry | null {
  const { base } = entry.declaration;
  return base === null ? null : findFormat(entry.module, base.name.text);
}

/** `arithmetic f64` decides how levels are kept, so it is read before anything is evaluated. */
function precisionOf(entry: FormatEntry): Precision {
  let current: FormatEntry | null = entry;
  for (let depth = 0; current !== null && depth < MOST_NESTED; depth++) {
    for (const member of current.declaration.members) {
      if (member.kind === 'setting' && member.name.text === 'arithmetic')
        return member.value.text === 'f64' ? 'f64' : 'f32';
    }
    current = baseOf(current);
  }
  return 'f32';
}

/** A parameter that callers may give, and the file and declaration that it stands in. */
export interface OpenParameter {
  readonly param: Param;
  readonly owner: FormatEntry;
}

/** The parameters of a family: its own, then those of what it extends that it neither fixes nor declares anew. */
export function openParameters(entry: FormatEntry, seen: readonly FormatDeclaration[]): OpenParameter[] {
  const { declaration } = entry;
  const own = declaration.params.map((param) => ({ param, owner: entry }));
  const base = baseOf(entry);
  if (base === null || seen.includes(declaration) || seen.length >= MOST_NESTED) return own;
  const inherited = openParameters(base, [...seen, declaration]);
  const names = new Set(declaration.params.map((param) => param.name.text));
  const fixed = fixedNames(entry, inherited);
  return [
    ...own,
    ...inherited.filter(({ param }) => !names.has(param.name.text) && !fixed.has(param.name.text)),
  ];
}

function fixedNames(entry: FormatEntry, inherited: readonly OpenParameter[]): Set<string> {
  const fixed = new Set<string>();
  let position = 0;
  for (const arg of entry.declaration.base?.args ?? []) {
    const name = arg.name?.text ?? inherited[position++]?.param.name.text;
    if (name !== undefined) fixed.add(name);
  }
  return fixed;
}

function flatten(
  entry: FormatEntry,
  given: ReadonlyMap<string, Given>,
  precision: Precision,
  session: Session,
  diagnostics: Diagnostic[],
  chain: readonly FormatDeclaration[],
): Flattened | null {
  const { declaration, module } = entry;
  const report = reporter(module.source, diagnostics);
  const home = (bindings: Bindings): Home => ({
    module,
    bindings,
    precision,
    memory: session.memory,
    diagnostics,
  });
  const missing = (message: string, help?: string): void =>
    report('parameter-missing', declaration.name.span, message, help);
  const own = bindParameters(declaration.params, given, (bindings) => namesIn(home(bindings)), missing);
  const base = flattenBase(entry, given, own ?? NO_BINDINGS, precision, session, diagnostics, chain, home);
  if (own === null || base === null) return null;
  const bindings: Bindings = {
    constants: new Map([...base.bindings.constants, ...own.constants]),
    numbers: new Map([...base.bindings.numbers, ...own.numbers]),
  };
  const { flat } = base;
  const names = namesIn({
    ...home(bindings),
    describe: (name) => describeMember(flat, name),
    members: () => memberNames(flat),
  });
  addMembers(flat, declaration, names, module.source);
  const ownValues = declaration.params.map(
    ({ name }) => [name.text, own.constants.get(name.text) ?? own.numbers.get(name.text)!] as const,
  );
  return { flat, open: new Map([...ownValues, ...base.open]), bindings };
}

/** What a format extends, flattened; an empty format if it extends nothing. */
function flattenBase(
  entry: FormatEntry,
  given: ReadonlyMap<string, Given>,
  own: Bindings,
  precision: Precision,
  session: Session,
  diagnostics: Diagnostic[],
  chain: readonly FormatDeclaration[],
  home: (bindings: Bindings) => Home,
): Flattened | null {
  const { declaration, module } = entry;
  const { base } = declaration;
  if (base === null) return { flat: emptyFlat(), open: new Map(), bindings: NO_BINDINGS };
  const report = reporter(module.source, diagnostics);
  const baseEntry = findFormat(module, base.name.text);
  if (baseEntry === null) {
    report(
      'unknown-name',
      base.name.span,
      `there is no format \`${base.name.text}\``,
      suggestion(base.name.text, [...module.formats.keys()]),
    );
    return null;
  }
  if (
    chain.includes(baseEntry.declaration) ||
    baseEntry.declaration === declaration ||
    chain.length >= MOST_NESTED
  ) {
    report('format-circle', base.name.span, `\`${declaration.name.text}\` extends itself`);
    return null;
  }
  const names = namesIn(home(own));
  const inherited = openParameters(baseEntry, []);
  const args = matchArguments(
    inherited.map(({ param }) => param),
    base.args,
    `the format \`${base.name.text}\``,
    names,
  );
  if (args === null) return null;
  const passed = new Map(args);
  const redeclared = new Set<string>();
  for (const { param } of inherited) {
    const name = param.name.text;
    if (passed.has(name)) continue;
    const value = own.constants.get(name) ?? own.numbers.get(name);
    if (value !== undefined) {
      redeclared.add(name);
      passed.set(name, { value, complain: (code, message, help) => report(code, base.span, message, help) });
    } else if (given.has(name)) passed.set(name, given.get(name)!);
  }
  const flattened = flatten(baseEntry, passed, precision, session, diagnostics, [...chain, declaration]);
  if (flattened === null) return null;
  const open = [...flattened.open].filter(([name]) => !args.has(name) && !redeclared.has(name));
  return { ...flattened, open: new Map(open) };
}
