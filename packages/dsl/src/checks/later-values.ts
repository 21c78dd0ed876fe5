/** Formulas after the first are affine in `value`, so that encoding can undo them. docs/design/language.md, "Value". */
import type { Expr } from '@fewerbits/format';
import { some } from '@fewerbits/format';
import { type Check, findings } from './checked.ts';

/** Reports later formulas that are not of the form a · value + b. */
export const checkLaterValues: Check = (checked) =>
  findings(checked, (report) => {
    const [, ...later] = checked.format.steps;
    for (const step of later) {
      if (step.step !== 'value' || degree(step.expr) === 1) continue;
      const why = degree(step.expr) === 0 ? 'does not read `value`' : 'is not of the form a · value + b';
      report('not-affine', step.expr, `this formula ${why}, so encoding cannot undo it`);
    }
  });

/** 0: without `value`; 1: affine in it; 2: anything else. */
function degree(expr: Expr): 0 | 1 | 2 {
  switch (expr.op) {
    case 'value':
      return 1;
    case 'neg':
      return degree(expr.of);
    case 'add':
    case 'sub':
      return Math.max(degree(expr.left), degree(expr.right)) as 0 | 1 | 2;
    case 'mul':
      return Math.min(2, degree(expr.left) + degree(expr.right)) as 0 | 1 | 2;
    case 'div':
      return degree(expr.right) === 0 ? degree(expr.left) : 2;
    default:
      return some(expr, (node) => node.op === 'value') ? 2 : 0;
  }
}
