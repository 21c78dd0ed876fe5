/** A grid has no width of its own and needs an entropy coder. docs/design/language.md, "Numbers". */
import { type Check, findings } from './checked.ts';

/** Reports grids that no entropy coder stores. */
export const checkGridEntropy: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    const coded = new Set(format.entropy.flatMap((item) => item.fields));
    for (const field of format.fields) {
      if (coded.has(field.name) || field.storage.kind === 'format') continue;
      const keys = field.storage.kind === 'number' ? [field.storage.number] : field.storage.numbers;
      if (!keys.some((key) => format.numbers[key]?.base.kind === 'grid')) continue;
      report(
        'grid-entropy',
        field,
        `\`${field.name}\` is stored on a grid, whose codes have no width`,
        `write \`entropy ${field.name} with rans\``,
      );
    }
  });
