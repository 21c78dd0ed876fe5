/** Each bit of each stored field stands in exactly one place. The proof is the bit plan's. docs/design/language.md, "Layout". */
import { checkLayout, type Format, type LayoutProblem, storedFieldNames } from '@fewerbits/format';
import type { CheckCode } from '../diagnostics/check-codes.ts';
import { type Check, findings } from './checked.ts';
import { isPlanar } from './plan-size.ts';

const CODES: Readonly<Record<LayoutProblem['kind'], CheckCode>> = {
  twice: 'stored-twice',
  never: 'never-stored',
  item: 'layout-item',
  stream: 'duplicate-name',
};

/** Reports what the bit plan finds wrong with a layout. */
export const checkBits: Check = (checked) =>
  findings(checked, (report) => {
    // One stream for each field in natural order stores every bit once by its making, however large the tiles are.
    if (isPlanar(checked.format) && !checked.format.fields.some((field) => field.storage.kind === 'format'))
      return;
    for (const { kind, message, item, field } of checkLayout(checked.format)) {
      const declared = checked.format.fields.find((other) => other.name === field) ?? null;
      const isPattern =
        kind === 'item' &&
        item !== null &&
        'pattern' in item &&
        item.pattern !== null &&
        /pattern|axes|axis/.test(message);
      const help = kind === 'never' && field !== null ? `name \`${field}\` in the layout` : undefined;
      const text = quoted(message, checked.format);
      report(isPattern ? 'axes' : CODES[kind], item ?? checked.format.layout[0] ?? declared, text, help);
    }
  });

/** The plan names fields plainly; a sentence that begins with one keeps its letters. */
function quoted(message: string, format: Format): string {
  const [word] = /^[\w.]+/.exec(message) ?? [];
  const isField = word !== undefined && storedFieldNames(format.fields).includes(word);
  return isField ? `\`${word}\`${message.slice(word.length)}` : message;
}
