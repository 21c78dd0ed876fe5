/** A narrow float may not hold what its fit gives. docs/design/language.md, "What cannot be represented". */
import type { Expr, Format } from '@fewerbits/format';
import { numberFacts, resolveNumber } from '@fewerbits/numerics';
import { type Check, findings, innermostFields, letNamed } from './checked.ts';

/** Floats that reach this far hold every scale of ordinary weights. */
const WIDE = 32768;

/** Notes narrow floats without an overflow rule whose fit is not kept in range. */
export const checkOverflow: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const codes = innermostFields(format);
    for (const field of format.fields) {
      // A code saturates.
      if (field.fit === null || codes.includes(field) || field.storage.kind !== 'number') continue;
      const type = format.numbers[field.storage.number];
      if (type === undefined || type.base.kind !== 'float' || type.overflow !== null) continue;
      const { max } = numberFacts(resolveNumber(type));
      const largest = upper(field.fit, format, 0);
      if (max >= WIDE || largest <= max) continue;
      report(
        'may-overflow',
        field.fit,
        `\`${field.name}\` holds at most ${max}, and nothing keeps this fit below that`,
        `say what happens: \`saturate\` or \`overflow nan\` after the number, or \`min(…, ${max})\` in the fit`,
      );
    }
  });

/** Lets are looked through this deep. */
const MOST_DEEP = 32;

/** A bound above the magnitude of an expression; infinite where nothing is known. */
function upper(expr: Expr, format: Format, depth: number): number {
  const bound = (inner: Expr): number => upper(inner, format, depth + 1);
  if (depth > MOST_DEEP) return Number.POSITIVE_INFINITY;
  switch (expr.op) {
    case 'const':
      return Math.abs(expr.value);
    case 'neg':
      return bound(expr.of);
    case 'nearest': {
      const type = format.numbers[expr.number];
      if (type === undefined) return Number.POSITIVE_INFINITY;
      const { max, min } = numberFacts(resolveNumber(type));
      return Math.max(Math.abs(max), Math.abs(min));
    }
    case 'let': {
      const item = letNamed(format, expr.name);
      return item === undefined ? Number.POSITIVE_INFINITY : bound(item.expr);
    }
    case 'mul':
      return times(bound(expr.left), bound(expr.right));
    case 'add':
    case 'sub':
      return bound(expr.left) + bound(expr.right);
    case 'div':
      return expr.right.op === 'const' && expr.right.value !== 0
        ? bound(expr.left) / Math.abs(expr.right.value)
        : Number.POSITIVE_INFINITY;
    case 'call':
      if (expr.name === 'clamp') return Math.max(bound(expr.args[1]!), bound(expr.args[2]!));
      // A least value bounds from above; what is below it is taken for a scale, which is not negative.
      if (expr.name === 'min') return Math.min(...expr.args.map(bound));
      if (expr.name === 'max') return Math.max(...expr.args.map(bound));
      if (expr.name === 'if') return Math.max(bound(expr.args[1]!), bound(expr.args[2]!));
      if (expr.name === 'floor_pow2' || expr.name === 'abs') return bound(expr.args[0]!);
      return Number.POSITIVE_INFINITY;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
