/**
 * A format with everything that it extends, as one list of members: each where it was written, the later one of a name
 * replacing the earlier. Nothing is evaluated but parameters.
 * Specification: docs/design/language.md, "Parameters" (`extends`) and "Scopes".
 */
import type {
  Expectation,
  Expression,
  FieldMember,
  FormatDeclaration,
  Item,
  LetMember,
  Member,
  OutliersMember,
  ScopeMember,
  Span,
} from '../ast.ts';
import type { Names } from '../constant.ts';
import { FIXED_SCOPES, INPUTS, isOneOf, SETTINGS, suggestion } from '../names.ts';
import type { Place } from './report.ts';

/** A member of the flat format with the names that its expressions may use. */
export interface Written {
  readonly names: Names;
  readonly place: Place;
}

export interface FlatScope extends Written {
  readonly name: string;
  readonly extent: readonly Expression[];
  readonly parent: string | null;
}

export interface FlatField extends Written {
  readonly name: string;
  readonly doc: string;
  readonly scope: string;
  readonly storage: FieldMember['storage'];
  readonly fit: FlatExpression | null;
  /** How many fields the declaration names. */
  readonly named: number;
}

/** An expression, the names that it may use, and where it stands. */
export interface FlatExpression extends Written {
  readonly expr: Expression;
}

export interface FlatLet extends FlatExpression {
  readonly results: readonly string[];
  readonly scope: string;
}

export interface FlatFit {
  readonly name: string;
  readonly sets: readonly (FlatExpression & { readonly targets: readonly string[] })[];
}

type StepMember = Extract<Member, { kind: 'value' | 'rotate' | 'permute' }>;
type EntropyMember = Extract<Member, { kind: 'entropy' }>;
type FitMember = Extract<Member, { kind: 'fit' }>;

/** All members of a format and of what it extends. */
export interface Flat {
  readonly scopes: Map<string, FlatScope>;
  /** Where `each` is written, by how deep that is. */
  each: { readonly parent: string; readonly depth: number } | null;
  readonly fields: Map<string, FlatField>;
  lets: FlatLet[];
  steps: (Written & { readonly member: StepMember })[];
  readonly fits: Map<string, FlatFit>;
  outliers: (Written & { readonly member: OutliersMember }) | null;
  entropy: (Written & { readonly member: EntropyMember })[];
  layout: (Written & { readonly items: readonly Item[] }) | null;
  readonly settings: Map<string, string>;
  expects: (Written & { readonly expectation: Expectation })[];
}

/** A format without members. */
export function emptyFlat(): Flat {
  return {
    scopes: new Map(),
    each: null,
    fields: new Map(),
    lets: [],
    steps: [],
    fits: new Map(),
    outliers: null,
    entropy: [],
    layout: null,
    settings: new Map(),
    expects: [],
  };
}

/** What a name is in a format, for messages; null if it is nothing there. */
export function describeMember(flat: Flat, name: string): string | null {
  if (flat.fields.has(name)) return 'a field';
  if (flat.lets.some((item) => item.results.includes(name))) return 'a let';
  return flat.scopes.has(name) || isOneOf(FIXED_SCOPES, name) ? 'a scope' : null;
}

/** Every name that a format declares. */
export function memberNames(flat: Flat): string[] {
  return [...flat.fields.keys(), ...flat.lets.flatMap((item) => item.results), ...flat.scopes.keys()];
}

