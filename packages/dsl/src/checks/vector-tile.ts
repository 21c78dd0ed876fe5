/** A vector number of dimension d stands in a scope of d weights. docs/design/language.md, "Scopes". */
import { resolveNumber } from '@fewerbits/numerics';
import { type Check, findings, scopeNamed, weightsOf } from './checked.ts';

/** Reports vectors that have more or fewer components than their tile has weights. */
export const checkVectorTile: Check = (checked) =>
  findings(checked, (report) => {
    const { format } = checked;
    for (const field of format.fields) {
      if (field.storage.kind === 'format') continue;
      const keys = field.storage.kind === 'number' ? [field.storage.number] : field.storage.numbers;
      const weights = weightsOf(scopeNamed(format, field.scope));
      for (const key of keys) {
        const type = format.numbers[key];
        const dimension = type === undefined ? 1 : resolveNumber(type).dimension;
        if (dimension === 1 || dimension === weights) continue;
        const tile = Number.isFinite(weights)
          ? `${weights} ${weights === 1 ? 'weight' : 'weights'}`
          : 'as many weights as the tensor has';
        report(
          'vector-tile',
          field,
          `\`${field.name}\` is a vector of ${dimension}, and a \`${field.scope}\` has ${tile}`,
          `put it in a tile of ${dimension} weights: \`group ${dimension} { … }\``,
        );
        break;
      }
    }
  });
