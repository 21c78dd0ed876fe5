/** A fit is evaluated when first needed, so fits may not need each other in a circle. docs/design/language.md, "Fit". */
import type { Expr, FitSet, Format } from '@fewerbits/format';
import { fieldsRead, some } from '@fewerbits/format';
import { type Check, codesOf, findings, letNamed } from './checked.ts';

/** Rules for codes, which read all that the formula does. */
const CODE_RULES = ['nearest', 'urq', 'cheapest'];

/** Reports the first circle that each chain of fits runs into; under a named fit only where the defaults have none. */
export const checkFitCircle: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const inDefaults = circles(dependencies(format, null));
    for (const members of inDefaults) complain(members, null);
    if (inDefaults.length > 0) return;
    for (const fit of format.fits)
      for (const members of circles(dependencies(format, fit))) complain(members, fit);

    function complain(members: readonly string[], fit: FitSet | null): void {
      const first = members[0]!;
      const [start, ...rest] = [...members, first].map((name) => `\`${name}\``);
      const circle = `${start} needs ${rest.join(', which needs ')}`;
      const where = fit === null ? '' : ` under \`${fit.name}\``;
      const field = format.fields.find((item) => item.name === first);
      const set = fit?.sets.find((item) => members.some((name) => item.names.includes(name)));
      report(
        'fit-circle',
        set ?? field?.fit ?? field ?? letNamed(format, first) ?? null,
        `these fits need one another${where}: ${circle}`,
        'a real that is needed before it is stored is a `let`: compute it from `x` and use it in both places',
      );
    }
  });

/** The first circle of each chain, as the names in it. */
function circles(needs: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const chain: string[] = [];
  for (const name of needs.keys()) visit(name);
  return found;

  function visit(name: string): void {
    const start = chain.indexOf(name);
    if (start >= 0) found.push(chain.slice(start));
    if (start >= 0 || done.has(name)) return;
    chain.push(name);
    for (const other of needs.get(name) ?? []) visit(other);
    chain.pop();
    done.add(name);
  }
}

/** What each field and let needs before it can be chosen, by default (`null`) or under a named fit. */
function dependencies(format: Format, fit: FitSet | null): Map<string, Set<string>> {
  const codes = new Set(codesOf(format).map((field) => field.name));
  const [first, ...rest] = format.steps;
  const later = new Set<string>();
  for (const step of rest) {
    if (step.step === 'value') for (const name of fieldsRead(step.expr)) later.add(name);
    if (step.step === 'gather') later.add(step.field);
  }
  const formula = first?.step === 'value' ? fieldsRead(first.expr) : new Set<string>();
  const shared = [...formula].filter((name) => !codes.has(name));
  const needs = new Map<string, Set<string>>();
  for (const field of format.fields) {
    const expr = setBy(field.name) ?? field.fit;
    if (expr !== null) needs.set(field.name, reads(expr, field.name));
    else if (codes.has(field.name)) needs.set(field.name, new Set([...shared, ...later]));
  }
  for (const { names, expr } of format.lets)
    for (const name of names) needs.set(name, reads(setBy(name) ?? expr, name));
  return needs;

  function setBy(name: string): Expr | undefined {
    return fit?.sets.find((set) => set.names.includes(name))?.expr;
  }

  function scopeOf(name: string): string | undefined {
    return format.fields.find((field) => field.name === name)?.scope;
  }

  function reads(expr: Expr, self: string): Set<string> {
    if (expr.op === 'fit' && expr.name === 'best') return new Set();
    const found = fieldsRead(expr);
    some(expr, (node) => {
      if (node.op === 'let') found.add(node.name);
      if (node.op === 'x') for (const name of later) found.add(name);
      return false;
    });
    if (expr.op === 'fit' && expr.name === 'mse_scale')
      for (const name of shared) if (name !== self && scopeOf(name) !== 'each') found.add(name);
    if (expr.op === 'fit' && CODE_RULES.includes(expr.name) && scopeOf(self) !== undefined)
      for (const name of shared) if (name !== self) found.add(name);
    return found;
  }
}
