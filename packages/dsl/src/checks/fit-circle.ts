/** A fit is evaluated when first needed, so fits may not need each other in a circle. docs/design/language.md, "Fit". */
import type { Expr, Format } from '@fewerbits/format';
import { fieldsRead, some } from '@fewerbits/format';
import { type Check, codesOf, findings, letNamed } from './checked.ts';

/** Reports the first circle that each chain of fits runs into. */
export const checkFitCircle: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const needs = dependencies(format);
    const done = new Set<string>();
    const chain: string[] = [];

    for (const name of needs.keys()) visit(name);

    function visit(name: string): void {
      const start = chain.indexOf(name);
      if (start >= 0) complain(chain.slice(start));
      if (start >= 0 || done.has(name)) return;
      chain.push(name);
      for (const other of needs.get(name) ?? []) visit(other);
      chain.pop();
      done.add(name);
    }

    function complain(members: readonly string[]): void {
      const first = members[0]!;
      const [start, ...rest] = [...members, first].map((name) => `\`${name}\``);
      const circle = `${start} needs ${rest.join(', which needs ')}`;
      const field = format.fields.find((item) => item.name === first);
      const node = field?.fit ?? field ?? letNamed(format, first) ?? null;
      report(
        'fit-circle',
        node,
        `these fits need one another: ${circle}`,
        'a real that is needed before it is stored is a `let`: compute it from `x` and use it in both places',
      );
    }
  });

/** What each field and let needs before it can be chosen. */
function dependencies(format: Format): Map<string, Set<string>> {
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
    if (field.fit !== null) needs.set(field.name, reads(field.fit, field.name));
    else if (codes.has(field.name)) needs.set(field.name, new Set([...shared, ...later]));
  }
  for (const item of format.lets) for (const name of item.names) needs.set(name, reads(item.expr, name));
  return needs;

  function reads(expr: Expr, self: string): Set<string> {
    if (expr.op === 'fit' && expr.name === 'best') return new Set();
    const found = fieldsRead(expr);
    some(expr, (node) => {
      if (node.op === 'let') found.add(node.name);
      if (node.op === 'x') for (const name of later) found.add(name);
      return false;
    });
    if (expr.op === 'fit' && expr.name === 'nearest')
      for (const name of shared) if (name !== self) found.add(name);
    return found;
  }
}
