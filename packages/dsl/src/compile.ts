/**
 * A `.qf` file as a value: what it declares, instances of its formats, and everything that is wrong with it.
 * Never throws on account of a text. Knows no file system: the caller's loader finds imports.
 * Specification: docs/design/language.md, "From text to kernels".
 */
import type { Format } from '@fewerbits/format';
import type { NumberType } from '@fewerbits/numerics';
import type { FormatDeclaration, NumberDeclaration } from './ast.ts';
import { agrees, figure } from './checks/expectations.ts';
import { evaluateConstant, type NumberRef, numberFact } from './constant.ts';
import type { Diagnostic } from './diagnostics/catalogue.ts';
import { instantiateFormat, type OpenParameter, openParameters, type Session } from './instantiate.ts';
import { type Entry, type Loader, loadModule, type Module } from './load.ts';
import {
  type Given,
  NO_BINDINGS,
  numberText,
  type ParameterRange,
  parameterRange,
} from './lower/parameters.ts';
import { reporter } from './lower/report.ts';
import { NUMBER_FACTS, suggestion } from './names.ts';
import { parse } from './parse.ts';
import { declaredNumber, emptyMemory, namesIn } from './resolve.ts';
import { makeSource, type Source } from './source.ts';

/** A parameter as callers see it. */
export interface ParameterInfo {
  readonly name: string;
  readonly type: 'int' | 'real' | 'number';
  /** The values allowed, null for any. */
  readonly range: ParameterRange | null;
  /** The value that it has unless given; a number type as `.qf` text; null if it must be given. */
  readonly default: number | string | null;
}

/** A format that a file declares, before its parameters have values. */
export interface FamilyInfo {
  readonly name: string;
  readonly doc: string;
  readonly params: readonly ParameterInfo[];
}

/** The instance of a family, or null with the reasons. */
export interface Instantiation {
  readonly format: Format | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file that was read with its imports. */
export interface CompiledFile {
  /** What is wrong with the text, its imports and its numbers; formats are checked when they are instantiated. */
  readonly diagnostics: readonly Diagnostic[];
  /** Whether there is no error among them. */
  readonly ok: boolean;
  /** The formats declared here, in order. */
  readonly formats: readonly FamilyInfo[];
  /** The numbers without parameters declared here, in order. */
  readonly numbers: readonly { readonly name: string; readonly type: NumberType }[];
  /** The instance with these values of parameters, by name; a number type is given as `.qf` text, such as `e2m1`. */
  readonly instantiate: (name: string, args?: Readonly<Record<string, number | string>>) => Instantiation;
}

/** Reads a file and all that it imports, and evaluates its numbers. */
export function compileFile(source: Source, loader?: Loader): CompiledFile {
  const diagnostics: Diagnostic[] = [];
  const module = loadModule(source, loader, diagnostics);
  const session: Session = { memory: emptyMemory() };
  const own = ownFormats(module);
  const numbers = ownNumbers(module).flatMap(({ declaration, module: home }) => {
    if (declaration.params.length > 0) return [];
    const ref = numberOf({ declaration, module: home }, session, diagnostics);
    return ref === null ? [] : [{ name: declaration.name.text, type: ref.type }];
  });
  const found = distinct(diagnostics);
  const good = isGood(found);
  return {
    diagnostics: found,
    ok: good,
    formats: own.map((entry) => familyInfo(entry, session)),
    numbers,
    instantiate: (name, args = {}) => {
      const entry = own.find(({ declaration }) => declaration.name.text === name);
      if (entry === undefined) return { format: null, diagnostics: good ? [noFormat(name, module)] : found };
      return instantiate(entry, args, session);
    },
  };
}

/**
 * Everything that is wrong with a file: each family checked at its defaults and at the ends of every range, each
 * expectation compared. In order of place.
 */
export function checkFile(source: Source, loader?: Loader): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const module = loadModule(source, loader, diagnostics);
  const session: Session = { memory: emptyMemory() };
  for (const entry of ownNumbers(module)) checkNumber(entry, session, diagnostics);
  for (const entry of ownFormats(module)) diagnostics.push(...checkFamily(entry, session));
  return inOrder(distinct(diagnostics), source);
}

function ownFormats(module: Module): Entry<FormatDeclaration>[] {
  return [...module.formats.values()].filter((entry) => entry.module === module);
}

function ownNumbers(module: Module): Entry<NumberDeclaration>[] {
  return [...module.numbers.values()].filter((entry) => entry.module === module);
}

function isGood(diagnostics: readonly Diagnostic[]): boolean {
  return !diagnostics.some((item) => item.severity === 'error');
}

