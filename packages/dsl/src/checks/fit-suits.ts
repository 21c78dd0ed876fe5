/** Procedures that choose codes or scales under the formula stand where they can. docs/design/language.md, "Fit". */

import type { Field, Size } from '@fewerbits/format';
import { scaleTimesCode } from '@fewerbits/format';
import { type Check, findings, fitsInUse } from './checked.ts';

/** Reports `urq` and `cheapest` outside codes of single weights, `mse_scale` where value is not scale · code, a `list` of another length,
 * and `low_rank` for what is no list of numbers in `row` or `column`. */
export const checkFitSuits: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    for (const { name, expr, field } of fitsInUse(format)) {
      if (expr.op !== 'fit') continue;
      if (expr.name === 'list') {
        const problem = listProblem(field, Object.keys(expr.args).length);
        if (problem !== null) report('fit-unsuited', expr, `${problem}, and \`${name}\` is ${whatIs(field)}`);
        continue;
      }
      if (expr.name === 'low_rank') {
        if (field === null || !['row', 'column'].includes(field.scope) || dimsOf(field).length !== 1)
          report(
            'fit-unsuited',
            expr,
            '`low_rank` is the fit of an array of one dimension in `row` or in `column`',
          );
        continue;
      }
      const ofCodes = expr.name === 'urq' || expr.name === 'cheapest';
      if (!ofCodes && expr.name !== 'mse_scale') continue;
      if (field === null) {
        report(
          'fit-unsuited',
          expr,
          `\`${expr.name}\` is the fit of a stored field, and \`${name}\` is a let`,
        );
      } else if (ofCodes && (field.scope !== 'each' || dimsOf(field).length > 0)) {
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

/** A list writes out the entries of an array; arrays whose size depends on the shape are held to it when encoding. */
function listProblem(field: Field | null, count: number): string | null {
  const entries = entriesOf(field);
  if (entries === null) return '`list` is the fit of an array';
  return entries === undefined || entries === count ? null : `\`list\` has ${count} entries here`;
}

function whatIs(field: Field | null): string {
  if (field === null) return 'a let';
  const entries = entriesOf(field);
  return entries === null ? 'none' : `an array of ${entries}`;
}

/** Entries of an array a tile; null for what is no array, undefined where they depend on the shape. */
function entriesOf(field: Field | null): number | null | undefined {
  const dims = field === null ? [] : dimsOf(field);
  if (dims.length === 0) return null;
  let entries = 1;
  for (const dim of dims) {
    if (typeof dim !== 'number') return undefined;
    entries *= dim;
  }
  return entries;
}

function dimsOf({ storage }: Field): readonly Size[] {
  return storage.kind === 'number' ? storage.dims : [];
}
