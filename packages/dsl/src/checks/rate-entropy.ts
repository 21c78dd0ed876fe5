/** Codes chosen for their length want an entropy coder. docs/design/language.md, "Fit". */
import { type Check, findings, fitsInUse } from './checked.ts';

/** Notes a code by `urq` or `cheapest` that no entropy coder stores. */
export const checkRateEntropy: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const coded = new Set(format.entropy.flatMap((item) => item.fields));
    for (const { name, expr } of fitsInUse(format)) {
      if (expr.op !== 'fit' || !['urq', 'cheapest'].includes(expr.name) || coded.has(name)) continue;
      report(
        'rate-without-entropy',
        expr,
        `\`${expr.name}\` chooses \`${name}\` for short codes, and each is stored at its full width`,
        `write \`entropy ${name} with rans\`, or leave the fit out`,
      );
    }
  });