function noFormat(name: string, module: Module): Diagnostic {
  const found: Diagnostic[] = [];
  const names = [...module.formats.keys()];
  reporter(module.source, found)(
    'unknown-name',
    { start: 0, end: 0 },
    `this file declares no format \`${name}\``,
    suggestion(name, names),
  );
  return found[0]!;
}

// ------------------------------------------------------------------------------------------------ numbers

function numberOf(
  entry: Entry<NumberDeclaration>,
  session: Session,
  diagnostics: Diagnostic[],
): NumberRef | null {
  const home = {
    module: entry.module,
    bindings: NO_BINDINGS,
    precision: 'f32',
    memory: session.memory,
    diagnostics,
  } as const;
  return declaredNumber(entry, [], entry.declaration.name.span, namesIn(home), home);
}

function checkNumber(entry: Entry<NumberDeclaration>, session: Session, diagnostics: Diagnostic[]): void {
  const { declaration, module } = entry;
  // A family of numbers is evaluated where it is used.
  if (declaration.params.some((param) => param.default === null)) return;
  const ref = numberOf(entry, session, diagnostics);
  const report = reporter(module.source, diagnostics);
  const names = namesIn({
    module,
    bindings: NO_BINDINGS,
    precision: 'f32',
    memory: session.memory,
    diagnostics,
  });
  for (const { name, value, span } of declaration.expects) {
    const expected = evaluateConstant(value, names);
    if (expected === null || ref === null) continue;
    const fact = numberFact(ref.type, name.text);
    if (fact === null) {
      report(
        'unknown-fact',
        name.span,
        `numbers have no fact called \`${name.text}\``,
        suggestion(name.text, NUMBER_FACTS),
      );
    } else if (!agrees(expected, fact)) {
      report(
        'expect-fails',
        span,
        `\`${name.text}\` is ${figure(fact)}, not ${figure(expected)}`,
        `if the number is right, write \`${name.text} = ${figure(fact)}\``,
      );
    }
  }
}

// ------------------------------------------------------------------------------------------------ formats

function familyInfo(entry: Entry<FormatDeclaration>, session: Session): FamilyInfo {
  const { declaration } = entry;
  const params = openParameters(entry, []).map((open) => parameterInfo(open, session));
  return { name: declaration.name.text, doc: declaration.doc.join('\n'), params };
}

function parameterInfo(open: OpenParameter, session: Session): ParameterInfo {
  const { param, owner } = open;
  const word = param.type.text;
  const type = word === 'int' || word === 'number' ? word : 'real';
  const ignored: Diagnostic[] = [];
  const names = namesIn({
    module: owner.module,
    bindings: defaultsBefore(open, session),
    precision: 'f32',
    memory: session.memory,
    diagnostics: ignored,
  });
  const range = parameterRange(param, names);
  if (param.default === null) return { name: param.name.text, type, range, default: null };
  if (type !== 'number')
    return { name: param.name.text, type, range, default: evaluateConstant(param.default, names) };
  const ref = names.number(param.default) ?? null;
  return { name: param.name.text, type, range: null, default: ref === null ? null : numberText(ref) };
}

/** Defaults of the parameters before one, which its own default may use. */
function defaultsBefore({ param, owner }: OpenParameter, session: Session): typeof NO_BINDINGS {
  const constants = new Map<string, number>();
  const numbers = new Map<string, NumberRef>();
  const home = {
    module: owner.module,
    bindings: { constants, numbers },
    precision: 'f32',
    memory: session.memory,
    diagnostics: [],
  } as const;
  const names = namesIn({ ...home, diagnostics: [] });
  for (const other of owner.declaration.params) {
    if (other === param) break;
    if (other.default === null) continue;
    const ref = other.type.text === 'number' ? names.number(other.default) : undefined;
    if (ref !== undefined && ref !== null) numbers.set(other.name.text, ref);
    const value = other.type.text === 'number' ? null : evaluateConstant(other.default, names);
    if (value !== null) constants.set(other.name.text, value);
  }
  return { constants, numbers };
}

function instantiate(
  entry: Entry<FormatDeclaration>,
  args: Readonly<Record<string, number | string>>,
  session: Session,
): Instantiation {
  const diagnostics: Diagnostic[] = [];
  const given = givenValues(entry, args, session, diagnostics);
  if (given === null) return { format: null, diagnostics };
  const { format, diagnostics: found } = instantiateFormat(entry, given, session);
  const all = distinct([...diagnostics, ...found]);
  return { format: isGood(all) ? format : null, diagnostics: all };
}