/** Adds the members of a declaration to those of what it extends (an empty Flat if nothing). */
export function addMembers(
  flat: Flat,
  declaration: FormatDeclaration,
  names: Names,
  source: Place['source'],
): void {
  const extending = declaration.base !== null;
  const declared = new Map<string, string>();
  const once = new Set<string>();
  let inheritedSteps = flat.steps.length > 0;
  const at = (span: Span): Written => ({ names, place: { source, span } });
  flat.expects = [];
  for (const param of declaration.params) declareName(param.name.text, param.name.span, 'parameter');
  for (const member of declaration.members) add(member);

  function add(member: Member): void {
    switch (member.kind) {
      case 'scope':
      case 'field':
      case 'let':
        addInner(member, null, 0);
        return;
      case 'value':
      case 'rotate':
      case 'permute':
        addStep(member);
        return;
      case 'outliers':
        if (single('outliers', member.span)) flat.outliers = { ...at(member.span), member };
        return;
      case 'entropy':
        addEntropy(member);
        return;
      case 'fit':
        addFit(member);
        return;
      case 'layout':
        if (single('layout', member.span)) flat.layout = { ...at(member.span), items: member.items };
        return;
      case 'setting':
        addSetting(member);
        return;
      case 'expect':
        for (const expectation of member.facts) flat.expects.push({ ...at(expectation.span), expectation });
    }
  }

  function addInner(
    member: ScopeMember | FieldMember | LetMember,
    scope: string | null,
    depth: number,
  ): void {
    if (member.kind === 'scope') addScope(member, scope, depth);
    else if (member.kind === 'field') addField(member, scope);
    else addLet(member, scope);
  }

  function addScope(member: ScopeMember, parent: string | null, depth: number): void {
    const { text, span } = member.name;
    if (isOneOf(FIXED_SCOPES, text)) {
      if (member.extent !== null) names.report('tile-size', span, `the extent of \`${text}\` is fixed`);
      if (text === 'each' && parent !== null && depth > (flat.each?.depth ?? -1))
        flat.each = { parent, depth };
    } else addNamedScope(member, parent);
    for (const inner of member.members) {
      // Documentation before `each code: u4` is the field's.
      const isBare = !member.braces && inner.kind === 'field' && inner.doc.length === 0;
      addInner(isBare ? { ...inner, doc: member.doc } : inner, text, depth + 1);
    }
  }

  function addNamedScope(member: ScopeMember, parent: string | null): void {
    const { text, span } = member.name;
    const known = flat.scopes.get(text);
    if (member.extent === null) {
      if (known !== undefined) return;
      const help = suggestion(text, [...flat.scopes.keys()]) ?? `give it an extent: \`${text} 32 { … }\``;
      names.report('unknown-scope', span, `no scope \`${text}\` is there to be reopened`, help);
      flat.scopes.set(text, { name: text, extent: [], parent, ...at(span) });
      return;
    }
    if (declareName(text, span, 'scope')) {
      flat.scopes.set(text, {
        name: text,
        extent: member.extent,
        parent: known?.parent ?? parent,
        ...at(span),
      });
    }
  }

  function addField(member: FieldMember, scope: string | null): void {
    for (const ident of member.names) {
      const name = ident.text;
      const before = flat.fields.get(name);
      const where = scope ?? before?.scope ?? null;
      if (where === null || (scope === null && !extending)) {
        const help =
          'put it in a scope: `tensor`, `row`, `column`, `each`, or a tile such as `block 32 { … }`';
        names.report(
          'outside-scope',
          ident.span,
          `the field \`${name}\` stands in no scope, so nothing says how many entries it has`,
          help,
        );
      }
      if (!declareName(name, ident.span, 'field')) continue;
      const fit = member.fit === null ? null : { expr: member.fit, ...at(member.fit.span) };
      flat.fields.set(name, {
        name,
        doc: member.doc.length > 0 ? member.doc.join('\n') : (before?.doc ?? ''),
        // Without a scope of its own it stands in the tensor, so that the rest of the file is still read.
        scope: where ?? 'tensor',
        storage: member.storage,
        fit: fit ?? before?.fit ?? null,
        named: member.names.length,
        ...at(ident.span),
      });
    }
  }

  function addLet(member: LetMember, scope: string | null): void {
    if (scope === null && !extending) {
      names.report(
        'outside-scope',
        member.span,
        'this let stands in no scope',
        'put it in `tensor`, `row`, `column`, `each` or a tile',
      );
    }
    const targets = member.names.map((ident) => ident.text);
    const before = flat.lets.filter((item) => item.results.some((name) => targets.includes(name)));
    const lost = before.flatMap((item) => item.results).find((name) => !targets.includes(name));
    if (lost !== undefined) {
      names.report(
        'duplicate-name',
        member.span,
        `this let replaces one that also gives \`${lost}\``,
        'name all of its results',
      );
    }
    for (const ident of member.names) declareName(ident.text, ident.span, 'let');
    const item: FlatLet = {
      results: targets,
      scope: scope ?? before[0]?.scope ?? 'tensor',
      expr: member.expr,
      ...at(member.span),
    };
    const index = before.length === 0 ? -1 : flat.lets.indexOf(before[0]!);
    const kept = flat.lets.filter((other) => !before.includes(other));
    flat.lets = index < 0 ? [...kept, item] : [...kept.slice(0, index), item, ...kept.slice(index)];
  }

  function addStep(member: StepMember): void {
    // The first new `value` drops what was inherited; a step before it is added to the inherited ones.
    if (inheritedSteps && member.kind === 'value') {
      flat.steps = flat.steps.filter((step) => step.names === names);
      inheritedSteps = false;
    }
    flat.steps.push({ ...at(member.span), member });
  }

  function addEntropy(member: EntropyMember): void {
    const coded = new Set(member.names.map((name) => name.text));
    flat.entropy = flat.entropy.filter((other) => {
      if (!other.member.names.some((name) => coded.has(name.text))) return true;
      if (other.names === names) names.report('duplicate-name', member.span, 'a field is entropy coded once');
      return false;
    });
    flat.entropy.push({ ...at(member.span), member });
  }

  function addFit(member: FitMember): void {
    const sets = member.sets.map((set) => ({
      targets: set.names.map((name) => name.text),
      expr: set.expr,
      ...at(set.span),
    }));
    if (member.name !== null) {
      const { text, span } = member.name;
      if (single(`fit ${text}`, span)) flat.fits.set(text, { name: text, sets });
      return;
    }
    if (!extending) {
      names.report(
        'unnamed-fit',
        member.span,
        'a fit without a name replaces inherited ones, and this format extends nothing',
        'write the fit after `=` in its field, or give this one a name',
      );
      return;
    }
    for (const set of sets) for (const target of set.targets) replaceFit(target, set);
  }

  function replaceFit(target: string, set: FlatExpression): void {
    const field = flat.fields.get(target);
    if (field === undefined) {
      names.report(
        'unknown-name',
        set.place.span,
        `there is no field \`${target}\``,
        suggestion(target, [...flat.fields.keys()]),
      );
    } else flat.fields.set(target, { ...field, fit: { expr: set.expr, names: set.names, place: set.place } });
  }

  function addSetting(member: Extract<Member, { kind: 'setting' }>): void {
    const { text } = member.name;
    const allowed = SETTINGS[text] ?? [];
    const value = member.value.text;
    if (!allowed.includes(value)) {
      names.report(
        'unknown-word',
        member.value.span,
        `\`${text}\` cannot be \`${value}\``,
        suggestion(value, allowed),
      );
    } else if (single(text, member.span)) flat.settings.set(text, value);
  }

  function single(what: string, span: Span): boolean {
    if (once.has(what)) names.report('duplicate-name', span, `\`${what}\` is said twice`, 'keep one of them');
    const first = !once.has(what);
    once.add(what);
    return first;
  }

  /** Enters a name into the space that parameters, scopes, fields and lets share. */
  function declareName(name: string, span: Span, what: string): boolean {
    if (isOneOf(INPUTS, name) || name === 'all') {
      names.report(
        'reserved-name',
        span,
        `\`${name}\` has a meaning of its own in every format`,
        'choose another name',
      );
      return false;
    }
    const before = declared.get(name);
    if (before !== undefined) {
      names.report(
        'duplicate-name',
        span,
        `\`${name}\` is already a ${before} of this format`,
        'parameters, scopes, fields and lets share one space of names',
      );
      return false;
    }
    declared.set(name, what);
    const inherited = describeMember(flat, name);
    if (inherited === null || inherited === `a ${what}`) return true;
    names.report('duplicate-name', span, `\`${name}\` is ${inherited} of the format that this one extends`);
    return false;
  }
}
