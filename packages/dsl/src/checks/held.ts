/** A name is used only where exactly one tile of its scope holds the current one. docs/design/language.md, "Scopes". */
import type { Expr, Format, Scope } from '@fewerbits/format';
import { childrenOf, some } from '@fewerbits/format';
import { FIT_PROCEDURES } from '../names.ts';
import {
  type Check,
  expressionsOf,
  findings,
  holds,
  letNamed,
  scopeNamed,
  scopeOfValues,
  weightsOf,
} from './checked.ts';

/** Arguments of fitting procedures that are evaluated for each value searched: the weights, or what `of:` gives. */
const FOR_EACH_VALUE = ['weight', 'of'];

/** Reports names whose tile is not one and the same for the whole of the current tile. */
export const checkHeld: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    for (const { expr, scope, values } of expressionsOf(format))
      walk(expr, scopeNamed(format, values), scopeNamed(format, scope));

    /** `current` has the values of the expression; aggregates in it run over `whole`. */
    function walk(expr: Expr, current: Scope, whole = current): void {
      switch (expr.op) {
        case 'aggregate':
          walkAggregate(expr, whole);
          return;
        case 'fit':
          walkFit(expr, whole);
          return;
        case 'at':
          if (!holds(scopeNamed(format, expr.scope), current)) {
            report(
              'not-held',
              expr,
              `\`at(${expr.scope})\` counts tiles inside a \`${expr.scope}\`, and no single one holds the current \`${current.name}\``,
            );
          }
          return;
        default:
          for (const { name, scope } of directReads(format, expr)) {
            if (!holds(scope, current)) complain(expr, name, scope, current);
          }
          for (const child of childrenOf(expr)) walk(child, current, whole);
      }
    }

    function walkFit(expr: Extract<Expr, { op: 'fit' }>, current: Scope): void {
      const searched = searchedScope(format, expr, current);
      if (!holds(current, searched)) {
        report(
          'not-held',
          expr,
          `\`${expr.name}\` runs over the values inside each \`${current.name}\`, and \`of:\` has one for each \`${searched.name}\``,
        );
        return;
      }
      for (const [key, argument] of Object.entries(expr.args)) {
        const inside = FOR_EACH_VALUE.includes(key) ? searched : current;
        if (argument.arg === 'expr') walk(argument.expr, inside);
        if (argument.arg === 'range') for (const end of [argument.from, argument.to]) walk(end, inside);
      }
    }

    function walkAggregate(expr: Extract<Expr, { op: 'aggregate' }>, current: Scope): void {
      if (expr.name === 'sum_before') {
        walk(expr.of, current);
        return;
      }
      const inner = innermost(format, expr.of) ?? current;
      if (!holds(current, inner)) {
        report(
          'not-held',
          expr,
          `\`${expr.name}\` runs over the tiles inside each \`${current.name}\`, and what it reads belongs to \`${inner.name}\``,
        );
      } else walk(expr.of, inner);
    }

    function complain(expr: Expr, name: string, scope: Scope, current: Scope): void {
      const where = `here, in \`${current.name}\`, no single one is meant`;
      const isData = expr.op === 'x' || expr.op === 'importance' || expr.op === 'value';
      const message = isData
        ? `\`${name}\` is one weight, and ${where}`
        : `\`${name}\` has one entry for each ${scope.name === 'each' ? 'weight' : `\`${scope.name}\``}, and ${where}`;
      const help =
        isData || holds(current, scope)
          ? `reach it through an aggregate, such as \`max(${name})\``
          : undefined;
      report('not-held', expr, message, help);
    }
  });

interface Read {
  readonly name: string;
  readonly scope: Scope;
}

/** The names that a node itself reads, with the scope whose tile must be the only one. */
function directReads(format: Format, expr: Expr): Read[] {
  const field = (name: string): Read[] => {
    const found = format.fields.find((item) => item.name === name);
    return found === undefined ? [] : [{ name, scope: scopeOfValues(format, found) }];
  };
  switch (expr.op) {
    case 'x':
    case 'importance':
    case 'value':
      return [{ name: expr.op, scope: scopeNamed(format, 'each') }];
    case 'field':
      return field(expr.name);
    case 'unrounded':
      return field(expr.field);
    case 'window':
      return field(expr.field);
    case 'dot':
      return [...field(expr.left), ...field(expr.right)];
    case 'let': {
      const found = letNamed(format, expr.name);
      return found === undefined ? [] : [{ name: expr.name, scope: scopeNamed(format, found.scope) }];
    }
    default:
      return [];
  }
}

/** The smallest scope that something in an expression belongs to; null if it reads nothing. */
function innermost(format: Format, expr: Expr, seen: ReadonlySet<string> = new Set()): Scope | null {
  let best: Scope | null = null;
  some(expr, (node) => {
    for (const { name, scope } of directReads(format, node)) {
      const own = node.op === 'let' ? letScope(format, name, seen) : scope;
      if (best === null || weightsOf(own) < weightsOf(best) || (holds(best, own) && !holds(own, best)))
        best = own;
    }
    return false;
  });
  return best;
}

/** The scope of the values that a fitting procedure in `current` searches. */
function searchedScope(
  format: Format,
  { args: { of } }: Extract<Expr, { op: 'fit' }>,
  current: Scope,
  seen: ReadonlySet<string> = new Set(),
): Scope {
  if (of?.arg !== 'expr') return scopeNamed(format, 'each');
  return innermost(format, of.expr, seen) ?? current;
}

/**
 * The scope that a let has values for: that of what is searched for the codes of a procedure, else its own. A let that is
 * being looked at already (`seen`) is in a circle, which is another check's to report.
 */
function letScope(format: Format, name: string, seen: ReadonlySet<string>): Scope {
  const { expr, names, scope } = letNamed(format, name)!;
  const own = scopeNamed(format, scope);
  const isCodes = expr.op === 'fit' && FIT_PROCEDURES[expr.name]?.results[names.indexOf(name)] === 'codes';
  return isCodes && !seen.has(name) ? searchedScope(format, expr, own, new Set([...seen, name])) : own;
}