/** Values given from outside; a complaint about one belongs to the declaration of its parameter. */
function givenValues(
  entry: Entry<FormatDeclaration>,
  args: Readonly<Record<string, number | string>>,
  session: Session,
  diagnostics: Diagnostic[],
): Map<string, Given> | null {
  const { declaration, module } = entry;
  const open = openParameters(entry, []);
  const given = new Map<string, Given>();
  let good = true;
  for (const [name, value] of Object.entries(args)) {
    const found = open.find(({ param }) => param.name.text === name);
    if (found === undefined) {
      good = false;
      const known = open.map(({ param }) => param.name.text);
      reporter(module.source, diagnostics)(
        'wrong-arguments',
        declaration.name.span,
        `\`${declaration.name.text}\` has no parameter \`${name}\``,
        suggestion(name, known),
      );
      continue;
    }
    const report = reporter(found.owner.module.source, diagnostics);
    const complain: Given['complain'] = (code, message, help) =>
      report(code, found.param.span, message, help);
    const known =
      typeof value === 'number'
        ? finiteValue(value, complain)
        : numberGiven(value, module, session, complain);
    if (known === null) good = false;
    else given.set(name, { value: known, complain });
  }
  return good ? given : null;
}

function finiteValue(value: number, complain: Given['complain']): number | null {
  if (Number.isFinite(value)) return value === 0 ? 0 : value;
  complain('not-finite', `a parameter cannot be ${value}`);
  return null;
}

/** A number type from its text, as the file's own names have it. */
function numberGiven(
  text: string,
  module: Module,
  session: Session,
  complain: Given['complain'],
): NumberRef | null {
  const source = makeSource(`<parameter ${text}>`, `number given = ${text}`);
  const { ast } = parse(source);
  const [declaration] = ast?.declarations ?? [];
  const isType =
    ast?.declarations.length === 1 && declaration?.kind === 'number' && declaration.expects.length === 0;
  if (!isType || declaration.kind !== 'number' || declaration.params.length > 0) {
    complain(
      'parameter-type',
      `\`${text}\` is no number type`,
      'write it as in a file: `e2m1`, `int(-7..7)`, `u4 - 8`',
    );
    return null;
  }
  const found: Diagnostic[] = [];
  const home = {
    module: { ...module, source },
    bindings: NO_BINDINGS,
    precision: 'f32',
    memory: session.memory,
    diagnostics: found,
  } as const;
  const names = namesIn(home);
  const plain = declaration.type.modifiers.length === 0 ? names.number(declaration.type.expr) : undefined;
  if (plain !== undefined && plain !== null) return plain;
  const ref = declaredNumber(
    { declaration, module: { ...module, source } },
    [],
    declaration.span,
    names,
    home,
  );
  for (const item of found.slice(0, 1))
    complain('parameter-type', `\`${text}\` is no number type: ${item.message}`, item.help ?? undefined);
  return ref === null ? null : { ...ref, name: null };
}

function checkFamily(entry: Entry<FormatDeclaration>, session: Session): Diagnostic[] {
  const info = familyInfo(entry, session);
  const defaults: Record<string, number | string> = {};
  for (const param of info.params) {
    if (param.default !== null) continue;
    const stand = standIn(param);
    // Without a default or a range there is no value to check the family at.
    if (stand === null) return [];
    defaults[param.name] = stand;
  }
  const found = [...instantiate(entry, defaults, session).diagnostics];
  for (const param of info.params) {
    for (const value of endsOf(param)) {
      const at = instantiate(entry, { ...defaults, [param.name]: value }, session);
      found.push(
        ...at.diagnostics
          .filter((item) => !found.some((other) => samePlace(item, other)))
          .map((item) => withValue(item, param.name, value)),
      );
    }
  }
  return found;
}

function standIn(param: ParameterInfo): number | string | null {
  if (param.type === 'number') return 'e2m1';
  if (param.range === null) return null;
  return 'list' in param.range ? (param.range.list[0] ?? null) : param.range.from;
}

function endsOf({ range, default: usual }: ParameterInfo): number[] {
  if (range === null) return [];
  const ends = 'list' in range ? range.list : [range.from, range.to];
  return ends.filter((value) => value !== usual);
}

function withValue(item: Diagnostic, name: string, value: number): Diagnostic {
  return { ...item, message: `With ${name} = ${figure(value)}: ${item.message}` };
}

function samePlace(a: Diagnostic, b: Diagnostic): boolean {
  return a.code === b.code && a.source.name === b.source.name && a.span.start === b.span.start;
}

// ------------------------------------------------------------------------------------------------ order

function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((item) => {
    const key = JSON.stringify([item.code, item.source.name, item.span.start, item.span.end, item.message]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}

/** The file's own findings first, each file's by place. */
function inOrder(diagnostics: readonly Diagnostic[], source: Source): Diagnostic[] {
  const rank = (item: Diagnostic): number => (item.source.name === source.name ? 0 : 1);
  return [...diagnostics].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.source.name < b.source.name ? -1 : a.source.name > b.source.name ? 1 : 0) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end,
  );
}
