/** A scale without a fit inside `each` would be a second code. docs/design/language.md, "Fit" and "Diagnostics". */
import type { Field, Format } from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import { type Check, findings } from './checked.ts';

/** Most combinations of codes that one weight may be searched over. */
const MOST_COMBINATIONS = 65536;

/** Reports several codes of one weight where one of them looks like a forgotten scale. */
export const checkTwoCodes: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const codes = format.fields.filter((field) => field.scope === 'each' && field.fit === null);
    if (codes.length < 2) return;
    const combinations = codes.reduce((product, field) => product * codesOfField(format, field), 1);
    const suspect =
      codes.find((field) => isFloat(format, field)) ??
      (combinations > MOST_COMBINATIONS ? codes[0] : undefined);
    if (suspect === undefined) return;
    const others = codes.filter((field) => field !== suspect).map((field) => `\`${field.name}\``);
    report(
      'two-codes',
      suspect,
      `\`${suspect.name}\` has no fit and stands in \`each\` beside ${others.join(' and ')}, so it is a second code of every weight`,
      `give it a fit (\`${suspect.name}: … = …\`), or move it to the scope that it is shared in`,
    );
  });

function codesOfField(format: Format, { storage }: Field): number {
  if (storage.kind !== 'number') return 1;
  const type = format.numbers[storage.number];
  return type === undefined ? 1 : 2 ** resolveNumber(type).bits;
}

function isFloat(format: Format, { storage }: Field): boolean {
  return storage.kind === 'number' && format.numbers[storage.number]?.base.kind === 'float';
}
