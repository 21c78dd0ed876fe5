/**
 * Scopes, fields and lets as nested text. A Format keeps three ordered lists; the text nests them as their scopes are
 * written in one another, and reopens a scope where the order of the lists asks for it.
 * Specification: docs/design/language.md, "Scopes".
 */
import type { Field, Format, Let, Scope } from '@fewerbits/format';
import { FIXED_SCOPES, isOneOf } from '../names.ts';

/** How single members are written. */
export interface MemberText {
  readonly field: (field: Field) => string;
  readonly let: (item: Let) => string;
}

/** A line of text, or a body of lines under a head. */
type Block = string | { readonly head: string; readonly body: readonly Block[]; readonly inline: boolean };

/** The lines of all scopes with what stands in them. */
export function scopeLines(format: Format, text: MemberText): string[] {
  const fields = [...format.fields];
  const lets = [...format.lets];
  const unopened = format.scopes.filter((scope) => !isOneOf(FIXED_SCOPES, scope.name));
  const each = format.scopes.find((scope) => scope.name === 'each');
  const isEachUsed = [...fields, ...lets].some((item) => item.scope === 'each');
  let isEachOpen = isEachUsed || each?.parent === null;
  const opened = new Set<string>();
  const blocks: Block[] = [];
  // Each round takes at least one member or opens a scope, so the text ends.
  for (
    let rounds = format.fields.length + format.lets.length + format.scopes.length + 1;
    rounds > 0;
    rounds--
  ) {
    blocks.push(...fill(null));
    if (fields.length === 0 && lets.length === 0 && unopened.length === 0) break;
  }
  return blocks.flatMap((block) => linesOf(block));

  /** What can be written next inside a scope (null: the format), taking it from the lists. */
  function fill(scope: string | null): Block[] {
    const body: Block[] = [];
    for (;;) {
      if (lets.length > 0 && lets[0]!.scope === scope) body.push(text.let(lets.shift()!));
      else if (fields.length > 0 && fields[0]!.scope === scope) body.push(...fieldLines(fields.shift()!));
      else if (!isEachOpen && each!.parent === scope) {
        isEachOpen = true;
        body.push('each {}');
      } else {
        const next = childToOpen(scope);
        if (next === null) return body;
        body.push(open(next));
      }
    }
  }

  function fieldLines(field: Field): string[] {
    return [...docLines(field.doc), text.field(field)];
  }

  /** The scope inside this one that leads to the next field or let, or that comes next in order. */
  function childToOpen(scope: string | null): Scope | null {
    for (const target of [fields[0]?.scope, lets[0]?.scope]) {
      const child = target === undefined ? null : stepToward(scope, target);
      if (child !== null && (!unopened.includes(child) || unopened[0] === child)) return child;
    }
    const [next] = unopened;
    return next !== undefined && next.parent === scope ? next : null;
  }

  /** The scope written in `from` that holds `target` or is it. */
  function stepToward(from: string | null, target: string): Scope | null {
    let current = format.scopes.find((scope) => scope.name === target);
    for (let depth = 0; current !== undefined && depth <= format.scopes.length; depth++) {
      const { parent } = current;
      if (parent === from) return current;
      current = format.scopes.find((scope) => scope.name === parent);
    }
    return null;
  }

  function open(scope: Scope): Block {
    const isNamed = !isOneOf(FIXED_SCOPES, scope.name);
    const head = isNamed && !opened.has(scope.name) ? `${scope.name} ${extentText(scope)}` : scope.name;
    opened.add(scope.name);
    if (unopened[0] === scope) unopened.shift();
    const before = { fields: fields.length, lets: lets.length, scopes: unopened.length };
    const body = fill(scope.name);
    const isSingle =
      before.fields - fields.length === 1 && before.lets === lets.length && before.scopes === unopened.length;
    return { head, body, inline: !isNamed && isSingle && body.length === 1 && typeof body[0] === 'string' };
  }
}

function extentText({ height, width }: Scope): string {
  return height === 1 && width !== 'all' ? String(width) : `[${height}, ${width}]`;
}

/** Documentation as lines before what it belongs to. */
export function docLines(doc: string): string[] {
  return doc === '' ? [] : doc.split('\n').map((line) => (line === '' ? '///' : `/// ${line}`));
}

function linesOf(block: Block): string[] {
  if (typeof block === 'string') return [block];
  const lines = block.body.flatMap(linesOf);
  if (block.inline) return [`${block.head} ${lines[0]}`];
  if (lines.length === 0) return [`${block.head} {}`];
  return [`${block.head} {`, ...lines.map((line) => `  ${line}`), '}'];
}
