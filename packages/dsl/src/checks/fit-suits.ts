/** Procedures that choose codes or scales under the formula stand where they can. docs/design/language.md, "Fit". */

import type { Field } from '@fewerbits/format';
import { scaleTimesCode } from '@fewerbits/format';
import { type Check, findings, fitsInUse } from './checked.ts';

/** Reports `urq` and `cheapest` outside codes of single weights, and `mse_scale` where value is not scale · code. */
export const checkFitSuits: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    for (const { name, expr, field } of fitsInUse(format)) {
      if (expr.op !== 'fit') continue;
      const ofCodes = expr.name === 'urq' || expr.name === 'cheapest';
      if (!ofCodes && expr.name !== 'mse_scale') continue;
      if (field === null) {
        report(
          'fit-unsuited',
          expr,
          `\`${expr.name}\` is the fit of a stored field, and \`${name}\` is a let`,
        );
      } else if (ofCodes && (field.scope !== 'each' || isArray(field))) {
        report('fit-unsuited', expr, `\`${expr.name}\` is a rule for codes of single weights, in \`each\``);
      } else if (!ofCodes && scaleTimesCode(format, name) === null) {
        report(
          'fit-unsuited',
          expr,
          `\`mse_scale\` fits \`${name}\` where value is \`${name} * code\`, times what depends on neither`,
          'write `search(e, a..b, steps: n)`, which tries scales under any formula',
        );
      }
    }
  });

function isArray({ storage }: Field): boolean {
  return storage.kind === 'number' && storage.dims.length > 0;
}
